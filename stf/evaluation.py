"""What a recogniser says of the clips of a dataset, and keeping it."""

import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Float64, Int64
from scipy.special import logsumexp, softmax
from torch import Tensor

from stf.atomic import output_file, write_errors
from stf.checkpoint import Header, Unknown, VectorScaling
from stf.datasets.clip import Clip, to_layout
from stf.datasets.corpus import Part, Split
from stf.errors import UserError
from stf.focus import EPS, channel_weights
from stf.recogniser import Recogniser
from stf.streams import make_stream
from stf.transforms import NORMALISATIONS, turned
from stf.windows import TURNS, ClipWindows, SpanWindows, collate_clips

Logits = Float32[np.ndarray, "N K"]
Labels = Int64[np.ndarray, " N"]

_BATCH = 64


def make_views(recogniser: Recogniser, clips: Sequence[Clip]) -> list[Float[Tensor, "N C T V M"]]:
    """What the recogniser is shown of clips when measuring, normalised, by the protocol it was trained for.

    For a recogniser of whole clips these are as many parts of each clip as its header says, turned as it says, the
    first of them whole and as it is; for one of spans of time the middle window of each clip.
    """
    header = recogniser.header
    window = (
        ClipWindows(samples=header.samples, looks=header.looks)
        if header.whole_clips
        else SpanWindows(samples=header.samples, rate_hz=header.rate_hz)
    )
    batch = collate_clips([to_layout(clip, recogniser.layout) for clip in clips])
    views = [view.to(recogniser.device) for view in window.views(batch)]
    if header.turn:
        turns = TURNS[: len(views)]
        views = [turned(view, header.turn * turn, recogniser.layout) for view, turn in zip(views, turns, strict=True)]
    return [NORMALISATIONS[header.normalisation](view, recogniser.layout) for view in views]


@torch.no_grad()
def score_clips(
    recogniser: Recogniser, clips: Sequence[Clip], report: Callable[[Clip], None] = lambda _: None
) -> dict[str, Logits]:
    """Logits of each stream for each clip, averaged over the views of the clip.

    Args:
        recogniser: what is asked.
        clips: N clips; converted to the recogniser's layout.
        report: told of each clip that is done.

    Returns:
        Stream name -> (N, K).
    """
    rows: dict[str, list[Logits]] = {stream: [] for stream in recogniser.networks}
    for begin in range(0, len(clips), _BATCH):
        views = make_views(recogniser, clips[begin : begin + _BATCH])
        for stream, network in recogniser.networks.items():
            logits = [network(make_stream(stream, view, recogniser.layout)) for view in views]
            rows[stream].append(torch.stack(logits).mean(dim=0).float().cpu().numpy())
        for clip in clips[begin : begin + _BATCH]:
            report(clip)
    return {stream: np.concatenate(parts) for stream, parts in rows.items()}


def typical_weights(recogniser: Recogniser, clips: Sequence[Clip]) -> dict[str, Float[Tensor, "K C"]]:
    """For each stream and class the channel weights that its focus usually has, for `Network.typical_weights` (ours).

    Between the clips of a class the weights of a pooled focus hardly differ, and these take its place without the
    backward pass that they come from (docs/decisions/0005-typical-focus.md).

    Args:
        recogniser: its header says whose module's focus is shown.
        clips: training clips; a class without any gets the mean of all clips.

    Returns:
        Stream name -> (K, C_k), the largest of each class one.
    """
    found = {}
    for stream, network in recogniser.networks.items():
        rows, classes = [], []
        for begin in range(0, len(clips), _BATCH):
            part = clips[begin : begin + _BATCH]
            labels = torch.tensor([clip.label for clip in part], device=recogniser.device)
            x = make_stream(stream, make_views(recogniser, part)[0], recogniser.layout)
            output = network.run_for_focus(x, recogniser.header.focus_module)
            with torch.enable_grad():
                asked = output.logits.gather(1, labels[:, None]).sum()
            (gradient,) = torch.autograd.grad(asked, output.features[recogniser.header.focus_module])
            rows.append(channel_weights(gradient))
            classes.append(labels[output.persons()[0]])
        weights, labels = torch.cat(rows), torch.cat(classes)
        of_class = [weights[labels == label] for label in range(len(recogniser.classes))]
        mean = torch.stack([(some if len(some) else weights).mean(dim=0) for some in of_class])
        found[stream] = (mean / mean.amax(dim=1, keepdim=True).clamp(min=EPS)).cpu()
    return found


def fuse(
    logits: Mapping[str, Logits],
    weights: Mapping[str, float],
    temperature: float = 1.0,
    vector: VectorScaling | None = None,
) -> Logits:
    """The sum of the streams' logits, each times its weight, divided by the temperature, then scaled class by class."""
    fused: Logits = np.sum(
        [np.float32(weights[stream] / temperature) * rows for stream, rows in logits.items()], axis=0
    )
    if vector is None:
        return fused
    factors, offsets = (np.array(numbers, np.float32) for numbers in (vector.factors, vector.offsets))
    return fused * factors + offsets


def answers(logits: Mapping[str, Logits], header: Header) -> dict[str, Logits]:
    """What is measured of a model: each stream, and `fused` as its header says; one stream alone is what is fused."""
    fused = fuse(logits, header.streams, header.temperature, header.vector)
    return {**logits, "fused": fused} if len(logits) > 1 else dict.fromkeys(logits, fused)


