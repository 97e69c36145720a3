"""A store: converted clips as one memory-mapped ragged array plus an index, so that opening it loads nothing.

It is a folder of three files, readable by `np.load` and any text editor:
- `joints.npy`: (R, V, C) float32; a clip is M x T consecutive rows, person after person;
- `clips.npy`: one record per clip with the first of its rows, M, T, what is known about it and a checksum;
- `clips.json`: what the dataset is, and a checksum of the index.
"""

import io
import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, BinaryIO, Literal, overload

import numpy as np
from jaxtyping import Float32
from pydantic import BaseModel, ConfigDict

from stf.atomic import output_folder, write_errors
from stf.datasets.clip import Clip, to_layout
from stf.datasets.corpus import BrokenClipError, Corpus, Entry, Origin, Part
from stf.errors import UserError
from stf.skeleton import SkeletonLayout, get_layout

_ABOUT, _INDEX, _JOINTS = "clips.json", "clips.npy", "joints.npy"

_SIDES = (None, Part.TRAIN, Part.TEST)
"""The sides of a split; the index holds their numbers."""

Index = np.ndarray[Any, np.dtype[np.void]]


class About(BaseModel):
    """The content of `clips.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["stf clips"] = "stf clips"
    version: Literal[1] = 1
    origin: Origin
    layout: str
    classes: tuple[str, ...]
    splits: tuple[str, ...]
    index_crc32: int


def write_store(path: Path, corpus: Corpus, clips: Iterable[Clip], *, layout: SkeletonLayout | None = None) -> int:
    """Write clips of a dataset as a store, which appears when it is complete.

    Args:
        path: the folder to make.
        corpus: where the clips are from: its origin, classes and splits are kept.
        clips: what to write, no two of one name; read one at a time.
        layout: of the joints in the store; the dataset's own by default.

    Returns:
        How many clips were written.

    Raises:
        UserError: if there is something at `path` or it cannot be written, if there is no clip, or where the layout
            of the dataset cannot be converted.
    """
    layout = layout or corpus.layout
    with output_folder(path) as folder:
        with write_errors(path):
            file = (folder / _JOINTS).open("wb")
        records = _write_joints(file, path, corpus, clips, layout)
        if not records:
            raise UserError(f"no clip of {corpus.origin.name} can be used, so there is nothing to write")
        longest = max(len(name) for name, *_ in records)
        index = io.BytesIO()
        np.save(index, np.array(records, _record(longest, len(corpus.splits))))
        about = About(
            origin=corpus.origin,
            layout=layout.name,
            classes=corpus.classes,
            splits=tuple(corpus.splits),
            index_crc32=zlib.crc32(index.getbuffer()),
        )
        with write_errors(path):
            (folder / _INDEX).write_bytes(index.getbuffer())
            (folder / _ABOUT).write_text(about.model_dump_json(indent=1), encoding="utf-8")
    return len(records)


def _write_joints(
    file: BinaryIO, path: Path, corpus: Corpus, clips: Iterable[Clip], layout: SkeletonLayout
) -> list[tuple[Any, ...]]:
    """Write the joints of the clips one behind the other and close the file; the records of the index.

    Errors are said of `path`.
    """
    records = []
    rows = 0
    try:
        _write_header(file, rows, layout)
        for clip in clips:
            joints = np.ascontiguousarray(to_layout(clip, layout).joints, "<f4")
            sides = tuple(_SIDES.index(split(clip)) for split in corpus.splits.values())
            facts = (clip.fps, clip.label, clip.subject, clip.camera, sides)
            records.append((clip.name, rows, *joints.shape[:2], zlib.crc32(joints.data), *facts))
            rows += joints.shape[0] * joints.shape[1]
            with write_errors(path):
                file.write(joints.data)
        with write_errors(path):
            file.seek(0)
            _write_header(file, rows, layout)
            file.close()
    finally:
        with suppress(OSError):  # after a failure the rest of the buffer may have nowhere to go
            file.close()
    return records


def _record(name: int, splits: int) -> np.dtype[np.void]:
    """The dtype of a record of the index, for names of so many letters and so many splits."""
    return np.dtype(
        [
            ("name", f"<U{max(name, 1)}"),
            ("row", "<i8"),
            ("persons", "<i4"),
            ("frames", "<i4"),
            ("crc32", "<u4"),
            ("fps", "<f8"),
            ("label", "<i4"),
            ("subject", "<i4"),
            ("camera", "<i4"),
            ("sides", "|i1", (splits,)),
        ]
    )


def _write_header(file: BinaryIO, rows: int, layout: SkeletonLayout) -> None:
    """Begin an .npy file; NumPy pads the header so that it takes the same room for any number of rows."""
    shape = (rows, layout.num_joints, len(layout.channels))
    np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})


@dataclass(frozen=True)
class _Store:
    """An open store.

    Attributes:
        path: its folder.
        layout: of the joints.
        index: (N,) records.
        joints: (R, V, C) float32, mapped into memory and not to be written.
    """

    path: Path
    layout: SkeletonLayout
    index: Index
    joints: Float32[np.ndarray, "R V C"]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.index["name"].tolist())}

    def read(self, number: int) -> Clip:
        """The clip of that number; its joints are a copy.

        Raises:
            BrokenClipError: if its joints are not those that were written.
        """
        record = self.index[number]
        row, persons, frames = (int(record[field]) for field in ("row", "persons", "frames"))
        joints = np.array(self.joints[row : row + persons * frames])
        name = str(record["name"])
        if zlib.crc32(joints.data) != record["crc32"]:
            raise BrokenClipError(f"clip '{name}' of {self.path} is damaged; convert the dataset again")
        return Clip(
            joints.reshape(persons, frames, *joints.shape[1:]),
            float(record["fps"]),
            self.layout,
            int(record["label"]),
            int(record["subject"]),
            name,
            int(record["camera"]),
        )

    def side(self, split: int, clip: Clip) -> Part | None:
        """Which side of the split of that number a clip is on, by its name."""
        number = self._numbers.get(clip.name)
        return None if number is None else _SIDES[self.index["sides"][number, split]]


@dataclass(frozen=True, slots=True, eq=False)
class _Entries(Sequence[Entry]):
    """The clips of a store, made when asked for."""

    store: _Store

    def __len__(self) -> int:
        return len(self.store.index)

    @overload
    def __getitem__(self, place: int) -> Entry: ...
    @overload
    def __getitem__(self, place: slice) -> list[Entry]: ...
    def __getitem__(self, place: int | slice) -> Entry | list[Entry]:
        if isinstance(place, slice):
            return [self[number] for number in range(len(self))[place]]
        number = range(len(self))[place]
        return Entry(str(self.store.index["name"][number]), partial(self.store.read, number))


@dataclass(frozen=True, slots=True)
class _Clips:
    name: str = "clips"

    def recognises(self, path: Path) -> bool:
        return (path / _ABOUT).is_file()

    def open(self, path: Path) -> Corpus:
        """A folder that `write_store` wrote."""
        if not self.recognises(path):
            raise UserError(f"{path} is no store of converted clips: it holds no {_ABOUT}")
        try:
            about = About.model_validate_json((path / _ABOUT).read_bytes())
            content = (path / _INDEX).read_bytes()
            joints = np.load(path / _JOINTS, mmap_mode="r")
        except (OSError, ValueError, EOFError) as error:
            raise UserError(
                f"{path} is damaged, or was written by another version of this program; convert the dataset again"
            ) from error
        if zlib.crc32(content) != about.index_crc32:
            raise UserError(f"{path / _INDEX} is damaged, or belongs to another store; convert the dataset again")
        index: Index = np.load(io.BytesIO(content))
        layout = get_layout(about.layout)
        rows = int(index["row"][-1]) + int(index["persons"][-1]) * int(index["frames"][-1])
        shape = (rows, layout.num_joints, len(layout.channels))
        if (joints.shape, joints.dtype) != (shape, np.float32):
            raise UserError(f"{path / _JOINTS} is damaged, or belongs to another store; convert the dataset again")
        store = _Store(path, layout, index, joints)
        splits = {name: partial(store.side, number) for number, name in enumerate(about.splits)}
        return Corpus(about.origin, about.classes, layout, _Entries(store), splits, mapped=True)


IMPORTER = _Clips()
