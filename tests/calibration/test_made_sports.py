"""Jumping jacks and shots at a basket, made of people who stand."""

from dataclasses import replace

import numpy as np
import pytest
from gestures import joint

from calibration.everyday.labels import LABELS
from calibration.everyday.made.sports import JumpingJack, Shot, jumping, shooting
from calibration.figure.motion import placed
from stf.datasets.clip import Clip
from stf.skeleton import NTU25

ANKLES = NTU25.indices("left_ankle", "right_ankle")


def apart(clip: Clip, name: str) -> np.ndarray:
    return np.linalg.norm(joint(clip, f"left_{name}") - joint(clip, f"right_{name}"), axis=1)


def test_who_does_jumping_jacks_spreads_the_legs_as_the_hands_go_up_as_often_as_is_said(rest: Clip) -> None:
    made = jumping(rest, JumpingJack(-1.3, 1.3, 0.1, 0.3, 0.4, 0.2, 1.0, 0.0, 0.0))
    assert LABELS[made.label] == "jumping jack"
    hands = (joint(made, "left_wrist") + joint(made, "right_wrist"))[:, 1] / 2
    over = hands - joint(made, "head")[:, 1]
    assert over.max() > 0
    assert over.min() < -0.5
    feet = apart(made, "ankle")
    assert np.ptp(feet) > 0.3
    assert np.corrcoef(hands, feet)[0, 1] > 0.9
    highest = np.flatnonzero((over[1:-1] > over[:-2]) & (over[1:-1] >= over[2:]) & (over[1:-1] > 0)) / made.fps
    np.testing.assert_allclose(np.diff(highest), 1.0, atol=0.1)


def test_who_shoots_at_a_basket_crouches_and_stretches_both_arms_over_the_head(rest: Clip) -> None:
    made = shooting(rest, Shot("left", 0.2, 1.3, 0.4, 0.95, 0.7, 0.2, 0.8, 0.2, 0.5, 0.3, 0.5, 0.5, 2.0))
    assert LABELS[made.label] == "shoot a basketball"
    chest, head, base = (joint(made, name)[:, 1] for name in ("spine_shoulder", "head", "spine_base"))
    feet = made.joints[0][:, ANKLES, 1].mean(axis=1)
    low, thrown = round(0.7 * made.fps), round(1.2 * made.fps)
    assert (base - feet)[0] - (base - feet)[low] > 0.05
    for side in ("left", "right"):
        wrist = joint(made, f"{side}_wrist")[:, 1]
        assert wrist[0] < base[0] + 0.1
        assert abs(wrist[low] - chest[low]) < 0.3
        assert wrist[thrown] > head[thrown] - 0.1
    assert joint(made, "left_wrist")[thrown, 1] > joint(made, "right_wrist")[thrown, 1]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("make", "draw"), [(jumping, JumpingJack.random), (shooting, Shot.random)])
def test_whoever_does_sports_keeps_the_length_of_their_bones_and_faces_where_they_did(
    rest: Clip, make: type, draw: type, seed: int
) -> None:
    how = draw(np.random.default_rng(seed))
    made = make(rest, how)
    assert np.isfinite(made.joints).all()
    for side in ("left", "right"):
        for start, end in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle")):
            bone = NTU25.indices(f"{side}_{start}", f"{side}_{end}")
            lengths = [np.linalg.norm(np.diff(clip.joints[0][:, bone], axis=1)[:, 0], axis=1) for clip in (rest, made)]
            np.testing.assert_allclose(lengths[1], np.median(lengths[0]), rtol=0.12)
    aside = make(replace(rest, joints=placed(rest.joints, turn=1.0).astype(np.float32)), how)
    np.testing.assert_allclose(aside.joints, placed(made.joints, turn=1.0), atol=0.02)
