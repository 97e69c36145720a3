"""What a recogniser is shown of a clip: windows, cut from whole batches of clips, for training and for measuring."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from pydantic import AfterValidator, Field, NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor
from torch.utils.data import Dataset

from stf.datasets.clip import Clip, to_layout
from stf.sampling import Sampling, sample_at
from stf.skeleton import SkeletonLayout

NOTHING = -1
"""The label of a window in which a person does nothing."""

Windows = Float[Tensor, "N C S V M"]
Share = Annotated[float, Field(ge=0, le=1)]


class ClipBatch(NamedTuple):
    """Clips of different lengths, padded to one.

    Attributes:
        joints: (N, C, T, V, M); a missing joint is NaN.
        frames: (N,) how many frames of each are not padding.
        fps: (N,) frames per second.
        labels: (N,).
        estimated: (N,) as of `Clip`.
    """

    joints: Float[Tensor, "N C T V M"]
    frames: Int[Tensor, " N"]
    fps: Float[Tensor, " N"]
    labels: Int[Tensor, " N"]
    estimated: Bool[Tensor, " N"]


class ClipDataset(Dataset[Clip]):
    """Clips in one layout, each several times an epoch.

    Args:
        clips: in any layouts that can be converted.
        layout: the one wanted.
        repeat: how often each comes up in an epoch.
    """

    def __init__(self, clips: Sequence[Clip], layout: SkeletonLayout, repeat: int = 1) -> None:
        self._clips = clips
        self._layout = layout
        self._repeat = repeat

    def __len__(self) -> int:
        return len(self._clips) * self._repeat

    def __getitem__(self, item: int) -> Clip:
        return to_layout(self._clips[item % len(self._clips)], self._layout)


def collate_clips(clips: Sequence[Clip]) -> ClipBatch:
    """Pad clips to the longest, and to as many persons as the fullest has."""
    persons, frames = (max(clip.joints.shape[axis] for clip in clips) for axis in (0, 1))
    joints = torch.zeros(len(clips), clips[0].joints.shape[3], frames, clips[0].joints.shape[2], persons)
    for place, clip in zip(joints, clips, strict=True):
        x = torch.from_numpy(clip.joints).permute(3, 1, 2, 0)
        place[:, : x.shape[1], :, : x.shape[3]] = x
    return ClipBatch(
        joints,
        torch.tensor([clip.joints.shape[1] for clip in clips]),
        torch.tensor([clip.fps for clip in clips], dtype=torch.float64),
        torch.tensor([clip.label for clip in clips]),
        torch.tensor([clip.estimated for clip in clips]),
    )


@dataclass(frozen=True, slots=True)
class SpanWindows:
    """Windows of a fixed number of seconds, as a live recogniser sees them, at random places of their clips.

    Attributes:
        of: tells this kind of window from the others.
        samples: moments in a window.
        rate_hz: how many of them a second.
        shift: seconds by which a window's middle may lie beside its clip's middle, at most; limited for every clip so
            that at least half of the clip (or of the window, where that is shorter) is seen.
        speed: largest relative change of speed.
        still: probability that a window shows the clip's first or last frame throughout: a person doing nothing, for
            whom all classes shall be equally probable (after Outlier Exposure, Hendrycks et al., ICLR 2019).
        missing: probability that samples beyond the clip's ends are missing rather than its first and last frame.
    """

    of: Literal["span"] = "span"
    samples: PositiveInt = 64
    rate_hz: PositiveFloat = 30.0
    shift: NonNegativeFloat = 1.0
    speed: Share = 0.25
    still: Share = 0.1
    missing: Share = 0.25

    @property
    def sampling(self) -> Sampling:
        """Samples and rate of a window."""
        return Sampling(self.samples, self.rate_hz)

    def draw(self, batch: ClipBatch, generator: torch.Generator | None = None) -> tuple[Windows, Int[Tensor, " N"]]:
        """A random window of each clip, missing joints zero, and its label, `NOTHING` where nothing happens."""
        tempo, place, end, still = torch.rand(4, len(batch.labels), generator=generator).double().to(batch.fps.device)
        seconds = batch.frames / batch.fps
        speed = 1 + self.speed * (2 * tempo - 1)
        span = self.sampling.span * speed
        half_seen = (span - seconds).abs() / 2 + torch.minimum(span, seconds) / 2
        start = (seconds - span) / 2 + half_seen.clamp(max=self.shift) * (2 * place - 1)
        nothing = still < self.still
        start = torch.where(nothing, torch.where(place < 0.5, -2 * span, seconds + span), start)
        cut = (end < self.missing) & ~nothing
        return self._sample(batch, start, speed, cut), torch.where(nothing, NOTHING, batch.labels)

    def views(self, batch: ClipBatch) -> list[Windows]:
        """The middle window of each clip, missing joints zero."""
        start = (batch.frames / batch.fps - self.sampling.span) / 2
        one = torch.ones_like(start)
        return [self._sample(batch, start, one, torch.zeros_like(start, dtype=torch.bool))]

    def _sample(self, batch: ClipBatch, start: Tensor, speed: Tensor, cut: Tensor) -> Windows:
        moments = torch.arange(self.samples, device=start.device, dtype=start.dtype) / self.rate_hz
        place = (start[:, None] + speed[:, None] * moments) * batch.fps[:, None]
        outside = (place < 0) | (place > batch.frames[:, None] - 1)
        windows = sample_at(batch.joints, place, batch.frames).nan_to_num()
        return windows.masked_fill((outside & cut[:, None])[:, None, :, None, None], 0.0)


PARTS = ((0.0, 1.0), (0.1, 0.8), (0.0, 0.8), (0.2, 0.8), (0.05, 0.9), (0.0, 0.9), (0.1, 0.9), (0.15, 0.7))
"""Parts of a clip to be looked at when measuring, as (start, share): the whole clip, then shorter ones."""

TURNS = (0.0, 0.25, -0.25, 0.5, -0.5, 0.75, -0.75, 1.0)
"""By how much of `ClipWindows.turn` the clip is turned about the vertical for each of these looks."""


def _ordered(crop: tuple[float, float]) -> tuple[float, float]:
    if not 0 < crop[0] <= crop[1] <= 1:
        raise ValueError("a crop is two shares of a clip, the smaller one first, from above 0 to 1")
    return crop


@dataclass(frozen=True, slots=True)
class ClipWindows:
    """Windows that show a clip as a whole, however long it is: the protocol of the field's benchmarks.

    A training window is a random part of its clip, stretched to the window (CTR-GCN, ICCV 2021; PYSKL, 2022).

    Attributes:
        of: tells this kind of window from the others.
        samples: moments in a window.
        crop: the smallest and largest share of a clip that a training window shows.
        warp: standard deviation of a smooth change of speed within a window: time runs 1 + warp cos(pi s) and
            cos(2 pi s) times as fast at share s of it (ours).
        looks: how many parts of a clip (the first ones of `PARTS`) are looked at when measuring, and their logits
            averaged (after PYSKL).
        turn: radians by which a clip is turned about the vertical for these looks at most, each by another angle
            (`TURNS`), so that a network that has seen people from many sides in training is asked from several (ours).
    """

    of: Literal["clip"] = "clip"
    samples: PositiveInt = 64
    crop: Annotated[tuple[float, float], AfterValidator(_ordered)] = (0.5, 1.0)
    warp: NonNegativeFloat = 0.0
    looks: Annotated[int, Field(ge=1, le=8)] = 1
    turn: NonNegativeFloat = 0.0

    def draw(self, batch: ClipBatch, generator: torch.Generator | None = None) -> tuple[Windows, Int[Tensor, " N"]]:
        """A random part of each clip, missing joints zero, and its label."""
        size, place = torch.rand(2, len(batch.labels), generator=generator).double().to(batch.fps.device)
        bend = self.warp * torch.randn(2, len(batch.labels), generator=generator).double().to(batch.fps.device)
        low, high = self.crop
        share = low + (high - low) * size
        moment = torch.linspace(0, 1, self.samples, device=bend.device, dtype=bend.dtype)
        angle = torch.pi * moment
        bent = bend[0, :, None] * angle.sin() / torch.pi + bend[1, :, None] * (2 * angle).sin() / (2 * torch.pi)
        return self._sample(
            batch, ((1 - share) * place)[:, None] + share[:, None] * (moment + bent).clamp(0, 1)
        ), batch.labels

    def views(self, batch: ClipBatch) -> list[Windows]:
        """Parts of each clip, the same for all, missing joints zero."""
        moment = torch.linspace(0, 1, self.samples, device=batch.fps.device, dtype=batch.fps.dtype)
        parts = [start + share * moment for start, share in PARTS[: self.looks]]
        return [self._sample(batch, part.expand(len(batch.labels), -1)) for part in parts]

    def _sample(self, batch: ClipBatch, share: Float[Tensor, "N S"]) -> Windows:
        return sample_at(batch.joints, share * (batch.frames[:, None] - 1), batch.frames).nan_to_num()


WindowKind = Annotated[SpanWindows | ClipWindows, Field(discriminator="of")]
"""How a recipe cuts windows from clips."""
