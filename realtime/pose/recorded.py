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

import json
import math
import shutil
import struct
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.lib import format as npy

from realtime.frames import Frame, PersonPose, PoseFrame
from stf.errors import UserError
from stf.skeleton import MEDIAPIPE33

FORMAT = 1
SAME_TIME_SECONDS = 1e-3
V = MEDIAPIPE33.num_joints
COLUMNS: Mapping[str, tuple[str, tuple[int, ...]]] = {  # dtype and the shape of one row
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
        self._path = path
        self._facts = {"format": FORMAT, "video": _facts_of(video), "estimator": dict(estimator)}
        self._poses = 0
        if path.is_dir():
            raise UserError(f"the poses cannot be written to '{path}' because it is a folder; give a file name")
        try:
            self._spool = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
        except OSError as error:
            raise self._failure(error) from None
        self._columns = {name: (self._spool / name).open("w+b") for name in COLUMNS}
        self._append("offset", 0)

    def write(self, frame: PoseFrame) -> None:
        """Append one frame.

        Raises:
            UserError: if the disk is full.
        """
        try:
            self._append("time", frame.time)
            self._append("index", frame.index)
            for person in frame.persons:
                self._append("landmarks", person.landmarks)
                self._append("world", person.world)
                self._append("visibility", person.visibility)
            self._poses += len(frame.persons)
            self._append("offset", self._poses)
        except OSError as error:
            raise self._failure(error) from None

    def close(self) -> None:
        """Put the file under its name; closing twice does no harm.

        Raises:
            UserError: if the disk is full; no file is left then.
        """
        if not self._spool.exists():
            return
        try:
            part = self._spool / "poses.npz"
            with zipfile.ZipFile(part, "w", allowZip64=True) as archive:
                for name, (dtype, shape) in COLUMNS.items():
                    column = self._columns[name]
                    rows = column.tell() // (np.dtype(dtype).itemsize * math.prod(shape))
                    column.seek(0)
                    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                        header = {"descr": dtype, "fortran_order": False, "shape": (rows, *shape)}
                        npy.write_array_header_1_0(member, header)
                        shutil.copyfileobj(column, member)
                with archive.open("facts.npy", "w") as member:
                    npy.write_array(member, np.array(json.dumps(self._facts)), allow_pickle=False)
            part.replace(self._path)
        except OSError as error:
            raise self._failure(error) from None
        finally:
            self.abort()

    def abort(self) -> None:
        """Forget everything; no file is left."""
        for column in self._columns.values():
            with suppress(OSError):  # a full disk, said already
                column.close()
        shutil.rmtree(self._spool, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def _append(self, name: str, row: object) -> None:
        dtype, shape = COLUMNS[name]
        self._columns[name].write(np.asarray(row, dtype).reshape(shape).tobytes())

    def _failure(self, error: OSError) -> UserError:
        return UserError(f"the poses cannot be written to '{self._path}' ({error.strerror}); choose another place")


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
            self._columns, facts = _open(path)
        except FileNotFoundError:
            raise UserError(f"there is no poses file '{path}'; record one first") from None
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise UserError(f"'{path}' is not a whole recording of poses ({error}); record it again") from None
        self._file = path.open("rb")
        self._time, self._index, self._offset = (self._read(name) for name in ("time", "index", "offset"))
        self.facts: Mapping[str, str | int | float] = facts["estimator"]
        known, given = facts["video"], _facts_of(video)
        if known and given and known["size_bytes"] != given["size_bytes"]:
            self.close()
            raise UserError(
                f"the poses in '{path}' were recorded from '{known['name']}' ({known['size_bytes']} bytes), not from "
                f"'{given['name']}' ({given['size_bytes']} bytes); give the poses of this video or leave them out"
            )

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

    def __len__(self) -> int:
        """T, the number of frames recorded."""
        return len(self._time)

    def __iter__(self) -> Iterator[PoseFrame]:
        return map(self._frame, range(len(self)))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _frame(self, row: int) -> PoseFrame:
        poses = slice(int(self._offset[row]), int(self._offset[row + 1]))
        columns = (self._read(name, poses) for name in ("landmarks", "world", "visibility"))
        persons = tuple(starmap(PersonPose, zip(*columns, strict=True)))
        return PoseFrame(int(self._index[row]), float(self._time[row]), persons)

    def _read(self, name: str, rows: slice = slice(None)) -> np.ndarray:
        dtype, shape = COLUMNS[name]
        column = self._columns[name]
        first, last, _ = rows.indices(column.rows)
        size = np.dtype(dtype).itemsize * math.prod(shape)
        self._file.seek(column.start + first * size)
        return np.frombuffer(self._file.read((last - first) * size), dtype).reshape(-1, *shape)


@dataclass(frozen=True, slots=True)
class _Column:
    """Where a column of a recording begins in its file, in bytes, and how many rows it has."""

    start: int
    rows: int


def _open(path: Path) -> tuple[dict[str, _Column], dict[str, Any]]:
    """Check a recording from end to end; where its columns lie, and its facts.

    Raises:
        OSError, ValueError, KeyError, BadZipFile: if it is not a recording or not whole.
    """
    columns = {}
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        if (damaged := archive.testzip()) is not None:
            raise ValueError(f"{damaged} is damaged")
        with archive.open("facts.npy") as member:
            facts = json.loads(str(npy.read_array(member, allow_pickle=False)))
        if not isinstance(facts, dict) or facts.get("format") != FORMAT:
            raise ValueError(f"its format is not {FORMAT}")
        for name, (dtype, shape) in COLUMNS.items():
            info = archive.getinfo(f"{name}.npy")
            with archive.open(info) as member:
                npy.read_magic(member)
                found, fortran, kind = npy.read_array_header_1_0(member)
                header = member.tell()
            if info.compress_type != zipfile.ZIP_STORED or fortran or kind != dtype or found[1:] != shape:
                raise ValueError(f"its {name} is {kind} of shape {found}, stored in another way")
            file.seek(info.header_offset + 26)  # the lengths of the name and of the extra field that follow
            columns[name] = _Column(
                info.header_offset + 30 + sum(struct.unpack("<HH", file.read(4))) + header, found[0]
            )
    frames, poses = columns["time"].rows, columns["landmarks"].rows
    expected = {"index": frames, "offset": frames + 1, "world": poses, "visibility": poses}
    if any(columns[name].rows != rows for name, rows in expected.items()):
        raise ValueError("its columns do not have the same length")
    return columns, facts


def _facts_of(video: Path | None) -> dict[str, str | int] | None:
    return None if video is None else {"name": video.name, "size_bytes": video.stat().st_size}
