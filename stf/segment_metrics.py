"""How well segments match true ones: segmental F1, edit score, accuracy per frame, delay; each against counts by hand.

C. Lea, M. D. Flynn, R. Vidal, A. Reiter, G. D. Hager, "Temporal Convolutional Networks for Action Segmentation and
Detection", CVPR 2017, section 4.1, defines F1@k and takes the edit score from C. Lea, R. Vidal, G. D. Hager, "Learning
Convolutional Action Primitives for Fine-grained Action Recognition", ICRA 2016. What is no action is the background,
which neither of the two looks at. Here the true segments of one person are compared with those found of one person.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int64

from stf.metrics import Confusion
from stf.prediction import Segment

OVERLAPS = (0.10, 0.25, 0.50)
"""The overlaps of F1@{10,25,50}."""


@dataclass(frozen=True, slots=True)
class Matches:
    """How many found segments are right, how many are not, and how many true ones were missed; adds up.

    Attributes:
        right: found, of the true label, and overlapping enough.
        wrong: found without being right.
        missed: true, and found by none.
    """

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def __add__(self, other: "Matches") -> "Matches":
        return Matches(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)

    @property
    def f1(self) -> float:
        """2 right / (2 right + wrong + missed); 1 where there is nothing to find and nothing was found."""
        whole = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / whole if whole else 1.0


def match_segments(found: Sequence[Segment], true: Sequence[Segment], overlap: float) -> Matches:
    """Count found segments that are right (Lea et al. 2017, section 4.1).

    Each found segment, in order of time, is compared with the true segment of its label that it overlaps most, by
    intersection over union. It is right where that reaches `overlap` and no earlier one was right about the same.

    Args:
        found: of one person.
        true: of the same person.
        overlap: k / 100 of F1@k, in (0, 1].
    """
    taken: set[int] = set()
    for segment in sorted(found, key=lambda one: one.start):
        shares = [intersection_over_union(segment, other) if other.label == segment.label else 0.0 for other in true]
        best = int(np.argmax(shares)) if shares else -1
        if best >= 0 and shares[best] >= overlap and best not in taken:
            taken.add(best)
    return Matches(len(taken), len(found) - len(taken), len(true) - len(taken))


def intersection_over_union(one: Segment, other: Segment) -> float:
    """Time that two segments share, as a share of the time that either takes."""
    shared = max(0.0, min(one.end, other.end) - max(one.start, other.start))
    return shared / (one.end - one.start + other.end - other.start - shared)


def edit_score(found: Sequence[Segment], true: Sequence[Segment]) -> float:
    """Whether the right labels come in the right order, however long each takes (Lea et al. 2016), in [0, 1].

    One minus the Levenshtein distance of the two sequences of labels, divided by the length of the longer one.
    """
    words, others = ([one.label for one in sorted(side, key=lambda one: one.start)] for side in (found, true))
    row = list(range(len(others) + 1))
    for number, word in enumerate(words, start=1):
        before, row = row, [number]
        for place, other in enumerate(others):
            row.append(min(before[place] + (word != other), before[place + 1] + 1, row[place] + 1))
    return 1 - row[-1] / max(len(words), len(others), 1)


def detection_delay(said: Iterable[tuple[float, str]], true: Segment, grace: float = 1.0) -> float:
    """Seconds from the start of a true segment until its label is first said (ours).

    Args:
        said: moments in seconds, in order, and what was then said to go on.
        true: the segment.
        grace: seconds after its end until which the label still counts.

    Returns:
        Infinity where it is not said in time.
    """
    moments = (time for time, label in said if label == true.label and true.start <= time <= true.end + grace)
    return next(moments, math.inf) - true.start


def label_frames(
    segments: Sequence[Segment], times: Float[np.ndarray, " F"], classes: Sequence[str]
) -> Int64[np.ndarray, " F"]:
    """The label of each frame: the number of its class, that of the last class where there is no action.

    Where segments overlap, the more confident one counts, of two equally confident ones the later one.

    Args:
        segments: whose labels are among the classes.
        times: (F,) seconds, increasing.
        classes: names; the last one is that of the background.
    """
    labels: Int64[np.ndarray, " F"] = np.full(len(times), len(classes) - 1)
    for segment in sorted(segments, key=lambda one: (one.confidence, one.start)):
        first, last = np.searchsorted(times, (segment.start, segment.end))
        labels[first:last] = classes.index(segment.label)
    return labels


@dataclass(frozen=True, slots=True)
class SegmentMetrics:
    """What is measured of segments, over any number of videos; adds up.

    Attributes:
        matches: for each of `OVERLAPS`.
        edits: the edit score of each person of each video.
        confusion: (K, K) frames of each true class (row) that were called each class (column); the last class is no
            action.
    """

    matches: tuple[Matches, ...]
    edits: tuple[float, ...]
    confusion: Confusion = field(repr=False)

    def __add__(self, other: "SegmentMetrics") -> "SegmentMetrics":
        matches = tuple(one + two for one, two in zip(self.matches, other.matches, strict=True))
        return SegmentMetrics(matches, self.edits + other.edits, self.confusion + other.confusion)

    @property
    def edit(self) -> float:
        """Mean edit score."""
        return float(np.mean(self.edits))

    @property
    def accuracy(self) -> float:
        """Share of the frames that are called what they are, those without action among them."""
        return float(self.confusion.trace() / self.confusion.sum())


def measure_segments(
    found: Sequence[Segment], true: Sequence[Segment], times: Float[np.ndarray, " F"], classes: Sequence[str]
) -> SegmentMetrics:
    """Every metric of one person of one video.

    Args:
        found: what was recognised.
        true: what is true.
        times: (F,) seconds, increasing: the frames.
        classes: every label of either, and last the name of the background.
    """
    confusion: Confusion = np.zeros((len(classes), len(classes)), np.int64)
    np.add.at(confusion, (label_frames(true, times, classes), label_frames(found, times, classes)), 1)
    matches = tuple(match_segments(found, true, overlap) for overlap in OVERLAPS)
    return SegmentMetrics(matches, (edit_score(found, true),), confusion)
