"""Who is who from frame to frame: ids that stay with a person through short occlusions."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Float64

from realtime.frames import PersonPose, PoseFrame, TrackedPose
from stf.skeleton import MEDIAPIPE33

_SIDES = np.array([range(MEDIAPIPE33.num_joints), MEDIAPIPE33.mirror])  # as they are, and left and right exchanged
_FAINT = np.float32(1e-3)
"""Added to every weight, so that a person with no visible landmark has a place too."""


class _Bodies(NamedTuple):
    """N persons in the image plane, in fractions of the picture.

    The size is the RMS distance of the landmarks from their mean, both weighted by visibility.
    """

    points: Float32[np.ndarray, "N 33 2"]
    visibility: Float32[np.ndarray, "N 33"]
    size: Float32[np.ndarray, " N"]


@dataclass(slots=True)
class _Track:
    """What is remembered of a person: how they were last seen, and their speed in fractions of the picture/s."""

    time: float
    points: Float32[np.ndarray, "33 2"]
    visibility: Float32[np.ndarray, "33"]
    size: np.float32
    velocity: Float32[np.ndarray, "2"]


class Tracker:
    """Gives every person an id: 0, 1, ... by first appearance (from left to right within a frame), never used twice.

    Each frame's persons are matched to the known ones by the Hungarian method. Their distance (ours) is the mean
    distance of corresponding landmarks in the picture, weighted by visibility, as a multiple of the person's size; the
    size is the RMS distance of the landmarks from their mean, 0.5-0.6 m on a standing adult. Left and right may be
    exchanged, as MediaPipe does from one frame to the next with people seen from behind. A known person is expected
    where their last velocity takes them, fading with `velocity_memory`. Nothing but position tells people apart: two
    who change places while neither is seen change ids.

    A newcomer on the spot of somebody else is that person found twice, a known fault of MediaPipe with `num_poses` > 1,
    and left out. Known persons may come twice as near, since people do pass one another; nearer still, the one with the
    higher id is left out. Persons with a NaN are left out. When time goes back (a looped file), everybody is new.

    Args:
        max_age: seconds; somebody unseen for longer is forgotten, and new when they come back.
        gate: in person sizes; how far from the expected place a person may be found.
        drift: person sizes per second; how much wider that becomes with the time since they were last seen.
        duplicate: in person sizes; a newcomer nearer to somebody than this is the same person.
        velocity_memory: seconds; time constant of the velocity estimate.
    """

    def __init__(
        self,
        *,
        max_age: float = 1.0,
        gate: float = 0.7,
        drift: float = 1.5,
        duplicate: float = 0.4,
        velocity_memory: float = 0.5,
    ) -> None:
        self.max_age = max_age
        self.gate = gate
        self.drift = drift
        self.duplicate = duplicate
        self.velocity_memory = velocity_memory
        self._tracks: dict[int, _Track] = {}
        self._time = -np.inf
        self._next_id = 0

    @property
    def alive(self) -> frozenset[int]:
        """The ids that may still appear; what is remembered of any other person can be dropped."""
        return frozenset(self._tracks)

    def update(self, frame: PoseFrame) -> tuple[TrackedPose, ...]:
        """Say who is who in the next frame.

        Args:
            frame: the persons in any order.

        Returns:
            The persons with their ids, in order of id.
        """
        if frame.time < self._time:
            self._tracks.clear()
        self._time = frame.time
        self._tracks = {
            person: track for person, track in self._tracks.items() if frame.time - track.time <= self.max_age
        }
        poses = [pose for pose in frame.persons if _is_finite(pose)]
        if not poses:
            return ()
        points = np.array([pose.landmarks[:, :2] for pose in poses])
        visibility = np.array([pose.visibility for pose in poses])
        centre, size = _extent(points, visibility)
        found = _Bodies(points, visibility, size)
        ids = self._match(found)
        kept = self._without_duplicates(found, ids)
        for number in sorted(kept - ids.keys(), key=lambda n: tuple(centre[n])):
            ids[number] = self._next_id
            self._next_id += 1
        for number in kept:
            self._remember(ids[number], found.points[number], found.visibility[number], found.size[number])
        return tuple(TrackedPose(ids[number], poses[number]) for number in sorted(kept, key=ids.__getitem__))

    def _match(self, found: _Bodies) -> dict[int, int]:
        """For those of `found` who are known: their number -> their id."""
        if not self._tracks:
            return {}
        tracks = list(self._tracks.values())
        elapsed = np.array([self._time - track.time for track in tracks])
        # A velocity that decays over `velocity_memory` carries a person this many seconds' worth of it.
        reach = self.velocity_memory * (1 - np.exp(-elapsed / self.velocity_memory))
        expected = _Bodies(
            np.array([track.points + track.velocity * np.float32(r) for track, r in zip(tracks, reach, strict=True)]),
            np.array([track.visibility for track in tracks]),
            np.array([track.size for track in tracks]),
        )
        distance = _distances(expected, found)
        allowed = (self.gate + self.drift * elapsed)[:, None]
        # The cost saturates (ours), so that somebody far off cannot push another from their own place.
        cost = np.where(distance <= allowed, distance / (distance + self.gate), 1.0)
        ids = list(self._tracks)
        return {number: ids[track] for track, number in _assign(cost) if cost[track, number] < 1}

    def _without_duplicates(self, found: _Bodies, ids: dict[int, int]) -> set[int]:
        """The numbers of `found` less the second and further appearances of one person."""
        count = len(found.size)
        if count == 1:
            return {0}
        distance = _distances(found, found)
        newest = self._next_id
        kept: list[int] = []
        for number in sorted(range(count), key=lambda n: (ids.get(n, newest), -found.visibility[n].sum())):
            limit = self.duplicate / 2 if number in ids else self.duplicate
            if (distance[number, kept] >= limit).all():
                kept.append(number)
        return set(kept)

    def _remember(
        self,
        person: int,
        points: Float32[np.ndarray, "33 2"],
        visibility: Float32[np.ndarray, "33"],
        size: np.float32,
    ) -> None:
        velocity = np.zeros(2, np.float32)
        last = self._tracks.get(person)
        if last:
            velocity = last.velocity
            if (elapsed := self._time - last.time) > 0:
                weight = last.visibility * visibility + _FAINT
                moved = weight @ (points - last.points) / (weight.sum() * elapsed)
                velocity = velocity + np.float32(1 - np.exp(-elapsed / self.velocity_memory)) * (moved - velocity)
        self._tracks[person] = _Track(self._time, points, visibility, size, velocity)


def _is_finite(pose: PersonPose) -> bool:
    return bool(
        np.isfinite(pose.landmarks).all() and np.isfinite(pose.world).all() and np.isfinite(pose.visibility).all()
    )


def _extent(
    points: Float32[np.ndarray, "N 33 2"], visibility: Float32[np.ndarray, "N 33"]
) -> tuple[Float32[np.ndarray, "N 2"], Float32[np.ndarray, " N"]]:
    """The weighted mean of each person's landmarks, and their RMS distance from it."""
    weight = visibility + _FAINT
    weight /= weight.sum(axis=1, keepdims=True)
    centre = (weight[:, None] @ points)[:, 0]
    size = np.sqrt((weight * ((points - centre[:, None]) ** 2).sum(axis=2)).sum(axis=1))
    return centre, size


def _distances(one: _Bodies, other: _Bodies) -> Float64[np.ndarray, "A B"]:
    """The distance of each person of `one` to each of `other`, as multiples of the larger one's size.

    It is the smaller of two: as they are, and with left and right of `other` exchanged.
    """
    size = np.maximum(np.maximum.outer(one.size, other.size), _FAINT)
    weight = one.visibility[:, None, None] * other.visibility[:, _SIDES] + _FAINT  # (A, B, 2, 33)
    way = one.points[:, None, None] - other.points[:, _SIDES]
    apart = np.sqrt((way * way).sum(axis=4))
    distance = ((weight * apart).sum(axis=3) / weight.sum(axis=3)).min(axis=2)
    return np.asarray(distance / size, np.float64)


def _assign(cost: Float64[np.ndarray, "A B"]) -> list[tuple[int, int]]:
    """The pairs (row, column), each row and column used once at most, whose costs have the least sum."""
    if min(cost.shape) == 1:
        row, column = np.unravel_index(cost.argmin(), cost.shape)
        return [(int(row), int(column))]
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - 0.4 s, wasted where one person is in view

    rows, columns = linear_sum_assignment(cost)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))
