"""People who bend down, made of people who stand."""

from dataclasses import replace

import numpy as np
import pytest

from calibration.everyday.labels import LABELS
from calibration.everyday.made.bends import Bend, bending
from calibration.figure.motion import placed
from stf.datasets.clip import Clip
from stf.skeleton import NTU25

ANKLES = NTU25.indices("left_ankle", "right_ankle")


def heights(clip: Clip, *names: str) -> np.ndarray:
    """Metres over the ankles."""
    joints = clip.joints[0]
    return joints[:, NTU25.indices(*names), 1].mean(axis=1) - joints[:, ANKLES, 1].mean(axis=1)


def test_who_bends_down_goes_down_and_up_with_one_hand_near_the_floor_and_the_feet_where_they_were(rest: Clip) -> None:
    made = bending(rest, Bend(("left",), 1.4, 0.8, 0.1, 0.0, 0.95, 0.5, 0.5, 0.5, 0.5, 2.5))
    assert LABELS[made.label] == "bend down"
    assert made.seconds == pytest.approx(2.5, abs=0.1)
    hand, hips, head = (heights(made, name) for name in ("left_wrist", "spine_base", "head"))
    begin, low, end = slice(0, 14), slice(31, 44), slice(62, None)
    assert hand[low].max() < 0.35 * head[begin].min()
    assert head[low].max() < head[begin].min() - 0.5
    assert 0.05 < hips[begin].mean() - hips[low].mean() < 0.4
    np.testing.assert_allclose(heights(made, "head")[end], head[begin].mean(), atol=0.05)
    assert np.ptp(made.joints[0][:, ANKLES].mean(axis=1), axis=0).max() < 0.1


@pytest.mark.parametrize("seed", range(8))
def test_whoever_bends_keeps_the_length_of_their_bones_and_faces_where_they_did(rest: Clip, seed: int) -> None:
    bend = Bend.random(np.random.default_rng(seed))
    made = bending(rest, bend)
    assert np.isfinite(made.joints).all()
    for side in ("left", "right"):
        for start, end in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle")):
            lengths = [
                np.linalg.norm(
                    np.diff(clip.joints[0][:, NTU25.indices(f"{side}_{start}", f"{side}_{end}")], axis=1)[:, 0], axis=1
                )
                for clip in (rest, made)
            ]
            np.testing.assert_allclose(lengths[1], np.median(lengths[0]), rtol=0.12)
    aside = bending(replace(rest, joints=placed(rest.joints, turn=1.0).astype(np.float32)), bend)
    np.testing.assert_allclose(aside.joints, placed(made.joints, turn=1.0), atol=0.02)
