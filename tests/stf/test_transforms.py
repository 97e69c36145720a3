import math

import pytest
import torch
from bodies import across, chest, moving, turned
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from stf.skeleton import KINECT20, KINETICS18, NTU25, SkeletonLayout
from stf.transforms import known_joints, known_samples, normalise_body, normalise_box, normalise_clip, rotation

SPATIAL = (NTU25, KINECT20)
LAYOUTS = (*SPATIAL, KINETICS18)

by_name = {"ids": lambda layout: layout.name}
angles = st.floats(-math.pi, math.pi)
seeds = st.integers(0, 2**32 - 1)
places = st.tuples(*[st.floats(-5, 5)] * 3)


def middle(x: Tensor, layout: SkeletonLayout, joint: str) -> Tensor:
    """Between the left and the right `joint`: (N, coordinates, T, M)."""
    return x[:, : layout.num_coordinates, :, layout.indices(f"left_{joint}", f"right_{joint}")].mean(dim=3)


@pytest.mark.parametrize("layout", SPATIAL, **by_name)
@given(seed=seeds, place=places, scale=st.floats(0.1, 10), yaw=angles)
@settings(max_examples=50)
def test_place_size_and_direction_of_the_whole_clip_do_not_matter(layout, seed, place, scale, yaw) -> None:
    x = moving(layout, clips=2, persons=2, seed=seed)
    elsewhere = scale * turned(x, yaw) + torch.tensor(place, dtype=x.dtype)[:, None, None, None]
    torch.testing.assert_close(normalise_body(elsewhere, layout), normalise_body(x, layout), atol=1e-9, rtol=0)


@given(seed=seeds, place=st.tuples(*[st.floats(-1, 1)] * 2), scale=st.floats(0.1, 10))
@settings(max_examples=50)
def test_place_and_size_in_the_picture_do_not_matter_and_scores_stay(seed, place, scale) -> None:
    x = moving(KINETICS18, clips=2, persons=2, seed=seed)
    elsewhere = x.clone()
    elsewhere[:, :2] = scale * x[:, :2] + torch.tensor(place, dtype=x.dtype)[:, None, None, None]
    normalised = normalise_body(elsewhere, KINETICS18)
    torch.testing.assert_close(normalised, normalise_body(x, KINETICS18), atol=1e-9, rtol=0)
    assert torch.equal(normalised[:, 2], x[:, 2])


def test_a_body_in_the_picture_is_moved_and_scaled_but_not_turned() -> None:
    x = moving(KINETICS18)
    hips, shoulders = (middle(x, KINETICS18, joint)[:, :, :, None] for joint in ("hip", "shoulder"))
    torso = (shoulders - hips).norm(dim=1).flatten().sort().values[7]  # the lower median of 16 frames
    torch.testing.assert_close(normalise_body(x, KINETICS18)[:, :2], (x[:, :2] - hips) / torso)


@pytest.mark.parametrize("layout", LAYOUTS, **by_name)
def test_hips_lie_at_the_origin_in_every_frame_and_the_torso_is_one_long(layout) -> None:
    x = normalise_body(moving(layout, frames=15, clips=3, persons=2), layout)
    assert middle(x, layout, "hip").abs().max() < 1e-12
    lengths = middle(x, layout, "shoulder").norm(dim=1)
    torch.testing.assert_close(lengths.median(dim=1).values, torch.ones(3, 2, dtype=x.dtype))


@pytest.mark.parametrize("layout", SPATIAL, **by_name)
@pytest.mark.parametrize("yaw", [0, 1, 2, 3, -2, -1])
def test_the_right_side_ends_up_at_positive_x_and_the_chest_faces_the_camera(layout, yaw: float) -> None:
    x = normalise_body(turned(moving(layout, clips=2), yaw), layout)
    direction = across(x, layout)
    assert (direction[:, 0] > 0).all()
    assert direction[:, 2].abs().max() < 1e-12
    assert (x[:, 0, :, layout.index("right_shoulder")] > x[:, 0, :, layout.index("left_shoulder")]).all()
    assert (chest(x, layout)[:, 2] < 0).all()


def test_a_turn_within_the_clip_stays_visible() -> None:
    x = moving(NTU25, frames=2)
    x[:, :, 1:] = turned(x[:, :, :1], 1.0)
    first, second = across(normalise_body(x, NTU25)[:, :, :1], NTU25), across(normalise_body(x, NTU25)[:, :, 1:], NTU25)
    angle = torch.atan2(second[:, 2], second[:, 0]) - torch.atan2(first[:, 2], first[:, 0])
    assert angle.abs().item() == pytest.approx(1.0)


