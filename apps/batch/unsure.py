"""Where a recogniser was unsure for longer than a moment: what a person should look at first."""

from collections.abc import Iterator
from dataclasses import dataclass

from realtime.records import Record
from stf.prediction import Prediction

UNSURE = 0.6
"""Confidence below which a window counts as unsure."""

_SHORTEST = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of unsure windows of one person.

    Attributes:
        start, end: seconds on the video's clock.
        person: the person's id.
        label: what most windows say.
        confidence: the mean over the windows.
    """

    start: float
    end: float
    person: int
    label: str
    confidence: float

    @property
    def doubt(self) -> float:
        """Seconds that are likely to be wrong: what is left to certainty, times how long it lasts."""
        return (1 - self.confidence) * (self.end - self.start)


def unsure_spans(record: Record) -> list[Span]:
    """Every stretch of at least a second in which all windows of a person are unsure, the most doubtful first (ours).

    A window speaks for its middle, and so for half a stride to either side of it.

    Raises:
        UserError: if the windows of the record are missing or damaged.
    """
    stride = record.facts.settings.window.stride
    with record.windows() as windows:
        by_person: dict[int, list[Prediction]] = {}
        spans: list[Span] = []
        for window in windows:
            run = by_person.setdefault(window.person, [])
            if run and (window.confidence >= UNSURE or _middle(window) - _middle(run[-1]) > 1.5 * stride):
                spans += _span(run, stride)
                run.clear()
            if window.confidence < UNSURE:
                run.append(window)
        for run in by_person.values():
            spans += _span(run, stride)
    return sorted(spans, key=lambda span: -span.doubt)


def _middle(window: Prediction) -> float:
    return (window.start + window.end) / 2


def _span(run: list[Prediction], stride: float) -> Iterator[Span]:
    """The span of a run of windows, if it is long enough."""
    if not run:
        return
    start, end = max(_middle(run[0]) - stride / 2, 0.0), _middle(run[-1]) + stride / 2
    if end - start >= _SHORTEST:
        said = [window.label for window in run]
        confidence = sum(window.confidence for window in run) / len(run)
        yield Span(start, end, run[0].person, max(set(said), key=lambda name: (said.count(name), name)), confidence)
