"""Asking a recogniser why it says what it says of a clip."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float, Float32, Float64
from torch import Tensor

from stf.datasets.clip import Clip, to_layout
from stf.errors import UserError
from stf.explanation.answer import Explanation, Question, find_class, read_at
from stf.focus import EPS, GradientMethod
from stf.network import Network
from stf.recogniser import Recogniser
from stf.sampling import sample_at
from stf.streams import make_stream
from stf.transforms import NORMALISATIONS, turned
from stf.windows import PARTS, TURNS, collate_clips

_STRIDE = 1 / 4  # of a window's span, from one window of a long clip to the next
_BATCH = 16


def explain(recogniser: Recogniser, clip: Clip, question: Question | None = None) -> Explanation:
    """The focus of a class over a clip.

    A model of whole clips is shown the parts of the clip that it is measured by, turned as they are then; one of spans
    of time the window in the clip's middle or, where the clip is longer than a window, windows all over it. Logits are
    averaged over the windows; each moment's focus over the windows that show it, as it comes from the gradient, so that
    a window that says much counts for more. A stream's focus is divided by its maximum before the streams are fused
    with the weights of their logits, and the whole by its maximum after (ours).

    Args:
        recogniser: any, of any architecture.
        clip: in any layout that can be converted to the recogniser's; a joint missing in it stays so.
        question: what to ask; why the most probable class, by default.

    Raises:
        UserError: if the model has no such class, module or stream, or the clip shows nobody.
    """
    asked = question or Question()
    networks, weights = find_streams(recogniser, asked.stream)
    depth = len(next(iter(networks.values())).stages)
    number = find_module(asked.module, depth, recogniser)
    label = None if asked.label is None else find_class(recogniser.classes, asked.label)
    contrast = None if asked.contrast is None else find_class(recogniser.classes, asked.contrast)

    clip = to_layout(clip, recogniser.layout)
    times, places = _moments(recogniser, clip)
    batch = collate_clips([clip])
    shown = _sample(batch.joints, places * clip.fps, batch.frames).nan_to_num()
    seen = (shown != 0).flatten(1).any(dim=1)
    if not seen.any():
        raise UserError(f"nobody is seen in '{clip.name}', so there is nothing to explain")
    windows, places = shown[seen].to(recogniser.device), places[seen.numpy()]
    if recogniser.header.turn:
        windows = turned(windows, recogniser.header.turn * torch.tensor(TURNS)[: len(seen)][seen], recogniser.layout)
    x = torch.cat([
        NORMALISATIONS[recogniser.header.normalisation](part, recogniser.layout) for part in _batches(windows)
    ])  # fmt: skip

    inputs = {stream: make_stream(stream, x, recogniser.layout) for stream in networks}
    scores = _scores(recogniser, networks, inputs, alone=asked.stream is not None)
    chosen = int(scores.argmax()) if label is None else label
    if chosen == contrast:
        raise UserError(f"'{recogniser.classes[chosen]}' cannot be told from itself; choose another class to contrast")
    volume: Tensor = torch.zeros(())
    for stream, network in networks.items():
        rows = _focus(network, inputs[stream], (chosen, contrast), number - 1, asked.method)
        volume = volume + weights[stream] * rows / (rows.max() + EPS)
    focus = _over_clip(volume.cpu().numpy(), places, times)
    skeletons = _sample(batch.joints, times[None] * clip.fps, batch.frames)[0].permute(3, 1, 2, 0)
    return Explanation(
        name=clip.name,
        clips=1,
        label=recogniser.classes[chosen],
        contrast=None if contrast is None else recogniser.classes[contrast],
        module=number,
        streams=tuple(networks),
        method=asked.method,
        depth=depth,
        classes=recogniser.classes,
        scores=scores.cpu().numpy(),
        layout=recogniser.layout,
        times=times,
        focus=focus / (focus.max() + np.float32(EPS)),
        joints=skeletons.numpy(),
    )


def find_streams(recogniser: Recogniser, stream: str | None) -> tuple[dict[str, Network], dict[str, float]]:
    """The networks that are asked, and their weights."""
    if stream is None:
        return recogniser.networks, recogniser.header.streams
    if stream not in recogniser.networks:
        raise UserError(f"the model has no stream '{stream}'; it has {', '.join(recogniser.networks)}")
    return {stream: recogniser.networks[stream]}, {stream: 1.0}


def find_module(module: int | None, depth: int, recogniser: Recogniser) -> int:
    """Its number, counted from 1."""
    if module is None:
        return recogniser.header.focus_module % depth + 1
    if not 1 <= module <= depth:
        raise UserError(f"the model has no module {module}; its modules are 1 to {depth}")
    return module


def _moments(recogniser: Recogniser, clip: Clip) -> tuple[Float64[np.ndarray, " T"], Float64[np.ndarray, "W S"]]:
    """The moments to explain and those that each window shows, in seconds from the clip's beginning."""
    header, last = recogniser.header, (clip.joints.shape[1] - 1) / clip.fps
    if not last:
        raise UserError(f"'{clip.name}' is a single frame; an action takes time")
    if header.whole_clips:
        whole = np.linspace(0, 1, header.samples)
        return last * whole, last * np.array([start + share * whole for start, share in PARTS[: header.looks]])
    sampling = recogniser.sampling
    beyond = last - sampling.span
    starts = (
        np.linspace(0, beyond, math.ceil(beyond / (_STRIDE * sampling.span)) + 1)
        if beyond > 0
        else np.array([(clip.seconds - sampling.span) / 2])
    )
    times = np.arange(math.floor(last * sampling.rate_hz + 1e-6) + 1) / sampling.rate_hz
    return times, starts[:, None] + np.arange(sampling.samples) / sampling.rate_hz


