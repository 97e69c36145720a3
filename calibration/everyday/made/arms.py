"""What made clips have in common: arms of a person that are put elsewhere."""

import numpy as np
from jaxtyping import Float64

from calibration.everyday.merge import RATE_HZ, at_rate
from calibration.figure.points import SIDES
from stf.datasets.clip import Clip, Joints
from stf.skeleton import NTU25

BASE, TOP = NTU25.indices("spine_base", "spine_shoulder")
_STILL = 0.05
"""Metres: of somebody who does nothing, no joint has a larger standard deviation."""

Vectors = Float64[np.ndarray, "T 3"]
Column = Float64[np.ndarray, "T 1"]


def is_still(clip: Clip) -> bool:
    """Whether somebody does nothing."""
    return bool(clip.joints[0].std(axis=0).max() < _STILL)


def lasting(clip: Clip, seconds: float) -> Joints:
    """The joints of somebody who keeps still for so long; of somebody who moves, as they are."""
    return at_rate(clip.joints, clip.joints.shape[1] / seconds, RATE_HZ) if is_still(clip) else clip.joints


def times_of(joints: Joints) -> Column:
    """Seconds of each frame."""
    return np.arange(joints.shape[1])[:, None] / RATE_HZ


def with_arm(joints: Joints, side: str, raised: Column, arm: Vectors, forearm: Vectors, fingers: Vectors) -> Joints:
    """The same person with another arm, of the same length.

    Args:
        joints: (1, T, 25, 3).
        side: whose arm it is.
        raised: from 0, the arm as it was, to 1, as is wanted.
        arm: the direction of the upper arm.
        forearm: that of the forearm.
        fingers: that of the hand.
    """
    made = joints.astype(np.float64)
    places = NTU25.indices(*(f"{side}_{joint}" for joint in ("elbow", "wrist", "hand", "hand_tip", "thumb")))
    shoulder = made[0, :, NTU25.index(f"{side}_shoulder")]
    elbow, wrist, hand, tip, thumb = np.moveaxis(made[0][:, places], 1, 0)
    out, _, front = axes(joints, side)
    by_front = 2.4 * raised * (1 - raised) * front

    def bone(start: Vectors, end: Vectors, wanted: Vectors) -> Vectors:
        """From its recorded direction to the wanted one, by the front."""
        length = np.median(np.linalg.norm(end - start, axis=-1))
        return np.asarray(length * unit((1 - raised) * unit(end - start) + raised * wanted + by_front))

    spread = np.linalg.norm(thumb - hand, axis=-1, keepdims=True) / np.linalg.norm(hand - wrist, axis=-1, keepdims=True)
    new_elbow = shoulder + bone(shoulder, elbow, arm)
    new_wrist = new_elbow + bone(elbow, wrist, forearm)
    new_hand = new_wrist + bone(wrist, hand, fingers)
    new_tip = new_hand + bone(hand, tip, fingers)
    new_thumb = new_wrist + bone(wrist, thumb, unit(fingers - spread * out))
    made[0][:, places] = np.stack([new_elbow, new_wrist, new_hand, new_tip, new_thumb], axis=1)
    return made.astype(np.float32)


def towards(joints: Joints, side: str, elevation: float | Column, forward: float | Column) -> Vectors:
    """Unit vectors over the person's horizontal by `elevation` radians, and from the side by `forward` to the front."""
    out, up, front = axes(joints, side)
    level = np.cos(forward) * out + np.sin(forward) * front
    return np.asarray(np.cos(elevation) * level + np.sin(elevation) * up)


def axes(joints: Joints, side: str) -> tuple[Vectors, Vectors, Vectors]:
    """The directions away from the body on one side, up, and to the person's front, frame by frame."""
    motion = joints[0].astype(np.float64)
    left, right = (motion[:, NTU25.index(f"{name}_shoulder")] for name in SIDES)
    up = unit(motion[:, TOP] - motion[:, BASE])
    across = unit(left - right)
    return (across if side == "left" else -across), up, unit(np.cross(across, up))


def eased(times: Column, seconds: float) -> Column:
    """From 0 to 1 within so many seconds, without a jerk at either end; 1 from the start for none."""
    share = np.clip(times / seconds, 0, 1) if seconds else np.ones_like(times)
    return np.asarray(share**2 * (3 - 2 * share))


def unit(vectors: Vectors) -> Vectors:
    """The directions of vectors; zero where two joints are in one place, as the first Kinect's hand and its tip are."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1))
