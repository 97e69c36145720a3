"""Fixed-length samples of a clip, in time rather than in frames."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32

from stf.datasets.clip import Joints

Outside = Literal["hold", "missing"]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a recogniser samples time: `samples` moments, `rate_hz` of them a second."""

    samples: int = 64
    rate_hz: float = 30.0

    @property
    def span(self) -> float:
        """Seconds from the first sample to the last."""
        return (self.samples - 1) / self.rate_hz


def sample_clip(
    joints: Joints, fps: float, sampling: Sampling, start: float, *, speed: float = 1.0, outside: Outside = "hold"
) -> Float32[np.ndarray, "M S V C"]:
    """Sample a clip's joints at even times by linear interpolation.

    Args:
        joints: (M, T, V, C), evenly spaced at `fps`.
        fps: frames per second of the clip.
        sampling: number and rate of the samples.
        start: seconds into the clip of the first sample; may be negative.
        speed: seconds of the clip that pass per second of samples.
        outside: before and after the clip, `hold` its first and last frame (a person standing still) or leave the
            samples `missing` (zero).

    Returns:
        (M, samples, V, C) float32.
    """
    last = joints.shape[1] - 1
    place = (start + speed * np.arange(sampling.samples) / sampling.rate_hz) * fps
    inside = np.clip(place, 0, last)
    before = np.floor(inside).astype(int)
    after = np.ceil(inside).astype(int)  # on a frame's instant that frame itself: a missing neighbour has no say
    share = (inside - before).astype(np.float32)[:, None, None]
    sampled: Float32[np.ndarray, "M S V C"] = joints[:, before] * (1 - share) + joints[:, after] * share
    if outside == "missing":
        sampled[:, (place < 0) | (place > last)] = 0
    return sampled
