"""The windows of a label record: `NAME.stf.npz`, an uncompressed `.npz` of N windows, K classes, T moments, V joints.

    start, end   (N,) float64         seconds on the video's clock
    person       (N,) int32
    scores       (N, K) float32       class probabilities, all of them, so that top-k and other segments follow from it
    focus        (N, T, V) uint8      255 is a focus of 1
    root         (N, 3) float64       as in `Prediction`, in metres; NaN where unknown
    facts        () str               JSON: {"format": 1}

Windows stand in the order in which they were recognised; those of one person in order of time. A byte for each joint
and moment is finer than a picture shows, and makes an hour of one person 18 MB.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from jaxtyping import Float32, Float64, Int64, UInt8

from realtime.columns import ColumnFile, Columns, ColumnWriter
from stf.prediction import Prediction

_FORMAT = 1
_UNKNOWN = (np.nan, np.nan, np.nan)


def window_columns(classes: int, moments: int, joints: int) -> Columns:
    """What a row looks like."""
    return {
        "start": ("<f8", ()),
        "end": ("<f8", ()),
        "person": ("<i4", ()),
        "scores": ("<f4", (classes,)),
        "focus": ("|u1", (moments, joints)),
        "root": ("<f8", (3,)),
    }


def focus_steps(focus: Float32[np.ndarray, "T V"]) -> Float32[np.ndarray, "T V"]:
    """A focus as a record keeps it: whole numbers, of which 255 is 1."""
    return np.rint(np.float32(255) * focus)


class WindowWriter:
    """Writes predictions in memory that does not grow; a context manager like `ColumnWriter`.

    Args:
        path: the `.npz` file.
        classes: K.
        moments: T.
        joints: V.

    Raises:
        UserError: if the folder of `path` cannot be written.
    """

    def __init__(self, path: Path, classes: int, moments: int, joints: int) -> None:
        self.count = 0
        self._table = ColumnWriter(path, window_columns(classes, moments, joints), {"format": _FORMAT})

    def write(self, prediction: Prediction) -> None:
        """Append one window.

        Raises:
            UserError: if the disk refuses.
            ValueError: if a number is not finite, which no recogniser may produce.
        """
        if not (np.isfinite(prediction.focus).all() and np.isfinite(prediction.scores).all()):
            raise ValueError(f"not every number of the window from {prediction.start} s is finite")
        append = self._table.append
        append("start", prediction.start)
        append("end", prediction.end)
        append("person", prediction.person)
        append("scores", prediction.scores)
        append("focus", focus_steps(prediction.focus))
        append("root", _UNKNOWN if prediction.root is None else prediction.root)
        self.count += 1

    def close(self) -> None:
        """Put the file under its name.

        Raises:
            UserError: if the disk refuses.
        """
        self._table.close()

    def abort(self) -> None:
        """Forget everything; closed before, it stays."""
        self._table.abort()


@dataclass(frozen=True, slots=True)
class Track:
    """One person's N windows in order of time.

    Attributes:
        start: (N,) seconds, as `end`.
        end: (N,).
        scores: (N, K) class probabilities.
        rows: (N,) where they stand among everybody's windows.
        focus: (R, T, V) uint8 of everybody's R windows, 255 is a focus of 1; read from the file where it is looked at.
    """

    start: Float64[np.ndarray, " N"]
    end: Float64[np.ndarray, " N"]
    scores: Float32[np.ndarray, "N K"]
    rows: Int64[np.ndarray, " N"]
    focus: UInt8[np.ndarray, "R T V"]


class Windows:
    """The windows of a record, open; iterable as `Prediction`s. A context manager.

    Args:
        path: the `.npz` file.
        classes: the K class names.
        moments: T.
        joints: V.

    Raises:
        OSError, ValueError, KeyError, BadZipFile: if it is not such a file or not whole.
    """

    def __init__(self, path: Path, classes: tuple[str, ...], moments: int, joints: int) -> None:
        self._classes = classes
        self._table = ColumnFile(path, window_columns(len(classes), moments, joints))
        start, end, person = (self._table.read(name) for name in ("start", "end", "person"))
        self._start, self._end = start, end
        self._of_person = {int(number): np.flatnonzero(person == number) for number in np.unique(person)}
        self._person = person

    def __len__(self) -> int:
        return len(self._start)

    def __iter__(self) -> Iterator[Prediction]:
        for row in range(len(self)):
            scores, focus, root = (
                self._table.read(name, slice(row, row + 1))[0] for name in ("scores", "focus", "root")
            )
            best = int(scores.argmax())
            x, y, z = root.tolist()
            yield Prediction(
                float(self._start[row]),
                float(self._end[row]),
                int(self._person[row]),
                scores,
                self._classes[best],
                float(scores[best]),
                focus.astype(np.float32) / 255,
                None if np.isnan(x) else (x, y, z),
            )

    def track(self, person: int) -> Track:
        """All that was said of one person; stays readable when the file is closed."""
        rows = self._of_person.get(person, np.empty(0, np.intp))
        scores = self._table.read("scores")[rows]
        return Track(self._start[rows], self._end[rows], scores, rows, self._table.map("focus"))

    @property
    def persons(self) -> list[int]:
        """Everybody of whom something was said."""
        return sorted(self._of_person)

    def focus_at(self, person: int, time: float) -> Float32[np.ndarray, " V"] | None:
        """A person's focus at one moment, from the window whose middle is nearest to it.

        Args:
            person: the person's id.
            time: seconds.

        Returns:
            (V,) in [0, 1], or None where no window of this person holds the moment.
        """
        rows = self._of_person.get(person)
        if rows is None:
            return None
        middles = (self._start[rows] + self._end[rows]) / 2
        row = rows[int(np.abs(middles - time).argmin())]
        start, end = self._start[row], self._end[row]
        if not start <= time <= end:
            return None
        focus = self._table.read("focus", slice(row, row + 1))[0]
        moment = round((time - start) / (end - start) * (len(focus) - 1))
        values: Float32[np.ndarray, " V"] = focus[moment].astype(np.float32) / 255
        return values

    def close(self) -> None:
        """Close the file."""
        self._table.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
