"""The spatio-temporal focus volume: which joints at which moments spoke for a class.

The paper (Ke, Peng, Lyu, AAAI 2022) states that the focus is taken from the gradient, jointly over joints and time, and
projected back onto the input for display; its normalisation is not public. What is here is ours, after Grad-CAM
(ICCV 2017) and ICASC (ICCV 2019):

    pooled       S_k^c = ReLU(sum_d a_d F_k^d),  a_d = mean over t, v of ReLU(dy_c / dF_k^d)
    elementwise  S_k^c = sum_d ReLU(dy_c / dF_k^d * F_k^d)
    typical      as pooled, with a_d averaged over the training clips of class c: no gradient is needed

with F_k (C_k, T_k, V) the output of module k and y_c the logit of class c. Why c and not b: y_c - y_b takes its place.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

GradientMethod = Literal["pooled", "elementwise"]
FocusMethod = GradientMethod | Literal["typical"]

EPS = 1e-8
"""Added to a volume's maximum before dividing by it; volumes that are zero everywhere stay zero."""


def pooled_focus(features: Float[Tensor, "R C T V"], weights: Float[Tensor, "R C"]) -> Float[Tensor, "R T V"]:
    """ReLU(sum_d a_d F_d) for channel weights a (Grad-CAM, ICCV 2017, equation 2; rectified weights after ICASC)."""
    return functional.relu(torch.einsum("rctv,rc->rtv", features, weights))


def channel_weights(gradient: Float[Tensor, "R C T V"]) -> Float[Tensor, "R C"]:
    """a_d = mean over t, v of ReLU(dy_c / dF_k^d) (ICASC, ICCV 2019, equation 2)."""
    return functional.relu(gradient).mean(dim=(2, 3))


def gradient_focus(
    features: Float[Tensor, "R C T V"],
    gradient: Float[Tensor, "R C T V"],
    method: GradientMethod = "pooled",
) -> Float[Tensor, "R T V"]:
    """The focus of a module from its features and the gradient of a class logit with respect to them.

    Args:
        features: (R, C, T, V) a module's output, R being the persons that were computed.
        gradient: (R, C, T, V) dy_c / dF.
        method: `pooled` or `elementwise` (see the module docstring).

    Returns:
        (R, T, V), not negative, not normalised.
    """
    if method == "pooled":
        return pooled_focus(features, channel_weights(gradient))
    return functional.relu(gradient * features).sum(dim=1)


def closed_form_focus(
    features: Float[Tensor, "R C T V"],
    head_weight: Float[Tensor, "R C"],
    persons: Float[Tensor, " R"],
) -> Float[Tensor, "R T V"]:
    """The focus of the *last* module without a backward pass.

    Before a linear head stands the average over T, V and the P persons of a clip, so dy_c / dF = w_c / (T V P)
    everywhere and a_d = ReLU(w_cd) / (T V P) (ours). As F is not negative there, both methods give this same volume.

    Args:
        features: (R, C, T, V) output of the last module.
        head_weight: (R, C) row of the linear head for the class asked about, or difference of two rows, per person.
        persons: (R,) P, the number of persons in that person's clip.

    Returns:
        (R, T, V), equal to `gradient_focus` up to rounding.
    """
    moments = features.shape[2] * features.shape[3]
    weights = functional.relu(head_weight) / (moments * persons[:, None])
    return pooled_focus(features, weights)


def normalise_focus(volume: Float[Tensor, "*B T V"]) -> Float[Tensor, "*B T V"]:
    """Divide each volume by its maximum over T and V (detached), so that the largest value is one (ours)."""
    peak = volume.detach().amax(dim=(-2, -1), keepdim=True)
    return volume / (peak + EPS)


def project_to_input(volume: Float[Tensor, "*B S V"], frames: int) -> Float[Tensor, "*B T V"]:
    """Stretch a module's focus over the frames of the input it came from.

    A strided temporal convolution centres its output s on input frame s * stride; between those frames the focus is
    interpolated linearly, after the last one it is held.

    Args:
        volume: (*B, S, V) focus with S = ceil(frames / stride) moments.
        frames: T, frames of the input.

    Returns:
        (*B, T, V).
    """
    moments = volume.shape[-2]
    stride = -(-frames // moments)
    place = torch.arange(frames, device=volume.device, dtype=volume.dtype) / stride
    before = place.floor().long().clamp(max=moments - 1)
    after = (before + 1).clamp(max=moments - 1)
    share = (place - before).clamp(max=1.0)[:, None]
    return volume[..., before, :] * (1 - share) + volume[..., after, :] * share
