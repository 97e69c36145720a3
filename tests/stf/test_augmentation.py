"""The random half of `stf.transforms`: augmentation and mirroring."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from bodies import across, chest, moving, standing
from hypothesis import given, settings
from hypothesis import strategies as st

from stf.datasets.utd_mhad import CLASSES
from stf.skeleton import KINECT20, KINETICS18, NTU25
from stf.transforms import (
    Augmentation,
    known_joints,
    known_samples,
    mirror,
    mirrored_labels,
    normalise_body,
    normalise_clip,
    random_mirror,
)

SPATIAL = (NTU25, KINECT20)
LAYOUTS = (*SPATIAL, KINETICS18)
NONE = Augmentation(yaw=0, tilt=0, scale=0, bias=0, jitter=0, gap=0)

by_name = {"ids": lambda layout: layout.name}


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_augmentation_without_strength_changes_nothing() -> None:
    x = moving(NTU25, clips=3, persons=2).float()
    assert torch.equal(NONE(x, NTU25, generator(0)), x)


strengths = st.builds(
    Augmentation,
    yaw=st.floats(0, math.pi),
    tilt=st.floats(0, 1),
    scale=st.floats(0, 1),
    bias=st.floats(0, 1),
    jitter=st.floats(0, 1),
    shear=st.floats(0, 1),
    gap=st.floats(0, 1),
    joint_dropout=st.floats(0, 1),
    limb_dropout=st.floats(0, 1),
)


@given(strengths, st.integers(0, 2**32 - 1), st.lists(st.booleans(), min_size=2 * 16 * 2, max_size=2 * 16 * 2))
@settings(max_examples=50)
def test_missing_samples_stay_missing_and_nothing_becomes_nan(augment, seed, lost) -> None:
    x = moving(NTU25, clips=2, persons=2).float()
    x *= ~torch.tensor(lost).view(2, 1, 16, 1, 2)
    augmented = augment(x, NTU25, generator(seed))
    assert torch.isfinite(augmented).all()
    assert not (known_samples(augmented) & ~known_samples(x)).any()


def test_augmentation_is_repeatable_from_its_generator_alone() -> None:
    x = moving(NTU25, clips=2).float()
    torch.manual_seed(1)
    first = Augmentation()(x, NTU25, generator(7))
    torch.manual_seed(2)
    assert torch.equal(Augmentation()(x, NTU25, generator(7)), first)
    assert not torch.equal(Augmentation()(x, NTU25, generator(8)), first)
    assert not torch.equal(first[0] - x[0], first[1] - x[1])


def test_yaw_turns_each_clip_as_a_whole_and_no_further_than_asked() -> None:
    x = normalise_body(moving(NTU25, clips=1), NTU25).expand(200, -1, -1, -1, -1).float()
    yawed = replace(NONE, yaw=0.5)(x, NTU25, generator(0))
    direction = across(yawed, NTU25)[..., 0]
    angle = torch.atan2(direction[:, 2], direction[:, 0])
    assert angle.abs().max() <= 0.5 + 1e-5
    assert angle.min() < -0.4
    assert angle.max() > 0.4
    torch.testing.assert_close(yawed[:, 1], x[:, 1])
    torch.testing.assert_close(normalise_body(yawed, NTU25), x, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("knob", "per_frame"), [("bias", False), ("jitter", True)])
def test_displacements_have_the_strength_asked_for_and_last_a_clip_or_a_frame(knob: str, per_frame: bool) -> None:
    x = moving(NTU25, clips=20, frames=20).float()
    augment = replace(NONE, **{knob: 0.05})
    moved = augment(x, NTU25, generator(0)) - x
    assert moved.std().item() == pytest.approx(0.05, rel=0.05)
    assert (moved.std(dim=2).mean() > 0.04) == per_frame


def test_stretch_is_one_factor_per_clip_and_axis() -> None:
    x = moving(NTU25, clips=300, frames=4).float()
    factors = replace(NONE, scale=0.1)(x, NTU25, generator(0)) / x
    factors = factors.masked_fill(x.abs() < 1e-2, torch.nan)
    one = factors.nanmean(dim=(2, 3, 4), keepdim=True)
    assert (factors - one).nan_to_num().abs().max() < 1e-4
    assert one.mean().item() == pytest.approx(1, abs=0.02)
    assert one.std().item() == pytest.approx(0.1, rel=0.1)
    assert np.abs(np.corrcoef(one.view(300, 3).T) - np.eye(3)).max() < 0.2


def test_a_gap_is_one_run_of_at_most_a_third_of_the_frames_in_the_share_of_clips_asked_for() -> None:
    x = moving(NTU25, clips=300, frames=30).float()
    lost = ~known_samples(replace(NONE, gap=0.5)(x, NTU25, generator(0)))[:, 0, :, 0, 0]
    runs = (lost[:, 1:] & ~lost[:, :-1]).sum(dim=1) + lost[:, 0]
    assert runs.max() == 1
    assert lost.sum(dim=1).max() in (9, 10)
    assert 0.4 < (runs == 1).float().mean() < 0.52  # a few gaps are shorter than a frame


def test_shear_adds_a_share_of_one_axis_to_another_and_keeps_the_origin() -> None:
    x = torch.zeros(400, 3, 1, 25, 1)
    x[:, 0] = 1.0
    sheared = replace(NONE, shear=0.2)(x, NTU25, generator(0))
    torch.testing.assert_close(sheared, sheared[:, :, :, :1].expand_as(sheared))
    assert sheared[:, 1:].std().item() == pytest.approx(0.2, rel=0.15)


def test_dropped_joints_and_limbs_are_missing_for_the_whole_clip_as_often_as_asked() -> None:
    x = moving(NTU25, clips=400, frames=3).float()
    gone = ~known_joints(replace(NONE, joint_dropout=0.1)(x, NTU25, generator(0)))
    assert torch.equal(gone.all(dim=2), gone.any(dim=2))
    assert gone.float().mean().item() == pytest.approx(0.1, abs=0.01)
    gone = ~known_joints(replace(NONE, limb_dropout=0.5)(x, NTU25, generator(0)))[:, 0, 0, :, 0]
    limbs = {frozenset(limb) for limb in NTU25.limbs.values()}
    dropped = [frozenset(clip.nonzero()[:, 0].tolist()) for clip in gone]
    assert set(dropped) == {frozenset(), *limbs}
    assert 0.4 < sum(map(bool, dropped)) / 400 < 0.6


@pytest.mark.parametrize("layout", SPATIAL, **by_name)
def test_swapped_sides_are_what_normalising_makes_of_a_back_taken_for_the_front(layout) -> None:
    x = moving(layout, clips=3, persons=2).float()
    renamed = normalise_clip(x[:, :, :, list(layout.mirror)], layout)
    swapped = replace(NONE, swap=1.0)(normalise_clip(x, layout), layout, generator(0))
    torch.testing.assert_close(swapped, renamed)


def test_sides_are_swapped_in_the_share_of_clips_asked_for() -> None:
    x = moving(NTU25, clips=1).float().expand(1000, -1, -1, -1, -1)
    swapped = (replace(NONE, swap=0.3)(x, NTU25, generator(0)) != x).flatten(1).any(dim=1)
    assert swapped.float().mean() == pytest.approx(0.3, abs=0.05)


def test_in_the_picture_only_places_change_and_scores_stay() -> None:
    x = moving(KINETICS18, clips=5).float()
    augmented = Augmentation(gap=0)(x, KINETICS18, generator(0))
    assert torch.equal(augmented[:, 2], x[:, 2])
    assert not torch.equal(augmented[:, :2], x[:, :2])


@pytest.mark.parametrize("layout", LAYOUTS, **by_name)
def test_a_mirror_image_of_a_mirror_image_is_the_original(layout) -> None:
    x = moving(layout, clips=2, persons=2)
    assert not torch.equal(mirror(x, layout), x)
    assert torch.equal(mirror(mirror(x, layout), layout), x)


@pytest.mark.parametrize("layout", LAYOUTS, **by_name)
def test_mirrored_left_hand_is_the_right_hand_on_the_other_side(layout) -> None:
    x = moving(layout)
    left, right = layout.indices("left_wrist", "right_wrist")
    flipped = mirror(x, layout)
    assert torch.equal(flipped[:, 0, :, right], -x[:, 0, :, left])
    assert torch.equal(flipped[:, 1:, :, right], x[:, 1:, :, left])


@pytest.mark.parametrize("layout", SPATIAL, **by_name)
def test_mirrored_body_still_faces_the_camera(layout) -> None:
    x = moving(layout)
    for body in (x, mirror(x, layout)):
        assert (chest(body, layout)[:, 2] < 0).all()
        assert (across(body, layout)[:, 0] > 0).all()


@pytest.mark.parametrize("layout", LAYOUTS, **by_name)
def test_symmetric_body_is_its_own_mirror_image(layout) -> None:
    body = torch.from_numpy(standing(layout)).T[None, :, None, :, None]
    assert torch.equal(mirror(body, layout), body)


@pytest.mark.parametrize("layout", LAYOUTS, **by_name)
def test_mirroring_and_normalising_may_change_places(layout) -> None:
    x = moving(layout, clips=2)
    torch.testing.assert_close(
        mirror(normalise_body(x, layout), layout), normalise_body(mirror(x, layout), layout), atol=1e-9, rtol=0
    )


def test_mirrored_labels_of_utd_mhad_swap_swipes_and_circles_and_nothing_else() -> None:
    partner = {CLASSES[n]: CLASSES[other] for n, other in enumerate(mirrored_labels(CLASSES)) if n != other}
    assert partner == {
        "swipe left": "swipe right",
        "swipe right": "swipe left",
        "draw circle clockwise": "draw circle counter-clockwise",
        "draw circle counter-clockwise": "draw circle clockwise",
    }


def test_class_without_a_counterpart_stays_itself() -> None:
    assert mirrored_labels(["kick left", "wave", "raise right", "copyright notice"]) == [0, 1, 2, 3]


def test_random_mirror_swaps_label_and_data_together_in_half_of_the_clips_and_leaves_nothing_nothing() -> None:
    classes = ["wave", "swipe left", "swipe right"]
    x = moving(NTU25, clips=1, frames=2).expand(400, -1, -1, -1, -1)
    labels = torch.arange(400) % 4 - 1
    flipped, new = random_mirror(x, labels, NTU25, torch.tensor(mirrored_labels(classes)), generator(0))
    changed = (flipped == mirror(x, NTU25)).flatten(1).all(dim=1)
    assert torch.equal(changed, ~(flipped == x).flatten(1).all(dim=1))
    assert 160 < changed.sum() < 240
    mirrored = {-1: -1, 0: 0, 1: 2, 2: 1}
    before, after = labels.tolist(), new.tolist()
    assert after == [mirrored[a] if swap else a for a, swap in zip(before, changed.tolist(), strict=True)]
    again, _ = random_mirror(x, labels, NTU25, torch.tensor(mirrored_labels(classes)), generator(0))
    assert torch.equal(again, flipped)
