"""`Prediction` and `Segment`: what the recogniser says of a window, and what a run of windows amounts to."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

NONE = "none of these"
"""What a person does who does nothing that the recogniser knows: the name of a class that stands for this, and what to
display between segments. There is no segment of it."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the recogniser says about one window of one person.

    Attributes:
        start, end: seconds; the span of the window.
        person: the person's id.
        scores: (K,) float32 class probabilities; what they lack of one is the probability of `NONE` where the
            recogniser has no such class.
        label: the name of the most probable class.
        confidence: its probability, in [0, 1].
        focus: (T, V) float32 in [0, 1]: how much each joint at each moment of the window spoke for `label`
            (largest value 1, or all zero where nothing did). T need not be the window's own sample count; the T
            moments are evenly spread over the span.
        root: where the person's hips are at the end of the window: metres to the camera's left, up and away from it;
            None where that is not known.
    """

    start: float
    end: float
    person: int
    scores: Float32[np.ndarray, " K"]
    label: str
    confidence: float
    focus: Float32[np.ndarray, "T V"]
    root: tuple[float, float, float] | None = None

    def top(self, k: int = 5) -> list[tuple[int, float]]:
        """The `k` most probable classes as (class number, probability), best first."""
        order = np.argsort(-self.scores, kind="stable")[:k]
        return [(int(c), float(self.scores[c])) for c in order]


@dataclass(frozen=True, slots=True)
class Segment:
    """One person doing one thing from `start` to `end` (seconds), with a confidence in [0, 1]."""

    start: float
    end: float
    person: int
    label: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Ongoing:
    """What a person seems to be doing now: a segment that may still change or come to nothing; None for `NONE`."""

    person: int
    segment: Segment | None
