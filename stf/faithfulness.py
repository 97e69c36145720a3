"""Can a focus be trusted: deletion and insertion of joints at moments, and whether a jitter changes it.

Deletion takes the cells (one joint of one person at one moment) away from a clip in the order of a saliency, insertion
brings them back in the same order; the probability of the true class is recorded on the way (Petsiuk, Das, Saenko,
"RISE", BMVC 2018, who do this with pixels). A saliency is faithful where deletion is low and insertion is high.

A cell that is taken away is put at its joint's mean position over the clip (ours). Zero would not do: it means a
missing joint to the network, and the middle of the hips to the eye. At the mean a body stays a body that does not
move. Two things follow: a class that shows in a pose alone survives deletion, and what moves most is a strong saliency
without any network (`deviation`), so it belongs beside every result.

What is held still here and moves there is a motion that nobody makes, and its pattern may itself say something. So
deletion is also measured as "ROAD" does (Rong et al., ICML 2022), by imputation: a cell that is taken away is put
between the nearest moments at which its joint was left, with a little noise (there, by all eight neighbours of a pixel;
in time alone, ours). Cells that others can foretell then count for nothing.

Everything here takes a `Recogniser` of any architecture.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Float64
from scipy.stats import spearmanr
from torch import Tensor

from stf.focus import FocusMethod, normalise_focus, project_to_input
from stf.network import Network
from stf.recogniser import Recogniser
from stf.skeleton import SkeletonLayout
from stf.streams import make_stream
from stf.transforms import known_joints

Joints = Float[Tensor, "N C T V M"]
Cells = Float[Tensor, "N T V M"]
Labels = Sequence[int]
CurveKind = Literal["deletion", "insertion", "imputation"]
Saliency = Callable[[Recogniser, Joints, Tensor], Cells]
"""How much each cell speaks for a class (N,), by whatever means; only the order within a clip counts."""

SHARES = (0.0, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0)
"""Shares of the cells that are taken away or brought back, closer together where the curves bend."""

JITTER = 0.01
"""Torso lengths: standard deviation of the noise of an imputation, and of the one that a focus should withstand."""

_BATCH = 4  # clips; each is asked about in many versions at once


@dataclass(frozen=True, slots=True)
class Curves:
    """The probability of the true class of N clips at L shares.

    Attributes:
        shares: (L,) of the cells, ascending.
        deletion: (N, L) with that share of the most salient cells held still.
        insertion: (N, L) with everything but that share held still.
        imputation: (N, L) with that share of the most salient cells imputed from the others.
    """

    shares: Float32[np.ndarray, " L"]
    deletion: Float32[np.ndarray, "N L"]
    insertion: Float32[np.ndarray, "N L"]
    imputation: Float32[np.ndarray, "N L"]

    def area(self, kind: CurveKind) -> Float32[np.ndarray, " N"]:
        """The area under each clip's curve of one kind: the mean over the shares."""
        width = self.shares[-1] - self.shares[0]
        return np.asarray(np.trapezoid(getattr(self, kind), self.shares, axis=1) / width)


def measure_curves(
    recogniser: Recogniser,
    x: Joints,
    labels: Labels,
    saliency: Saliency,
    shares: Sequence[float] = SHARES,
    *,
    seed: int = 0,
) -> Curves:
    """The curves of clips by a saliency for their true classes.

    Args:
        recogniser: asked with all its streams, fused; a cell is taken away from the joints all streams come from.
        x: (N, C, T, V, M) normalised joints, missing ones zero; these are never counted.
        labels: the true class of each clip.
        saliency: what orders the cells; equal ones are ordered at random.
        shares: at which shares to ask, ascending.
        seed: of the order of equal cells and of the imputations' noise.
    """
    generator = torch.Generator().manual_seed(seed)
    found: list[Tensor] = []
    for begin in range(0, len(x), _BATCH):
        part = x[begin : begin + _BATCH]
        classes = torch.tensor(labels[begin : begin + _BATCH])
        place = order_cells(saliency(recogniser, part, classes), known_joints(part)[:, 0], generator)
        still = at_rest(part)
        versions, rows = [part, still], []  # what every curve begins and ends with is asked for once
        for share in shares:
            if 0 < share < 1:
                gone = (place < share)[:, None]
                rows.append([len(versions), len(versions) + 1, len(versions) + 2])
                versions += [torch.where(gone, still, part), torch.where(gone, part, still)]
                versions.append(impute(part, gone[:, 0], recogniser.layout, generator))
            else:
                rows.append([1, 0, 1] if share else [0, 1, 0])
        answers = _probability(recogniser, torch.cat(versions), classes.repeat(len(versions))).view(-1, len(part))
        found.append(answers[torch.tensor(rows)])
    deletion, insertion, imputation = torch.cat(found, dim=2).permute(1, 2, 0).numpy()
    return Curves(np.array(shares, np.float32), deletion, insertion, imputation)