def _sample(x: Float[Tensor, "1 C F V M"], place: Float64[np.ndarray, "W S"], frames: Tensor) -> Tensor:
    """The one clip at the frame numbers of each window (W, C, S, V, M)."""
    flat = sample_at(x, torch.from_numpy(place).view(1, -1), frames)[0]
    return flat.view(len(flat), *place.shape, *flat.shape[2:]).transpose(0, 1)


def _batches(x: Tensor) -> Iterator[Tensor]:
    return (x[begin : begin + _BATCH] for begin in range(0, len(x), _BATCH))


@torch.no_grad()
def _scores(
    recogniser: Recogniser, networks: dict[str, Network], inputs: dict[str, Tensor], *, alone: bool
) -> Float[Tensor, " K"]:
    """Probabilities as predictions have them, or one stream's softmax, from the mean of the windows' logits."""
    logits = {
        stream: torch.cat([network(part) for part in _batches(inputs[stream])]).mean(dim=0, keepdim=True)
        for stream, network in networks.items()
    }
    if alone:
        return next(iter(logits.values()))[0].softmax(dim=0)
    return recogniser.probabilities(recogniser.fuse(logits))[0]


def _focus(
    network: Network,
    x: Float[Tensor, "W C S V M"],
    classes: tuple[int, int | None],
    module: int,
    method: GradientMethod,
) -> Float[Tensor, "W M R V"]:
    """A network's focus of each window, not normalised."""
    rows = []
    for part in _batches(x):
        label, contrast = (
            None if number is None else torch.full((len(part),), number, device=x.device) for number in classes
        )
        rows.append(network.focus(part, label, contrast=contrast, module=module, method=method)[1].detach())
    return torch.cat(rows)


def _over_clip(
    windows: Float32[np.ndarray, "W M R V"], places: Float64[np.ndarray, "W S"], times: Float64[np.ndarray, " T"]
) -> Float32[np.ndarray, "M T V"]:
    """The mean at each moment of the windows that show it; zero where none does.

    A window's R moments lie a stride of its S samples apart, from the first one on (`stf.focus.project_to_input`).
    """
    samples, moments = places.shape[1], windows.shape[2]
    stride = -(-samples // moments)
    total = np.zeros((windows.shape[1], len(times), windows.shape[3]), np.float32)
    count = np.zeros(len(times), np.float32)
    for volume, place in zip(windows, places, strict=True):
        step = (place[-1] - place[0]) / (samples - 1)
        inside = np.flatnonzero((times >= place[0] - step / 2) & (times <= place[-1] + step / 2))
        total[:, inside] += read_at(volume, (times[inside] - place[0]) / (step * stride))
        count[inside] += 1
    return total / np.maximum(count, 1)[:, None]
