"""A gesture that the tests of the everyday data film and make clips of."""

from dataclasses import replace
from pathlib import Path

from calibration.everyday.labels import LABELS
from calibration.everyday.merge import common
from stf.datasets.clip import Clip
from stf.datasets.utd_mhad import read_clip


def swipe(utd_mhad: Path, subject: int = 1) -> Clip:
    clip = common(read_clip(utd_mhad / f"a1_s{subject}_t1_skeleton.mat"))
    return replace(clip, label=LABELS.index("swipe left"), subject=100 + subject, name=f"swipe-{subject}")
