"""A clip of what somebody did before the camera."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from realtime.frames import SkeletonFrame
from realtime.window import WindowSpec, resample
from stf.datasets.clip import Clip
from stf.errors import UserError
from stf.skeleton import SkeletonLayout

LEAST_SECONDS = 0.4
_MOST_STRANGERS = 0.2  # share of the frames in which somebody else may be seen


def clip_of(frames: Sequence[Sequence[SkeletonFrame]], layout: SkeletonLayout, name: str) -> Clip:
    """The one person of some frames as an evenly spaced clip, with gaps bridged as in a window.

    Args:
        frames: who was seen in each frame, in the order of time.
        layout: of the skeletons.
        name: of the clip.

    Raises:
        UserError: if nobody is seen, two people are, or the one person is seen for too short a time.
    """
    seen = Counter(skeleton.person for frame in frames for skeleton in frame)
    if not seen:
        raise UserError(f"nobody is seen in {name}; show somebody from head to foot, or at least to the waist")
    (person, _), *others = seen.most_common()
    if others and others[0][1] > _MOST_STRANGERS * len(frames):
        raise UserError(f"{len(seen)} people are seen in {name}; an example shows one person")
    mine = [skeleton for frame in frames for skeleton in frame if skeleton.person == person]
    times = np.array([skeleton.time for skeleton in mine])
    seconds = float(times[-1] - times[0])
    if seconds < LEAST_SECONDS:
        raise UserError(f"{name} shows somebody for {seconds:.1f} s; an action takes {LEAST_SECONDS} s at least")
    fps = (len(times) - 1) / seconds
    even = np.linspace(times[0], times[-1], len(times))
    joints, _ = resample(times, np.stack([skeleton.joints for skeleton in mine]), even, WindowSpec().max_gap)
    joints[(joints == 0).all(axis=2)] = np.nan  # frames in which next to nothing is known
    return Clip(joints[None], fps, layout, name=name)
