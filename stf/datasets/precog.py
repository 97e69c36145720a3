"""PRECOG 2016: 8 punches and kicks in 72 continuous streams by 12 subjects, Kinect v1 at 30 Hz (363 segments).

D. Jardim, L. Nunes, M. Dias, github.com/DavidJardim/precog_dataset_16. A stream is `SeqQ_S.csv`, sequence Q by subject
S: a header, then one row per frame, in which `;` separates 20 joints ("x y z") and the strike's number, 0 for none.

Two streams, Seq2_10 and Seq4_10, hold zeros only: their 10 segments are broken clips.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Int

from stf.datasets.clip import Clip
from stf.datasets.corpus import BrokenClipError, Corpus, Entry, Origin, by_subject
from stf.errors import UserError
from stf.skeleton import KINECT20

CLASSES: tuple[str, ...] = (
    "right punch", "left punch", "front right kick", "front left kick", "side right kick", "side left kick",
    "back fist", "elbow strike",
)  # fmt: skip
"""Class names by label; label = the files' number - 1. Nowhere published: from how often each sequence has them;
the side in a name is the one whose limb moves more."""

TRAIN_SUBJECTS = frozenset({1, 3, 5, 7, 9, 11})
"""The cross-subject split (ours, as none is published): odd subjects train, even subjects test."""

NO_STRIKE = -1
"""The label of a frame between strikes."""

FPS = 30.0

ORIGIN = Origin(
    "PRECOG 2016",
    "MIT, (c) 2016 David Jardim",
    "D. Jardim, PRECOG Dataset 2016",
    shippable=True,
)

_FILE = re.compile(r"Seq(\d+)_(\d+)\.csv")


def read_stream(path: Path) -> tuple[Clip, Int[np.ndarray, " T"]]:
    """Read one `SeqQ_S.csv` from beginning to end.

    Returns:
        A clip of one person in the KINECT20 layout, with no label: x to the sensor's left, y up, z away from the
        sensor; a frame in which the sensor saw nobody is missing. And the label of every frame, `NO_STRIKE` between
        strikes.

    Raises:
        BrokenClipError: if it cannot be read, or a row does not hold finite joints and a label.
    """
    match = _FILE.fullmatch(path.name)
    if not match:
        raise BrokenClipError(f"{path} is not named like a stream of PRECOG (SeqQ_S.csv)")
    rows = _rows(path)
    try:
        joints = np.array([" ".join(row[:-1]).split() for row in rows], np.float32).reshape(1, len(rows), 20, 3)
    except ValueError as error:
        raise BrokenClipError(f"{path} has rows without 20 joints of 3 numbers; fetch it again") from error
    if not np.isfinite(joints).all():
        raise BrokenClipError(f"{path} holds joints that are not finite")
    joints[(joints == 0).all(axis=(2, 3))] = np.nan
    return Clip(joints, FPS, KINECT20, subject=int(match[2]), name=path.stem), _labels(path, rows)


def read_segment(path: Path, start: int, stop: int) -> Clip:
    """Read the frames from `start` up to `stop` of a stream, in all of which somebody does one thing.

    Raises:
        BrokenClipError: if the stream is broken or the segment shows nobody.
    """
    stream, labels = read_stream(path)
    name = _name(path, start, stop)
    joints = stream.joints[:, start:stop]
    if np.isnan(joints).all():
        raise BrokenClipError(f"{path} shows nobody from frame {start} to {stop}")
    return replace(stream, joints=joints, label=int(labels[start]), name=name)


def read_pauses(path: Path, seconds: float = 0.6) -> Iterator[Clip]:
    """What people do between strikes, or before the first and after the last: real "none of these".

    Args:
        path: as of the importer.
        seconds: shorter pauses are left out, and those in which nobody is seen.

    Yields:
        Clips with no label, called as the importer's are.
    """
    for file in _files(path):
        try:
            stream, labels = read_stream(file)
        except BrokenClipError:
            continue
        for start, stop in _runs(labels):
            joints = stream.joints[:, start:stop]
            if labels[start] == NO_STRIKE and stop - start >= seconds * FPS and np.isfinite(joints).all():
                yield replace(stream, joints=joints, name=_name(file, start, stop))


def _rows(path: Path) -> list[list[str]]:
    """The fields of every row below the header."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenClipError(f"{path} is missing, damaged or no stream of PRECOG") from error
    rows = [line.split(";") for line in lines[1:] if line.strip()]
    if not rows or not lines[0].startswith("HipCenter"):
        raise BrokenClipError(f"{path} is empty or no stream of PRECOG: a header and rows of joints are needed")
    if any(len(row) != 21 for row in rows):
        raise BrokenClipError(f"{path} has rows without 20 joints and a label; fetch it again")
    return rows


def _labels(path: Path, rows: list[list[str]]) -> Int[np.ndarray, " T"]:
    known = {str(number): number - 1 for number in range(len(CLASSES) + 1)}
    try:
        return np.array([known[row[-1].strip()] for row in rows])
    except KeyError as error:
        raise BrokenClipError(f"{path} has label {error}; 0 to {len(CLASSES)} are known") from error


def _name(path: Path, start: int, stop: int) -> str:
    return f"{path.stem}[{start}:{stop}]"


def _segments(path: Path) -> Iterator[Entry]:
    """The strikes of a stream; of a stream that cannot be read itself, as a clip that will say so."""
    try:
        labels = _labels(path, _rows(path))
    except BrokenClipError:
        yield Entry(path.stem, lambda: read_stream(path)[0])
        return
    for start, stop in _runs(labels):
        if labels[start] != NO_STRIKE:
            yield Entry(_name(path, start, stop), partial(read_segment, path, start, stop))


def _runs(labels: Int[np.ndarray, " T"]) -> Iterator[tuple[int, int]]:
    """From where to where the label stays the same."""
    return pairwise([0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(labels)])


def _files(path: Path) -> list[Path]:
    """The streams in a folder or the one below it, by sequence and subject."""
    matches = ((_FILE.fullmatch(file.name), file) for file in _folder(path).glob("*.csv"))
    return [file for _, file in sorted((tuple(map(int, match.groups())), file) for match, file in matches if match)]


@dataclass(frozen=True, slots=True)
class _Precog:
    name: str = "precog"

    def recognises(self, path: Path) -> bool:
        return path.is_dir() and any(_FILE.fullmatch(file.name) for file in _folder(path).iterdir())

    def open(self, path: Path) -> Corpus:
        """The folder of streams, or the one above it; a clip is a segment of a stream, called `SeqQ_S[start:stop]`."""
        files = _files(path)
        if not files:
            raise UserError(f"{path} holds no streams of PRECOG (SeqQ_S.csv)")
        entries = [entry for file in files for entry in _segments(file)]
        split = by_subject(frozenset(range(1, 13)) - TRAIN_SUBJECTS)
        return Corpus(ORIGIN, CLASSES, KINECT20, entries, {"cross-subject": split})


def _folder(path: Path) -> Path:
    inner = path / "CSV"
    return inner if inner.is_dir() else path


IMPORTER = _Precog()
