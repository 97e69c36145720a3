"""Where to jump to: the next segment or the next doubtful window, or the ones before."""

from collections.abc import Sequence

from apps.batch.unsure import UNSURE
from apps.inspect.data import Track
from stf.prediction import Segment


def find_segment(segments: Sequence[Segment], person: int, now: float, slack: float, step: int) -> Segment | None:
    """The person's next segment to begin, or where `step` is negative the last one that began before."""
    own = sorted((one for one in segments if one.person == person), key=lambda one: one.start)
    if step > 0:
        return next((one for one in own if one.start > now + slack), None)
    return next((one for one in reversed(own) if one.start < now - slack), None)


def find_doubt(track: Track, now: float, slack: float, step: int) -> int | None:
    """The next window of which the model is not sure, or where `step` is negative the last one before.

    Windows in a row count as one doubt, of which it is the least sure one.
    """
    sure = track.scores.max(axis=1)
    doubts: list[list[int]] = []
    for number in (sure < UNSURE).nonzero()[0].tolist():
        if doubts and doubts[-1][-1] == number - 1:
            doubts[-1].append(number)
        else:
            doubts.append([number])
    places = [min(run, key=lambda number: float(sure[number])) for run in doubts]
    ahead = [place for place in places if (track.middles[place] - now) * step > slack]
    return (ahead[0] if step > 0 else ahead[-1]) if ahead else None