def energies(logits: Float[np.ndarray, "N K"]) -> Float64[np.ndarray, " N"]:
    """-log sum_k exp(logit_k) of N clips (Liu et al., NeurIPS 2020, equation 4 at temperature 1)."""
    return np.asarray(-logsumexp(logits.astype(np.float64), axis=1))


def called_unknown(logits: Logits, unknown: Unknown) -> Bool[np.ndarray, " N"]:
    """Which clips, of which these are the scaled logits, a checkpoint is to call unknown."""
    if unknown.energy is None:
        return np.asarray(softmax(logits, axis=1).max(axis=1) < unknown.below)
    return energies(logits) > unknown.energy


@dataclass(frozen=True, slots=True)
class ClassMatch:
    """Which classes of a model are asked for, and what the classes of a dataset are among them.

    Attributes:
        columns: numbers of the model's classes.
        labels: label in the dataset -> place in `columns`.
    """

    columns: tuple[int, ...]
    labels: Mapping[int, int]


def match_classes(
    model: Sequence[str], data: Sequence[str], *, shared: bool = False, same: Iterable[tuple[str, str]] = ()
) -> ClassMatch:
    """Find the classes of a dataset among those of a model, by name.

    Args:
        model: names of the model's classes.
        data: names of the dataset's classes.
        shared: whether it is enough that some are shared; the others are then asked of nobody.
        same: a class of the model and the class of the dataset that is the same under another name; several classes of
            the dataset may be one of the model.

    Raises:
        UserError: if the classes differ and need not be shared only, fewer than two are shared, or `same` names a class
            that is not there or one of the dataset twice.
    """
    partner = {name: name for name in data if name in model}
    for ours, theirs in same:
        for name, known, whose in ((ours, model, "model"), (theirs, data, "dataset")):
            if name not in known:
                raise UserError(f"the {whose} has no class '{name}'; it has {', '.join(known)}")
        if theirs in partner:
            raise UserError(f"the dataset's class '{theirs}' is '{partner[theirs]}' of the model already")
        partner[theirs] = ours
    if not shared and (len(partner) < len(data) or set(partner.values()) != set(model)):
        raise UserError(
            f"the model has {len(model)} classes and the dataset {len(data)}, of which {len(partner)} are the same; "
            "--shared-classes measures on those, and --same adds what is called differently"
        )
    columns = tuple(number for number, name in enumerate(model) if name in partner.values())
    if len(columns) < 2:
        raise UserError("model and dataset share fewer than two classes; --same MODEL=DATA says which are the same")
    places = {model[number]: place for place, number in enumerate(columns)}
    return ClassMatch(columns, {label: places[partner[name]] for label, name in enumerate(data) if name in partner})


@dataclass(frozen=True, slots=True)
class Predictions:
    """What a model said of clips, to be fused or measured later.

    Attributes:
        model: file name of the checkpoint.
        data: name of the dataset.
        split: name of the split.
        part: the side of the split that the clips are on; empty for both.
        classes: the K class names.
        names: (N,) names of the clips.
        labels: (N,) true classes.
        logits: stream name -> (N, K).
        whole: (N, K) of the model as a whole: fused and scaled as its checkpoint says; None in older files,
            which lack it.
    """

    model: str
    data: str
    split: str
    part: str
    classes: tuple[str, ...]
    names: tuple[str, ...]
    labels: Labels
    logits: Mapping[str, Logits]
    whole: Logits | None = None

    def save(self, path: Path) -> None:
        """Write them as arrays (`.npz`, without pickle).

        Raises:
            UserError: if the file cannot be written.
        """
        arrays: dict[str, Any] = {name: np.array(getattr(self, name), np.str_) for name in _TEXTS}
        arrays |= {"labels": self.labels} | {f"logits.{stream}": rows for stream, rows in self.logits.items()}
        if self.whole is not None:
            arrays["whole"] = self.whole
        with output_file(path) as temporary, write_errors(path), temporary.open("wb") as file:
            np.savez_compressed(file, **arrays)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            UserError: if the file is missing, damaged or not one of ours.
        """
        if not path.is_file():
            raise UserError(f"there is no file of predictions {path}")
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = dict(file)
            model, data, split, part = (str(arrays[name]) for name in _TEXTS[:4])
            classes, names = (tuple(arrays[name].tolist()) for name in _TEXTS[4:])
            labels, whole = arrays["labels"], arrays.get("whole")
        except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
            raise UserError(f"{path} is not a file of predictions that `stf evaluate` wrote, or is damaged") from error
        logits = {name.partition(".")[2]: rows for name, rows in arrays.items() if name.startswith("logits.")}
        every = [*logits.values(), *([] if whole is None else [whole])]
        shapes = {rows.shape for rows in every} | {(*labels.shape, len(classes))}
        if shapes != {(len(names), len(classes))} or not all(np.isfinite(rows).all() for rows in every):
            raise UserError(f"{path} is damaged: its logits do not fit its clips and classes; evaluate again")
        return cls(model, data, split, part, classes, names, labels, logits, whole)


_TEXTS = ("model", "data", "split", "part", "classes", "names")


def on_side(clips: Iterable[Clip], side: Split, part: Part | None) -> list[Clip]:
    """The labelled clips on one side of a split, or all for None."""
    return [clip for clip in clips if clip.label >= 0 and (part is None or side(clip) is part)]
