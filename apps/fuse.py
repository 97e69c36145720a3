"""`stf fuse`: the networks of several checkpoints in one, weights chosen on held-out clips of the training side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from apps.console import make_console, say
from apps.evaluate import sound_clips
from stf.checkpoint import Accuracy, Header, find_model, load_checkpoint, save_checkpoint
from stf.datasets import open_corpus
from stf.datasets.clip import Clip
from stf.datasets.corpus import Part, find_split
from stf.errors import UserError
from stf.evaluation import Predictions, fuse, on_side, score_clips
from stf.fusion import choose_weights, fuse_headers, join_predictions
from stf.metrics import top_k
from stf.recogniser import Recogniser


@dataclass(frozen=True, slots=True)
class FuseOptions:
    """What the command line says beside models and output.

    Attributes:
        data: the dataset; needed to choose weights.
        form: the dataset's format; found out by default.
        split: see `stf.datasets.corpus.find_split`.
        choose_on: predictions of held-out clips; equal weights where there are none.
        skip_broken: leave broken clips out rather than refuse the dataset.
    """

    data: Path | None = None
    form: str | None = None
    split: str | None = None
    choose_on: Sequence[Path] = ()
    skip_broken: bool = False


def run_fuse(models: Sequence[str], output: Path, options: FuseOptions) -> None:
    """Write one checkpoint with the streams of several, measured on the test side of the split if there is a dataset.

    Raises:
        UserError: if the models do not fit each other, or the weights were to be chosen on what is tested on.
    """
    console = make_console()
    if options.choose_on and not options.data:
        raise UserError("--choose-on needs --data, whose split tells clips of the training side from those tested on")
    loaded = {model: load_checkpoint(find_model(model)) for model in models}
    if len(loaded) < len(models):
        raise UserError("a model is named twice; fuse each once")
    header = fuse_headers({model: one for model, (one, _) in loaded.items()})
    if options.data:
        corpus = open_corpus(options.data, options.form)
        if corpus.classes != header.classes:
            raise UserError(f"{options.data} has other classes than the models")
        split, side = find_split(corpus, options.split)
        clips = list(sound_clips(corpus, console, skip_broken=options.skip_broken))
        if options.choose_on:
            predictions = {str(path): Predictions.load(path) for path in options.choose_on}
            held_out = join_predictions(predictions, header, {clip.name: side(clip) for clip in clips})
            header = _weighed(header, *choose_weights(held_out), len(held_out.labels))
        tested = on_side(clips, side, Part.TEST)
        accuracy = _measure(models, header, tested)
        figure = Accuracy(data=corpus.origin.name, split=f"{split}, last epoch", clips=len(tested), top1=accuracy)
        header = header.model_copy(update={"accuracy": (figure,)})
        say(console, f"{figure.top1:.1%} top-1: {figure.data}, {figure.split}, {figure.clips} clips")
    states = {stream: state for _, several in loaded.values() for stream, state in several.items()}
    save_checkpoint(output, header, {stream: states[stream] for stream in header.streams})
    weights = ", ".join(f"{stream} {weight:.3f}" for stream, weight in header.streams.items())
    say(console, f"wrote {output}; weights {weights}, temperature {header.temperature:.3f}")


def _weighed(header: Header, weights: Mapping[str, float], temperature: float, clips: int) -> Header:
    """The header with chosen weights, without the streams that are of no use."""
    used = {stream: weight for stream, weight in weights.items() if weight > 0}
    recipe = f"{header.recipe}; weights and temperature of least NLL on {clips} held-out clips of the training side"
    return header.model_copy(update={"streams": used, "temperature": temperature, "recipe": recipe})


def _measure(models: Sequence[str], header: Header, clips: Sequence[Clip]) -> float:
    """Top-1 of the fusion."""
    if not clips:
        raise UserError("there is no labelled clip on the test side of the split; choose another --split")
    logits = {stream: rows for model in models for stream, rows in score_clips(Recogniser.load(model), clips).items()}
    fused = fuse({stream: logits[stream] for stream in header.streams}, header.streams)
    return top_k(fused, np.array([clip.label for clip in clips]), 1)
