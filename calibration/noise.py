"""What the pose estimator does to a skeleton, fitted on rendered motion capture for `stf.noise.EstimatorNoise`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float64

from calibration.landmarks.measure import YAW_BANDS, sides_exchanged
from calibration.landmarks.pairs import in_torsos
from calibration.landmarks.shots import Shot
from calibration.seen import seen_clip
from realtime.mapping import SkeletonMapping
from stf.atomic import output_file, write_errors
from stf.errors import UserError
from stf.noise import EstimatorNoise, Runs
from stf.skeleton import NTU25

_FACTORS = 12
_MIN_FRAMES = 10
_MIN_SHOTS = 3
_MIRROR = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True, slots=True)
class Residual:
    """The errors of one shot, in torsos and the axes of a level camera that has walked to the person's left.

    Attributes:
        yaw: radians in [0, pi].
        errors: (T, 25, 3) what the skeleton is off by.
        exchanged: (T,) frames that are nearer to the truth with left and right exchanged.
    """

    yaw: float
    errors: Float64[np.ndarray, "T 25 3"] = field(repr=False)
    exchanged: Bool[np.ndarray, " T"] = field(repr=False)


def residual(shot: Shot, mapping: SkeletonMapping) -> Residual:
    """The errors of what a shot's landmarks become live, mapped and smoothed, where somebody was found whole."""
    chosen = shot.found & shot.whole
    truth, _ = in_torsos(shot.truth[chosen] @ shot.camera.room_pose[:3, :3], NTU25)
    seen, _ = in_torsos(seen_clip(shot, mapping).joints[0, chosen], NTU25)
    yaw = _facing(truth)
    if yaw < 0:
        truth, seen = (joints[:, NTU25.mirror] * _MIRROR for joints in (truth, seen))
    return Residual(abs(yaw), seen - truth, sides_exchanged(seen, truth))


def _facing(joints: Float64[np.ndarray, "T 25 3"]) -> float:
    """How far somebody is turned from facing the camera, as `stf.transforms.normalise_body` measures it."""
    left, right = (joints[:, NTU25.indices(f"{side}_shoulder", f"{side}_hip")] for side in ("left", "right"))
    x, _, z = (right - left).sum(axis=(0, 1))
    return float(np.arctan2(z, x))


def fit_noise(shots: Sequence[Shot], mapping: SkeletonMapping) -> EstimatorNoise:
    """Fit the noise of the estimator behind a mapping.

    Bias and the standard deviations of offset (of shots' means) and motion (within a shot) are those of each band of
    yaw; the factors are the largest principal components of the errors in units of these, and the autoregression fits
    the autocorrelation one and two frames apart (Yule-Walker). Frames with exchanged sides are counted, not fitted.

    Args:
        shots: of one frame rate, from all sides.
        mapping: from landmarks to NTU25.

    Raises:
        UserError: if a band of yaw has too few shots, or frame rates differ.
    """
    rates = {round(shot.fps, 3) for shot in shots}
    if len(rates) != 1:
        raise UserError(f"shots of {len(rates)} frame rates tell nothing of noise over time; film with one")
    usable = [shot for shot in shots if (shot.found & shot.whole).sum() >= _MIN_FRAMES]
    residuals = [residual(shot, mapping) for shot in usable]
    kept = [(r.yaw, r.errors[~r.exchanged]) for r in residuals if (~r.exchanged).sum() >= _MIN_FRAMES]
    band = np.digitize([yaw for yaw, _ in kept], YAW_BANDS[1:-1])
    sparse = [number for number in range(len(YAW_BANDS) - 1) if (band == number).sum() < _MIN_SHOTS]
    if sparse:
        low, high = np.degrees(YAW_BANDS[sparse[0] : sparse[0] + 2])
        raise UserError(
            f"too few shots show somebody whole from {low:.0f} to {high:.0f} degrees to the side; film more clips"
        )
    means = np.stack([errors.mean(axis=0) for _, errors in kept])
    within = [errors - mean for (_, errors), mean in zip(kept, means, strict=True)]
    bands = [np.flatnonzero(band == number) for number in range(len(YAW_BANDS) - 1)]
    bias = np.stack([means[members].mean(axis=0) for members in bands])
    offset = np.stack([means[members].std(axis=0, ddof=1) for members in bands])
    motion = np.stack([np.concatenate([within[n] for n in members]).std(axis=0) for members in bands])
    offsets = _in_units(means - bias[band], offset[band])
    motions = [_in_units(errors, motion[number]) for errors, number in zip(within, band, strict=True)]
    rate = rates.pop()
    return EstimatorNoise(
        rate,
        _regression(motions),
        edges=_tensor(YAW_BANDS),
        bias=_tensor(bias),
        offset=_tensor(offset),
        motion=_tensor(motion),
        offset_factors=_tensor(_factors(offsets)),
        motion_factors=_tensor(_factors(np.concatenate(motions))),
        lost=_runs([~shot.found for shot in shots if shot.found.any()], rate),
        exchanged=_runs([r.exchanged for r in residuals], rate),
    )


