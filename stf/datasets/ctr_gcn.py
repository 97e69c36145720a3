"""NTU RGB+D 60 and 120 as one `.npz`, the form in which CTR-GCN and its successors share and train on it.

Y. Chen et al., "Channel-wise Topology Refinement Graph Convolution for Skeleton-Based Action Recognition", ICCV 2021.
Members: `x_train`, `x_test` (N, T, 150), which is two persons x 25 joints x 3 in metres, zero after the end of a clip
and for a person who is not there; `y_train`, `y_test` (N, 60 or 120), one-hot. A file is one split.
"""

import math
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np
from jaxtyping import Bool

from stf.datasets import ntu
from stf.datasets.clip import Clip
from stf.datasets.corpus import BrokenClipError, Corpus, Entry, by_name
from stf.errors import UserError
from stf.skeleton import NTU25

_PERSONS = 2
_WIDTH = _PERSONS * NTU25.num_joints * 3
_DAMAGED = (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)


class _Rows:
    """An array in an `.npz`, read a row at a time.

    Rows asked for in order are decompressed once, and only one is in memory; going back starts over.

    Args:
        path: the file.
        member: the array's name.

    Raises:
        UserError: if there is no such array, or not one of numbers in C order.
    """

    def __init__(self, path: Path, member: str) -> None:
        self._name = f"{member} in {path}"
        try:
            self._stream: IO[bytes] = zipfile.ZipFile(path).open(f"{member}.npy")  # noqa: SIM115 (rows are read later)
            version = np.lib.format.read_magic(self._stream)
            header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            self.shape, by_column, self.dtype = header(self._stream)
        except _DAMAGED as error:
            raise UserError(f"{self._name} is missing or damaged; fetch the file again") from error
        if by_column or self.dtype.kind not in "biuf" or len(self.shape) < 2:
            raise UserError(f"{self._name} is {self.dtype} of shape {self.shape}; rows of numbers are needed")
        self._start = self._stream.tell()
        self._bytes = math.prod(self.shape[1:]) * self.dtype.itemsize

    def __getitem__(self, row: int) -> np.ndarray:
        """One row.

        Raises:
            BrokenClipError: if it cannot be read.
        """
        try:
            self._stream.seek(self._start + row * self._bytes)
            return np.frombuffer(self._stream.read(self._bytes), self.dtype).reshape(self.shape[1:])
        except _DAMAGED as error:
            raise BrokenClipError(f"row {row} of {self._name} is cut off or damaged; fetch the file again") from error


def _clip(rows: _Rows, row: int, label: int, name: str) -> Clip:
    """One row as a clip of the persons who are there, without the padding after its end; a person gone is NaN."""
    joints = rows[row].astype(np.float32).reshape(-1, _PERSONS, NTU25.num_joints, 3)
    if not np.isfinite(joints).all():
        raise BrokenClipError(f"clip '{name}' holds joints that are not finite")
    if label < 0:
        raise BrokenClipError(f"clip '{name}' has labels that are not one-hot")
    seen: Bool[np.ndarray, "T M"] = (joints != 0).any(axis=(2, 3))
    if not seen.any():
        raise BrokenClipError(f"clip '{name}' holds nobody")
    joints[~seen] = np.nan
    length = int(np.flatnonzero(seen.any(axis=1))[-1]) + 1
    present = joints[:length, seen.any(axis=0)].transpose(1, 0, 2, 3)
    return Clip(np.ascontiguousarray(present), ntu.FPS, NTU25, label, name=name)


def _labels(path: Path, member: str) -> np.ndarray:
    """(N, K) as it is in the file."""
    try:
        with np.load(path) as arrays:
            labels: np.ndarray = arrays[member]
    except _DAMAGED as error:
        raise UserError(f"{member} in {path} is missing or damaged; fetch the file again") from error
    known = (ntu.NTU60_CLASSES, len(ntu.CLASSES))
    if labels.ndim != 2 or labels.shape[1] not in known or labels.dtype.kind not in "biuf":
        raise UserError(
            f"{member} in {path} is {labels.dtype} of shape {labels.shape}; one-hot (N, 60 or 120) is needed"
        )
    return labels


def _entries(path: Path, part: str, labels: np.ndarray) -> Iterator[Entry]:
    rows = _Rows(path, f"x_{part}")
    if len(rows.shape) != 3 or rows.shape[2] != _WIDTH or len(labels) != rows.shape[0]:
        raise UserError(
            f"x_{part} in {path} has shape {rows.shape}; ({len(labels)}, frames, {_WIDTH}) is needed to match y_{part}"
        )
    one_hot = (np.count_nonzero(labels, axis=1) == 1) & (labels.max(axis=1) == 1)
    for row, label in enumerate(np.where(one_hot, labels.argmax(axis=1), -1).tolist()):
        name = f"{part}-{row:05}"
        yield Entry(name, partial(_clip, rows, row, label, name))


@dataclass(frozen=True, slots=True)
class _CtrGcn:
    name: str = "npz"

    def recognises(self, path: Path) -> bool:
        if path.suffix != ".npz" or not zipfile.is_zipfile(path):
            return False
        with zipfile.ZipFile(path) as archive:
            return {"x_train.npy", "y_train.npy"} <= set(archive.namelist())

    def open(self, path: Path) -> Corpus:
        """The file; its only split, `file`, is the one it was made for. Clips are quickest to read in order."""
        train_labels, test_labels = _labels(path, "y_train"), _labels(path, "y_test")
        if train_labels.shape[1] != test_labels.shape[1]:
            raise UserError(f"{path} has {train_labels.shape[1]} classes to train and {test_labels.shape[1]} to test")
        train = list(_entries(path, "train", train_labels))
        test = list(_entries(path, "test", test_labels))
        num_classes = train_labels.shape[1]
        split = by_name(*({entry.name for entry in entries} for entries in (train, test)))
        origin = ntu.NTU60 if num_classes == ntu.NTU60_CLASSES else ntu.NTU120
        return Corpus(origin, ntu.CLASSES[:num_classes], NTU25, train + test, {"file": split})


IMPORTER = _CtrGcn()
