"""Push-ups, sit-ups, presses and pull-ups, made of people who stand."""

import numpy as np
import pytest
from gestures import joint

from calibration.everyday.labels import LABELS
from calibration.everyday.made import EXERCISES
from calibration.everyday.made.exercises import Exercise, exercising, lying
from stf.datasets.clip import Clip
from stf.skeleton import NTU25

LEGS = NTU25.indices(*(f"{side}_{joint}" for side in ("left", "right") for joint in ("knee", "ankle", "foot")))
BONES = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"), ("ankle", "foot"))


def slope(clip: Clip) -> np.ndarray:
    """Radians of the trunk over the floor, frame by frame."""
    trunk = joint(clip, "spine_shoulder") - joint(clip, "spine_base")
    return np.arcsin(trunk[:, 1] / np.linalg.norm(trunk, axis=1))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("draw", EXERCISES)
def test_whoever_exercises_keeps_the_length_of_their_bones(rest: Clip, draw: type, seed: int) -> None:
    made = exercising(rest, draw(np.random.default_rng(seed)))
    assert np.isfinite(made.joints).all()
    assert made.seconds >= 1.9
    for side in ("left", "right"):
        for start, end in BONES:
            recorded, kept = (
                np.linalg.norm(joint(clip, f"{side}_{end}") - joint(clip, f"{side}_{start}"), axis=1)
                for clip in (rest, made)
            )
            np.testing.assert_allclose(kept, np.median(recorded), rtol=0.1)


def test_who_does_push_ups_has_hands_and_feet_on_the_floor_and_goes_up_and_down(rest: Clip) -> None:
    plain = Exercise(
        np.pi / 2, upwards=0.0, wide=0.2, reach=(0.4, 0.95), elbows=1.0, rate_hz=0.5, phase=0.0, planted=True
    )
    made = exercising(rest, plain)
    shoulders = (joint(made, "left_shoulder") + joint(made, "right_shoulder")) / 2
    hands = (joint(made, "left_wrist") + joint(made, "right_wrist")) / 2
    feet = (joint(made, "left_ankle") + joint(made, "right_ankle")) / 2
    assert np.abs(hands[:, 1] - feet[:, 1]).max() < 0.15
    assert np.ptp(shoulders[:, 1] - feet[:, 1]) > 0.2
    assert (slope(made) > 0).all()
    assert (slope(made) < 0.6).all()
    highest = (shoulders - feet)[:, 1].argmax() / made.fps
    assert highest % 2 == pytest.approx(0, abs=0.1) or highest % 2 == pytest.approx(2, abs=0.1)


def test_who_does_sit_ups_lifts_the_trunk_and_keeps_the_legs_still(rest: Clip) -> None:
    plain = Exercise(-np.pi / 2, 1.0, 0.0, (0.4, 0.4), 1.0, 0.5, 0.0, crunch=1.2, thighs=0.9, knees=1.6)
    made = exercising(rest, plain)
    assert slope(made).min() == pytest.approx(0, abs=0.2)
    assert slope(made).max() == pytest.approx(1.2, abs=0.2)
    base = joint(made, "spine_base")
    assert np.ptp(made.joints[0][:, LEGS] - base[:, None], axis=0).max() < 0.15
    assert (joint(made, "left_knee")[:, 1] > base[:, 1] + 0.2).all()


def test_who_does_pull_ups_hangs_upright_below_the_hands(rest: Clip) -> None:
    made = exercising(rest, Exercise(0.0, 1.57, 0.3, (0.4, 0.97), 1.0, 0.5, 0.0))
    wrists, head = (joint(made, "left_wrist") + joint(made, "right_wrist")) / 2, joint(made, "head")
    assert slope(made).min() > 1.3
    assert np.ptp((wrists - head)[:, 1]) > 0.15
    assert (wrists[:, 1] > joint(made, "left_shoulder")[:, 1] + 0.1).all()


@pytest.mark.parametrize("tilt", [-1.5, 1.5])
def test_who_lies_does_the_same_on_the_floor(clips: list[Clip], tilt: float) -> None:
    stands = next(clip for clip in clips if clip.name.startswith("utd_mhad") and LABELS[clip.label] == "swipe left")
    made = lying(stands, tilt)
    assert np.abs(slope(made)).max() < 0.4

    def apart(clip: Clip) -> np.ndarray:
        joints = clip.joints[0].astype(np.float64)
        return np.linalg.norm(joints[:, :, None] - joints[:, None], axis=-1)

    np.testing.assert_allclose(apart(made), apart(stands), atol=1e-4)
    chest = np.cross(
        joint(made, "left_shoulder") - joint(made, "right_shoulder"),
        joint(made, "spine_shoulder") - joint(made, "spine_base"),
    )
    assert (np.sign(chest[:, 1]) == -np.sign(tilt)).all()
