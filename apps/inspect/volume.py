"""The focus of all windows of a person to one question: joints over the time of a whole video."""

import json
from collections.abc import Sequence
from dataclasses import astuple
from hashlib import sha256

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64, UInt8

from apps.inspect.data import Track, Why
from apps.inspect.subject import RecordSubject, Subject
from stf.atomic import write_errors


class Volume:
    """What is known of it so far; as a record keeps it, a byte for each joint at each moment of a window.

    Args:
        track: the person's N windows.
        focus: (R, T, V) of all windows of the file, 255 being 1.
        rows: (N,) where the windows stand in it.
        known: (N,) which of them are known.
        table: what is filled in; None where nothing is to be.
    """

    def __init__(
        self,
        track: Track,
        focus: UInt8[np.ndarray, "R T V"],
        rows: Int64[np.ndarray, " N"],
        known: Bool[np.ndarray, " N"],
        table: np.ndarray | None = None,
    ) -> None:
        self.track = track
        self._focus = focus
        self._rows = rows
        self._known = known
        self._table = table

    @property
    def share(self) -> float:
        """How much of it is known."""
        return float(self._known.mean()) if len(self._known) else 1.0

    def at(self, times: Float[np.ndarray, " n"]) -> Float32[np.ndarray, "n V"]:
        """The focus at moments, from the known window whose middle is nearest to each; NaN where none shows it."""
        values = np.full((len(times), self._focus.shape[2]), np.nan, np.float32)
        known = np.flatnonzero(self._known)
        if not len(known):
            return values
        middles = self.track.middles[known]
        after = np.searchsorted(middles, times).clip(1, max(len(known) - 1, 1))
        before = after - 1
        after = np.minimum(after, len(known) - 1)
        nearest = known[np.where(np.abs(middles[before] - times) <= np.abs(middles[after] - times), before, after)]
        start, end = self.track.start[nearest], self.track.end[nearest]
        place = (times - start) / (end - start)
        shown = (place >= 0) & (place <= 1)
        moment = np.rint(place[shown] * (self._focus.shape[1] - 1)).astype(int)
        values[shown] = self._focus[self._rows[nearest[shown]], moment].astype(np.float32) / 255
        return values

    def mean(self, weight: Float[np.ndarray, " N"]) -> tuple[Float32[np.ndarray, "T V"], int]:
        """The mean focus over the known windows, and the number of one that correlates with it well.

        Args:
            weight: how much each window counts; the one that is given counts at least half as much as any.
        """
        known = np.flatnonzero(self._known)
        share = weight[known] / weight[known].sum()
        rows = self._focus[self._rows[known]].astype(np.float32) / 255
        mean: Float32[np.ndarray, "T V"] = np.tensordot(share.astype(np.float32), rows, 1)
        centred = rows - rows.mean(axis=(1, 2), keepdims=True)
        norm = np.linalg.norm(centred.reshape(len(rows), -1), axis=1)
        likeness = (centred * (mean - mean.mean())).sum(axis=(1, 2)) / (norm + np.finfo(np.float32).eps)
        return mean, int(known[np.where(share >= share.max() / 2, likeness, -np.inf).argmax()])

    def missing(self, time: float, most: int) -> list[int]:
        """The windows to ask about next: those not known whose middles are nearest to a moment."""
        unknown = np.flatnonzero(~self._known)
        away = np.abs(self.track.middles[unknown] - time)
        return [int(number) for number in unknown[np.argsort(away, kind="stable")[:most]]]

    def put(
        self,
        numbers: Sequence[int],
        focus: Float32[np.ndarray, "n T V"],
        scores: Float32[np.ndarray, "n K"],
    ) -> None:
        """Take what was answered about windows."""
        if self._table is None:
            raise ValueError("a recorded focus is what it is")
        self._table["focus"][list(numbers)] = np.rint(255 * focus)
        self._table["scores"][list(numbers)] = scores
        self._table["known"][list(numbers)] = True  # last: a row is whole where this is set

    def scores(self) -> Float32[np.ndarray, "N K"] | None:
        """(N, K) probabilities; NaN where nobody has asked; None for a recorded focus."""
        if self._table is None:
            return None
        return np.where(self._known[:, None], self._table["scores"], np.float32(np.nan))


def recorded_volume(subject: RecordSubject, person: int) -> Volume:
    """The focus as it was when the video was labelled."""
    track = subject.recorded(person)
    every = np.ones(len(track.rows), bool)
    return Volume(subject.track(person), track.focus, track.rows, every)


def open_volume(subject: Subject, person: int, why: Why, model: str) -> Volume:
    """What is known of a question, mapped from the cache; begun where nothing is.

    Args:
        subject: what is inspected.
        person: whose windows.
        why: the question.
        model: what tells the model from others.

    Raises:
        UserError: if the cache cannot be written.
    """
    track = subject.track(person)
    joints, classes = subject.layout.num_joints, track.scores.shape[1]
    row = np.dtype([
        ("known", "?"), ("scores", "<f4", (classes,)), ("focus", "u1", (subject.moments, joints)),
    ])  # fmt: skip
    digest = sha256(json.dumps([person, model, *astuple(why)]).encode()).hexdigest()[:16]
    path = subject.folder / f"{digest}.focus"
    count = len(track.start)
    with write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        size = count * row.itemsize
        if not (path.exists() and path.stat().st_size == size):
            with path.open("wb") as file:
                file.truncate(size)
        table = np.memmap(path, row, "r+", shape=(count,)) if count else np.zeros(0, row)
    return Volume(track, table["focus"], np.arange(count), table["known"], table)
