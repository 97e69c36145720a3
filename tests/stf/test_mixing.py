"""Other people's arms and legs."""

from pathlib import Path

import pytest
import torch
from bodies import moving
from torch import Tensor

from stf.errors import UserError
from stf.mixing import Mixing
from stf.skeleton import KINECT20, KINETICS18, NTU25, SkeletonLayout
from stf.training.recipe import load_recipe
from stf.transforms import normalise_body

LAYOUTS = (NTU25, KINECT20, KINETICS18)
CLASSES = ("squat", "wave", "rest", "walk")
SQUAT, WAVE, REST, WALK = range(4)
MIXING = Mixing(1.0, by_legs=("squat", "walk"), by_arms=("wave",))
by_name = {"ids": lambda layout: layout.name}


def people(layout: SkeletonLayout, count: int) -> Tensor:
    return normalise_body(moving(layout, clips=count), layout)


def parts(layout: SkeletonLayout, limb: str, root: str) -> list[tuple[int, list[int]]]:
    """The first joint of each limb and the others."""
    firsts = layout.indices(f"left_{root}", f"right_{root}")
    limbs = (layout.limbs[f"{side} {limb}"] for side in ("left", "right"))
    return [(first, [joint for joint in joints if joint != first]) for first, joints in zip(firsts, limbs, strict=True)]


def directions(x: Tensor, layout: SkeletonLayout, limb: str) -> Tensor:
    """Where the joints of arms or legs are from shoulders or hips; scores as they are."""
    places = []
    for first, joints in parts(layout, limb, {"arm": "shoulder", "leg": "hip"}[limb]):
        moved = x[:, :, :, joints].clone()
        moved[:, : layout.num_coordinates] -= x[:, : layout.num_coordinates, :, [first]]
        places.append(moved)
    return torch.cat(places, dim=3)


def giver(mixed: Tensor, x: Tensor, layout: SkeletonLayout, limb: str, person: int) -> tuple[int, bool]:
    """Whose arms or legs somebody has in the end, and whether they are held as they are at one moment."""
    found, given = directions(mixed, layout, limb)[person], directions(x, layout, limb)
    moving_alike = (found - given).abs().flatten(1).amax(dim=1) < 1e-9
    if moving_alike.any():
        return int(moving_alike.int().argmax()), False
    torch.testing.assert_close(found, found[:, :1].expand_as(found))
    held_alike = (found[:, :1] - given).abs().amax(dim=(1, 3, 4)) < 1e-9  # (N, T)
    assert held_alike.sum() == 1
    return int(held_alike.any(dim=1).int().argmax()), True


@pytest.mark.parametrize("layout", LAYOUTS, **by_name)
def test_who_squats_gets_the_arms_of_somebody_whose_arms_say_nothing_and_nothing_else(layout: SkeletonLayout) -> None:
    labels = [SQUAT, WAVE, REST, WALK, SQUAT, WAVE, REST]
    x = people(layout, len(labels))
    mixer, moving_arms, held_arms = MIXING.among(CLASSES, layout), set(), set()
    for seed in range(40):
        mixed = mixer(x, torch.tensor(labels), torch.Generator().manual_seed(seed))
        for person, label in enumerate(labels):
            arms, arms_held = giver(mixed, x, layout, "arm", person)
            legs, legs_held = giver(mixed, x, layout, "leg", person)
            assert (arms != person) == (label in {SQUAT, WALK})
            assert (legs != person) == (label == WAVE)
            if label == WAVE and not legs_held:
                assert labels[legs] not in {SQUAT, WALK}
            if label == SQUAT:
                (held_arms if arms_held else moving_arms).add(labels[arms])
    assert moving_arms == {SQUAT, REST, WALK}
    assert held_arms == {SQUAT, WAVE, REST, WALK}
    limbs = {joint for name in ("arm", "leg") for side in ("left", "right") for joint in layout.limbs[f"{side} {name}"]}
    firsts = layout.indices("left_shoulder", "right_shoulder", "left_hip", "right_hip")
    kept = sorted({*range(layout.num_joints)} - limbs | {*firsts})
    assert torch.equal(mixed[:, :, :, kept], x[:, :, :, kept])


def test_so_many_are_mixed_as_the_share_says_and_the_same_ones_by_the_same_seed() -> None:
    labels = torch.tensor([SQUAT, REST] * 200)
    x = people(NTU25, len(labels))
    mixer = Mixing(0.3, by_legs=("squat",)).among(CLASSES, NTU25)
    first, again = (mixer(x, labels, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(first, again)
    changed = (first != x).flatten(1).any(dim=1)
    assert changed[labels == SQUAT].double().mean() == pytest.approx(0.3, abs=0.08)
    assert not changed[labels == REST].any()


@pytest.mark.parametrize("labels", [[SQUAT], [-1, -1, REST], [-1, -1, WAVE, SQUAT]])
def test_nobody_is_mixed_who_has_no_label_or_finds_nobody_to_give(labels: list[int]) -> None:
    x = people(NTU25, len(labels))
    mixed = MIXING.among(CLASSES, NTU25)(x, torch.tensor(labels))
    changed = (mixed != x).flatten(1).any(dim=1).tolist()
    assert changed == [label in {SQUAT, WAVE} and len(labels) > 1 for label in labels]


def test_what_the_giver_lacks_is_missing_and_so_is_everything_beyond_a_shoulder_that_is() -> None:
    x = people(NTU25, 2)
    left, right = NTU25.index("left_shoulder"), NTU25.index("right_wrist")
    x[0, :, :, left] = 0
    x[1, :, 3, right] = 0
    others = [joint for joint in NTU25.limbs["left arm"] if joint != left]
    mixer, lost = Mixing(1.0, by_legs=("squat",)).among(CLASSES, NTU25), set()
    for seed in range(40):
        mixed = mixer(x, torch.tensor([SQUAT, REST]), torch.Generator().manual_seed(seed))
        missing = (mixed[0] == 0).all(dim=0)[..., 0]
        assert missing[:, [left, *others]].all()
        assert not missing[:, NTU25.index("right_elbow")].any()
        lost.add(tuple(missing[:, right].nonzero().flatten().tolist()))
    moving_arms, held_arms, held_at_that_moment = (3,), (), tuple(range(16))
    assert lost == {moving_arms, held_arms, held_at_that_moment}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("mixing={by_legs: [squat], by_arms: [squat]}", "'squat' is told by the legs or by the arms"),
        ("mixing={share: 2}", "from 0 to 1"),
        ("mixing={by_leg: [squat]}", "did you mean 'by_legs'"),
        ("normalisation=clip", "normalisation body"),
    ],
)
def test_a_recipe_that_cannot_be_mixed_is_refused_in_one_sentence(change: str, said: str, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("mixing: {by_legs: [squat]}\n", encoding="utf-8")
    with pytest.raises(UserError, match=said) as refused:
        load_recipe(recipe, [change])
    assert "\n" not in str(refused.value)


def test_classes_that_the_data_lacks_are_named_and_nobody_is_mixed_for_them() -> None:
    mixing = Mixing(1.0, by_legs=("fly", "squat"), by_arms=("swim",))
    assert mixing.absent(CLASSES) == ["fly", "swim"]
    labels = torch.tensor([SQUAT, WAVE, REST])
    x = people(NTU25, len(labels))
    mixed = mixing.among(CLASSES, NTU25)(x, labels)
    assert (mixed != x).flatten(1).any(dim=1).tolist() == [True, False, False]
