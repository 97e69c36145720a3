"""What the tests of the everyday data film and make clips of, and how they look at it."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from calibration.everyday.labels import LABELS
from calibration.everyday.merge import common
from stf.datasets.clip import Clip
from stf.datasets.utd_mhad import read_clip
from stf.skeleton import NTU25


def swipe(utd_mhad: Path, subject: int = 1) -> Clip:
    clip = common(read_clip(utd_mhad / f"a1_s{subject}_t1_skeleton.mat"))
    return replace(clip, label=LABELS.index("swipe left"), subject=100 + subject, name=f"swipe-{subject}")


def joint(clip: Clip, name: str) -> np.ndarray:
    """(T, 3) metres: where a joint of the first person is."""
    return clip.joints[0][:, NTU25.index(name)].astype(np.float64)
