"""Predictions of overlapping windows in, segments out: who did what from when to when.

Windows are long (1.6 s) and overlap, so a window's scores do not speak for all of it. They speak for its middle: slide
a window over the end of an action and the action's share of it falls through one half just when the middle crosses
the end. From there, for each person on their own:

1. Every prediction is a moment, the middle of its window. The time nearest to a moment is its cell; the first cell of
   a run of predictions reaches back to where the run's first window begins (or to where the person was first seen)
   and the last one on to the end of the last window.
2. A cell's scores are the mean over the moments within `smooth / 2` of its own.
3. A label begins with a cell in which its probability exceeds `enter`. It ends with the last such cell, once it has
   fallen below `leave`, another label has exceeded `enter` and it, or `enter` was not reached for `patience`.
4. Pieces shorter than `min_seconds` are dropped; then neighbours of one label at most `max_break` apart are joined.

What is left between the segments is `NONE`, and so are the segments of a class of that name. Steps 3 and 4 use what
comes later only so far that a segment is handed out at most half a window + `smooth / 2` + `max_break` + `min_seconds`
+ `patience` + three strides after its end (3.9 s with the defaults, usually below 2.5 s), and nothing older than that
is kept. The method is ours.
"""

from collections import deque
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Self

import numpy as np
from jaxtyping import Float32, Float64

from stf.errors import UserError
from stf.prediction import NONE, Prediction, Segment


@dataclass(frozen=True, slots=True)
class SegmentSpec:
    """When a run of predictions amounts to a segment; probabilities in [0, 1], times in seconds.

    Attributes:
        enter: a label begins when its smoothed probability exceeds this.
        leave: and ends when it falls below this.
        smooth: scores are averaged over this much time; 0.6 is three windows at the default stride.
        min_seconds: nothing shorter is a segment.
        max_break: two pieces of one label no further apart are one segment.
        patience: how long a label may stay between `leave` and `enter`, or a person without predictions, before the
            segment ends.
    """

    enter: float = 0.5
    leave: float = 0.35
    smooth: float = 0.6
    min_seconds: float = 0.5
    max_break: float = 0.5
    patience: float = 1.0

    @classmethod
    def above(cls, confidence: float) -> Self:
        """Labels begin above `confidence`, and end when they fall below the same share of it as by default."""
        usual = cls()
        return cls(enter=confidence, leave=confidence * usual.leave / usual.enter)

    def __post_init__(self) -> None:
        if not 0 <= self.leave <= self.enter < 1:
            raise UserError(f"a label cannot enter above {self.enter} and leave below {self.leave}; lower `leave`")
        if min(self.smooth, self.min_seconds, self.max_break, self.patience) < 0:
            raise UserError(f"{self} has a negative time; give times in seconds, zero or above")


class Segmenter:
    """Turns the predictions of all persons into segments while they arrive.

    Each person's segments follow from their own predictions alone. `advance` tells it the time, so that those who have
    gone are closed and forgotten.
    """

    def __init__(self, classes: Sequence[str], spec: SegmentSpec | None = None) -> None:
        self._classes = tuple(classes)
        self._spec = spec or SegmentSpec()
        self._runs: dict[int, _Run] = {}

    def add(self, prediction: Prediction, since: float | None = None) -> list[Segment]:
        """Take a person's next prediction.

        One not later than the person's last is ignored; one that ends before the last began is a new take.

        Args:
            prediction: scores of K classes over a window; every person's in order of time, persons in any order.
            since: seconds; since when the person has been in view (`realtime.window.seen_since`), where that is
                later than the start of the window. Only looked at when a run of predictions begins.

        Returns:
            The segments of this person that can no longer change, oldest first.
        """
        person, closed = prediction.person, []
        run = self._runs.get(person)
        if run and run.start <= prediction.end <= run.end:
            return []
        if run is None or not 0 < prediction.end - run.end <= self._spec.patience:
            begin = prediction.start if since is None else max(prediction.start, since)
            if run:
                closed = self._segments(person, run.finish())
                begin = max(begin, run.end) if prediction.end > run.end else begin
            run = self._runs[person] = _Run(self._spec, begin)
        return closed + self._segments(person, run.add(prediction))

    def advance(self, time: float) -> list[Segment]:
        """Let go of the persons whose last window lies more than its own length before `time`.

        Args:
            time: seconds; predictions that end before this have all been added.

        Returns:
            Their last segments.
        """
        gone = [person for person, run in self._runs.items() if time - run.end > run.end - run.start]
        return [segment for person in gone for segment in self._segments(person, self._runs.pop(person).finish())]

    def flush(self) -> list[Segment]:
        """Everybody's remaining segments, at the end of the stream."""
        runs, self._runs = self._runs, {}
        return [segment for person, run in runs.items() for segment in self._segments(person, run.finish())]

    def current(self, person: int) -> Segment | None:
        """What the person seems to be doing right now, up to the newest window's end; None for `NONE`.

        It is for display: it follows the newest window at once, and may yet turn out too short to be a segment.
        """
        run = self._runs.get(person)
        if run is None or (piece := deepcopy(run).settle()) is None:
            return None
        segment = self._segment(person, piece, run.end)
        return None if segment.label == NONE else segment

    def _segments(self, person: int, pieces: "list[_Piece]") -> list[Segment]:
        segments = (self._segment(person, piece, piece.end) for piece in pieces)
        return [segment for segment in segments if segment.label != NONE]

    def _segment(self, person: int, piece: "_Piece", end: float) -> Segment:
        return Segment(piece.start, end, person, self._classes[piece.label], piece.total / piece.cells)


