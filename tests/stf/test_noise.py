"""What `EstimatorNoise` makes of clips is what its figures say."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from bodies import standing

from stf.errors import UserError
from stf.noise import EstimatorNoise, Runs
from stf.skeleton import KINECT20, NTU25
from stf.training.recipe import load_recipe
from stf.transforms import known_joints, mirror, normalise_body

NEVER = Runs(0.0, 0.1)
BANDS, JOINTS = 3, 25


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(**changes: object) -> EstimatorNoise:
    """A noise without any error but for `changes`."""
    still = torch.zeros(BANDS, JOINTS, 3)
    factors = torch.zeros(2, 3 * JOINTS)
    none = EstimatorNoise(
        15.0, (1.0, -0.3), torch.linspace(0, 3, BANDS + 1), still, still, still, factors, factors, NEVER, NEVER, 0.0
    )
    return replace(none, **changes)


def clips(count: int, frames: int = 60) -> torch.Tensor:
    """(N, 3, T, 25, 1) people facing the camera and standing still, normalised."""
    person = torch.tensor(standing(NTU25), dtype=torch.float32).T[None, :, None, :, None]
    return normalise_body(person.repeat(count, 1, frames, 1, 1), NTU25)


def test_without_errors_seen_from_the_front_nothing_changes() -> None:
    x = clips(2)
    assert torch.allclose(noise()(x, NTU25, 30.0, generator(0)), x, atol=1e-6)


def test_seen_from_a_side_and_normalised_again_it_is_the_same_body() -> None:
    x = clips(8)
    turned = noise(yaw=1.3)(x, NTU25, 30.0, generator(0))
    assert not torch.allclose(turned, x, atol=0.1)
    assert torch.allclose(normalise_body(turned, NTU25), x, atol=1e-4)


def test_the_error_over_time_has_the_deviation_and_autocorrelation_asked_for() -> None:
    wavering = noise(motion=torch.full((BANDS, JOINTS, 3), 0.2))
    x = clips(64, frames=90)
    error = (wavering(x, NTU25, 15.0, generator(1)) - x).double()
    assert error.std() == pytest.approx(0.2, rel=0.03)
    first, second = wavering.regression
    lag = first / (1 - second)
    for step, expected in ((1, lag), (2, first * lag + second)):
        found = (error[:, :, step:] * error[:, :, :-step]).mean() / error.square().mean()
        assert found == pytest.approx(expected, abs=0.03)


def test_at_another_frame_rate_the_error_moves_as_fast_in_seconds() -> None:
    wavering = noise(motion=torch.full((BANDS, JOINTS, 3), 0.2))
    x = clips(64, frames=120)
    error = wavering(x, NTU25, 30.0, generator(1)) - x
    every_second = error[:, :, ::2]
    found = (every_second[:, :, 1:] * every_second[:, :, :-1]).mean() / every_second.square().mean()
    assert found == pytest.approx(1.0 / 1.3, abs=0.03)


def test_the_offset_lasts_the_clip_and_factors_make_joints_err_together() -> None:
    factors = torch.zeros(2, 3 * JOINTS)
    together = [3 * NTU25.index("left_wrist"), 3 * NTU25.index("left_hand")]
    factors[0, together] = 0.9
    x = clips(4000, frames=2)
    lasting = noise(offset=torch.full((BANDS, JOINTS, 3), 0.1), offset_factors=factors)
    error = lasting(x, NTU25, 30.0, generator(2)) - x
    assert torch.allclose(error[:, :, 0], error[:, :, 1], atol=1e-6)
    assert error.std() == pytest.approx(0.1, rel=0.03)
    wrist, hand = error[:, 0, 0, NTU25.index("left_wrist"), 0], error[:, 0, 0, NTU25.index("left_hand"), 0]
    assert torch.corrcoef(torch.stack([wrist, hand]))[0, 1] == pytest.approx(0.81, abs=0.03)


def test_bias_follows_the_side_a_person_is_seen_from_and_is_mirrored_on_the_other() -> None:
    bias = torch.zeros(BANDS, JOINTS, 3)
    bias[1, NTU25.index("left_wrist")] = torch.tensor([0.1, 0.0, 0.3])
    x = clips(200, frames=1)
    sided = noise(bias=bias, yaw=2.9)
    error = sided(x, NTU25, 30.0, generator(3)) - replace(sided, bias=0 * bias)(x, NTU25, 30.0, generator(3))
    seen = {
        tuple(row)
        for row in error[:, :, 0, NTU25.indices("left_wrist", "right_wrist"), 0].round(decimals=4).flatten(1).tolist()
    }
    left = pytest.approx((0.1, 0, 0, 0, 0.3, 0), abs=1e-3)
    right = pytest.approx((0, -0.1, 0, 0, 0, 0.3), abs=1e-3)
    assert all(row in (left, right, pytest.approx((0,) * 6, abs=1e-3)) for row in seen)
    assert any(row == left for row in seen)
    assert any(row == right for row in seen)


def test_people_are_lost_and_exchanged_as_often_and_as_long_as_asked() -> None:
    x = clips(300, frames=120)
    lost = noise(lost=Runs(0.5, 0.2))(x, NTU25, 30.0, generator(4))
    gone = (lost == 0).all(dim=1).all(dim=2)[..., 0]
    assert gone.float().mean() == pytest.approx(Runs(0.5, 0.2).share, rel=0.15)
    beginnings = (gone[:, 1:] & ~gone[:, :-1]).sum()
    assert gone.sum() / 30 / beginnings == pytest.approx(0.2, rel=0.15)
    exchanged = noise(exchanged=Runs(0.5, 0.2))(x, NTU25, 30.0, generator(5))
    crossed = (exchanged[:, 0, :, NTU25.index("left_hip"), 0] > 0) != (x[:, 0, :, NTU25.index("left_hip"), 0] > 0)
    assert crossed.float().mean() == pytest.approx(Runs(0.5, 0.2).share, rel=0.15)


def test_a_clip_is_never_lost_altogether_and_missing_joints_stay_missing() -> None:
    x = clips(50)
    x[:, :, 7, 3] = 0
    always = noise(lost=Runs(100.0, 100.0), offset=torch.ones(BANDS, JOINTS, 3))(x, NTU25, 30.0, generator(6))
    assert known_joints(always).any(dim=2).any(dim=2).all()
    assert not (known_joints(always) & ~known_joints(x)).any()


def test_the_noise_that_comes_with_the_program_is_seeded_and_treats_both_sides_alike() -> None:
    shipped = EstimatorNoise.load("mediapipe")
    x = clips(2)
    first = shipped(x, NTU25, 30.0, generator(7))
    assert torch.equal(shipped(x, NTU25, 30.0, generator(7)), first)
    assert not torch.equal(shipped(x, NTU25, 30.0, generator(8)), first)
    many = clips(3000, frames=1)
    error = normalise_body(shipped(many, NTU25, 30.0, generator(9)), NTU25) - many
    mean = error.mean(dim=0, keepdim=True)
    assert torch.allclose(mean, mirror(mean, NTU25), atol=0.03)
    assert 0.05 < error[:, :, 0, NTU25.index("left_wrist")].norm(dim=1).mean() < 0.6


def test_a_recipe_takes_it_for_ntu25_and_refuses_it_elsewhere() -> None:
    assert load_recipe("utd-mhad-27", ["noise=mediapipe"]).noise == "mediapipe"
    with pytest.raises(UserError, match="noise is known for layout ntu25"):
        load_recipe("utd_mhad", ["noise=mediapipe"])
    with pytest.raises(UserError, match="noise"):
        load_recipe("utd-mhad-27", ["noise=openpose"])


def test_a_damaged_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "noise.npz").write_bytes(b"not a file of arrays")
    with pytest.raises(UserError, match=r"noise\.npz cannot be read as the noise"):
        EstimatorNoise.load(tmp_path / "noise.npz")


def test_another_layout_is_refused() -> None:
    with pytest.raises(ValueError, match="kinect20"):
        noise()(torch.zeros(1, 3, 2, 20, 1), KINECT20, 30.0)
