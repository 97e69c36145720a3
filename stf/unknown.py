"""How unlike anything known a window is: three ways to say it, and how well each tells known from unknown.

A score is larger the less a window looks like what the recogniser was trained on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float64
from scipy.special import softmax
from torch import Tensor
from torch.nn import functional

from stf.datasets.clip import Clip
from stf.errors import UserError
from stf.evaluation import energies, make_views
from stf.recogniser import Recogniser
from stf.streams import make_stream

_BATCH = 64
_NEIGHBOURS = 3

Scores = Float64[np.ndarray, " N"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a recogniser has to say of N clips.

    Attributes:
        logits: (N, K) fused, scaled as the header says.
        features: stream name -> (N, C) what the heads are given.
    """

    logits: Float64[np.ndarray, "N K"]
    features: Mapping[str, Float[Tensor, "N C"]]


Unlikeness = Callable[[Recogniser, Evidence], Scores]


@torch.no_grad()
def look_at(recogniser: Recogniser, clips: Sequence[Clip]) -> Evidence:
    """Logits and features of the window of each clip that is measured with."""
    logits: list[Tensor] = []
    features: dict[str, list[Tensor]] = {stream: [] for stream in recogniser.networks}
    for begin in range(0, len(clips), _BATCH):
        view = make_views(recogniser, clips[begin : begin + _BATCH])[0]
        outputs = {
            stream: network.run(make_stream(stream, view, recogniser.layout))
            for stream, network in recogniser.networks.items()
        }
        logits.append(recogniser.fuse({stream: output.logits for stream, output in outputs.items()}))
        for stream, output in outputs.items():
            features[stream].append(output.pooled)
    return Evidence(
        torch.cat(logits).double().cpu().numpy(), {stream: torch.cat(rows) for stream, rows in features.items()}
    )


def doubt(recogniser: Recogniser, evidence: Evidence) -> Scores:  # noqa: ARG001 - one signature for all
    """One minus the largest probability (Hendrycks and Gimpel, ICLR 2017)."""
    return np.asarray(1 - softmax(evidence.logits, axis=1).max(axis=1))


def energy(recogniser: Recogniser, evidence: Evidence) -> Scores:  # noqa: ARG001
    """As of `stf.evaluation.energies`."""
    return energies(evidence.logits)


def feature_distance(recogniser: Recogniser, evidence: Evidence) -> Scores:
    """Distance of the normalised feature to its third nearest among those the checkpoint remembers of its classes.

    After Sun et al. (ICML 2022), who look among all training features; here there are a dozen of each class. The
    streams' distances are added by their weights.

    Raises:
        UserError: if the checkpoint remembers nothing.
    """
    total = np.zeros(len(evidence.logits))
    for stream, network in recogniser.networks.items():
        if network.memory is None:
            raise UserError("the model remembers nothing of its classes; see stf actions prepare")
        known = functional.normalize(network.memory.flatten(0, 1), dim=1)
        distance = torch.cdist(functional.normalize(evidence.features[stream], dim=1), known)
        nearest = distance.kthvalue(_NEIGHBOURS, dim=1).values
        total += recogniser.header.streams[stream] * nearest.double().cpu().numpy()
    return total


UNLIKENESS: Mapping[str, Unlikeness] = {
    "largest probability": doubt,
    "energy": energy,
    "feature distance": feature_distance,
}
"""What they are called -> how they are computed."""