@dataclass(slots=True)
class _Piece:
    """A stretch of one label: the sum of the label's probability over its cells, and over those of a dip after it."""

    label: int
    start: float
    end: float
    total: float = 0.0
    cells: int = 0
    dip_total: float = 0.0
    dip_cells: int = 0

    def see(self, end: float, probability: float, enter: float) -> None:
        """Go on with a cell; a weak one counts only once a strong one has followed it."""
        self.dip_total += probability
        self.dip_cells += 1
        if probability > enter:
            self.end = end
            self.total, self.cells = self.total + self.dip_total, self.cells + self.dip_cells
            self.dip_total, self.dip_cells = 0.0, 0


class _Run:
    """One person's predictions without a break; smooths them into cells (steps 1 and 2)."""

    def __init__(self, spec: SegmentSpec, begin: float) -> None:
        self.start = self.end = begin  # of the newest window
        self._begin = begin
        self._reach = spec.smooth / 2
        self._moments: deque[tuple[float, Float32[np.ndarray, " K"]]] = deque()
        self._next = 0  # the first of the moments whose cell is still to come
        self._edge = begin  # where that cell starts
        self._labels = _Labels(spec)

    def add(self, prediction: Prediction) -> list[_Piece]:
        self.start, self.end = prediction.start, prediction.end
        moment = (max(self.start, self._begin) + self.end) / 2
        self._moments.append((moment, prediction.scores))
        while moment > self._moments[self._next][0] + self._reach:
            self._cell()
        return self._labels.take()

    def settle(self) -> _Piece | None:
        """Complete all cells, as if the newest window were the last one; the label that then goes on."""
        while self._next < len(self._moments):
            self._cell()
        return self._labels.open

    def finish(self) -> list[_Piece]:
        self.settle()
        self._labels.finish()
        return self._labels.take()

    def _cell(self) -> None:
        """Complete the next cell; forget the moments over which no later one is averaged."""
        moment, _ = self._moments[self._next]
        near = [scores for other, scores in self._moments if abs(other - moment) <= self._reach]
        self._next += 1
        last = self._next == len(self._moments)
        end = self.end if last else (moment + self._moments[self._next][0]) / 2
        self._labels.see(self._edge, end, np.asarray(near, np.float64).mean(axis=0))
        self._edge = end
        while not last and self._moments[0][0] < self._moments[self._next][0] - self._reach:
            self._moments.popleft()
            self._next -= 1


class _Labels:
    """Cells in, pieces out: hysteresis, minimum length, joining (steps 3 and 4)."""

    def __init__(self, spec: SegmentSpec) -> None:
        self.open: _Piece | None = None  # the label going on
        self._spec = spec
        self._held: _Piece | None = None  # the piece before it, while a later one may still join it
        self._done: list[_Piece] = []

    def see(self, start: float, end: float, scores: Float64[np.ndarray, " K"]) -> None:
        best = int(np.argmax(scores))
        strong = scores[best] > self._spec.enter
        if self.open and self._is_over(self.open, start, scores):
            self._close()
        if self.open is None and strong:
            self.open = _Piece(best, start, end)
        if self.open:
            self.open.see(end, float(scores[self.open.label]), self._spec.enter)
        if self._held and end - self._held.end > self._spec.max_break and not self._joins(self.open):
            self._release()

    def finish(self) -> None:
        self._close()
        self._release()

    def take(self) -> list[_Piece]:
        done, self._done = self._done, []
        return done

    def _is_over(self, piece: _Piece, start: float, scores: Float64[np.ndarray, " K"]) -> bool:
        spec, probability = self._spec, scores[piece.label]
        rival = scores.max() > max(spec.enter, probability)
        tired = probability <= spec.enter and start - piece.end > spec.patience
        return bool(probability < spec.leave or rival or tired)

    def _joins(self, piece: _Piece | None) -> bool:
        held = self._held
        return bool(held and piece and piece.label == held.label and piece.start - held.end <= self._spec.max_break)

    def _close(self) -> None:
        piece, self.open = self.open, None
        if piece is None or piece.end - piece.start < self._spec.min_seconds:
            return
        if self._held and self._joins(piece):
            self._held.end = piece.end
            self._held.total += piece.total
            self._held.cells += piece.cells
        else:
            self._release()
            self._held = piece

    def _release(self) -> None:
        if self._held:
            self._done.append(self._held)
            self._held = None