@pytest.mark.parametrize("layout", LAYOUTS, **by_name)
@given(seed=seeds, lost=st.lists(st.booleans(), min_size=16, max_size=16).filter(lambda lost: not all(lost)))
@settings(max_examples=30)
def test_missing_samples_stay_zero_and_have_no_say_in_the_others(layout, seed, lost) -> None:
    x = moving(layout, seed=seed)
    gone = torch.tensor(lost)
    x[:, :, gone] = 0
    normalised = normalise_body(x, layout)
    assert not normalised[:, :, gone].any()
    torch.testing.assert_close(normalised[:, :, ~gone], normalise_body(x[:, :, ~gone], layout))


@pytest.mark.parametrize("layout", LAYOUTS, **by_name)
def test_each_person_of_each_clip_is_normalised_alone(layout) -> None:
    x = moving(layout, clips=2, persons=2)
    x[0, :, 3:, :, 1] = 0
    alone = [[normalise_body(x[n : n + 1, ..., m : m + 1], layout) for m in range(2)] for n in range(2)]
    torch.testing.assert_close(normalise_body(x, layout), torch.cat([torch.cat(row, dim=-1) for row in alone]))


def test_a_sample_is_known_when_any_of_its_numbers_is() -> None:
    x = torch.zeros(2, 3, 4, 25, 2)
    x[1, 2, 3, 24, 0] = 1e-9
    known = known_samples(x)
    assert known.shape == (2, 1, 4, 1, 2)
    assert known.nonzero().tolist() == [[1, 0, 3, 0, 0]]


@pytest.mark.parametrize("layout", LAYOUTS, **by_name)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_degenerate_bodies_stay_finite(layout, dtype: torch.dtype) -> None:
    body = moving(layout, frames=4).to(dtype)
    one_known = torch.zeros_like(body)
    one_known[:, :, 2] = body[:, :, 2]
    no_torso = body.clone()
    no_torso[:, :, :, layout.indices("left_hip", "right_hip")] = no_torso[
        :, :, :, layout.indices("left_shoulder", "right_shoulder")
    ]
    degenerate = {
        "empty": torch.zeros_like(body),
        "one known frame": one_known,
        "one joint known": body * (torch.arange(layout.num_joints) == 5)[:, None],
        "all joints in one point": body[:, :, :, :1].expand_as(body),
        "hips on the shoulders": no_torso,
        "dust": body * 1e-12,
        "one frame": body[:, :, :1],
    }
    for name, x in degenerate.items():
        assert torch.isfinite(normalise_body(x, layout)).all(), name
    assert not normalise_body(degenerate["empty"], layout).any()


def test_the_input_of_normalisation_is_left_as_it_was() -> None:
    x = moving(NTU25)
    before = x.clone()
    normalise_body(x, NTU25)
    assert torch.equal(x, before)


@given(st.lists(st.tuples(angles, angles, angles), min_size=1, max_size=4))
def test_rotations_are_proper_and_applied_about_z_then_x_then_y(triples) -> None:
    turns = torch.tensor(triples, dtype=torch.float64)
    matrices = rotation(turns)
    identity = torch.eye(3, dtype=torch.float64).expand_as(matrices)
    torch.testing.assert_close(matrices @ matrices.mT, identity)
    torch.testing.assert_close(torch.linalg.det(matrices), torch.ones(len(turns), dtype=torch.float64))
    about_x, about_y, about_z = (rotation(turns * axis) for axis in torch.eye(3, dtype=torch.float64))
    torch.testing.assert_close(matrices, about_y @ about_x @ about_z)


@given(angles)
def test_yaw_leaves_what_is_vertical(yaw) -> None:
    matrix = rotation(torch.tensor([[0, yaw, 0]], dtype=torch.float64))[0]
    up = torch.tensor([0, 1, 0], dtype=torch.float64)
    assert torch.equal(matrix[1], up)
    assert torch.equal(matrix[:, 1], up)


def test_a_quarter_turn_about_an_axis_takes_the_next_axis_to_the_one_after() -> None:
    for axis in range(3):
        turn = torch.zeros(1, 3)
        turn[0, axis] = math.pi / 2
        matrix = rotation(turn)[0]
        torch.testing.assert_close(matrix[:, (axis + 1) % 3], torch.eye(3)[(axis + 2) % 3], atol=1e-6, rtol=0)


# A whole clip


@pytest.mark.parametrize("layout", SPATIAL, **by_name)
@given(seed=seeds, place=places, scale=st.floats(0.1, 10), yaw=angles)
@settings(max_examples=30)
def test_a_clip_is_the_same_wherever_it_happens_and_however_big_people_are(layout, seed, place, scale, yaw) -> None:
    x = moving(layout, clips=2, persons=2, seed=seed)
    elsewhere = scale * turned(x, yaw) + torch.tensor(place, dtype=x.dtype)[:, None, None, None]
    torch.testing.assert_close(normalise_clip(elsewhere, layout), normalise_clip(x, layout), atol=1e-9, rtol=0)


