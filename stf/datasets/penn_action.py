"""Penn Action: 15 sports and exercises in videos from the web, 13 joints marked by hand in every frame (2326 clips).

W. Zhang, M. Zhu, K. G. Derpanis, "From Actemes to Action: A Strongly-supervised Representation for Detailed Action
Understanding", ICCV 2013. Read from its label files `NNNN.mat`; the videos are not needed.

What the files do not say and their content does:

- Of each pair of joints the person's *right* one comes first, though it passes for the left one: in 89 of the 94 clips
  of somebody playing the guitar it is the first wrist that moves more, the one that strums.
- Not visible (22 % of all joints) is two things. Three fifths of those joints are hidden behind something and have the
  place where they are supposed to be. The others were never marked and all lie in the image's corner (1, 1), scaled as
  the video was; no visible joint lies there.
- In four clips (0979, 1021, 1024, 1032, all jump rope) part of the person lies outside the image whose size is given.
"""

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from stf.datasets.clip import Clip
from stf.datasets.corpus import BrokenClipError, Corpus, Entry, Origin, Part
from stf.errors import UserError
from stf.skeleton import PENN13

CLASSES: tuple[str, ...] = (
    "baseball pitch", "baseball swing", "bench press", "bowl", "clean and jerk", "golf swing", "jump rope",
    "jumping jacks", "pullup", "pushup", "situp", "squat", "strum guitar", "tennis forehand", "tennis serve",
)  # fmt: skip
"""Class names by label: the files' own, in alphabetical order."""

FPS = 30.0
"""Not published, and the videos are from many hands; people who jump rope jump every 15 frames (median of 40 clips),
which at this rate is the usual two jumps a second."""

HIDDEN = 0.5
"""Score of a joint that is hidden but has a place (ours); a visible one has 1, one without a place is missing."""

ORIGIN = Origin(
    "Penn Action",
    "none stated: measure, ship no weights",
    "W. Zhang, M. Zhu, K. G. Derpanis, From Actemes to Action, ICCV 2013",
)

_FILE = re.compile(r"\d{4}\.mat")
_CORNER = 2
"""Pixels within which of the image's corner lie the joints without a place."""


def read_clip(path: Path) -> Clip:
    """Read one `NNNN.mat` (`x`, `y` and `visibility` [T, 13], `dimensions` height, width, frames; `action`).

    Returns:
        A clip of one person in the PENN13 layout: x to the image's right, y down, both from the image's middle and in
        units of its longer side, so that they lie in [-0.5, 0.5] and the person keeps their proportions; score 1,
        `HIDDEN`, or the joint NaN.

    Raises:
        BrokenClipError: if the file is not a Penn Action label.
    """
    content = _load(path, "x", "y", "visibility", "dimensions", "action")
    x, y, visible = (content[name] for name in ("x", "y", "visibility"))
    if not x.shape == y.shape == visible.shape or x.shape[1:] != (13,) or not x.size:
        raise BrokenClipError(
            f"{path} holds x, y and visibility of shapes {x.shape}, {y.shape} and {visible.shape}; "
            f"three times (frames, 13) is needed"
        )
    if any(values.dtype.kind not in "fiu" or not np.isfinite(values).all() for values in (x, y, visible)):
        raise BrokenClipError(f"{path} holds joints that are not finite numbers")
    size = content["dimensions"].ravel()
    if size.dtype.kind not in "fiu" or len(size) < 2 or not (size[:2] > 0).all():
        raise BrokenClipError(f"{path} does not say how high and wide its images are")
    action = str(content["action"].ravel()[0]).replace("_", " ") if content["action"].size else ""
    if action not in CLASSES:
        raise BrokenClipError(f"{path} shows '{action}', which is none of the {len(CLASSES)} classes of Penn Action")
    height, width = size[:2].astype(float)
    places = np.stack([x, y], axis=-1).astype(float)
    joints = np.empty((1, *x.shape, 3), np.float32)
    joints[0, ..., :2] = (places - [width / 2, height / 2]) / max(width, height)
    joints[0, ..., 2] = np.where(visible > 0, 1, HIDDEN)
    joints[0, (visible == 0) & (places < _CORNER).all(axis=-1)] = np.nan
    return Clip(joints, FPS, PENN13, CLASSES.index(action), name=path.stem)


def official_part(path: Path) -> Part:
    """Which side of the authors' split a `NNNN.mat` is on, from its variable `train`.

    Raises:
        BrokenClipError: if the file does not say.
    """
    flag = _load(path, "train")["train"].ravel()
    if flag.size != 1 or flag[0] not in (1, -1):
        raise BrokenClipError(f"{path} is neither a training (train = 1) nor a test clip (train = -1)")
    return Part.TRAIN if flag[0] == 1 else Part.TEST


def _load(path: Path, *names: str) -> dict[str, Any]:
    from scipy.io import loadmat  # noqa: PLC0415 - 0.1 s, which every start of the program would wait for

    try:
        content: dict[str, Any] = loadmat(path)
    except Exception as error:  # scipy and zlib have a dozen for damaged files, with nothing in common
        raise BrokenClipError(f"{path} is missing, damaged or no .mat file; fetch it again") from error
    absent = [name for name in names if name not in content]
    if absent:
        raise BrokenClipError(f"{path} holds no variable {', '.join(absent)}, so it is no label of Penn Action")
    return content


@dataclass(frozen=True, slots=True)
class _PennAction:
    name: str = "penn_action"

    def recognises(self, path: Path) -> bool:
        return path.is_dir() and any(_FILE.fullmatch(file.name) for file in _folder(path).iterdir())

    def open(self, path: Path) -> Corpus:
        """The folder of `.mat` files, or the one above it."""
        folder = _folder(path)
        files = sorted(file for file in folder.glob("*.mat") if _FILE.fullmatch(file.name))
        if not files:
            raise UserError(f"{path} holds no labels of Penn Action (NNNN.mat)")
        return Corpus(
            ORIGIN,
            CLASSES,
            PENN13,
            [Entry(file.stem, partial(read_clip, file)) for file in files],
            {"official": lambda clip: official_part(folder / f"{clip.name}.mat")},
        )


def _folder(path: Path) -> Path:
    inner = path / "labels"
    return inner if inner.is_dir() else path


IMPORTER = _PennAction()
