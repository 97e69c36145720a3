"""Northwestern-UCLA: 10 everyday actions, 10 subjects, three Kinect v1 at once (1484 clips).

J. Wang, X. Nie, Y. Xia, Y. Wu, S.-C. Zhu, "Cross-view Action Modeling, Learning and Recognition", CVPR 2014. Read from
the JSON files that skeleton recognisers pass around: `aAA_sSS_eEE_vVV.json` with `skeletons` [T][20][3] in metres,
camera coordinates, and `label` from 1.
"""

import json
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from stf.datasets.clip import Clip
from stf.datasets.corpus import BrokenClipError, Corpus, Entry, Origin, by_camera, by_subject
from stf.errors import UserError
from stf.skeleton import KINECT20

CLASSES: tuple[str, ...] = (
    "pick up with one hand", "pick up with two hands", "drop trash", "walk around", "sit down", "stand up", "donning",
    "doffing", "throw", "carry",
)  # fmt: skip
"""Class names by label."""

FPS = 15.0
"""Not published; people of "walk around" move 0.07 m a frame, which at this rate is a walk of 1 m/s."""

ORIGIN = Origin(
    "Northwestern-UCLA",
    "none stated: measure, ship no weights",
    "J. Wang et al., Cross-view Action Modeling, CVPR 2014",
)

_FILE = re.compile(r"a(\d+)_s(\d+)_e(\d+)_v(\d+)\.json")


def read_clip(path: Path) -> Clip:
    """Read one `aAA_sSS_eEE_vVV.json`.

    Returns:
        A clip of one person in the KINECT20 layout: x to the sensor's left, y up, z away from the sensor.

    Raises:
        BrokenClipError: if it cannot be read, or does not hold finite joints and a label.
    """
    match = _FILE.fullmatch(path.name)
    if not match:
        raise BrokenClipError(f"{path} is not named like an N-UCLA skeleton (aAA_sSS_eEE_vVV.json)")
    try:
        content = json.loads(path.read_bytes())
        joints = np.array(content["skeletons"], np.float32)
        label = int(content["label"]) - 1
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BrokenClipError(f"{path} is missing, damaged or no N-UCLA skeleton") from error
    if joints.ndim != 3 or joints.shape[1:] != (20, 3) or not len(joints):
        raise BrokenClipError(f"{path} holds joints of shape {joints.shape}; (frames, 20, 3) is needed")
    if not np.isfinite(joints).all():
        raise BrokenClipError(f"{path} holds joints that are not finite")
    if not 0 <= label < len(CLASSES):
        raise BrokenClipError(f"{path} has label {label + 1}; 1 to {len(CLASSES)} are known")
    _, subject, _, view = map(int, match.groups())
    return Clip(joints[None], FPS, KINECT20, label, subject, path.stem, view)


@dataclass(frozen=True, slots=True)
class _Nucla:
    name: str = "nucla"

    def recognises(self, path: Path) -> bool:
        return path.is_dir() and any(_FILE.fullmatch(file.name) for file in _folder(path).iterdir())

    def open(self, path: Path) -> Corpus:
        """The folder of JSON files, or the one above it."""
        files = sorted(file for file in _folder(path).glob("*.json") if _FILE.fullmatch(file.name))
        if not files:
            raise UserError(f"{path} holds no N-UCLA skeletons (aAA_sSS_eEE_vVV.json)")
        return Corpus(
            ORIGIN,
            CLASSES,
            KINECT20,
            [Entry(file.stem, partial(read_clip, file)) for file in files],
            {"cross-view": by_camera(frozenset({3})), "cross-subject": by_subject(frozenset({10}))},
        )


def _folder(path: Path) -> Path:
    inner = path / "all_sqe"
    return inner if inner.is_dir() else path


IMPORTER = _Nucla()
