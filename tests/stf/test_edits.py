"""What-if edits: what changes, and that nothing else does."""

import math
from dataclasses import replace

import numpy as np
import pytest
from bodies import moving
from hypothesis import given
from hypothesis import strategies as st

from stf.datasets.clip import Clip
from stf.edits import freeze, mirror, rotate, slow_down, swap_people, switch_off
from stf.errors import UserError
from stf.explanation import explain
from stf.recogniser import Recogniser
from stf.skeleton import COCO17, NTU25

ANGLES = st.floats(-10, 10)


def clip_of(layout=NTU25) -> Clip:
    """Two people for two seconds, one of whom misses a joint for a while."""
    joints = moving(layout, frames=30, persons=2)[0].permute(3, 1, 2, 0).float().numpy().copy()
    joints[1, 5:9, 4] = np.nan
    return Clip(joints, 15, layout, label=3, subject=2, name="two")


def distances(clip: Clip) -> np.ndarray:
    """Between any two joints of a person."""
    return np.linalg.norm(clip.joints[:, :, :, None] - clip.joints[:, :, None], axis=-1)


CLIP, FLAT = clip_of(), clip_of(COCO17)
EDITS = [
    lambda clip: switch_off(clip, clip.layout.limbs["left arm"]),
    lambda clip: freeze(clip, 1, 1.5),
    mirror,
    lambda clip: slow_down(clip, 2),
]


@pytest.mark.parametrize("edit", [*EDITS, lambda clip: rotate(clip, 1)])
def test_an_edit_leaves_what_it_is_given_alone_and_what_is_missing_missing(edit) -> None:
    before = CLIP.joints.copy()
    edited = edit(CLIP)
    np.testing.assert_array_equal(CLIP.joints, before)
    assert (edited.label, edited.subject, edited.name, edited.layout) == (3, 2, "two", NTU25)
    assert edited.joints.dtype == np.float32
    assert np.isnan(edited.joints).sum() == np.isnan(before).sum()


@given(st.sets(st.integers(0, 24)))
def test_a_joint_that_is_switched_off_moves_with_the_hips_and_no_other_is_touched(joints: set[int]) -> None:
    edited = switch_off(CLIP, joints)
    others = [joint for joint in range(25) if joint not in joints]
    np.testing.assert_array_equal(edited.joints[:, :, others], CLIP.joints[:, :, others])
    hips = NTU25.indices("left_hip", "right_hip")
    seen = edited.joints - CLIP.joints[:, :, hips].mean(axis=2, keepdims=True)
    for joint in joints:
        assert np.nanmax(np.ptp(seen[0, :, joint], axis=0)) < 1e-5
        before = (CLIP.joints - CLIP.joints[:, :, hips].mean(axis=2, keepdims=True))[0, :, joint].mean(axis=0)
        np.testing.assert_allclose(seen[0, 0, joint], before, atol=1e-5)


def test_scores_of_the_image_plane_stay() -> None:
    for edit in EDITS:
        assert np.nanmin(edit(FLAT).joints[..., 2]) > 0
    np.testing.assert_array_equal(switch_off(FLAT, range(17)).joints[..., 2], FLAT.joints[..., 2])


def test_freezing_holds_a_span_and_nothing_else() -> None:
    frozen = freeze(CLIP, 0.4, 1.2).joints
    np.testing.assert_array_equal(frozen[:, 6:19], np.repeat(CLIP.joints[:, 6:7], 13, axis=1))
    np.testing.assert_array_equal(frozen[:, :6], CLIP.joints[:, :6])
    np.testing.assert_array_equal(frozen[:, 19:], CLIP.joints[:, 19:])
    np.testing.assert_array_equal(freeze(CLIP, 1.0, 99).joints[0, -1], CLIP.joints[0, 15])


@pytest.mark.parametrize("clip", [CLIP, FLAT], ids=["space", "image"])
def test_a_mirrored_mirror_image_is_the_clip(clip: Clip) -> None:
    np.testing.assert_array_equal(mirror(mirror(clip)).joints, clip.joints)
    left, right = clip.layout.indices("left_wrist", "right_wrist")
    np.testing.assert_array_equal(mirror(clip).joints[..., left, 1:], clip.joints[..., right, 1:])
    np.testing.assert_array_equal(mirror(clip).joints[..., left, 0], -clip.joints[..., right, 0])


@given(ANGLES)
def test_a_rotation_keeps_bodies_and_heights_and_can_be_undone(yaw: float) -> None:
    turned = rotate(CLIP, yaw)
    np.testing.assert_allclose(turned.joints[..., 1], CLIP.joints[..., 1], atol=1e-5)
    np.testing.assert_allclose(distances(turned), distances(CLIP), atol=1e-5)
    np.testing.assert_allclose(rotate(turned, -yaw).joints, CLIP.joints, atol=1e-5)


@given(st.floats(0.1, 10))
def test_slowing_down_takes_longer_and_can_be_undone(factor: float) -> None:
    slow = slow_down(CLIP, factor)
    assert slow.seconds == pytest.approx(factor * CLIP.seconds)
    assert slow_down(slow, 1 / factor).fps == pytest.approx(CLIP.fps)


def test_a_rotation_says_nothing_new_to_a_model_that_turns_people_to_the_front(checkpoint) -> None:
    recogniser = Recogniser.load(checkpoint, device="cpu")
    one = Clip(CLIP.joints[:1], CLIP.fps, NTU25)
    scores = explain(recogniser, one).scores
    np.testing.assert_allclose(explain(recogniser, rotate(one, 2)).scores, scores, atol=1e-3)
    assert np.abs(explain(recogniser, switch_off(one, range(25))).scores - scores).max() > 1e-4


def test_what_cannot_be_done_is_said() -> None:
    with pytest.raises(UserError, match=r"lasts for 2\.00 s"):
        freeze(CLIP, 3, 4)
    with pytest.raises(UserError, match="nothing can be frozen from 1 to 1 s"):
        freeze(CLIP, 1, 1)
    with pytest.raises(UserError, match="image plane"):
        rotate(FLAT, math.pi)
    with pytest.raises(UserError, match="above zero"):
        slow_down(CLIP, 0)


def test_people_who_are_swapped_change_places_and_nobody_else_is_there_to_swap() -> None:
    swapped = swap_people(CLIP)
    np.testing.assert_array_equal(swapped.joints, CLIP.joints[::-1])
    np.testing.assert_array_equal(swap_people(swapped).joints, CLIP.joints)
    with pytest.raises(UserError, match="nobody can be swapped"):
        swap_people(replace(CLIP, joints=CLIP.joints[:1]))
