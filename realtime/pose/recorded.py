"""Landmarks kept in a file: `PoseRecorder` writes them while they are found, `RecordedPose` gives them again.

The file is an uncompressed `.npz` of T frames and P poses in all, readable with `numpy.load(path)` (no pickle):

    time         (T,) float64       seconds, as in `Frame`
    index        (T,) int64         as in `Frame`, strictly increasing
    offset       (T + 1,) int64     the poses of frame t are offset[t] to offset[t + 1]
    landmarks    (P, 33, 3) float32 as in `PersonPose`, as the two below
    world        (P, 33, 3) float32
    visibility   (P, 33) float32
    facts        () str             JSON: {"format": 1, "video": {"name", "size_bytes"} or null, "estimator": {...}}
"""

import zipfile
from collections.abc import Iterator, Mapping
from itertools import starmap
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from jaxtyping import Float64

from realtime.columns import ColumnFile, Columns, ColumnWriter
from realtime.frames import Frame, PersonPose, PoseFrame
from stf.errors import UserError
from stf.skeleton import MEDIAPIPE33

FORMAT = 1
SAME_TIME_SECONDS = 1e-3
V = MEDIAPIPE33.num_joints
COLUMNS: Columns = {
    "time": ("<f8", ()),
    "index": ("<i8", ()),
    "offset": ("<i8", ()),
    "landmarks": ("<f4", (V, 3)),
    "world": ("<f4", (V, 3)),
    "visibility": ("<f4", (V,)),
}


class PoseRecorder:
    """Writes pose frames to a file, in memory that does not grow; the file appears when the recorder is closed.

    As a context manager it closes at the end of the block, or leaves no file behind where the block raises.

    Args:
        path: the `.npz` file to write; one that is there already is replaced.
        video: the file the frames come from; None for a camera or a stream.
        estimator: what found the poses (`MediaPipePose.facts`).

    Raises:
        UserError: if the folder of `path` cannot be written.
    """

    def __init__(self, path: Path, *, video: Path | None = None, estimator: Mapping[str, str | int | float]) -> None:
        facts = {"format": FORMAT, "video": _facts_of(video), "estimator": dict(estimator)}
        self._poses = 0
        self._table = ColumnWriter(path, COLUMNS, facts)
        self._table.append("offset", 0)

    def write(self, frame: PoseFrame) -> None:
        """Append one frame.

        Raises:
            UserError: if the disk is full.
        """
        self._table.append("time", frame.time)
        self._table.append("index", frame.index)
        for person in frame.persons:
            self._table.append("landmarks", person.landmarks)
            self._table.append("world", person.world)
            self._table.append("visibility", person.visibility)
        self._poses += len(frame.persons)
        self._table.append("offset", self._poses)

    def close(self) -> None:
        """Put the file under its name; closing twice does no harm.

        Raises:
            UserError: if the disk is full; no file is left then.
        """
        self._table.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._table.__exit__(kind, error, trace)


class RecordedPose:
    """A `PoseEstimator` that gives the landmarks of a recorded file again, frame by frame; also iterable as it is.

    Args:
        path: a file written by `PoseRecorder`. It stays open; poses are read from it when they are asked for.
        video: the file the frames will come from, checked against the one recorded.

    Attributes:
        facts: the estimator's facts at the time of recording.

    Raises:
        UserError: if the file is missing, not a recording or damaged, or belongs to another video.
    """

    def __init__(self, path: Path, *, video: Path | None = None) -> None:
        self._path = path
        try:
            self._table = ColumnFile(path, COLUMNS)
            _check(self._table)
        except FileNotFoundError:
            raise UserError(f"there is no poses file '{path}'; record one first") from None
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise UserError(f"'{path}' is not a whole recording of poses ({error}); record it again") from None
        self._time, self._index, self._offset = (self._table.read(name) for name in ("time", "index", "offset"))
        self.facts: Mapping[str, str | int | float] = self._table.facts["estimator"]
        known, given = self._table.facts["video"], _facts_of(video)
        if known and given and known["size_bytes"] != given["size_bytes"]:
            self.close()
            raise UserError(
                f"the poses in '{path}' were recorded from '{known['name']}' ({known['size_bytes']} bytes), not from "
                f"'{given['name']}' ({given['size_bytes']} bytes); give the poses of this video or leave them out"
            )

    @property
    def core(self) -> None:
        """None: reading takes no time."""

    def estimate(self, frame: Frame) -> PoseFrame:
        """What was recorded for this frame; its image is not looked at.

        Raises:
            UserError: if the recording has no such frame, or has it at another time.
        """
        row = int(np.searchsorted(self._index, frame.index))
        if row == len(self) or self._index[row] != frame.index or abs(self._time[row] - frame.time) > SAME_TIME_SECONDS:
            raise UserError(
                f"the poses in '{self._path}' are of another video: they hold no frame {frame.index} at "
                f"{frame.time:.3f} s; give the poses of this video or leave them out"
            )
        return self._frame(row)

    @property
    def times(self) -> Float64[np.ndarray, " T"]:
        """(T,) seconds."""
        times: Float64[np.ndarray, " T"] = self._time
        return times

    @property
    def count(self) -> int:
        """P, the number of poses in all frames together."""
        return int(self._offset[-1])

    def frame(self, number: int) -> PoseFrame:
        """The frame of this number, counted from 0; read from the file."""
        return self._frame(number)

    def __len__(self) -> int:
        """T, the number of frames recorded."""
        return len(self._time)

    def __iter__(self) -> Iterator[PoseFrame]:
        return map(self._frame, range(len(self)))

    def close(self) -> None:
        """Close the file."""
        self._table.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _frame(self, row: int) -> PoseFrame:
        poses = slice(int(self._offset[row]), int(self._offset[row + 1]))
        columns = (self._table.read(name, poses) for name in ("landmarks", "world", "visibility"))
        persons = tuple(starmap(PersonPose, zip(*columns, strict=True)))
        return PoseFrame(int(self._index[row]), float(self._time[row]), persons)


def _check(table: ColumnFile) -> None:
    if table.facts.get("format") != FORMAT:
        raise ValueError(f"its format is not {FORMAT}")
    frames, poses = table.rows("time"), table.rows("landmarks")
    expected = {"index": frames, "offset": frames + 1, "world": poses, "visibility": poses}
    if any(table.rows(name) != rows for name, rows in expected.items()):
        raise ValueError("its columns do not have the same length")


def _facts_of(video: Path | None) -> dict[str, str | int] | None:
    return None if video is None else {"name": video.name, "size_bytes": video.stat().st_size}
