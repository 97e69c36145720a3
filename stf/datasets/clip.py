"""`Clip`: what every dataset importer yields and every stream and transform takes."""

import math
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float32

from stf.datasets.conversions import CONVERSIONS
from stf.errors import UserError
from stf.skeleton import SkeletonLayout

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
        estimated: whether a pose estimator made the joints of pictures, so that its errors are in them.
    """

    joints: Joints
    fps: float
    layout: SkeletonLayout = field(repr=False)
    label: int = -1
    subject: int = -1
    name: str = ""
    camera: int = -1
    estimated: bool = False

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
    """The same clip in another layout, by one of the `conversions`.

    Raises:
        UserError: where no conversion between the two layouts is known.
    """
    if clip.layout is layout:
        return clip
    try:
        convert = CONVERSIONS[clip.layout.name, layout.name]
    except KeyError:
        raise UserError(
            f"no conversion from skeleton layout '{clip.layout.name}' to '{layout.name}' is known"
        ) from None
    return replace(clip, joints=convert(clip.joints), layout=layout)
