"""What somebody does with head, trunk and arms, above the legs of somebody else (ours)."""

from dataclasses import replace

import numpy as np

from calibration.everyday.made.arms import BASE, TOP
from calibration.everyday.merge import at_rate
from calibration.figure.motion import facing, placed
from calibration.figure.points import LEG, SIDES
from stf.datasets.clip import Clip
from stf.skeleton import NTU25

_LEGS = NTU25.indices(*(f"{side}_{joint}" for side in SIDES for joint in LEG))
_FEET = NTU25.indices("left_ankle", "right_ankle")


def above(gesture: Clip, legs: Clip) -> Clip:
    """What somebody does with head, trunk and arms, above the legs of somebody else, in the time that takes.

    Args:
        gesture: a clip in NTU25 of several frames.
        legs: another, from anywhere and of any size; of one frame, legs that keep still.
    """
    motion = gesture.joints[0].astype(np.float64)
    (other,) = at_rate(legs.joints, max(legs.joints.shape[1] - 1, 1), len(motion) - 1).astype(np.float64)
    other = placed(other, turn=facing(motion, NTU25) - facing(other, NTU25))
    trunks = (np.linalg.norm(joints[:, TOP] - joints[:, BASE], axis=-1) for joints in (motion, other))
    other *= np.divide(*(np.median(trunk) for trunk in trunks))
    made = motion + (other[:, BASE] - motion[:, BASE])[:, None]
    made[:, _LEGS] = other[:, _LEGS]
    return replace(gesture, joints=made[None].astype(np.float32))


def held(clip: Clip) -> Clip:
    """The usual pose of somebody who keeps still: one frame."""
    return replace(clip, joints=np.median(clip.joints, axis=1, keepdims=True))


def lowered(clip: Clip, share: float) -> Clip:
    """The first pose in which somebody's hips have come down to so much of their height over the feet: one frame."""
    joints = clip.joints[0]
    height = joints[:, BASE, 1] - joints[:, _FEET, 1].mean(axis=1)
    low = max(share * height.max(), height.min())
    frame = int(np.flatnonzero(height <= low)[0])
    return replace(clip, joints=clip.joints[:, frame : frame + 1])
