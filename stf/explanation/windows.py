"""Asking about windows one by one, as they are recognised while a video plays: scores and focus from one pass."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor

from stf.datasets.clip import Clip
from stf.errors import UserError
from stf.explanation.answer import Question, find_class
from stf.explanation.ask import find_module, find_streams
from stf.focus import EPS, project_to_input
from stf.recogniser import Recogniser
from stf.sampling import read_joints
from stf.streams import make_stream
from stf.transforms import NORMALISATIONS


@dataclass(frozen=True, slots=True)
class WindowAnswers:
    """What a recogniser says of N windows, each on its own.

    Attributes:
        scores: (N, K) probabilities, as of `Recogniser.recognise`; of one stream alone, the softmax of its logits.
        explained: (N,) the class whose focus it is.
        focus: (N, M, T, V) in [0, 1]; the largest of a window is 1, or all are zero where nothing spoke for the class.
    """

    scores: Float32[np.ndarray, "N K"]
    explained: Int64[np.ndarray, " N"]
    focus: Float32[np.ndarray, "N M T V"]


def fill_windows(recogniser: Recogniser, joints: Float32[np.ndarray, "N M T V C"]) -> Float[Tensor, "N C S V M"]:
    """Windows as the networks are given them: normalised, the ends held where they are shorter than the model's own.

    Args:
        recogniser: whose layout and rate the windows have.
        joints: missing ones are NaN or zero.

    Returns:
        S is T, or the model's own number of samples where T is smaller.
    """
    before, after = _beside(recogniser, joints.shape[2])
    held = np.pad(np.nan_to_num(joints), ((0, 0), (0, 0), (before, after), (0, 0), (0, 0)), mode="edge")
    x = torch.from_numpy(held).permute(0, 4, 2, 3, 1).contiguous().to(recogniser.device)
    return NORMALISATIONS[recogniser.header.normalisation](x, recogniser.layout)


def ask_windows(
    recogniser: Recogniser, joints: Float32[np.ndarray, "N M T V C"], question: Question | None = None
) -> WindowAnswers:
    """Scores and focus of windows, without anything from one window to the next.

    Asked why its most probable class and not another one, a window answers for the most probable of the rest. Streams
    are fused as in `Recogniser.recognise`.

    Args:
        recogniser: any, of any architecture.
        joints: (N, M, T, V, C) windows as `fill_windows` takes them.
        question: what to ask; why each window's most probable class, by default.

    Raises:
        UserError: if the model has no such class, module or stream, or a class is to be told from itself.
    """
    asked = question or Question()
    networks, weights = find_streams(recogniser, asked.stream)
    module = find_module(asked.module, len(next(iter(networks.values())).stages), recogniser) - 1
    label, contrast = (
        None if name is None else find_class(recogniser.classes, name) for name in (asked.label, asked.contrast)
    )
    if label is not None and label == contrast:
        raise UserError(f"'{asked.label}' cannot be told from itself; choose another class to contrast")
    x = fill_windows(recogniser, joints)
    outputs = {
        name: network.run_for_focus(make_stream(name, x, recogniser.layout), module, asked.method)
        for name, network in networks.items()
    }
    with torch.no_grad():
        logits = {name: output.logits.detach() for name, output in outputs.items()}
        scores = (
            recogniser.probabilities(recogniser.fuse(logits))
            if asked.stream is None
            else logits[asked.stream].softmax(dim=1)
        )
    explained = _explained(scores, label, contrast)
    rival = None if contrast is None else torch.full_like(explained, contrast)
    volume: Tensor = torch.zeros(())
    for name, network in networks.items():
        output = outputs[name]
        rows = network.focus_of(output, explained, contrast=rival, module=module, method=asked.method).detach()
        whole = rows.new_zeros(*output.present.shape, *rows.shape[1:])
        whole[output.present] = rows
        volume = volume + weights[name] * _by_largest(project_to_input(whole, x.shape[2]))
    before, _ = _beside(recogniser, joints.shape[2])
    focus = _by_largest(volume[:, :, before : before + joints.shape[2]])
    return WindowAnswers(scores.cpu().numpy(), explained.cpu().numpy(), focus.cpu().numpy())


def window_in_middle(clip: Clip, samples: int, seconds: float | None = None) -> Float32[np.ndarray, "M T V C"]:
    """The window in the middle of a clip; where the clip is shorter its ends are held.

    Args:
        clip: a missing joint is NaN, and zero in the window.
        samples: T.
        seconds: from the first sample to the last; None for the whole clip, however long it is.
    """
    last = (clip.joints.shape[1] - 1) / clip.fps
    span = last if seconds is None else seconds
    return read_joints(clip.joints, ((last - span) / 2 + np.linspace(0, span, samples)) * clip.fps)


def _explained(scores: Float[Tensor, "N K"], label: int | None, contrast: int | None) -> Tensor:
    if label is not None:
        return torch.full((len(scores),), label, device=scores.device)
    if contrast is None:
        return scores.argmax(dim=1)
    others = scores.clone()
    others[:, contrast] = -1
    return others.argmax(dim=1)


def _by_largest(volume: Float[Tensor, "N M T V"]) -> Float[Tensor, "N M T V"]:
    return volume / (volume.amax(dim=(1, 2, 3), keepdim=True) + EPS)


def _beside(recogniser: Recogniser, frames: int) -> tuple[int, int]:
    """How many samples are held before and after that many, to fill a window."""
    missing = max(recogniser.sampling.samples - frames, 0)
    return missing // 2, missing - missing // 2
