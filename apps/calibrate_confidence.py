"""`stf calibrate confidence`: a checkpoint whose confidence is a probability, and which knows when it does not know."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.special import softmax

from apps.charts import draw_reliability
from apps.console import FrameProgress, make_console, say
from apps.evaluate import sound_clips
from calibration.confidence import Calibration, CrossFit, Held, Kind, Scaling, calibrate, chance_error
from stf.atomic import output_file, write_errors
from stf.checkpoint import Accuracy, Header, find_model, load_checkpoint, save_checkpoint
from stf.datasets import open_corpus
from stf.datasets.corpus import Part, find_split
from stf.errors import UserError
from stf.evaluation import fuse, on_side, score_clips
from stf.metrics import Metrics, Reliability, reliability
from stf.prediction import NONE
from stf.recogniser import Recogniser


@dataclass(frozen=True, slots=True)
class ConfidenceOptions:
    """What the command line says beside model, dataset and output.

    Attributes:
        form: the dataset's format; found out by default.
        split: see `stf.datasets.corpus.find_split`; its test side is what was held out.
        false_alarms: share of clips of known classes that may be called unknown.
        skip_broken: leave broken clips out rather than refuse the dataset.
        report: a folder for the reliability diagram.
        device: where to compute.
    """

    form: str | None = None
    split: str | None = None
    false_alarms: float = 0.05
    skip_broken: bool = False
    report: Path | None = None
    device: str = "auto"


def run_confidence(model: str, data: Path, output: Path, options: ConfidenceOptions) -> None:
    """Write a checkpoint with a scaling and a threshold fitted on held-out clips, and say how well they do.

    Raises:
        UserError: if model and dataset do not fit each other, or the clips do not allow to fit and to measure.
    """
    console = make_console()
    recogniser = Recogniser.load(model, device=options.device)
    header = recogniser.header
    corpus = open_corpus(data, options.form)
    if set(corpus.classes) != set(header.classes):
        raise UserError(
            f"{data} has other classes than {model}; calibrate on held-out clips of the model's own classes"
        )
    split, side = find_split(corpus, options.split)
    clips = on_side(sound_clips(corpus, console, skip_broken=options.skip_broken), side, Part.TEST)
    where = f"{corpus.origin.name}, test side of {split}"
    if not clips:
        raise UserError(f"there is no held-out clip to calibrate on in {where}; choose another --split")
    label = [header.classes.index(name) for name in corpus.classes]
    with FrameProgress(make_console(stderr=True), "clips/s") as progress:
        progress.begin(Path(model).name, len(clips))
        logits = score_clips(recogniser, clips, lambda _: progress.advance())
    held = Held(
        fuse(logits, header.streams),
        np.array([label[clip.label] for clip in clips]),
        np.array([clip.subject for clip in clips]),
        header.classes.index(NONE) if NONE in header.classes else None,
    )
    found = calibrate(held, Scaling(header.temperature, header.vector), options.false_alarms)
    say(console, f"{where}: {len(clips)} clips of {len(header.classes)} classes by {_subjects(held)} subjects")
    _print(console, found, header.classes)
    if options.report is not None:
        picture = options.report / f"{output.stem}.png"
        _draw(picture, where, held, found)
        say(console, f"reliability diagram in {picture}")
    _, states = load_checkpoint(find_model(model))
    save_checkpoint(output, _calibrated(header, found, corpus.origin.name, split, held), states)
    say(console, f"wrote {output}")


def _subjects(held: Held) -> int:
    return len(np.unique(held.subjects))


def _calibrated(header: Header, found: Calibration, data: str, split: str, held: Held) -> Header:
    """The header with what was fitted; vector scaling changes answers, so top-1 is then that of the cross-fit."""
    fitted = "" if found.kind is Kind.AS_IT_IS else f"{found.kind} scaling and "
    clips = f"{len(held.labels)} clips of {data}, test side of {split}"
    changes: dict[str, object] = {
        "temperature": found.scaling.temperature,
        "vector": found.scaling.vector,
        "unknown": found.unknown,
        "recipe": f"{header.recipe}; {fitted}threshold for unknown fitted on {clips}",
    }
    if found.kind is Kind.VECTOR:
        by = f"{split}, vector scaling fitted on the other subjects of the test side"
        top1 = found.fits[found.kind].whole.top1
        changes["accuracy"] = (Accuracy(data=data, split=by, clips=len(held.labels), top1=top1),)
    return header.model_copy(update=changes)


def _print(console: Console, found: Calibration, classes: Sequence[str]) -> None:
    _print_tables(console, found)
    if found.sparse:
        names = ", ".join(classes[label] for label in found.sparse)
        say(console, f"vector scaling needs clips of each class by two subjects and was left out: {names}", "yellow")
    scaling = f"{found.kind}, temperature {found.scaling.temperature:.3f}"
    say(console, f"chosen: {scaling} (the simplest within a standard error of the least NLL over subjects)")
    alarms = np.array([*found.fits[found.kind].false_alarms.values()])
    energy = found.unknown.energy
    say(
        console,
        f"{'never unknown' if energy is None else f'unknown above an energy of {energy:.2f}'}: chosen for "
        f"{found.unknown.false_alarms:.1%} false alarms; on subjects it was not chosen on {alarms.mean():.1%} \u00b1 "
        f"{alarms.std(ddof=1):.1%}",
    )


def _print_tables(console: Console, found: Calibration) -> None:
    count = len(found.fits[Kind.AS_IT_IS].subjects)
    titles = ("top-1 %", "ECE %", "NLL", "Brier")
    say(console, f"Fitted on all subjects but one, measured on that one: mean \u00b1 standard deviation over {count}")
    table = Table("scaling", *titles)
    for kind, fit in found.fits.items():
        rows = np.array([_figures(metrics) for metrics in fit.subjects.values()])
        spread = zip(rows.mean(axis=0), rows.std(axis=0, ddof=1), _DIGITS, strict=True)
        table.add_row(kind, *(f"{mean:.{digits}f} \u00b1 {std:.{digits}f}" for mean, std, digits in spread))
    console.print(table)
    say(console, "The same, all clips together, and the ECE that so few would show if the probabilities were right")
    table = Table("scaling", *titles, "ECE if right %")
    for kind, fit in found.fits.items():
        figures = (f"{value:.{digits}f}" for value, digits in zip(_figures(fit.whole), _DIGITS, strict=True))
        mean, std = chance_error(fit.logits)
        table.add_row(kind, *figures, f"{100 * mean:.1f} \u00b1 {100 * std:.1f}")
    console.print(table)


_DIGITS = (1, 1, 3, 3)


def _figures(metrics: Metrics) -> tuple[float, float, float, float]:
    return 100 * metrics.top1, 100 * metrics.ece, metrics.nll, metrics.brier


def _draw(picture: Path, where: str, held: Held, found: Calibration) -> None:
    def bins(fit: CrossFit) -> Reliability:
        return reliability(softmax(fit.logits, axis=1), held.labels)

    panels = {str(kind): bins(fit) for kind, fit in found.fits.items()}
    title = f"{where}, {len(held.labels)} clips\nfitted on all subjects but one, measured on that one"
    with output_file(picture) as temporary, write_errors(picture):
        draw_reliability(temporary, title, panels)