def stability(
    recogniser: Recogniser, x: Joints, labels: Labels, saliency: Saliency, *, jitter: float = JITTER, seed: int = 0
) -> Float64[np.ndarray, " N"]:
    """How far a saliency keeps its order of the cells when every coordinate is moved a little.

    Spearman's rank correlation between the saliency of a clip and that of the clip with noise (after Ghorbani, Abid,
    Zou, AAAI 2019): 1 where nothing changes, 0 where nothing stays.

    Args:
        recogniser: as of `measure_curves`, like the three that follow.
        x: (N, C, T, V, M).
        labels: N.
        saliency: what is jittered.
        jitter: torso lengths, standard deviation of the noise; weaker than that of motion sensors.
        seed: of the noise.
    """
    generator = torch.Generator().manual_seed(seed)
    found = []
    for begin in range(0, len(x), _BATCH):
        part = x[begin : begin + _BATCH]
        classes = torch.tensor(labels[begin : begin + _BATCH])
        moved = torch.where(known_joints(part), _jittered(part, recogniser.layout, jitter, generator), 0.0)
        pairs = zip(saliency(recogniser, part, classes), saliency(recogniser, moved, classes), strict=True)
        known = known_joints(part)[:, 0]
        found += [spearmanr(one[seen], other[seen]).statistic for (one, other), seen in zip(pairs, known, strict=True)]
    return np.array(found)


def order_cells(cells: Cells, known: Bool[Tensor, "N T V M"], generator: torch.Generator) -> Cells:
    """The place of each cell in its clip's order: the share of known cells before it, 1 and more for unknown ones."""
    flat = cells.masked_fill(~known, -torch.inf).flatten(1)
    shuffled = torch.rand(flat.shape, generator=generator).argsort(dim=1)
    best_first = shuffled.gather(1, flat.gather(1, shuffled).argsort(dim=1, descending=True, stable=True))
    rank = best_first.argsort(dim=1).float()
    return (rank / known.flatten(1).sum(dim=1, keepdim=True).clamp(min=1)).view_as(cells)


def at_rest(x: Joints) -> Joints:
    """Each joint at its mean position over the moments at which it is known, and missing where it is missing."""
    known = known_joints(x)
    mean = x.sum(dim=2, keepdim=True) / known.sum(dim=2, keepdim=True).clamp(min=1)
    return torch.where(known, mean, 0.0)


def impute(x: Joints, gone: Bool[Tensor, "N T V M"], layout: SkeletonLayout, generator: torch.Generator) -> Joints:
    """Put cells that are gone between the nearest moments at which their joint is left, with noise.

    Linear in time, held before the first and after the last moment that is left; a joint of which none is left stands
    at its mean position. Missing joints stay missing.
    """
    known = known_joints(x)[:, 0]
    left = known & ~gone
    frames = x.shape[2]
    moment = torch.arange(frames).view(1, -1, 1, 1)
    before = torch.where(left, moment, -1).cummax(dim=1).values
    after = torch.where(left, moment, frames).flip(1).cummin(dim=1).values.flip(1)
    first, last = torch.where(before < 0, after, before), torch.where(after == frames, before, after)
    share = (moment - first) / (last - first).clamp(min=1)
    ends = [x.gather(2, at.clamp(0, frames - 1)[:, None].expand_as(x)) for at in (first, last)]
    between = torch.lerp(ends[0], ends[1], share[:, None].to(x.dtype))
    none_left = ~left.any(dim=1, keepdim=True)[:, None]
    put = _jittered(torch.where(none_left, at_rest(x), between), layout, JITTER, generator)
    return torch.where((gone & known)[:, None], put, x)


