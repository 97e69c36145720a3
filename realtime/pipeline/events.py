"""What goes from worker to worker of a pipeline, and what comes out of it."""

from dataclasses import dataclass

from realtime.frames import Frame, PoseFrame, SkeletonFrame, TrackedPose
from stf.prediction import Ongoing, Prediction, Segment


@dataclass(frozen=True, slots=True)
class FrameResult:
    """Who was where in one frame: every frame of a file yields one, in order.

    Attributes:
        frame: the frame itself.
        found: what the estimator said.
        people: the persons in it with their ids.
        skeletons: the same people in the recogniser's layout, smoothed, and where they are.
        clock: when the frame left the source, in seconds of `time.perf_counter`.
    """

    frame: Frame
    found: PoseFrame
    people: tuple[TrackedPose, ...]
    skeletons: tuple[SkeletonFrame, ...]
    clock: float


Event = FrameResult | Prediction | Ongoing | Segment
"""What a pipeline yields; a prediction comes some frames after the frame that completed its window, and after it what
the person then seems to be doing."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame, and when on the monotonic clock it left the source."""

    frame: Frame
    clock: float


@dataclass(frozen=True, slots=True)
class Posed:
    """A frame, the poses in it, and when the frame left the source."""

    frame: Frame
    found: PoseFrame
    clock: float
