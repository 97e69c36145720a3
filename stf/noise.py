"""`EstimatorNoise`: what a pose estimator does to a skeleton, as an augmentation; measured, not guessed.

Motion capture knows where every joint is. In front of a webcam each is off by something that depends on the side a
person is seen from, lasts, wavers and belongs to whole limbs at once. The figures are fitted by `calibration.noise`.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Self

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from stf.errors import UserError
from stf.skeleton import NTU25, SkeletonLayout
from stf.transforms import Batch, known_joints, mirror, rotation

_BURN_IN = 30
"""Steps after which an autoregression has forgotten how it began."""

_TENSORS = ("edges", "bias", "offset", "motion", "offset_factors", "motion_factors")

NOISES = ("mediapipe",)
"""The estimators whose noise comes with the program."""


@dataclass(frozen=True, slots=True)
class Runs:
    """Something that comes over a person now and then.

    Attributes:
        rate: how often it begins, per second without it.
        seconds: how long it lasts on average.
    """

    rate: float
    seconds: float

    @property
    def share(self) -> float:
        """The share of time in which it is there."""
        return self.rate * self.seconds / (1 + self.rate * self.seconds)


@dataclass(frozen=True, slots=True)
class EstimatorNoise:
    """Random errors of a pose estimator, in a camera's axes (x to its left, y up, z away) and torso lengths (ours).

    The error of all joints of somebody seen from the left by some yaw is `bias + offset + motion`: the mean for that
    band of yaws; a draw for the clip; and a second order autoregression over time, both of which have a standard
    deviation for each band, joint and axis and are correlated across joints and axes through common factors. Seen from
    the right it is the mirror image. Besides, the whole person is lost and left and right are exchanged, in runs.

    Attributes:
        rate_hz: steps per second of the autoregression.
        regression: its two coefficients.
        edges: (B + 1,) radians, the bands of yaw.
        bias: (B, 25, 3).
        offset, motion: (B, 25, 3) standard deviations.
        offset_factors, motion_factors: (K, 75) how much of K independent unit draws each coordinate of each joint has
            in its own unit of standard deviation; what is missing to a variance of one is its own.
        lost, exchanged: when the person is not found, and when left and right are taken for each other.
        yaw: radians; clips are seen from anywhere within this to either side.
    """

    rate_hz: float
    regression: tuple[float, float]
    edges: Float[Tensor, " B+1"] = field(repr=False)
    bias: Float[Tensor, "B 25 3"] = field(repr=False)
    offset: Float[Tensor, "B 25 3"] = field(repr=False)
    motion: Float[Tensor, "B 25 3"] = field(repr=False)
    offset_factors: Float[Tensor, "K 75"] = field(repr=False)
    motion_factors: Float[Tensor, "K 75"] = field(repr=False)
    lost: Runs
    exchanged: Runs
    yaw: float = 1.3

    @classmethod
    def load(cls, source: str | Path) -> Self:
        """The noise of an estimator of `NOISES`, or from a file that `calibration.noise.save_noise` wrote.

        Raises:
            UserError: if there is no such file, or it holds something else.
        """
        path = Path(str(files("stf"))) / "data" / f"{source}-noise.npz" if source in NOISES else Path(source)
        try:
            with np.load(path) as file:
                facts = json.loads(str(file["facts"]))
                arrays = (torch.from_numpy(file[name]).float() for name in _TENSORS)
                edges, bias, offset, motion, offset_factors, motion_factors = arrays
            first, second = facts["regression"]
            lost, exchanged = (Runs(**facts[name]) for name in ("lost", "exchanged"))
            factors = (offset_factors, motion_factors)
            return cls(facts["rate_hz"], (first, second), edges, bias, offset, motion, *factors, lost, exchanged)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"{path} cannot be read as the noise of a pose estimator: {error}") from error

    def __call__(
        self, x: Batch, layout: SkeletonLayout, rate_hz: float, generator: torch.Generator | None = None
    ) -> Batch:
        """See clips from random sides through the estimator.

        Args:
            x: (N, 3, T, 25, M) as `normalise_body` makes them: facing the camera, in torso lengths.
            layout: NTU25.
            rate_hz: frames per second of the clips.
            generator: of everything random; torch's own by default.

        Returns:
            (N, 3, T, 25, M) turned as seen from the side; missing joints stay missing. Normalise again afterwards.
        """
        if layout is not NTU25:
            raise ValueError(f"the estimator's noise is known for ntu25, not for {layout.name}")
        count, _, frames, _, persons = x.shape

        def normal(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=generator).to(x.device)

        def uniform(*shape: int) -> Tensor:
            return torch.rand(*shape, generator=generator).to(x.device)

        known = known_joints(x)
        yaw = (uniform(count) * 2 - 1) * self.yaw
        seen = torch.einsum("nij,njtvm->nitvm", rotation(torch.stack([0 * yaw, -yaw, 0 * yaw], dim=1)), x)
        error = self._errors(yaw.abs(), frames, persons, rate_hz, normal)
        error = torch.where((yaw < 0)[:, None, None, None, None], mirror(error, layout), error)
        noisy = torch.where(known, seen + error, 0.0)
        exchanged = _runs(self.exchanged, (count, persons), frames, rate_hz, uniform)
        noisy = torch.where(exchanged[:, None, :, None], noisy[:, :, :, list(layout.mirror)], noisy)
        lost = _runs(self.lost, (count, persons), frames, rate_hz, uniform)
        return torch.where((lost & ~lost.all(dim=1, keepdim=True))[:, None, :, None], 0.0, noisy)

    def _errors(
        self, yaw: Float[Tensor, " N"], frames: int, persons: int, rate_hz: float, normal: Callable[..., Tensor]
    ) -> Float[Tensor, "N 3 T V M"]:
        """The errors of people seen from the left by `yaw`."""
        band = torch.bucketize(yaw, self.edges[1:-1].to(yaw.device))

        def of_band(values: Float[Tensor, "B 25 3"]) -> Float[Tensor, "N 1 1 25 3"]:
            return values.to(yaw.device)[band][:, None, None]

        steps = max(2, math.ceil(frames * self.rate_hz / rate_hz) + 1)
        offset = _correlated(self.offset_factors, (len(yaw), persons, 1), normal)
        fresh = _correlated(self.motion_factors, (len(yaw), persons, _BURN_IN + steps), normal)
        motion = _resampled(self._regress(fresh), frames, self.rate_hz / rate_hz)
        error = of_band(self.bias) + of_band(self.offset) * offset + of_band(self.motion) * motion
        return error.permute(0, 4, 2, 3, 1)

    def _regress(self, fresh: Float[Tensor, "N M S V 3"]) -> Float[Tensor, "N M S V 3"]:
        """The autoregression driven by `fresh`, of unit variance, without its first steps."""
        first, second = self.regression
        lag = first / (1 - second)  # its autocorrelation one step apart (Yule-Walker)
        strength = math.sqrt(1 - first * lag - second * (first * lag + second))
        values = [fresh[:, :, 0], fresh[:, :, 1]]
        for step in range(2, fresh.shape[2]):
            values.append(first * values[-1] + second * values[-2] + strength * fresh[:, :, step])
        return torch.stack(values[_BURN_IN:], dim=2)


def _correlated(
    factors: Float[Tensor, "K 75"], shape: tuple[int, ...], normal: Callable[..., Tensor]
) -> Float[Tensor, "*shape 25 3"]:
    """Unit normal draws for every coordinate of every joint, correlated as the factors say."""
    common = normal(*shape, len(factors))
    factors = factors.to(common.device)
    own = (1 - factors.square().sum(dim=0)).clamp(min=0).sqrt()
    return (common @ factors + own * normal(*shape, factors.shape[1])).reshape(*shape, -1, 3)


def _resampled(x: Float[Tensor, "N M S V 3"], frames: int, step: float) -> Float[Tensor, "N M T V 3"]:
    """The values at the times 0, step, 2 step, ... between those given at 0, 1, 2, ..."""
    at = (torch.arange(frames, device=x.device) * step).clamp(max=x.shape[2] - 1)
    before = at.floor().long().clamp(max=x.shape[2] - 2)
    share = (at - before)[:, None, None]
    return (1 - share) * x[:, :, before] + share * x[:, :, before + 1]


def _runs(
    runs: Runs, shape: tuple[int, int], frames: int, rate_hz: float, uniform: Callable[..., Tensor]
) -> Bool[Tensor, "N T M"]:
    """Where each person is in a run: a chain of two states."""
    draws = uniform(frames, *shape)
    states = [draws[0] < runs.share]
    begins, ends = runs.rate / rate_hz, 1 / max(runs.seconds * rate_hz, 1.0)
    for draw in draws[1:]:
        states.append(torch.where(states[-1], draw >= ends, draw < begins))
    return torch.stack(states, dim=1)
