"""What a running pipeline reports about itself."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np

STAGES = ("decode", "pose", "skeleton", "recognise", "latency")


@dataclass(slots=True)
class StageTimes:
    """How long one stage took: in all, and of late.

    Attributes:
        count: how often it ran.
        seconds: how long in all.
        recent: the last durations in seconds.
    """

    count: int = 0
    seconds: float = 0.0
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=2048))

    def add(self, seconds: float) -> None:
        """Take one more run of the stage."""
        self.count += 1
        self.seconds += seconds
        self.recent.append(seconds)

    def percentile_ms(self, percent: float) -> float:
        """A percentile of the recent durations, in milliseconds; zero where the stage has not run."""
        recent = list(self.recent)
        return float(np.percentile(recent, percent)) * 1e3 if recent else 0.0


@dataclass(slots=True)
class Statistics:
    """Counts and times, written by the workers; read them at any moment.

    Attributes:
        stages: `decode` (waiting for the source), `pose`, `skeleton` (tracking, mapping, smoothing, windows),
            `recognise`, and `latency` (from a window's last frame leaving the source to its prediction).
        frames: how many frames went through the pose estimator.
        people_frames: in how many of them somebody was found.
        people: how many different persons there were.
        dropped: frames and windows that were dropped because newer ones had come.
    """

    stages: dict[str, StageTimes] = field(default_factory=lambda: {name: StageTimes() for name in STAGES})
    frames: int = 0
    people_frames: int = 0
    people: int = 0
    dropped: int = 0
