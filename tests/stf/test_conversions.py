from pathlib import Path

import numpy as np
import pytest

from stf.datasets.clip import Clip, to_layout
from stf.datasets.utd_mhad import read_clip
from stf.skeleton import CMU22, HDM31, KINECT20, NTU25, PRMD22, SkeletonLayout

TRUNK = {"spine_base": 0.0, "spine_mid": 0.6, "spine_shoulder": 1.0865, "neck": 1.25}

STAND_INS = {
    "hdm31": {"foot": "ball", "hand_tip": "fingers"},
    "cmu22": {"foot": "toe", "hand_tip": "hand", "thumb": "hand", "head": "head_top"},
    "prmd22": {"foot": "toes", "head": "head_tip"},
}


def anywhere(layout: SkeletonLayout) -> Clip:
    """Two persons over ten frames, every joint anywhere."""
    joints = np.random.default_rng(0).standard_normal((2, 10, layout.num_joints, 3), np.float32)
    return Clip(joints, 30.0, layout, 3, 7, "walk")


def of(clip: Clip, name: str) -> np.ndarray:
    return clip.joints[:, :, clip.layout.index(name)]


@pytest.mark.parametrize("layout", [HDM31, PRMD22, CMU22], ids=lambda layout: layout.name)
def test_in_ntu25_limbs_and_head_are_the_recorded_ones(layout: SkeletonLayout) -> None:
    clip = anywhere(layout)
    converted = to_layout(clip, NTU25)
    assert (converted.layout, converted.label, converted.name) == (NTU25, 3, "walk")
    assert converted.joints.dtype == np.float32
    stand_ins = STAND_INS[layout.name]
    for name in NTU25.joints:
        side, _, part = name.partition("_")
        made_up = layout is PRMD22 and part in ("hand", "hand_tip", "thumb")
        if name not in TRUNK and not made_up:
            source = f"{side}_{stand_ins.get(part, part)}" if part else stand_ins.get(name, name)
            assert np.array_equal(of(converted, name), of(clip, source)), name


@pytest.mark.parametrize("layout", [HDM31, PRMD22, CMU22, KINECT20], ids=lambda layout: layout.name)
def test_in_ntu25_the_trunk_of_every_layout_is_where_kinect_v2_has_it(layout: SkeletonLayout) -> None:
    converted = to_layout(anywhere(layout), NTU25)
    hips, shoulders = (
        (of(converted, f"left_{part}") + of(converted, f"right_{part}")) / 2 for part in ("hip", "shoulder")
    )
    for name, share in TRUNK.items():
        assert np.allclose(of(converted, name), hips + share * (shoulders - hips), atol=1e-6), name


def test_kinect_v1_s_hips_are_moved_down_the_trunk_to_where_other_recordings_have_them(utd_mhad: Path) -> None:
    """Of trunk and thigh together the trunk is 0.58 before a Kinect v2 and 0.56 in optical motion capture."""
    shares = []
    for subject in range(1, 9):
        clip = to_layout(read_clip(utd_mhad / f"a1_s{subject}_t1_skeleton.mat"), NTU25)
        trunk = np.linalg.norm(of(clip, "spine_shoulder") - of(clip, "spine_base"), axis=-1) / 1.0865
        thigh = np.linalg.norm(of(clip, "left_hip") - of(clip, "left_knee"), axis=-1)
        shares.append(np.median(trunk / (trunk + thigh)))
    assert 0.55 < np.median(shares) < 0.59


def test_ui_prmd_s_hands_lie_beyond_the_wrists_on_the_forearms_line() -> None:
    clip = anywhere(PRMD22)
    converted = to_layout(clip, NTU25)
    for side in ("left", "right"):
        elbow, wrist = of(clip, f"{side}_elbow"), of(clip, f"{side}_wrist")
        for part in ("hand", "hand_tip", "thumb"):
            assert np.allclose(of(converted, f"{side}_{part}"), elbow + 1.3 * (wrist - elbow), atol=1e-5)


@pytest.mark.parametrize("layout", [HDM31, PRMD22, CMU22], ids=lambda layout: layout.name)
def test_a_missing_elbow_is_missing_in_ntu25_and_leaves_the_rest(layout: SkeletonLayout) -> None:
    clip = anywhere(layout)
    clip.joints[0, 4, layout.index("left_elbow")] = np.nan
    gone = np.isnan(to_layout(clip, NTU25).joints).all(axis=-1)
    lost = {NTU25.joints[j] for j in gone[0, 4].nonzero()[0]}
    hand = {"left_hand", "left_hand_tip", "left_thumb"} if layout is PRMD22 else set()
    assert lost == {"left_elbow"} | hand
    assert gone.sum() == len(lost)
