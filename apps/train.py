"""`stf train`: train a recogniser by a recipe, measure it on the other side of the split, write its checkpoint."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
import torch

from apps.console import make_console, say
from stf.addon import load_addon
from stf.atomic import write_errors
from stf.checkpoint import Accuracy, Header, TrainingData, find_model, load_checkpoint, save_checkpoint
from stf.datasets import open_corpus
from stf.datasets.clip import Clip
from stf.datasets.corpus import Corpus, Entry, Part, UnreadClips, read_entries
from stf.errors import UserError
from stf.evaluation import fuse, score_clips, typical_weights
from stf.recogniser import Recogniser
from stf.teaching import Action, remember
from stf.training import Recipe, leads, train_stream
from stf.training.recipe import DataSource, load_recipe
from stf.windows import ClipWindows


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """What the command line says beside the recipe.

    Attributes:
        data: datasets in place of the recipe's paths, in its order.
        changes: `key=value` in place of what the recipe says.
        resume: go on where an earlier run stopped.
        threads: threads of one operation; 0 leaves it to torch.
        taught: an add-on whose actions become classes of their own.
    """

    data: Sequence[Path] = ()
    changes: Sequence[str] = ()
    resume: bool = False
    threads: int = 0
    taught: Path | None = None


def run_train(recipe_name: str, output: Path, options: TrainOptions) -> None:
    """Train every stream of a recipe, measure on the test side of the split, write the checkpoint.

    Raises:
        UserError: if recipe or data are not right, or the checkpoint cannot be written: said before hours of training.
        KeyboardInterrupt: after Ctrl-C; `resume` goes on from the last whole epoch.
    """
    console = make_console()
    recipe = load_recipe(recipe_name, options.changes)
    sources = _sources(recipe, options.data)
    with write_errors(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=output.parent).close()
    if options.threads:
        torch.set_num_threads(options.threads)
    corpora = [open_corpus(path, source.format).without(source.without) for source, path in sources]
    before = load_checkpoint(find_model(recipe.start))[0].data if recipe.start else ()
    classes = _common_classes(corpora, [path for _, path in sources])
    sides = [
        _sides(corpus, source, recipe.seed, lambda sentence: say(console, sentence) if leads() else None)
        for corpus, (source, _) in zip(corpora, sources, strict=True)
    ]
    train_side = [pair for side in sides for pair in side[Part.TRAIN]]
    if options.taught:
        actions = load_addon(options.taught).actions
        train_side += _taught(actions, classes, [label for _, label in train_side])
        classes = (*classes, *(action.name for action in actions))
    if recipe.mixing and leads() and (absent := recipe.mixing.absent(classes)):
        say(console, f"nobody is mixed for what the data has no class of: {', '.join(absent)}")
    training = _clips(train_side)
    log = output.with_name(f"{output.stem}-log")
    with _interruptible():
        networks = {
            stream: train_stream(training, classes, stream, recipe, log, resume=options.resume)
            for stream in recipe.streams
        }
    if not leads():
        return
    header = _header(recipe, classes, corpora, before, training)
    recogniser = Recogniser(header, networks, torch.device("cpu"))
    if recipe.focus_module != -1:
        for stream, weights in typical_weights(recogniser, training).items():
            networks[stream].typical_weights = weights
    for stream, memory in remember(recogniser, training).items():
        networks[stream].memory = memory
    accuracy = tuple(
        _measure(recogniser, corpus, source, _clips(side[Part.TEST]))
        for corpus, (source, _), side in zip(corpora, sources, sides, strict=True)
        if side[Part.TEST]
    )
    states = {stream: network.state_dict() for stream, network in networks.items()}
    save_checkpoint(output, header.model_copy(update={"accuracy": accuracy}), states)
    for figure in accuracy:
        say(console, f"{figure.top1:.1%} top-1: {figure.data}, {figure.split}, {figure.clips} clips")
    say(console, f"wrote {output}; the losses are in {log}")


def _sources(recipe: Recipe, paths: Sequence[Path]) -> list[tuple[DataSource, Path]]:
    given = paths or [source.path for source in recipe.data if source.path]
    if len(given) != len(recipe.data):
        raise UserError(f"the recipe needs {len(recipe.data)} dataset(s) and got {len(given)}; name them with --data")
    return list(zip(recipe.data, given, strict=True))


def _common_classes(corpora: Sequence[Corpus], paths: Sequence[Path]) -> tuple[str, ...]:
    """The classes that all datasets have."""
    for corpus, path in zip(corpora, paths, strict=True):
        if corpus.classes != corpora[0].classes:
            raise UserError(f"{path} has other classes than {paths[0]}; one recogniser needs one list of them")
    return corpora[0].classes


def _sides(
    corpus: Corpus, source: DataSource, seed: int, report: Callable[[str], None]
) -> dict[Part, list[tuple[Entry, int]]]:
    """The clips of each side of the split with their labels, and of the training side the share that was asked for."""
    sides: dict[Part, list[tuple[Entry, int]]] = {Part.TRAIN: [], Part.TEST: []}
    _, side = source.find_split(corpus)
    read = read_entries(corpus, on_broken=source.on_broken, report=lambda error: report(f"skipped: {error}"))
    for entry, clip in read:
        part = side(clip)
        if part is not None and clip.label >= 0:
            read_again = entry.read if corpus.mapped else partial(_itself, clip)
            kept = partial(_estimated, read_again) if source.estimated else read_again
            sides[part].append((Entry(entry.name, kept), clip.label))
    if source.share < 1:
        sides[Part.TRAIN] = list(_thinned(sides[Part.TRAIN], source.share, seed))
    return sides


def _itself(clip: Clip) -> Clip:
    return clip


def _estimated(read: Callable[[], Clip]) -> Clip:
    return replace(read(), estimated=True)


def _clips(side: Iterable[tuple[Entry, int]]) -> UnreadClips:
    return UnreadClips([entry for entry, _ in side])


def _thinned(side: Sequence[tuple[Entry, int]], share: float, seed: int) -> Iterator[tuple[Entry, int]]:
    """That share of the clips of each class, at least one."""
    random = np.random.default_rng(seed)
    for wanted in sorted({label for _, label in side}):
        of_class = [(entry, label) for entry, label in side if label == wanted]
        chosen = random.permutation(len(of_class))[: max(1, round(share * len(of_class)))]
        yield from (of_class[number] for number in sorted(chosen))


def _taught(actions: Sequence[Action], classes: Sequence[str], labels: Sequence[int]) -> list[tuple[Entry, int]]:
    """The examples of taught actions, repeated until each action has as many clips as a class usually has."""
    usual = int(np.median(np.unique(labels, return_counts=True)[1]))
    examples = []
    for number, action in enumerate(actions, len(classes)):
        if action.name in classes:
            raise UserError(f"the data has a class '{action.name}' already; teach the action under another name")
        clips = (replace(clip, label=number, estimated=True) for clip in action.clips)
        entries = [Entry(f"{action.name}: {clip.name}", partial(_itself, clip)) for clip in clips]
        examples += [(entry, number) for entry in islice(cycle(entries), max(usual, len(entries)))]
    return examples


@contextmanager
def _interruptible() -> Iterator[None]:
    try:
        yield
    except SystemExit:  # what Lightning makes of Ctrl-C
        raise KeyboardInterrupt from None


def _header(
    recipe: Recipe,
    classes: Sequence[str],
    corpora: Sequence[Corpus],
    before: Sequence[TrainingData],
    training: Sequence[Clip],
) -> Header:
    """What the checkpoint says of itself; `before` are the data of the model that training started from."""
    window = recipe.window
    data = [
        TrainingData(name=corpus.origin.name, licence=corpus.origin.licence, citation=corpus.origin.citation)
        for corpus in corpora
    ]
    return Header(
        architecture=recipe.model.name,
        options=recipe.model.options,
        layout=recipe.layout,
        classes=tuple(classes),
        samples=window.samples,
        rate_hz=_usual_rate(window, training) if isinstance(window, ClipWindows) else window.rate_hz,
        whole_clips=isinstance(window, ClipWindows),
        looks=window.looks if isinstance(window, ClipWindows) else 1,
        turn=window.turn if isinstance(window, ClipWindows) else 0.0,
        streams=recipe.streams,
        normalisation=recipe.normalisation,
        focus_module=recipe.focus_module,
        data=tuple(dict.fromkeys((*data, *before))),
        recipe=recipe.model_dump_json(exclude={"data"}),
    )


def _usual_rate(window: ClipWindows, clips: Sequence[Clip]) -> float:
    """Samples a second at which a window lasts as long as the usual clip."""
    return window.samples / float(np.median([clip.seconds for clip in clips]))


def _measure(recogniser: Recogniser, corpus: Corpus, source: DataSource, clips: Sequence[Clip]) -> Accuracy:
    logits = fuse(score_clips(recogniser, clips), recogniser.header.streams)
    right = float(np.mean(logits.argmax(axis=1) == [clip.label for clip in clips]))
    split, _ = source.find_split(corpus)
    return Accuracy(data=corpus.origin.name, split=f"{split}, last epoch", clips=len(clips), top1=right)
