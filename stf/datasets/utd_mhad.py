"""UTD-MHAD: 27 everyday actions, 8 subjects, 4 trials each, Kinect v1 at 30 Hz (861 clips).

C. Chen, R. Jafari, N. Kehtarnavaz, "UTD-MHAD: A Multimodal Dataset for Human Action Recognition Utilizing a Depth
Camera and a Wearable Inertial Sensor", ICIP 2015. Files are called `aA_sS_tT_skeleton.mat`.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from stf.datasets.clip import Clip
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
        UserError: if the file is not a UTD-MHAD skeleton.
    """
    match = _FILE.fullmatch(path.name)
    if not match or not 1 <= int(match[1]) <= len(CLASSES):
        raise UserError(
            f"{path} is not named like a UTD-MHAD skeleton (aA_sS_tT_skeleton.mat with A from 1 to {len(CLASSES)})"
        )
    try:
        skeleton = loadmat(path).get("d_skel")
    except Exception as error:  # scipy and zlib have a dozen for damaged files, with nothing in common
        raise UserError(f"{path} is missing, damaged or no .mat file; fetch it again") from error
    if skeleton is None:
        raise UserError(f"{path} holds no variable d_skel, so it is no UTD-MHAD skeleton")
    if skeleton.ndim != 3 or skeleton.shape[:2] != (20, 3) or not skeleton.size or skeleton.dtype.kind not in "fiu":
        raise UserError(
            f"{path} holds {skeleton.dtype} of shape {skeleton.shape}; real numbers of shape (20, 3, frames) are needed"
        )
    joints = np.empty((1, skeleton.shape[2], 20, 3), np.float32)
    joints[0][:, _ORDER] = skeleton.transpose(2, 0, 1)
    action, subject, _trial = map(int, match.groups())
    return Clip(joints, FPS, KINECT20, action - 1, subject, path.name.removesuffix("_skeleton.mat"))


def read_utd_mhad(folder: Path) -> Iterator[Clip]:
    """Every clip in `folder`, by action, subject, trial.

    Raises:
        UserError: if the folder holds no UTD-MHAD skeleton or a broken one.
    """
    numbered = [(tuple(map(int, m.groups())), p) for p in folder.glob("*.mat") if (m := _FILE.fullmatch(p.name))]
    if not numbered:
        raise UserError(f"{folder} holds no UTD-MHAD skeletons (aA_sS_tT_skeleton.mat)")
    for _, path in sorted(numbered):
        yield read_clip(path)
