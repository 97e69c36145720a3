"""The types that flow through the pipeline: Frame -> PoseFrame -> SkeletonFrame -> Window.

All are frozen; arrays have a documented shape, dtype and unit and are not written to after construction.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Bool, Float32, UInt8

Image = UInt8[np.ndarray, "H W 3"]


_NOWHERE = np.full(3, np.nan, np.float32)
_NOWHERE.setflags(write=False)


def nowhere() -> Float32[np.ndarray, "3"]:
    """The position of somebody of whom it is not known."""
    return _NOWHERE


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a video or a camera.

    Attributes:
        index: 0-based count of frames the source delivered before this one.
        time: seconds on the source's own clock (presentation time of a file, monotonic clock of a camera).
        image: (H, W, 3) uint8, BGR, upright (rotation metadata applied).
    """

    index: int
    time: float
    image: Image


@dataclass(frozen=True, slots=True)
class PersonPose:
    """What the pose estimator says about one person, in MEDIAPIPE33 order.

    Attributes:
        landmarks: (33, 3) float32; x and y as fractions of image width and height (may leave [0, 1] where a joint is
            out of the picture), z in the scale of x, smaller is nearer.
        world: (33, 3) float32 metres, origin between the hips, x image-right, y down, z away from the camera.
        visibility: (33,) float32 in [0, 1].
    """

    landmarks: Float32[np.ndarray, "33 3"]
    world: Float32[np.ndarray, "33 3"]
    visibility: Float32[np.ndarray, "33"]


@dataclass(frozen=True, slots=True)
class PoseFrame:
    """Everybody the pose estimator found in one frame; `time` as in `Frame`."""

    index: int
    time: float
    persons: tuple[PersonPose, ...]


@dataclass(frozen=True, slots=True)
class TrackedPose:
    """A `PersonPose` with the id of the person it belongs to (0, 1, ... in order of first appearance)."""

    person: int
    pose: PersonPose


@dataclass(frozen=True, slots=True)
class SkeletonFrame:
    """One person's skeleton at one moment, in the recogniser's layout.

    Attributes:
        time: seconds, as in `Frame`.
        person: the person's id.
        joints: (V, C) float32; NTU25: x, y, z in metres, Kinect axes (x to the sensor's left, y up, z away);
            KINETICS18: x, y as fractions of the image minus 0.5, and score. Missing joints are NaN.
        visibility: (V,) float32 in [0, 1].
        root: (3,) float32 metres, where the middle of the hips is: Kinect axes, origin in the camera. NaN if unknown.
    """

    time: float
    person: int
    joints: Float32[np.ndarray, "V C"]
    visibility: Float32[np.ndarray, " V"]
    root: Float32[np.ndarray, "3"] = field(default_factory=nowhere)

    def placed(self) -> "SkeletonFrame":
        """The same 3D skeleton where it stands before the camera; NaN throughout where that is not known."""
        return replace(self, joints=self.joints + self.root)


@dataclass(frozen=True, slots=True)
class Window:
    """One person's last seconds, resampled to evenly spaced samples: the recogniser's input.

    Attributes:
        start, end: seconds; the time of the first and the last sample.
        person: the person's id.
        joints: (T, V, C) float32, as in `SkeletonFrame`; zero where not `valid`.
        valid: (T,) bool; False where nothing is known of that moment.
        root: (3,) float32, where the person then is, as in `SkeletonFrame`.
    """

    start: float
    end: float
    person: int
    joints: Float32[np.ndarray, "T V C"]
    valid: Bool[np.ndarray, " T"]
    root: Float32[np.ndarray, "3"] = field(default_factory=nowhere)
