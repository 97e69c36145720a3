"""Fixed-length samples of clips, in time rather than in frames."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Float32, Int
from torch import Tensor

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


def sample_at(
    x: Float[Tensor, "N C T V M"], place: Float[Tensor, "N S"], frames: Int[Tensor, " N"]
) -> Float[Tensor, "N C S V M"]:
    """Joints at fractional frame numbers, by linear interpolation; before the first and after the last frame, held.

    Args:
        x: (N, C, T, V, M) clips, each padded to the longest; a missing joint is NaN.
        place: (N, S) the frame numbers asked for.
        frames: (N,) how many frames of each clip are not padding.

    Returns:
        (N, C, S, V, M); NaN where a neighbouring frame that has a say is.
    """
    inside = torch.minimum(place.clamp(min=0), frames[:, None] - 1)
    before = inside.floor().long()
    after = inside.ceil().long()  # on a frame's instant that frame itself: a missing neighbour has no say
    share = (inside - before).to(x.dtype)[:, None, :, None, None]
    clip = torch.arange(len(x), device=x.device)[:, None]
    by_frame = x.transpose(1, 2)
    first, second = (by_frame[clip, frame].transpose(1, 2) for frame in (before, after))
    return first * (1 - share) + second * share


def read_joints(
    joints: Float32[np.ndarray, "M T V C"], place: Float[np.ndarray, " S"]
) -> Float32[np.ndarray, "M S V C"]:
    """One clip's joints at fractional frame numbers, as `sample_at`; missing ones are zero."""
    x = torch.from_numpy(joints).permute(3, 1, 2, 0)[None]
    read = sample_at(x, torch.from_numpy(place)[None], torch.tensor([joints.shape[1]]))
    sampled: Float32[np.ndarray, "M S V C"] = read[0].permute(3, 1, 2, 0).nan_to_num().numpy()
    return sampled


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
    frames = joints.shape[1]
    place = (start + speed * np.arange(sampling.samples) / sampling.rate_hz) * fps
    x = torch.from_numpy(joints).permute(3, 1, 2, 0)[None]
    sampled: Float32[np.ndarray, "M S V C"] = (
        sample_at(x, torch.from_numpy(place)[None], torch.tensor([frames]))[0].permute(3, 1, 2, 0).numpy()
    )
    if outside == "missing":
        sampled[:, (place < 0) | (place > frames - 1)] = 0
    return sampled