def _tensor(values: Float64[np.ndarray, "*shape"]) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float32))


def _in_units(
    errors: Float64[np.ndarray, "T 25 3"], deviation: Float64[np.ndarray, "*T 25 3"]
) -> Float64[np.ndarray, "T 75"]:
    """Errors in units of their standard deviation, zero where that is zero (the root)."""
    units = np.divide(errors, deviation, out=np.zeros_like(errors), where=deviation > 1e-6)
    return np.asarray(units.reshape(len(errors), -1))


def _factors(errors: Float64[np.ndarray, "N 75"]) -> Float64[np.ndarray, "K 75"]:
    """The principal components of unit errors, each as long as its standard deviation."""
    _, spread, directions = np.linalg.svd(errors, full_matrices=False)
    factors = spread[:_FACTORS, None] * directions[:_FACTORS] / len(errors) ** 0.5
    return np.asarray(factors / np.sqrt(np.maximum(1, (factors**2).sum(axis=0))))


def _regression(errors: Sequence[Float64[np.ndarray, "T 75"]]) -> tuple[float, float]:
    """The coefficients of the second order autoregression with the mean autocorrelation of all coordinates."""

    def covariance(lag: int) -> float:
        products = [(one[lag:] * one[: len(one) - lag]) for one in errors]
        return float(np.concatenate(products).mean())

    one, two = covariance(1) / covariance(0), covariance(2) / covariance(0)
    return one * (1 - two) / (1 - one**2), (two - one**2) / (1 - one**2)


def _runs(states: Sequence[Bool[np.ndarray, " T"]], rate: float) -> Runs:
    """How often runs of True begin in a second without, and how many seconds of them there are per beginning."""
    begun = sum(int(state[0]) + int((np.diff(state.astype(int)) == 1).sum()) for state in states)
    inside = sum(int(state.sum()) for state in states)
    outside = sum(len(state) for state in states) - inside
    return Runs(begun * rate / max(outside, 1), inside / max(begun, 1) / rate)


def save_noise(path: Path, noise: EstimatorNoise, about: Mapping[str, object]) -> None:
    """Write a noise and where it comes from, to be read by `EstimatorNoise.load`."""
    values = {part.name: getattr(noise, part.name) for part in fields(noise)}
    tensors = {name: value.numpy() for name, value in values.items() if isinstance(value, torch.Tensor)}
    facts: dict[str, object] = {"rate_hz": noise.rate_hz, "regression": noise.regression, "about": dict(about)}
    facts |= {"lost": asdict(noise.lost), "exchanged": asdict(noise.exchanged)}
    with output_file(path) as temporary, write_errors(path), temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, facts=json.dumps(facts), **tensors)
