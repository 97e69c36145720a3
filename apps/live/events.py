"""What the worker tells the interface, frozen, besides the pipeline's own predictions and segments."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from jaxtyping import Float32

from apps.widgets.data import Picture, Vitals
from realtime.frames import Image
from stf.prediction import Ongoing, Prediction, Segment
from stf.skeleton import SkeletonLayout


class State(Enum):
    """What the worker is doing."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    FAULTED = "failed"


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The worker does something else now; `text` says what, or what went wrong and what to do."""

    state: State
    text: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A source is being watched.

    Attributes:
        source: what was opened, so that it can be opened again.
        name: what to call it.
        live: whether it is a camera or a broadcast rather than a recording.
        duration: seconds of a recording, where known.
        fps: frames a second, where known.
        classes: what the recogniser knows.
        layout: the joints of its focus.
        threshold: the confidence above which a label counts.
        window: how much a prediction looks at, in seconds.
        note: what else to say, as one sentence; empty where there is nothing.
        core: the core of the processor that the pose estimator keeps to.
    """

    source: str
    name: str
    live: bool
    duration: float | None
    fps: float | None
    classes: Sequence[str]
    layout: SkeletonLayout
    threshold: float
    window: float
    note: str = ""
    core: int | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture to be shown.

    Attributes:
        picture: with everything drawn in.
        time: seconds on the source's clock.
        clock: when the frame left the source, in seconds of `time.perf_counter`; None where it is an old one.
        people: the ids of those in it.
    """

    picture: Picture
    time: float
    clock: float | None
    people: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """A recording has come to its end; `note` says what was wrong with it, if anything."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """No picture comes from a live source, and why; empty once one comes again."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """The focus of a class that the person chose.

    Attributes:
        prediction: of the window.
        number: of the class.
        focus: (T, V) in [0, 1].
    """

    prediction: Prediction
    number: int
    focus: Float32[np.ndarray, "T V"]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something was done for the person, or could not be."""

    text: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class CameraFound:
    """A camera.

    Attributes:
        index: its number.
        name: what its maker calls it.
        thumbnail: what it sees, small; None where it is in use.
    """

    index: int
    name: str
    thumbnail: Image | None


@dataclass(frozen=True, slots=True)
class CamerasFound:
    """All cameras there are."""

    cameras: Sequence[CameraFound]


Event = (
    StateChanged
    | Opened
    | Shown
    | Ended
    | Trouble
    | Explained
    | Notice
    | CamerasFound
    | Vitals
    | Prediction
    | Ongoing
    | Segment
)
