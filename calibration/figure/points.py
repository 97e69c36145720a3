"""The points a figure is built on, taken from the joints of any 3D layout."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float64

from stf.errors import UserError
from stf.skeleton import SkeletonLayout

SIDES = ("left", "right")
ARM = ("shoulder", "elbow", "wrist", "hand")
LEG = ("hip", "knee", "ankle", "foot")
NAMES = (
    "head",
    "spine_shoulder",
    *(f"{side}_{joint}" for side in SIDES for joint in (*ARM, *LEG)),
)
"""The points, in the order of `joint_weights`: joints of KINECT20."""

_SOURCES: Mapping[str, Sequence[Mapping[str, float]]] = {
    "head": (
        {"head_tip": 1.0},
        {"head_top": 1.0},
        {"head": 1.0},
        {"left_ear": 0.6, "right_ear": 0.6, "left_shoulder": -0.1, "right_shoulder": -0.1},
    ),
    "spine_shoulder": (
        {"spine_shoulder": 1.0},
        {"left_shoulder": 0.54, "right_shoulder": 0.54, "left_hip": -0.04, "right_hip": -0.04},
    ),
    "hand": ({"hand": 1.0}, {"index": 0.5, "wrist": 0.5}, {"wrist": 1.3, "elbow": -0.3}),
    "foot": ({"foot": 1.0}, {"foot_index": 1.0}, {"ball": 1.0}, {"toes": 1.0}, {"toe": 1.0}),
}
"""What a point is made of, as weights of joints, best first; a hand or foot is made of joints of its own side. Other
points are the joints of their names. The tip of a head is as high above the shoulders as Kinect's head (median of
UI-PRMD 0.24 m, of UTD-MHAD 0.29); what has no hands gets them as in `stf.datasets.conversions`."""


def joint_weights(layout: SkeletonLayout) -> Float64[np.ndarray, "P V"]:
    """The matrix that takes a layout's joints to the points `dress` needs.

    Raises:
        UserError: if the layout lacks a joint and what could stand for it.
    """
    weights = np.zeros((len(NAMES), layout.num_joints))
    for row, name in zip(weights, NAMES, strict=True):
        known = [parts for parts in _sources(name) if set(parts) <= set(layout.joints)]
        if not known:
            raise UserError(f"a figure cannot be drawn from layout '{layout.name}': it has no {name}")
        row[layout.indices(*known[0])] = list(known[0].values())
    return weights


def points_called(*names: str) -> list[int]:
    """The rows of `joint_weights` that make the points of these names."""
    return [NAMES.index(name) for name in names]


def _sources(name: str) -> Sequence[Mapping[str, float]]:
    side, _, part = name.partition("_")
    if side in SIDES and part in _SOURCES:
        return [{f"{side}_{joint}": weight for joint, weight in parts.items()} for parts in _SOURCES[part]]
    return _SOURCES.get(name, [{name: 1.0}])
