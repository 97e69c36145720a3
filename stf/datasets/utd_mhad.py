"""UTD-MHAD: 27 everyday actions, 8 subjects, 4 trials each, Kinect v1 at 30 Hz (861 clips).

C. Chen, R. Jafari, N. Kehtarnavaz, "UTD-MHAD: A Multimodal Dataset for Human Action Recognition Utilizing a Depth
Camera and a Wearable Inertial Sensor", ICIP 2015. Files are called `aA_sS_tT_skeleton.mat`.
"""

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from stf.datasets.clip import Clip
from stf.datasets.corpus import BrokenClipError, Corpus, Entry, Origin, by_subject
from stf.errors import UserError
from stf.skeleton import KINECT20

CLASSES: tuple[str, ...] = (
    "swipe left", "swipe right", "wave", "clap", "throw", "cross arms", "basketball shoot", "draw x",
    "draw circle clockwise", "draw circle counter-clockwise", "draw triangle", "bowling", "boxing", "baseball swing",
    "tennis swing", "arm curl", "tennis serve", "push", "knock", "catch", "pick up and throw", "jog", "walk",
    "sit to stand", "stand to sit", "lunge", "squat",
)  # fmt: skip
"""Class names by label; label = action number - 1."""

TRAIN_SUBJECTS = frozenset({1, 3, 5, 7})
"""The cross-subject split of the dataset's authors: odd subjects train, even subjects test."""

ORIGIN = Origin(
    "UTD-MHAD",
    "public domain dataset (its authors' words; no licence text)",
    "C. Chen, R. Jafari, N. Kehtarnavaz, UTD-MHAD, ICIP 2015",
    shippable=True,
)

FPS = 30.0

_ORDER = KINECT20.indices(
    "head",
    "spine_shoulder",
    "spine_mid",
    "spine_base",
    *(f"{side}_{joint}" for side in ("left", "right") for joint in ("shoulder", "elbow", "wrist", "hand")),
    *(f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle", "foot")),
)
_FILE = re.compile(r"a(\d+)_s(\d+)_t(\d+)_skeleton\.mat")


def read_clip(path: Path) -> Clip:
    """Read one `aA_sS_tT_skeleton.mat` (variable `d_skel`, [20, 3, T] in metres, camera coordinates).

    Returns:
        A clip of one person in the KINECT20 layout: x to the sensor's left, y up, z away from the sensor.

    Raises:
        BrokenClipError: if the file is not a UTD-MHAD skeleton.
    """
    from scipy.io import loadmat  # noqa: PLC0415 - 0.1 s, which every start of the program would wait for

    match = _FILE.fullmatch(path.name)
    if not match or not 1 <= int(match[1]) <= len(CLASSES):
        raise BrokenClipError(
            f"{path} is not named like a UTD-MHAD skeleton (aA_sS_tT_skeleton.mat with A from 1 to {len(CLASSES)})"
        )
    try:
        skeleton = loadmat(path).get("d_skel")
    except Exception as error:  # scipy and zlib have a dozen for damaged files, with nothing in common
        raise BrokenClipError(f"{path} is missing, damaged or no .mat file; fetch it again") from error
    if skeleton is None:
        raise BrokenClipError(f"{path} holds no variable d_skel, so it is no UTD-MHAD skeleton")
    if skeleton.ndim != 3 or skeleton.shape[:2] != (20, 3) or not skeleton.size or skeleton.dtype.kind not in "fiu":
        raise BrokenClipError(
            f"{path} holds {skeleton.dtype} of shape {skeleton.shape}; real numbers of shape (20, 3, frames) are needed"
        )
    joints = np.empty((1, skeleton.shape[2], 20, 3), np.float32)
    joints[0][:, _ORDER] = skeleton.transpose(2, 0, 1)
    action, subject, _trial = map(int, match.groups())
    return Clip(joints, FPS, KINECT20, action - 1, subject, path.name.removesuffix("_skeleton.mat"))


@dataclass(frozen=True, slots=True)
class _UtdMhad:
    name: str = "utd_mhad"

    def recognises(self, path: Path) -> bool:
        return path.is_dir() and any(_FILE.fullmatch(file.name) for file in path.iterdir())

    def open(self, path: Path) -> Corpus:
        """The folder of `.mat` files; clips by action, subject, trial."""
        numbered = [(tuple(map(int, m.groups())), p) for p in path.glob("*.mat") if (m := _FILE.fullmatch(p.name))]
        if not numbered:
            raise UserError(f"{path} holds no UTD-MHAD skeletons (aA_sS_tT_skeleton.mat)")
        entries = [
            Entry(file.name.removesuffix("_skeleton.mat"), partial(read_clip, file)) for _, file in sorted(numbered)
        ]
        split = by_subject(frozenset(range(1, 9)) - TRAIN_SUBJECTS)
        return Corpus(ORIGIN, CLASSES, KINECT20, entries, {"cross-subject": split})


IMPORTER = _UtdMhad()
