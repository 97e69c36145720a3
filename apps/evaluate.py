"""`stf evaluate`: how good recognisers are on a dataset, in tables, pictures and files for later fusion."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from apps.charts import draw_confusion
from apps.console import FrameProgress, make_console, say
from apps.tables import write_csv
from stf.atomic import output_folder, write_errors
from stf.checkpoint import Unknown, find_model
from stf.datasets import open_corpus
from stf.datasets.clip import Clip
from stf.datasets.corpus import BrokenClipError, Corpus, OnBroken, Part, find_split, read_clips
from stf.errors import UserError
from stf.evaluation import (
    ClassMatch,
    Logits,
    Predictions,
    answers,
    called_unknown,
    match_classes,
    on_side,
    score_clips,
)
from stf.metrics import Confusion, Metrics, confusion_matrix, measure, measure_classes
from stf.recogniser import Recogniser

_TITLES = {
    "top1": "top-1 %",
    "top5": "top-5 %",
    "class_accuracy": "class mean %",
    "macro_f1": "macro F1 %",
    "ece": "ECE %",
    "nll": "NLL",
    "brier": "Brier",
}
"""Attribute of `Metrics` -> what a column is called."""


@dataclass(frozen=True, slots=True)
class EvaluateOptions:
    """What the command line says beside models and dataset.

    Attributes:
        form: the dataset's format; found out by default.
        split: see `stf.datasets.corpus.find_split`.
        part: the side of the split; None for both.
        skip_broken: leave broken clips out rather than refuse the dataset.
        shared: measure on the classes that model and dataset share.
        same: `MODEL=DATA`, a class of the model and the one of the dataset that is the same; implies `shared`.
        device: where to compute.
    """

    form: str | None = None
    split: str | None = None
    part: Part | None = Part.TEST
    skip_broken: bool = False
    shared: bool = False
    same: Sequence[str] = ()
    device: str = "auto"


@dataclass(frozen=True, slots=True)
class Answers:
    """What one model said.

    Attributes:
        predictions: to be kept.
        metrics: of each stream and of the fusion, the last of which is what the model says as a whole.
        confusion: of the model as a whole.
        called_unknown: share of the clips that the model's threshold for "unknown" calls so; None where it has none.
    """

    predictions: Predictions
    metrics: dict[str, Metrics]
    confusion: Confusion
    called_unknown: float | None


def run_evaluate(models: Sequence[str], data: Path, output: Path | None, options: EvaluateOptions) -> None:
    """Measure models on one side of a split; several are seeds of one recipe, told as mean +- standard deviation.

    Args:
        models: names or files of checkpoints with the same streams and classes.
        data: the dataset.
        output: the folder to make for tables, the confusion matrix and the predictions; none by default.
        options: the rest.

    Raises:
        UserError: if models and dataset do not fit each other, there is nothing to measure on, or `output` is there.
    """
    console = make_console()
    with output_folder(output) if output else nullcontext() as folder:
        recognisers = _load(models, options.device)
        classes = recognisers[0].classes
        corpus = open_corpus(data, options.form)
        same = [_pair(text) for text in options.same]
        match = match_classes(classes, corpus.classes, shared=options.shared or bool(same), same=same)
        split, clips = _choose(corpus, match, options, console)
        about = Predictions(
            model="",
            data=corpus.origin.name,
            split=split,
            part=options.part or "",
            classes=tuple(classes[column] for column in match.columns),
            names=tuple(clip.name for clip in clips),
            labels=np.array([match.labels[clip.label] for clip in clips]),
            logits={},
        )
        with FrameProgress(make_console(stderr=True), "clips/s") as progress:
            found = []
            for model, recogniser in zip(models, recognisers, strict=True):
                progress.begin(Path(model).name, len(clips))
                logits = score_clips(recogniser, clips, lambda _: progress.advance())
                found.append(_judge(about, model, recogniser, logits, match.columns))
        _print(console, found)
        for recogniser, one in zip(recognisers, found, strict=True):
            _print_unknown(console, one, recogniser.header.unknown)
        if folder and output:
            with write_errors(output):
                _write(folder, found)
    if output:
        say(console, f"wrote {output}")


def sound_clips(corpus: Corpus, console: Console, *, skip_broken: bool) -> Iterator[Clip]:
    """Every clip of a dataset, broken ones refused or skipped and named.

    Raises:
        UserError: if a clip is broken and broken clips are refused.
    """
    on_broken = OnBroken.SKIP if skip_broken else OnBroken.REFUSE
    try:
        yield from read_clips(
            corpus, on_broken=on_broken, report=lambda error: say(console, f"skipped: {error}", "yellow")
        )
    except BrokenClipError as error:
        raise UserError(f"{error} (--skip-broken leaves broken clips out)") from error


def clips_of_side(corpus: Corpus, options: EvaluateOptions, console: Console) -> tuple[str, str, list[Clip]]:
    """The labelled clips on the side of the split that the options say.

    Returns:
        The name of the split, dataset and side in words, and the clips.

    Raises:
        UserError: if there is no such split, or a clip is broken and refused.
    """
    clips = sound_clips(corpus, console, skip_broken=options.skip_broken)
    if options.part is None:
        return "", corpus.origin.name, on_side(clips, lambda _: None, None)
    split, side = find_split(corpus, options.split)
    return split, f"{corpus.origin.name}, {options.part} side of {split}", on_side(clips, side, options.part)


def _load(models: Sequence[str], device: str) -> list[Recogniser]:
    recognisers = [Recogniser.load(model, device=device) for model in models]
    first = recognisers[0]
    for model, recogniser in zip(models, recognisers, strict=True):
        if recogniser.classes != first.classes or recogniser.networks.keys() != first.networks.keys():
            raise UserError(
                f"{model} has other classes or streams than {models[0]}; several models must be seeds of one recipe"
            )
    return recognisers


def _pair(text: str) -> tuple[str, str]:
    ours, equals, theirs = text.partition("=")
    if not equals:
        raise UserError(f"--same '{text}' is not of the form MODEL=DATA, a class of the model and one of the dataset")
    return ours.strip(), theirs.strip()


def _choose(corpus: Corpus, match: ClassMatch, options: EvaluateOptions, console: Console) -> tuple[str, list[Clip]]:
    """The name of the split and the clips to measure on."""
    split, where, chosen = clips_of_side(corpus, options, console)
    shared = [clip for clip in chosen if clip.label in match.labels]
    if not shared:
        raise UserError(f"there is no labelled clip to measure on in {where}")
    left_out = f", {len(chosen) - len(shared)} of other classes left out" if len(shared) < len(chosen) else ""
    say(console, f"{where}: {len(shared)} clips of {len(match.columns)} classes{left_out}")
    return split, shared


def _judge(
    about: Predictions, model: str, recogniser: Recogniser, logits: Mapping[str, Logits], columns: Sequence[int]
) -> Answers:
    """Measure the classes in some columns; whether a clip is called unknown is a matter of all of them."""
    said = answers(logits, recogniser.header)
    *_, whole = said.values()
    unknown = recogniser.header.unknown
    kept = {name: rows[:, columns] for name, rows in logits.items()}
    return Answers(
        replace(about, model=find_model(model).name, logits=kept, whole=whole[:, columns]),
        {name: measure(rows[:, columns], about.labels) for name, rows in said.items()},
        confusion_matrix(whole[:, columns], about.labels),
        None if unknown is None else float(np.mean(called_unknown(whole, unknown))),
    )


def _print_unknown(console: Console, found: Answers, unknown: Unknown | None) -> None:
    if unknown is not None:
        by_energy = unknown.energy is not None
        threshold = f"an energy of {unknown.energy:.2f}" if by_energy else f"a confidence of {unknown.below:.3f}"
        say(
            console,
            f"{found.predictions.model}: {found.called_unknown:.1%} of the clips are called unknown by its threshold, "
            f"{threshold}, chosen for {unknown.false_alarms:.1%} false alarms",
        )


def _print(console: Console, found: Sequence[Answers]) -> None:
    seeds = f", mean \u00b1 standard deviation over {len(found)} models" if len(found) > 1 else ""
    table = Table("stream", *_TITLES.values(), title=f"All classes{seeds}", title_justify="left")
    for stream in found[0].metrics:
        rows = [asdict(one.metrics[stream]) for one in found]
        table.add_row(stream, *(_spread([row[name] for row in rows], name) for name in _TITLES))
    _align(table, 1, len(_TITLES) + 1)
    console.print(table)
    table = Table("class", "clips", "right %", "precision %", "F1 %", "most often taken for")
    table.title, table.title_justify = f"Each class{seeds}", "left"
    classes = [measure_classes(one.confusion) for one in found]
    others = _taken_for(found)
    for number, name in enumerate(found[0].predictions.classes):
        shares = ([getattr(one, kind)[number] for one in classes] for kind in ("recall", "precision", "f1"))
        table.add_row(name, str(classes[0].clips[number]), *map(_spread, shares), others[number])
    _align(table, 1, 5)
    console.print(table)


def _align(table: Table, first: int, last: int) -> None:
    for column in table.columns[first:last]:
        column.justify = "right"


def _spread(values: Sequence[float], name: str = "") -> str:
    """Mean and, of several, sample standard deviation; in per cent but for NLL and Brier. Nothing where undefined."""
    defined = np.array([value for value in values if not np.isnan(value)])
    scale, digits = (1, 3) if name in {"nll", "brier"} else (100, 1)
    if not len(defined):
        return ""
    mean = f"{scale * defined.mean():.{digits}f}"
    return f"{mean} \u00b1 {scale * defined.std(ddof=1):.{digits}f}" if len(defined) > 1 else mean


def _taken_for(found: Sequence[Answers]) -> list[str]:
    """For each class the one that it is wrongly called most often, and how often, over all models."""
    confusion = sum(one.confusion for one in found)
    wrong = np.array(confusion) - np.diag(np.diagonal(confusion))
    classes = found[0].predictions.classes
    return [
        f"{classes[row.argmax()]} ({row.max()} of {clips})" if row.max() else ""
        for row, clips in zip(wrong, np.sum(confusion, axis=1), strict=True)
    ]


def _write(folder: Path, found: Sequence[Answers]) -> None:
    """The files that docs/formats.md describes."""
    classes = found[0].predictions.classes
    files = [f"{Path(one.predictions.model).stem}" for one in found]
    if len(set(files)) < len(files):
        files = [f"{file}-{number}" for number, file in enumerate(files, 1)]
    for file, one in zip(files, found, strict=True):
        one.predictions.save(folder / f"{file}.npz")
    write_csv(
        folder / "metrics.csv",
        ("model", "stream", "clips", *_TITLES),
        (
            (file, stream, len(one.predictions.names), *asdict(metrics).values())
            for file, one in zip(files, found, strict=True)
            for stream, metrics in one.metrics.items()
        ),
    )
    rated = [(file, measure_classes(one.confusion)) for file, one in zip(files, found, strict=True)]
    write_csv(
        folder / "classes.csv",
        ("model", "class", "clips", "recall", "precision", "f1"),
        (
            (file, name, of.clips[n], of.recall[n], of.precision[n], of.f1[n])
            for file, of in rated
            for n, name in enumerate(classes)
        ),
    )
    confusion = np.sum([one.confusion for one in found], axis=0)
    write_csv(
        folder / "confusion.csv",
        ("true \\ said", *classes),
        ((name, *row) for name, row in zip(classes, confusion.tolist(), strict=True)),
    )
    about = found[0].predictions
    side = f", {about.part} side of {about.split}" if about.part else ""
    several = f", {len(found)} models" if len(found) > 1 else ""
    draw_confusion(folder / "confusion.png", f"{about.data}{side}{several}", classes, confusion)
