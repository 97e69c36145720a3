"""CMU motion capture: 423 trials of all kinds, described in words, optical, at 30 Hz.

Read from `cmu_30hz.npz`, in which trials of mocap.cs.cmu.edu have been gathered as joint positions: `joints`
[frames, 22, 3] float16 in metres, `offset` of each trial's first frame, `trial`, `description`, `joint_names`, `fps`.

Trials hold several actions one after the other, and nobody has put them into classes: the clips are without label, and
what happens in them is in their names. In 29 trials, those of subject 118 and 8 of subject 13, the top of the head is
where the head's joint is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from stf.datasets.clip import Clip
from stf.datasets.corpus import BrokenClipError, Corpus, Entry, Origin
from stf.errors import UserError
from stf.skeleton import CMU22

ORIGIN = Origin(
    "CMU motion capture",
    "free for all uses, not to be resold; The data used in this project was obtained from mocap.cs.cmu.edu. "
    "The database was created with funding from NSF EIA-0196217.",
    "mocap.cs.cmu.edu",
    shippable=True,
)

_FILE = "cmu_30hz.npz"
_JOINTS = [name.replace("left_", "l_").replace("right_", "r_").replace("_top", "top") for name in CMU22.joints]
"""What the file calls the joints of CMU22."""


def _read_trial(path: Path, joints: Callable[[], Any], start: int, stop: int, fps: float, name: str) -> Clip:
    try:
        positions = joints()[start:stop].astype(np.float32)[None]
    except Exception as error:  # numpy and zipfile have several for damaged archives, with nothing in common
        raise BrokenClipError(f"{path} is damaged; fetch it again") from error
    if positions.shape != (1, stop - start, 22, 3) or start >= stop:
        raise BrokenClipError(f"{path} lacks frames {start} to {stop} of the trial {name}")
    if not np.isfinite(positions).all():
        raise BrokenClipError(f"{path} holds joints that are not finite in the trial {name}")
    subject = name.partition("_")[0]
    return Clip(positions, fps, CMU22, subject=int(subject) if subject.isdigit() else -1, name=name)


@dataclass(frozen=True, slots=True)
class _Cmu:
    name: str = "cmu"

    def recognises(self, path: Path) -> bool:
        return _file(path).name == _FILE and _file(path).is_file()

    def open(self, path: Path) -> Corpus:
        """The file `cmu_30hz.npz` or the folder that holds it.

        Clips are called by number and description (`02_01 walk`), in the CMU22 layout: right-handed, y up, the first
        frame's root above the origin. Their subject is -1 where the database's is unknown.
        """
        path = _file(path)
        try:
            with np.load(path) as archive:
                names = archive["joint_names"].tolist()
                offsets = archive["offset"].tolist()
                fps = float(archive["fps"])
                trials = zip(archive["trial"], archive["description"], strict=True)
                titles = [f"{trial} {description}" for trial, description in trials]
        except Exception as error:  # numpy and zipfile have several for damaged archives, with nothing in common
            raise UserError(f"{path} is missing, damaged or no {_FILE}") from error
        if names != _JOINTS or len(offsets) != len(titles) + 1:
            raise UserError(f"{path} is no {_FILE}: it has other joints, or not an offset for every trial")
        joints = cache(lambda: np.load(path)["joints"])
        entries = [
            Entry(title, partial(_read_trial, path, joints, start, stop, fps, title))
            for title, (start, stop) in zip(titles, pairwise(offsets), strict=True)
        ]
        return Corpus(ORIGIN, (), CMU22, entries)


def _file(path: Path) -> Path:
    return path / _FILE if path.is_dir() else path


IMPORTER = _Cmu()
