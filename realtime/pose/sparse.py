"""`SparsePose`: poses of every n-th frame, and people on straight lines in the frames between."""

from collections.abc import Iterator

import numpy as np

from realtime.frames import Frame, PersonPose, PoseFrame
from realtime.pose.estimator import PoseEstimator

_LONGEST = 0.3
"""Seconds between two estimated frames beyond which nobody knows what was in between."""


class SparsePose:
    """Estimates the frames whose index is a multiple of `every`, and the last one.

    Landmarks in between are linear in time between the same person's before and after (ours). Two people are the same
    where each is the other's nearest in the picture; whoever is in one of the two frames only is in none in between.

    Args:
        estimator: finds people.
        every: n, from 1 on; with 1 it is the estimator itself.
    """

    def __init__(self, estimator: PoseEstimator, every: int) -> None:
        self._estimator = estimator
        self._every = every
        self._before: PoseFrame | None = None
        self._waiting: list[Frame] = []

    def add(self, frame: Frame) -> Iterator[tuple[Frame, PoseFrame]]:
        """Take the next frame.

        Yields:
            The frames of which it is now known who is in them, in order: none, or those that waited and this one.
        """
        if frame.index % self._every:
            self._waiting.append(frame)
        else:
            yield from self._estimate(frame)

    def flush(self) -> Iterator[tuple[Frame, PoseFrame]]:
        """The frames that still wait, at the end of the source."""
        if self._waiting:
            yield from self._estimate(self._waiting.pop())

    def _estimate(self, frame: Frame) -> Iterator[tuple[Frame, PoseFrame]]:
        found = self._estimator.estimate(frame)
        waiting, self._waiting = self._waiting, []
        before, self._before = self._before or found, found
        pairs = _pairs(before, found) if waiting else []
        for one in waiting:
            share = np.float32((one.time - before.time) / (found.time - before.time)) if pairs else np.float32(0)
            yield one, PoseFrame(one.index, one.time, tuple(_between(*pair, share) for pair in pairs))
        yield frame, found


def _pairs(before: PoseFrame, after: PoseFrame) -> list[tuple[PersonPose, PersonPose]]:
    """The same people in two frames."""
    if not (before.persons and after.persons and 0 < after.time - before.time <= _LONGEST):
        return []
    first, second = (np.stack([one.landmarks[:, :2] for one in frame.persons]) for frame in (before, after))
    apart = np.linalg.norm(first[:, None] - second, axis=3).mean(axis=2)
    nearest, back = apart.argmin(axis=1), apart.argmin(axis=0)
    return [(before.persons[a], after.persons[b]) for a, b in enumerate(nearest) if back[b] == a]


def _between(before: PersonPose, after: PersonPose, share: np.float32) -> PersonPose:
    """A person between two moments; `share` is 0 at the first and 1 at the second."""
    return PersonPose(
        before.landmarks + share * (after.landmarks - before.landmarks),
        before.world + share * (after.world - before.world),
        before.visibility + share * (after.visibility - before.visibility),
    )
