"""Tables kept as columns in an uncompressed `.npz`: written and read row by row, in memory that does not grow.

Each column is an array whose first axis is its rows; columns may have different numbers of them. `facts` is a string of
JSON beside them. `numpy.load(path)` reads it all (no pickle).
"""

import json
import math
import shutil
import struct
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.lib import format as npy
from numpy.typing import ArrayLike

from stf.atomic import output_file, temporary_name, write_errors
from stf.errors import UserError

Columns = Mapping[str, tuple[str, tuple[int, ...]]]
"""Name -> dtype and shape of one row."""


class ColumnWriter:
    """Sets rows aside on disk; the file appears when it is closed.

    As a context manager it closes at the end of the block, or leaves no file behind where the block raises.

    Args:
        path: the `.npz` file; replaced where it exists. Its folder must be there.
        columns: what the rows look like.
        facts: kept beside the columns.

    Raises:
        UserError: if the folder of `path` cannot be written.
    """

    def __init__(self, path: Path, columns: Columns, facts: Mapping[str, object]) -> None:
        self._path = path
        self._columns = columns
        self._facts = facts
        if path.is_dir():
            raise UserError(f"{path} cannot be written because it is a folder; choose another output folder")
        with write_errors(path):
            self._spool = temporary_name(path.parent)
            self._spool.mkdir()
        self._files = {name: (self._spool / name).open("w+b") for name in columns}

    def append(self, name: str, row: ArrayLike) -> None:
        """Append one row to a column.

        Raises:
            UserError: if the disk refuses.
        """
        dtype, shape = self._columns[name]
        with write_errors(self._path):
            self._files[name].write(np.asarray(row, dtype).reshape(shape).tobytes())

    def close(self) -> None:
        """Put the file under its name; closing twice does no harm.

        Raises:
            UserError: if the disk refuses; no file is left then.
        """
        if not self._spool.exists():
            return
        try:
            with output_file(self._path) as part, write_errors(self._path):
                self._pack(part)
        finally:
            self.abort()

    def _pack(self, part: Path) -> None:
        with zipfile.ZipFile(part, "w", allowZip64=True) as archive:
            for name, (dtype, shape) in self._columns.items():
                column = self._files[name]
                rows = column.tell() // (np.dtype(dtype).itemsize * math.prod(shape))
                column.seek(0)
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    header = {"descr": dtype, "fortran_order": False, "shape": (rows, *shape)}
                    npy.write_array_header_1_0(member, header)
                    shutil.copyfileobj(column, member)
            with archive.open("facts.npy", "w") as member:
                npy.write_array(member, np.array(json.dumps(self._facts)), allow_pickle=False)

    def abort(self) -> None:
        """Forget everything; no file is left."""
        for column in self._files.values():
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


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a column begins in the file, in bytes, and how many rows it has."""

    start: int
    rows: int


class ColumnFile:
    """What a `ColumnWriter` wrote, checked from end to end and open; rows are read when they are asked for.

    Args:
        path: the file.
        columns: what the rows must look like.

    Attributes:
        facts: what was kept beside the columns.

    Raises:
        OSError, ValueError, KeyError, BadZipFile: if it is not such a file or not whole.
    """

    def __init__(self, path: Path, columns: Columns) -> None:
        self._columns = columns
        self._places: dict[str, _Place] = {}
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            if (damaged := archive.testzip()) is not None:
                raise ValueError(f"{damaged} is damaged")
            with archive.open("facts.npy") as member:
                facts = json.loads(str(npy.read_array(member, allow_pickle=False)))
            if not isinstance(facts, dict):
                raise ValueError("its facts are not an object")  # noqa: TRY004 - of the file, not of an argument
            for name, (dtype, shape) in columns.items():
                info = archive.getinfo(f"{name}.npy")
                with archive.open(info) as member:
                    npy.read_magic(member)
                    found, fortran, kind = npy.read_array_header_1_0(member)
                    header = member.tell()
                if info.compress_type != zipfile.ZIP_STORED or fortran or kind != dtype or found[1:] != shape:
                    raise ValueError(f"its {name} is {kind} of shape {found}, stored in another way")
                file.seek(info.header_offset + 26)  # the lengths of the name and of the extra field that follow
                lengths = struct.unpack("<HH", file.read(4))
                self._places[name] = _Place(info.header_offset + 30 + sum(lengths) + header, found[0])
        self.facts: dict[str, Any] = facts
        self._file = path.open("rb")

    def rows(self, name: str) -> int:
        """How many rows a column has."""
        return self._places[name].rows

    def read(self, name: str, rows: slice = slice(None)) -> np.ndarray:
        """Rows of a column."""
        dtype, shape = self._columns[name]
        place = self._places[name]
        first, last, _ = rows.indices(place.rows)
        size = np.dtype(dtype).itemsize * math.prod(shape)
        self._file.seek(place.start + first * size)
        return np.frombuffer(self._file.read((last - first) * size), dtype).reshape(-1, *shape)

    def map(self, name: str) -> np.ndarray:
        """A column as it lies in the file, read where it is looked at; for any number of threads, and after `close`."""
        dtype, shape = self._columns[name]
        place = self._places[name]
        if not place.rows:
            return np.empty((0, *shape), dtype)
        return np.memmap(self._file.name, dtype, "r", place.start, (place.rows, *shape))

    def close(self) -> None:
        """Close the file."""
        self._file.close()
