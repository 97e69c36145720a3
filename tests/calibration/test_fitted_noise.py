"""The noise of the estimator is found again in shots that were made with one."""

from pathlib import Path

import numpy as np
import pytest

from calibration.figure.camera import Camera
from calibration.landmarks.fit import apply, table
from calibration.landmarks.shots import Shot
from calibration.noise import fit_noise, residual, save_noise
from realtime.mapping import NTU25_TABLE, SkeletonMapping, table_weights
from stf.errors import UserError
from stf.noise import EstimatorNoise
from stf.skeleton import MEDIAPIPE33, NTU25

MAPPING = SkeletonMapping(NTU25, table_weights(NTU25, NTU25_TABLE))
AXES = np.array([-1, -1, 1])
FPS = 15.0


def person() -> np.ndarray:
    """(33, 3) landmarks of somebody half a metre in the torso who faces the camera, Kinect axes."""
    joints = np.zeros((33, 3))
    places = {"ear": (0.08, 0.7), "shoulder": (0.18, 0.5), "elbow": (0.25, 0.2), "wrist": (0.3, 0.0), "hip": (0.1, 0.0)}
    places |= {"knee": (0.1, -0.4), "ankle": (0.1, -0.8), "foot_index": (0.1, -0.85), "index": (0.3, -0.1)}
    for name, (x, y) in places.items():
        joints[MEDIAPIPE33.indices(f"left_{name}", f"right_{name}")] = [(-x, y, 0), (x, y, 0)]
    return joints


def shot(yaw: float, wrist: float = 0.0, lost: range = range(0), seed: int = 0) -> Shot:
    """Two seconds of somebody standing still, seen from `yaw`, whose left wrist is taken to be deeper by `wrist`."""
    camera = Camera(yaw=yaw)
    seen = (person() @ camera.pose[:3, :3].T)[None].repeat(30, axis=0)
    truth = apply(table(), seen).astype(np.float32)
    rng = np.random.default_rng(seed)
    seen[:, MEDIAPIPE33.index("left_wrist"), 2] += wrist + rng.normal(0, 0.02, 30)
    seen[list(lost)] = np.nan
    visibility = np.where(np.isnan(seen).any(axis=(1, 2)), np.nan, 1)[:, None].repeat(33, axis=1).astype(np.float32)
    world = (seen * AXES).astype(np.float32)
    height = np.full(30, 0.5, np.float32)
    return Shot("a", 0, 1, FPS, camera, truth, world, world, visibility, height, np.ones(30, bool))


def all_round(**changes: float) -> list[Shot]:
    """Shots from six yaws, each four times."""
    return [
        shot(side * np.radians(yaw), seed=number, **changes)
        for number, yaw in enumerate((15, 45, 75, 105, 135, 165) * 2)
        for side in (1, -1)
    ]


def test_a_depth_error_is_found_in_torsos_on_the_right_side() -> None:
    front = residual(shot(0.3, wrist=0.1), MAPPING)
    assert front.yaw == pytest.approx(0.3, abs=0.02)
    assert front.errors[:, NTU25.index("left_wrist"), 2].mean() == pytest.approx(0.1 / 0.5, abs=0.02)
    assert not front.exchanged.any()
    other = residual(shot(-0.3, wrist=0.1), MAPPING)  # as in a mirror: seen from the left, it is the right wrist
    assert other.errors[:, NTU25.index("right_wrist"), 2].mean() == pytest.approx(0.1 / 0.5, abs=0.02)
    assert other.yaw == pytest.approx(0.3, abs=0.02)


def test_exchanged_sides_are_noticed() -> None:
    crossed = shot(0.3)
    crossed.world[:] = crossed.world[:, MEDIAPIPE33.mirror]
    assert residual(crossed, MAPPING).exchanged.all()


def test_the_fitted_noise_has_what_was_put_in_and_survives_a_file(tmp_path: Path) -> None:
    shots = all_round(wrist=0.1)
    shots += [shot(0.2, lost=range(10, 16)), shot(0.2, lost=range(20, 23))]
    save_noise(tmp_path / "noise.npz", fit_noise(shots, MAPPING), {"data": "made up"})
    noise = EstimatorNoise.load(tmp_path / "noise.npz")
    assert noise.rate_hz == FPS
    wrists = noise.bias[:, NTU25.indices("left_wrist", "right_wrist"), 2].sum(dim=1)
    assert wrists[1:].tolist() == pytest.approx([0.2] * 5, abs=0.03)
    assert noise.bias[:, NTU25.index("left_knee")].abs().max() < 0.01
    assert noise.motion[:, NTU25.index("left_wrist"), 2].mean() > 5 * noise.motion[:, NTU25.index("left_knee")].max()
    assert noise.lost.seconds == pytest.approx(4.5 / FPS)
    assert noise.lost.rate == pytest.approx(2 / ((26 * 30 - 9) / FPS), rel=0.01)
    assert noise.exchanged.share == 0


def test_a_side_nobody_was_seen_from_is_named_and_frame_rates_do_not_mix() -> None:
    with pytest.raises(UserError, match="too few shots show somebody whole from 30 to 60 degrees"):
        fit_noise([shot(0.1, seed=seed) for seed in range(6)], MAPPING)
    slow = shot(0.1)
    with pytest.raises(UserError, match="2 frame rates"):
        fit_noise([slow, Shot(**{name: getattr(slow, name) for name in Shot.__slots__} | {"fps": 30.0})], MAPPING)