def test_in_a_clip_the_way_somebody_walks_and_the_way_between_two_people_stay() -> None:
    x = moving(NTU25, frames=10, persons=2)
    way = torch.linspace(0, 3, 10, dtype=x.dtype)
    x[:, 0] += way[:, None, None]
    x[..., 1] = x[..., 0]
    x[:, 2, :, :, 1] += 2.0
    normalised = normalise_clip(x, NTU25)
    hips = middle(normalised, NTU25, "hip")
    torso = middle(normalised, NTU25, "shoulder")[..., 0] - hips[..., 0]
    assert hips[0, :, 0, 0].abs().max() < 1e-12
    torch.testing.assert_close(torso.norm(dim=1).median(), torch.ones((), dtype=x.dtype), atol=0.05, rtol=0)
    walked = (hips[0, :, -1, 0] - hips[0, :, 0, 0]).norm()
    apart = (hips[0, :, :, 1] - hips[0, :, :, 0]).norm(dim=0)
    torch.testing.assert_close(apart, (walked * 2 / 3).expand(10), atol=0.2, rtol=0)


@pytest.mark.parametrize("layout", LAYOUTS, **by_name)
@given(seed=seeds, place=places, scale=places.filter(lambda scale: min(map(abs, scale)) > 0.1))
@settings(max_examples=30)
def test_a_box_is_filled_along_each_axis_wherever_and_however_large_the_clip_is(layout, seed, place, scale) -> None:
    x = moving(layout, clips=2, persons=2, seed=seed)
    axes = layout.num_coordinates
    shift, stretch = (torch.tensor(of, dtype=x.dtype)[:axes, None, None, None] for of in (place, scale))
    elsewhere = torch.cat([stretch.abs() * x[:, :axes] + shift, x[:, axes:]], dim=1)
    boxed = normalise_box(elsewhere, layout)
    torch.testing.assert_close(boxed, normalise_box(x, layout), atol=1e-9, rtol=0)
    flat = boxed[:, :axes].flatten(2)
    torch.testing.assert_close(flat.amax(dim=2), torch.ones(2, axes, dtype=x.dtype))
    torch.testing.assert_close(flat.amin(dim=2), -torch.ones(2, axes, dtype=x.dtype))
    assert torch.equal(boxed[:, axes:], x[:, axes:])


def test_missing_joints_have_no_say_in_a_box() -> None:
    x = moving(NTU25, frames=8) + 3.0
    left = x.clone()
    left[:, :, :, 1] = left[:, :, :, 0]
    lost = x.clone()
    lost[:, :, :, 1] = 0
    boxed = normalise_box(lost, NTU25)
    assert torch.equal(known_joints(boxed), known_joints(lost))
    torch.testing.assert_close(boxed, torch.where(known_joints(lost), normalise_box(left, NTU25), 0.0))
    assert torch.isfinite(normalise_box(torch.zeros_like(x), NTU25)).all()


@pytest.mark.parametrize("normalise", [normalise_body, normalise_clip])
def test_missing_joints_stay_missing_and_do_not_move_the_others(normalise) -> None:
    x = moving(KINETICS18, frames=8)
    lost = x.clone()
    lost[:, :, :, KINETICS18.indices("left_wrist", "right_ear")] = 0
    normalised = normalise(lost, KINETICS18)
    assert torch.equal(known_joints(normalised), known_joints(lost))
    expected = torch.where(known_joints(lost), normalise(x, KINETICS18), 0.0)
    torch.testing.assert_close(normalised, expected)


def test_a_missing_hip_leaves_the_other_as_the_origin() -> None:
    x = moving(NTU25, frames=8)
    x[:, :, :, NTU25.index("left_hip")] = 0
    normalised = normalise_body(x, NTU25)
    assert normalised[:, :, :, NTU25.index("right_hip")].abs().max() < 1e-12
    assert normalised.isfinite().all()


def test_somebody_without_hips_is_measured_by_the_spread_of_the_rest() -> None:
    x = moving(KINETICS18, frames=8)
    x[:, :, :, KINETICS18.indices("left_hip", "right_hip")] = 0
    normalised = normalise_body(x, KINETICS18)
    torch.testing.assert_close(normalise_body(torch.cat([x[:, :2] / 7, x[:, 2:]], dim=1), KINETICS18), normalised)
    assert 1 < normalised[:, :2].abs().max() < 5
