"""Does the focus tell what the recogniser used: deletion and insertion of joints at moments.

Deletion takes the cells (one joint of one person at one moment) away from a clip in the order of a saliency, insertion
brings them back in the same order; the probability of the true class is recorded on the way (Petsiuk, Das, Saenko,
"RISE", BMVC 2018, who do this with pixels). A saliency is faithful where deletion is low and insertion is high.

A cell that is taken away is put at its joint's mean position over the clip (ours). Zero would not do: it means a
missing joint to the network, and the middle of the hips to the eye. At the mean a body stays a body that does not
move. Two things follow: a class that shows in a pose alone survives deletion, and what moves most is a strong saliency
without any network (`deviation`), so it belongs beside every result.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32
from torch import Tensor

from stf.focus import FocusMethod, normalise_focus, project_to_input
from stf.recogniser import Recogniser
from stf.streams import make_stream
from stf.transforms import known_joints

Joints = Float[Tensor, "N C T V M"]
Cells = Float[Tensor, "N T V M"]
Labels = Sequence[int]
Saliency = Callable[[Recogniser, Joints, Tensor], Cells]
"""How much each cell speaks for a class (N,), by whatever means; only the order within a clip counts."""

SHARES = tuple(np.linspace(0, 1, 21).tolist())
"""Shares of the cells that are taken away or brought back: from none to all in steps of 5 %."""

_BATCH = 64


@dataclass(frozen=True, slots=True)
class Curves:
    """The probability of the true class of N clips at L shares.

    Attributes:
        shares: (L,) of the cells, ascending.
        deletion: (N, L) without that share of the most salient cells.
        insertion: (N, L) with nothing but that share.
    """

    shares: Float32[np.ndarray, " L"]
    deletion: Float32[np.ndarray, "N L"]
    insertion: Float32[np.ndarray, "N L"]

    def areas(self) -> tuple[Float32[np.ndarray, " N"], Float32[np.ndarray, " N"]]:
        """The area under each clip's curve of deletion and of insertion: the mean over the shares."""
        width = self.shares[-1] - self.shares[0]
        deletion, insertion = (np.trapezoid(y, self.shares, axis=1) / width for y in (self.deletion, self.insertion))
        return deletion, insertion


def measure_curves(
    recogniser: Recogniser,
    x: Joints,
    labels: Labels,
    saliency: Saliency,
    shares: Sequence[float] = SHARES,
    *,
    seed: int = 0,
) -> Curves:
    """The curves of deletion and insertion of clips by a saliency for their true classes.

    Args:
        recogniser: asked with all its streams, fused; a cell is taken away from the joints all streams come from.
        x: (N, C, T, V, M) normalised joints, missing ones zero; these are never counted.
        labels: the true class of each clip.
        saliency: what orders the cells; equal ones are ordered at random.
        shares: at which shares to ask, ascending.
        seed: of the order of equal cells.
    """
    generator = torch.Generator().manual_seed(seed)
    rows: list[list[Tensor]] = []
    for begin in range(0, len(x), _BATCH):
        part = x[begin : begin + _BATCH]
        classes = torch.tensor(labels[begin : begin + _BATCH])
        known = known_joints(part)[:, 0]
        place = order_cells(saliency(recogniser, part, classes), known, generator)
        still = at_rest(part)
        rows.append([
            _probability(recogniser, torch.where(kept[:, None], part, still), classes)
            for share in shares
            for kept in (place >= share, place < share)
        ])  # fmt: skip
    answers = torch.cat([torch.stack(row, dim=1) for row in rows]).numpy()
    return Curves(np.array(shares, np.float32), answers[:, 0::2], answers[:, 1::2])


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


def focus_saliency(module: int, method: FocusMethod = "pooled") -> Saliency:
    """The focus of a module, fused over the streams as `Recogniser.recognise` fuses it."""

    def saliency(recogniser: Recogniser, x: Joints, classes: Tensor) -> Cells:
        fused = torch.zeros(())
        for stream, network in recogniser.networks.items():
            seen = make_stream(stream, x, recogniser.layout)
            volume = network.focus(seen, classes, module=module, method=method)[1].detach()
            beside = normalise_focus(volume.permute(0, 2, 3, 1).flatten(2))  # persons beside each other, as joints
            fused = fused + recogniser.header.streams[stream] * project_to_input(beside, x.shape[2])
        return fused.view_as(x[:, 0])

    return saliency


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
