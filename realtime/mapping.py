"""MediaPipe's 33 landmarks become the recogniser's joints: a table of weights per layout, applied by one matmul.

A joint is a weighted sum of landmarks, so a whole mapping is a matrix. The tables below name their landmarks; a fitted
map is another matrix in the same `SkeletonMapping`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float32

from realtime.frames import PersonPose, SkeletonFrame
from stf.atomic import output_file, write_errors
from stf.errors import UserError
from stf.skeleton import KINETICS18, MEDIAPIPE33, NTU25, SkeletonLayout

Table = Mapping[str, Mapping[str, float]]
"""Joint -> the landmarks it is made of and their weights. A joint or landmark without its `left_` or `right_` stands
for the one of either side; `mid_hip` is the point half-way between `left_hip` and `right_hip`."""

NTU25_TABLE: Table = {
    # The trunk lies on the line from hip middle (0) to shoulder middle (1).
    "spine_base": {"mid_hip": 1},
    "spine_mid": {"mid_hip": 0.4, "mid_shoulder": 0.6},
    "spine_shoulder": {"mid_hip": -0.0865, "mid_shoulder": 1.0865},
    "neck": {"mid_hip": -0.25, "mid_shoulder": 1.25},
    "head": {"mid_ear": 1.2, "mid_shoulder": -0.2},
    "shoulder": {"shoulder": 1},
    "elbow": {"elbow": 1},
    "wrist": {"wrist": 1},
    "hand": {"wrist": 0.5, "index": 0.5},
    "hand_tip": {"index": 1},
    "thumb": {"thumb": 1},
    "hip": {"hip": 0.6, "mid_hip": 0.4},
    "knee": {"knee": 1},
    "ankle": {"ankle": 1},
    "foot": {"foot_index": 1},
}
"""Kinect v2's joints from MediaPipe's world landmarks (ours).

The weights of trunk, head and hips minimise the distance to a Kinect v2 skeleton on a clip recorded by both: head 12.4
-> 3.6 cm against taking the nose, neck 9.9 -> 2.9, spine_mid 4.5 -> 2.4, spine_shoulder 3.7 -> 2.2, hips 4.5 -> 2.4.
1.0865 is the ratio of |spine_base - spine_shoulder| to |hip middle - shoulder middle| over 42,714 NTU files.

Hips keep 0.6 of their distance from the middle: Kinect places them inside the pelvis, MediaPipe near the skin. The
width of the hips is 0.45 of the shoulders' in UTD-MHAD (Kinect v1, each subject 0.45-0.46) and 0.60-0.70 in MediaPipe's
view of people filmed from nearby (asl_gestures 0.67), which asks for a factor of 0.64 to 0.75; 0.4 would leave 0.27.
"""

KINETICS18_TABLE: Table = {
    "nose": {"nose": 1},
    "neck": {"mid_shoulder": 1},
    **{name: {name: 1} for name in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "eye", "ear")},
}
"""OpenPose's joints from MediaPipe's image landmarks: every public version agrees on these."""

KINECT_AXES = (-1, -1, 1)
"""Kinect's axes (x to the sensor's left, y up, z away) from MediaPipe's world axes (x image-right, y down, z away).

