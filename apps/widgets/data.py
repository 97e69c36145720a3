"""What the widgets show: plain data, frozen, without anything of Qt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Float32

from realtime.frames import Image
from stf.prediction import Segment
from stf.skeleton import SkeletonLayout


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with everything drawn in, and where the people's joints are.

    Attributes:
        image: (H, W, 3) uint8, BGR.
        joints: person -> (V, 2) x and y as fractions of width and height; NaN where a joint is not seen.
    """

    image: Image
    joints: Mapping[int, Float[np.ndarray, "V 2"]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spot:
    """A joint of a person."""

    person: int
    joint: int


@dataclass(frozen=True, slots=True)
class Score:
    """A class and how probable it is.

    Attributes:
        number: of the class.
        label: its name.
        probability: in [0, 1].
        explained: whether the focus that is shown is the one of this class.
        before: how probable it was before something was changed; None where nothing was.
    """

    number: int
    label: str
    probability: float
    explained: bool = False
    before: float | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A class and how probable two models hold it.

    Attributes:
        label: its name.
        probabilities: in [0, 1]; None for a model that does not know the class.
        before: the same before something was changed; None where nothing was.
        explained: whether it is the one that is asked about.
    """

    label: str
    probabilities: tuple[float | None, float | None]
    before: tuple[float | None, float | None] = (None, None)
    explained: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ScoreLine:
    """How probable a class is over time.

    Attributes:
        label: its name.
        times: (n,) seconds.
        values: (n,) in [0, 1]; NaN where it is not known.
        asked: whether it is one that is asked about, to be drawn stronger.
        other: whether another model says so, to be drawn dashed.
    """

    label: str
    times: Float[np.ndarray, " n"]
    values: Float[np.ndarray, " n"]
    asked: bool = False
    other: bool = False


@dataclass(frozen=True, slots=True)
class FocusWindow:
    """How much each joint at each moment of a window spoke for a class.

    Attributes:
        title: what is explained.
        values: (T, V) in [0, 1]; the moments are evenly spread from start to end.
        start: in `unit`, as `end`.
        end: of the last moment.
        layout: names the V joints.
        unit: of time; seconds by default.
    """

    title: str
    values: Float32[np.ndarray, "T V"]
    start: float
    end: float
    layout: SkeletonLayout
    unit: str = "s"


@dataclass(frozen=True, slots=True)
class Span:
    """What the timeline shows.

    Attributes:
        segments: those that are over.
        ongoing: what people seem to be doing now; may still change.
        now: seconds; the right edge.
        seconds: how much time is shown.
        absolute: the axis says the moments of a recording rather than how long ago they were.
    """

    segments: Sequence[Segment] = ()
    ongoing: Sequence[Segment] = ()
    now: float = 0.0
    seconds: float = 60.0
    absolute: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """How long one stage takes of late, in milliseconds."""

    name: str
    median_ms: float
    high_ms: float


@dataclass(frozen=True, slots=True)
class Vitals:
    """What a running pipeline and its window report.

    Attributes:
        source_fps: frames a second that come from the source.
        inference_fps: frames a second that went through the pose estimator.
        dropped: frames and windows left out because newer ones had come.
        screen_ms: from a frame's capture to the screen, median and 95 %; None where nothing is captured live.
        device: what the recogniser computes on.
        model: its name.
        stages: in the order in which a frame goes through them.
    """

    source_fps: float = 0.0
    inference_fps: float = 0.0
    dropped: int = 0
    screen_ms: tuple[float, float] | None = None
    device: str = ""
    model: str = ""
    stages: Sequence[Stage] = ()
