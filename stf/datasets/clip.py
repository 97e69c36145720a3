"""`Clip`: what every dataset importer yields and every stream and transform takes."""

import math
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float32

from stf.errors import UserError
from stf.skeleton import COCO17, KINECT20, KINECT20_TO_NTU25, KINETICS18, NTU25, SkeletonLayout

Joints = Float32[np.ndarray, "M T V C"]


@dataclass(frozen=True, slots=True)
class Clip:
    """A labelled piece of motion of M persons.

    Attributes:
        joints: (M, T, V, C) float32; metres for 3D layouts, fractions of the image for 2D ones (see KINETICS18). A
            missing joint is NaN, its score too.
        fps: frames per second, evenly spaced.
        layout: the skeleton layout of the V joints.
        label: class number, 0-based; -1 where there is none.
        subject: the dataset's own subject number; -1 where there is none.
        name: what the dataset calls this clip.
        camera: the dataset's own camera or view number; -1 where there is none.
    """

    joints: Joints
    fps: float
    layout: SkeletonLayout = field(repr=False)
    label: int = -1
    subject: int = -1
    name: str = ""
    camera: int = -1

    def __post_init__(self) -> None:
        joint = (self.layout.num_joints, len(self.layout.channels))
        if self.joints.ndim != 4 or self.joints.shape[2:] != joint or self.joints.size == 0:
            raise UserError(
                f"clip '{self.name}' has joints of shape {self.joints.shape}; "
                f"(persons, frames, {joint[0]}, {joint[1]}) is needed, with a person and a frame at least"
            )
        if not 0 < self.fps < math.inf:
            raise UserError(f"clip '{self.name}' has {self.fps} frames per second; a positive number is needed")

    @property
    def seconds(self) -> float:
        """How long the clip lasts."""
        return float(self.joints.shape[1] / self.fps)


def to_layout(clip: Clip, layout: SkeletonLayout) -> Clip:
    """The same clip in another layout.

    From Kinect v1 to NTU25 the joints of the trunk are put on the line from hip middle to shoulder middle at the places
    where Kinect v2 has them: v1's own lie elsewhere (its hip centre 0.2 of that line up, its shoulder centre at 1.3,
    mean of UTD-MHAD), and a recogniser would learn that difference instead of the motion. From COCO17 to KINETICS18 the
    neck is the middle of the shoulders, its score the mean of theirs.

    Raises:
        UserError: where no conversion between the two layouts is known.
    """
    if clip.layout is layout:
        return clip
    if (clip.layout, layout) == (KINECT20, NTU25):
        return replace(clip, joints=_from_kinect20(clip.joints), layout=NTU25)
    if (clip.layout, layout) == (COCO17, KINETICS18):
        return replace(clip, joints=_from_coco17(clip.joints), layout=KINETICS18)
    raise UserError(f"no conversion from skeleton layout '{clip.layout.name}' to '{layout.name}' is known")


_TRUNK = {"spine_base": 0.0, "spine_mid": 0.6, "spine_shoulder": 1.0865, "neck": 1.25}
"""Where NTU25 has the joints of the trunk, as shares of the way from hip middle to shoulder middle: the count over NTU
RGB+D for `spine_shoulder`, one clip recorded with Kinect v2 for the others."""


def _from_kinect20(joints: Joints) -> Joints:
    converted = joints[:, :, KINECT20_TO_NTU25]
    hips = joints[:, :, KINECT20.indices("left_hip", "right_hip")].mean(axis=2, keepdims=True)
    shoulders = joints[:, :, KINECT20.indices("left_shoulder", "right_shoulder")].mean(axis=2, keepdims=True)
    share = np.array(list(_TRUNK.values()), np.float32)[:, None]
    converted[:, :, NTU25.indices(*_TRUNK)] = hips + share * (shoulders - hips)
    return converted


def _from_coco17(joints: Joints) -> Joints:
    neck = joints[:, :, COCO17.indices("left_shoulder", "right_shoulder")].mean(axis=2, keepdims=True)
    known = np.concatenate([joints, neck], axis=2)
    names = [*COCO17.joints, "neck"]
    return known[:, :, [names.index(name) for name in KINETICS18.joints]]
