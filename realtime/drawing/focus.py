"""The focus of a prediction carried to where it is drawn: a moment of the video and the 33 landmarks."""

from collections.abc import Mapping
from functools import cache

import numpy as np
from jaxtyping import Float32

from stf.prediction import Prediction
from stf.skeleton import MEDIAPIPE33, SkeletonLayout

_NEAREST: Mapping[str, str] = {
    "nose": "nose head",
    "mouth": "nose head",
    "eye_inner": "eye head",
    "eye": "eye head",
    "eye_outer": "eye head",
    "ear": "ear head",
    "pinky": "hand wrist",
    "index": "hand_tip hand wrist",
    "thumb": "thumb hand wrist",
    "heel": "ankle",
    "foot_index": "foot ankle",
    "shoulder": "shoulder spine_shoulder neck",
    "hip": "hip spine_base spine_mid",
}
"""For each landmark (without its side) the joints that may stand for it, nearest first."""

_TRUNK = frozenset({"shoulder", "hip"})
"""Landmarks that show the strongest of their joints: those of the spine and neck have no landmark of their own."""


def focus_at(prediction: Prediction, time: float) -> Float32[np.ndarray, " V"]:
    """The focus of each joint at one moment, linear between the moments of the prediction.

    Args:
        prediction: its T moments are evenly spread from start to end.
        time: seconds; before the start counts as the start, after the end as the end.

    Returns:
        (V,) in [0, 1].
    """
    last = len(prediction.focus) - 1
    span = prediction.end - prediction.start
    place = min(max((time - prediction.start) / span, 0.0), 1.0) * last if span > 0 else 0.0
    before = int(place)
    after = min(before + 1, last)
    weight = np.float32(place - before)
    focus: Float32[np.ndarray, " V"] = (1 - weight) * prediction.focus[before] + weight * prediction.focus[after]
    return focus


def focus_on_landmarks(values: Float32[np.ndarray, " V"], layout: SkeletonLayout) -> Float32[np.ndarray, "33"]:
    """The focus of each MediaPipe landmark: that of the joint of the same name or the nearest one.

    Shoulders and hips show the strongest of their own focus and that of the spine and neck, which have no landmark.

    Args:
        values: (V,) focus of the layout's joints; NaN counts as none.
        layout: names the V joints.

    Returns:
        (33,) in MEDIAPIPE33 order.
    """
    known = np.nan_to_num(values, nan=0.0)
    shown = [known[_joints_shown_at(landmark, layout.joints)] for landmark in MEDIAPIPE33.joints]
    return np.array([focus.max(initial=0.0) for focus in shown], np.float32)


@cache
def _joints_shown_at(landmark: str, joints: tuple[str, ...]) -> list[int]:
    """The numbers of the joints whose strongest focus a landmark shows: one, or several for a landmark of the trunk."""
    part = landmark.removeprefix("left_").removeprefix("right_")
    side = landmark.removesuffix(part)
    names = [name for word in _NEAREST.get(part, part).split() for name in (side + word, word)]
    present = [joints.index(name) for name in names if name in joints]
    return present if part in _TRUNK else present[:1]
