"""Clips of what the recordings lack, made of what they have."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gestures import swipe

from calibration.everyday.labels import LABELS
from calibration.everyday.made import (
    BENDING,
    BUSY,
    CARRYING,
    EXERCISING,
    JUMPING,
    LYING,
    MADE,
    SHOOTING,
    THROWING,
    WAVING,
    WITH_ANY_HANDS,
    is_made,
    made_clips,
    made_how,
)
from calibration.everyday.made.hands import Hands, Hold, busy
from calibration.everyday.made.legs import above, held, lowered
from calibration.everyday.made.throws import STYLES, Arm, Throw, throwing
from calibration.everyday.made.waves import Wave, waving
from calibration.everyday.merge import TEST_SUBJECTS
from calibration.figure.motion import facing, placed
from stf.datasets.clip import Clip
from stf.prediction import NONE
from stf.skeleton import NTU25

LEGS = NTU25.indices("left_hip", "left_knee", "left_ankle", "right_hip", "right_knee", "right_ankle")
UPPER = NTU25.indices("spine_base", "head", "left_shoulder", "left_wrist", "right_shoulder", "right_wrist")


ANKLES = NTU25.indices("left_ankle", "right_ankle")


def knee_angle(clip: Clip) -> float:
    hip, knee, ankle = np.moveaxis(clip.joints[0][:, NTU25.indices("left_hip", "left_knee", "left_ankle")], 1, 0)
    thigh, shank = hip - knee, ankle - knee
    cosine = (thigh * shank).sum(axis=1) / np.linalg.norm(thigh, axis=1) / np.linalg.norm(shank, axis=1)
    return float(np.degrees(np.median(np.arccos(cosine))))


def test_who_gestures_on_a_chair_does_the_same_above_the_legs_of_who_sits(utd_mhad: Path, clips: list[Clip]) -> None:
    gesture = swipe(utd_mhad)
    (sitter,) = (clip for clip in clips if clip.name.startswith("utd_mhad") and LABELS[clip.label] == "sit still")
    turned = replace(sitter, joints=placed(sitter.joints, turn=1.0).astype(np.float32))
    for legs in (sitter, turned):
        made = above(gesture, held(legs))
        base = NTU25.index("spine_base")
        for joints in (made.joints, gesture.joints):
            assert np.isfinite(joints).all()
        np.testing.assert_allclose(
            (made.joints - made.joints[:, :, [base]])[:, :, UPPER],
            (gesture.joints - gesture.joints[:, :, [base]])[:, :, UPPER],
            atol=1e-5,
        )
        assert facing(made.joints[0], NTU25) == pytest.approx(facing(gesture.joints[0], NTU25), abs=0.1)
        assert knee_angle(made) < 130 < knee_angle(gesture)
        assert np.ptp(made.joints[0][:, LEGS], axis=0).max() == 0
        assert (made.label, made.subject) == (gesture.label, gesture.subject)


def test_who_gestures_while_walking_has_the_steps_of_who_walks(utd_mhad: Path, clips: list[Clip]) -> None:
    gesture = swipe(utd_mhad)
    walker = next(clip for clip in clips if LABELS[clip.label] == "walk")
    made = above(gesture, walker)
    base, arm = NTU25.index("spine_base"), NTU25.indices("right_shoulder", "right_wrist")
    for clip in (made, gesture):
        assert clip.joints.shape == gesture.joints.shape
    ways = [clip.joints[0][:, arm[1]] - clip.joints[0][:, arm[0]] for clip in (made, gesture)]
    np.testing.assert_allclose(*ways, atol=1e-5)
    strides = [
        np.ptp(np.linalg.norm(np.subtract(*np.moveaxis(clip.joints[0][:, ANKLES], 1, 0)), axis=-1))
        / np.median(np.linalg.norm(clip.joints[0][:, NTU25.index("spine_shoulder")] - clip.joints[0][:, base], axis=-1))
        for clip in (made, walker, gesture)
    ]
    assert strides[0] == pytest.approx(strides[1], rel=0.1)
    assert strides[0] > 3 * strides[2]


def test_bent_legs_are_the_first_that_leave_the_hips_so_low(clips: list[Clip]) -> None:
    squat = next(clip for clip in clips if LABELS[clip.label] == "squat")

    def height(clip: Clip) -> np.ndarray:
        joints = clip.joints[0][..., 1]
        return joints[:, NTU25.index("spine_base")] - joints[:, ANKLES].mean(axis=1)

    heights = height(squat)
    for share in (0.95, 0.8):
        pose = lowered(squat, share)
        assert pose.joints.shape[1] == 1
        (low,) = height(pose)
        assert low <= share * heights.max()
        assert (heights[: int(np.flatnonzero(heights == low)[0])] > share * heights.max()).all()
    assert height(lowered(squat, 0.0)) == pytest.approx(heights.min())


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("style", STYLES)
def test_who_throws_winds_up_and_brings_the_hand_to_the_front_within_the_time_said(
    rest: Clip, side: str, style: str
) -> None:
    cocked, released, followed = (
        Arm(*(sum(angles) / 2 for angles in pose))
        for pose in (STYLES[style].cocked, STYLES[style].released, STYLES[style].followed)
    )
    throw = Throw(side, cocked, released, followed, (0.3, -0.2), 0.2, 0.2, 0.5, 0.4, 0.2, 0.3, 0.6)
    made = throwing(rest, throw)
    assert (LABELS[made.label], made.subject) == ("throw", rest.subject)
    assert made.seconds == pytest.approx(throw.seconds, abs=0.1)
    joints = made.joints[0].astype(np.float64)
    shoulder, elbow, wrist = np.moveaxis(
        joints[:, NTU25.indices(*(f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist")))], 1, 0
    )
    for start, end in ((shoulder, elbow), (elbow, wrist)):
        lengths = np.linalg.norm(end - start, axis=1)
        np.testing.assert_allclose(lengths, lengths[0], atol=1e-5)
    before, wound, let_go = 3, round(0.95 * 30), round(1.3 * 30)
    forward = (shoulder - wrist)[:, 2]  # who rests faces the camera
    across = (wrist - shoulder)[:, 0] * (1 if side == "right" else -1)
    assert forward[let_go] > 0.25
    goes = across if style == "backhand" else forward
    assert goes[let_go] > goes[wound] + 0.3
    cocked_at = {
        "overarm": wrist[wound, 1] > shoulder[wound, 1] + 0.1,
        "underarm": wrist[wound, 1] < shoulder[wound, 1] - 0.2 and forward[wound] < -0.1,
        "sidearm": across[wound] > 0.2,
        "backhand": across[wound] < -0.1,
    }
    assert cocked_at[style]
    speed = np.linalg.norm(np.diff(wrist, axis=0), axis=1) * 30
    assert round(1.0 * 30) <= speed.argmax() <= round(1.7 * 30)
    assert speed[:before].max() < 0.2
    np.testing.assert_allclose(joints[-1], rest.joints[0][-1], atol=0.15)
    other = NTU25.index("left_foot" if side == "right" else "right_foot")
    assert np.ptp(joints[:, other], axis=0).max() < 0.1


@pytest.mark.parametrize("side", ["left", "right"])
def test_who_waves_raises_a_hand_and_swings_it_as_often_as_is_said(rest: Clip, side: str) -> None:
    still = Wave(side, 4.0, 0.5, 0.0, -0.3, 0.3, 0.1, 0.2, 0.4, 2.0, 0.0, 0.1, 0.3)
    made = waving(rest, still)
    assert LABELS[made.label] == "wave"
    assert made.seconds == pytest.approx(4, abs=0.2)
    joints = made.joints[0].astype(np.float64)
    elbow, wrist, hand = np.moveaxis(
        joints[:, NTU25.indices(*(f"{side}_{j}" for j in ("elbow", "wrist", "hand")))], 1, 0
    )
    up = slice(20, None)
    assert (wrist[0] < elbow[0])[1]
    assert (wrist[up, 1] > elbow[up, 1]).all()
    assert (hand[up, 1] > wrist[up, 1]).all()
    lateral = wrist[up, 0] - elbow[up, 0]
    crossings = np.diff(np.sign(lateral - lateral.mean())).nonzero()[0]
    assert len(crossings) == pytest.approx(2 * 2.0 * (len(lateral) / 30), abs=1)
    towards_camera = elbow[up, 2].mean() - wrist[up, 2].mean()
    assert towards_camera > 0
    lengths = np.linalg.norm(wrist - elbow, axis=1)
    np.testing.assert_allclose(lengths, lengths[0], atol=1e-5)
    other = NTU25.indices(*(f"{'left' if side == 'right' else 'right'}_{j}" for j in ("elbow", "wrist", "hand")))
    assert joints[:, other].std(axis=0).max() < 0.05


def test_busy_hands_go_from_place_to_place(rest: Clip) -> None:
    lap, face = Hold(-1.2, 0.4, 0.3, -0.3, 0.0, 1.0), Hold(-0.9, 0.8, 0.6, 1.2, 0.0, 1.0)
    made = busy(rest, Hands({"left": [lap, face]}, 4.0, 0.0))
    assert made.label == rest.label
    joints = made.joints[0].astype(np.float64)
    chin = joints[:, NTU25.index("neck"), 1]
    wrist, elbow = (joints[:, NTU25.index(f"left_{joint}")] for joint in ("wrist", "elbow"))
    assert (wrist[:50, 1] < joints[:50, NTU25.index("spine_mid"), 1]).all()
    assert (wrist[-30:, 1] > chin[-30:] - 0.2).all()
    lengths = np.linalg.norm(wrist - elbow, axis=1)
    np.testing.assert_allclose(lengths, lengths[0], atol=1e-5)
    assert np.ptp(joints[:, NTU25.index("right_wrist")], axis=0).max() < 0.1


def test_who_walks_throws_over_the_shoulder(clips: list[Clip]) -> None:
    walks = {clip.name for clip in clips if LABELS[clip.label] == "walk"}
    thrown = [clip for clip in made_clips(clips) if made_how(clip) == THROWING and clip.name[: -len(THROWING)] in walks]
    assert thrown
    hands, shoulders = (NTU25.indices(f"left_{joint}", f"right_{joint}") for joint in ("wrist", "shoulder"))
    for clip in thrown:
        assert (clip.joints[0][:, hands, 1] > clip.joints[0][:, shoulders, 1]).any(), clip.name


def test_made_clips_are_of_people_of_both_sides_but_nobody_to_be_tested_on_moves_by_rule(clips: list[Clip]) -> None:
    first, again = list(made_clips(clips)), list(made_clips(clips))
    assert [clip.name for clip in first] == [clip.name for clip in again]
    assert len({clip.name for clip in (*first, *clips)}) == len(first) + len(clips)
    assert all((clip.joints == other.joints).all() for clip, other in zip(first, again, strict=True))
    assert all(np.isfinite(clip.joints).all() for clip in first)
    assert all(is_made(clip) and is_made(replace(clip, name=f"{clip.name}_v12")) for clip in first)
    assert not any(is_made(clip) or is_made(replace(clip, name=f"{clip.name}_v0")) for clip in clips)
    sides = {how: {clip.subject in TEST_SUBJECTS for clip in first if made_how(clip) == how} for how in MADE}
    labels = {how: {LABELS[clip.label] for clip in first if made_how(clip) == how} for how in MADE}
    assert [labels[how] for how in (WAVING, THROWING, BENDING)] == [{"wave"}, {"throw"}, {"bend down"}]
    assert [labels[how] for how in (JUMPING, SHOOTING)] == [{"jumping jack"}, {"shoot a basketball"}]
    assert [labels[how] for how in (BUSY, LYING, EXERCISING)] == [{NONE}] * 3
    assert {"walk", "kick"} <= labels[CARRYING] <= {*WITH_ANY_HANDS}
    by_rule = (WAVING, THROWING, BUSY, EXERCISING, BENDING, JUMPING, SHOOTING)
    assert [sides[how] for how in MADE] == [{False} if how in by_rule else {False, True} for how in MADE]