In an unmirrored picture the sensor's left is image-right turned about, so x and y change sign together: a rotation by
180 degrees about z, which keeps left and right apart as they are. On a clip recorded by both it leaves 9.4 cm RMS over
12 limb joints; (x, -y, z), seen in public code, is a mirror image, leaves 14-19 cm, and no rotation repairs it.
"""


@dataclass(frozen=True, slots=True)
class SkeletonMapping:
    """A linear map from MediaPipe's landmarks to the joints of one layout.

    Attributes:
        layout: the layout of the V joints that come out.
        weights: (V, 33) float32; row v holds the weight of each landmark in joint v. Or (3, V, 33), such rows for
            each of x, y and z: an estimator is surer of where in the picture than of how far away. Rows that sum to
            one move with the landmarks wherever those are.
        source: "world" makes (x, y, z) in metres from the world landmarks; "image" makes (x - 0.5, y - 0.5, score)
            from the image landmarks.
        axes: sign of x, y and z, applied last; only for "world".
    """

    layout: SkeletonLayout = field(repr=False)
    weights: Float32[np.ndarray, "*axes V 33"] = field(repr=False)
    source: Literal["world", "image"] = "world"
    axes: tuple[float, float, float] = KINECT_AXES
    _by_axis: Float32[np.ndarray, "3 V 33"] = field(init=False, repr=False)
    _share: Float32[np.ndarray, "V 33"] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        needed = (self.layout.num_joints, MEDIAPIPE33.num_joints)
        if self.weights.shape not in {needed, (3, *needed)}:
            raise UserError(
                f"a mapping to '{self.layout.name}' has weights of shape {self.weights.shape}; {needed} is needed, "
                "or three of these"
            )
        by_axis = np.broadcast_to(self.weights, (3, *needed))
        share = np.abs(by_axis).mean(axis=0)
        object.__setattr__(self, "_by_axis", by_axis)
        object.__setattr__(self, "_share", share / share.sum(axis=1, keepdims=True))

    @property
    def coordinates(self) -> int:
        """How many leading channels of a joint are coordinates; the rest is a score."""
        return 3 if self.source == "world" else 2

    def map_pose(self, pose: PersonPose, time: float, person: int) -> SkeletonFrame:
        """The skeleton of one person at one moment.

        Args:
            pose: the landmarks.
            time: seconds.
            person: the person's id.
        """
        joints, visibility = self.map_poses([pose])
        return SkeletonFrame(time, person, joints[0], visibility[0])

    def map_poses(self, poses: Sequence[PersonPose]) -> tuple[Float32[np.ndarray, "P V 3"], Float32[np.ndarray, "P V"]]:
        """The joints of P poses and their visibility, as `map_arrays`."""
        shape = len(poses), MEDIAPIPE33.num_joints
        landmarks, visibility = np.empty((*shape, 3), np.float32), np.empty(shape, np.float32)
        for row, pose in enumerate(poses):
            landmarks[row] = pose.world if self.source == "world" else pose.landmarks
            visibility[row] = pose.visibility
        return self.map_arrays(landmarks, visibility)

    def map_arrays(
        self, landmarks: Float32[np.ndarray, "*F 33 3"], visibility: Float32[np.ndarray, "*F 33"]
    ) -> tuple[Float32[np.ndarray, "*F V 3"], Float32[np.ndarray, "*F V"]]:
        """The joints of any number of poses at once (ours).

        A joint is as visible as its landmarks on average, weighted by the size of their weights: a neck between a
        seen and an unseen shoulder is half seen, and the many small weights of a fitted map count for little.

        Args:
            landmarks: world or image landmarks, as `source` says.
            visibility: in [0, 1]; values outside are clipped, NaN counts as 0.

        Returns:
            The joints, and the visibility of each in [0, 1]. A joint with a NaN among its landmarks has visibility 0
            and is NaN; in an image layout every joint with score 0 is zero, as Kinetics-Skeleton has it.
        """
        missing = np.isnan(landmarks).any(axis=-1)
        lost = missing.astype(np.float32) @ self._share.T > 0
        score = (self._share @ np.clip(np.nan_to_num(visibility), 0, 1)[..., None])[..., 0]
        score[lost] = 0
        known = np.where(missing[..., None], np.float32(0), landmarks)
        # A product for each pose, not one for all: its last digits would depend on how many there are.
        joints = np.stack([(self._by_axis[axis] @ known[..., axis, None])[..., 0] for axis in range(3)], axis=-1)
        if self.source == "world":
            joints *= np.asarray(self.axes, np.float32)
            joints[lost] = np.nan
        else:
            joints[..., :2] -= 0.5
            joints[..., 2] = score
            joints[score == 0] = 0
        return joints, score


def table_weights(layout: SkeletonLayout, table: Table) -> Float32[np.ndarray, "V 33"]:
    """The matrix that a table of names describes; the same weights on either side of the body.

    Args:
        layout: the layout whose joints the table names.
        table: one entry for each joint, without `left_` and `right_`.
    """
    weights = np.zeros((layout.num_joints, MEDIAPIPE33.num_joints), np.float32)
    for row, joint in zip(weights, layout.joints, strict=True):
        side, _, part = joint.partition("_")
        for source, weight in table[part if side in {"left", "right"} else joint].items():
            if source.startswith("mid_"):
                part = source.removeprefix("mid_")
                row[MEDIAPIPE33.indices(f"left_{part}", f"right_{part}")] += weight / 2
            else:
                row[MEDIAPIPE33.index(source if source in MEDIAPIPE33.joints else f"{side}_{source}")] += weight
    return weights


def save_mapping(path: Path, mapping: SkeletonMapping, about: Mapping[str, object]) -> None:
    """Write the weights of a mapping from world landmarks to NTU25 as `.npz`, and where they come from."""
    with output_file(path) as temporary, write_errors(path), temporary.open("wb") as file:
        np.savez_compressed(file, weights=mapping.weights, about=json.dumps(about))


def load_mapping(path: Path) -> SkeletonMapping:
    """The mapping to NTU25 that `save_mapping` wrote.

    Raises:
        UserError: if there is none.
    """
    try:
        with np.load(path) as file:
            return SkeletonMapping(NTU25, file["weights"].astype(np.float32))
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{path} cannot be read as a mapping to NTU25: {error}") from error


_MAPPINGS = {
    mapping.layout.name: mapping
    for mapping in (
        load_mapping(Path(str(files("realtime"))) / "data" / "ntu25.npz"),  # docs/calibration.md, Landmarks
        SkeletonMapping(KINETICS18, table_weights(KINETICS18, KINETICS18_TABLE), "image"),
    )
}


def get_mapping(layout: SkeletonLayout) -> SkeletonMapping:
    """The mapping from MediaPipe's landmarks to `layout`.

    Raises:
        UserError: if there is none.
    """
    try:
        return _MAPPINGS[layout.name]
    except KeyError:
        raise UserError(
            f"no mapping from MediaPipe to skeleton layout '{layout.name}' is known; "
            f"use a model of {' or '.join(_MAPPINGS)}"
        ) from None