def _jittered(x: Joints, layout: SkeletonLayout, jitter: float, generator: torch.Generator) -> Joints:
    """Noise on every coordinate, none on a score."""
    noise = torch.randn(x.shape, generator=generator, dtype=x.dtype)
    noise[:, layout.num_coordinates :] = 0
    return x + jitter * noise


def focus_saliency(module: int, method: FocusMethod = "pooled") -> Saliency:
    """The focus of a module, fused over the streams as `Recogniser.recognise` fuses it."""

    def saliency(recogniser: Recogniser, x: Joints, classes: Tensor) -> Cells:
        return _fused(
            recogniser, x, lambda network, seen: network.focus(seen, classes, module=module, method=method)[1].detach()
        )

    return saliency


def feature_norm(module: int = -1) -> Saliency:
    """The length of a module's feature vectors, whatever the class: what ST-GCN shows of its last one (AAAI 2018)."""

    @torch.no_grad()
    def norm(network: Network, seen: Joints) -> Float[Tensor, "N M S V"]:
        output = network.run(seen)
        rows = output.features[module].norm(dim=1)
        volume: Tensor = rows.new_zeros(*output.present.shape, *rows.shape[1:])
        volume[output.present] = rows
        return volume

    return lambda recogniser, x, _: _fused(recogniser, x, norm)


def _fused(
    recogniser: Recogniser, x: Joints, volume_of: Callable[[Network, Joints], Float[Tensor, "N M S V"]]
) -> Cells:
    """The streams' volumes, each divided by its maximum over a clip, weighted as their logits are."""
    fused = torch.zeros(())
    for stream, network in recogniser.networks.items():
        volume = volume_of(network, make_stream(stream, x, recogniser.layout))
        beside = normalise_focus(volume.permute(0, 2, 3, 1).flatten(2))  # persons beside each other, as joints
        fused = fused + recogniser.header.streams[stream] * project_to_input(beside, x.shape[2])
    return fused.view_as(x[:, 0])


def gradient(recogniser: Recogniser, x: Joints, classes: Tensor) -> Cells:
    """The sum over coordinates of |dy_c / dx| (after Simonyan, Vedaldi, Zisserman, 2014, section 3)."""
    return _gradient(recogniser, x, classes).abs().sum(dim=1)


def input_times_gradient(recogniser: Recogniser, x: Joints, classes: Tensor) -> Cells:
    """The sum over coordinates of x * dy_c / dx (Shrikumar et al., "Not Just a Black Box", 2016)."""
    return (x * _gradient(recogniser, x, classes)).sum(dim=1)


def change_times_gradient(recogniser: Recogniser, x: Joints, classes: Tensor) -> Cells:
    """The sum over coordinates of (x - x at rest) * dy_c / dx: what deletion costs, to first order (ours)."""
    return ((x - at_rest(x)) * _gradient(recogniser, x, classes)).sum(dim=1)


def deviation(_: Recogniser, x: Joints, __: Tensor) -> Cells:
    """How far each joint is from its mean position: what moves, whatever the network."""
    return (x - at_rest(x)).square().sum(dim=1).sqrt()


def chance(seed: int) -> Saliency:
    """Cells in an order drawn at random."""
    generator = torch.Generator().manual_seed(seed)
    return lambda _, x, __: torch.rand(len(x), *x.shape[2:], generator=generator)


def _logits(recogniser: Recogniser, x: Joints) -> Float[Tensor, "N K"]:
    return recogniser.fuse(
        {stream: network(make_stream(stream, x, recogniser.layout)) for stream, network in recogniser.networks.items()}
    )


@torch.no_grad()
def _probability(recogniser: Recogniser, x: Joints, classes: Tensor) -> Float[Tensor, " N"]:
    return _logits(recogniser, x).softmax(dim=1).gather(1, classes[:, None])[:, 0]


def _gradient(recogniser: Recogniser, x: Joints, classes: Tensor) -> Joints:
    with torch.enable_grad():
        asked = x.detach().requires_grad_()
        (found,) = torch.autograd.grad(_logits(recogniser, asked).gather(1, classes[:, None]).sum(), asked)
    return found
