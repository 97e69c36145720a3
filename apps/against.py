"""`stf evaluate --against`: how well label records match what people say is in the videos."""

from collections.abc import Sequence
from contextlib import nullcontext
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
from rich.table import Table

from apps.charts import draw_confusion
from apps.console import make_console, say
from apps.tables import write_csv
from realtime.formats import find_labels, read_labels
from realtime.records import Record, open_record
from stf.atomic import output_folder, write_errors
from stf.errors import UserError
from stf.prediction import NONE, Segment
from stf.segment_metrics import OVERLAPS, SegmentMetrics, measure_segments

_TITLES = (*(f"F1@{round(100 * overlap)} %" for overlap in OVERLAPS), "edit", "frames right %")


def run_against(records: Sequence[Path], labels: Path, output: Path | None) -> None:
    """Compare records with true labels, and print and write what comes of it.

    Args:
        records: the records' files.
        labels: the true labels of one record, or a folder with a file for each, named after its video.
        output: the folder to make for tables and the picture of the confusion; none by default.

    Raises:
        UserError: if records or labels cannot be read, or `output` is there.
    """
    if len(records) > 1 and not labels.is_dir():
        raise UserError(f"{labels} holds the labels of one video; give a folder with those of every record's")
    console = make_console()
    with output_folder(output) if output else nullcontext() as folder:
        opened = [open_record(path) for path in records]
        pairs = [(record, read_labels(find_labels(labels, record))) for record in opened]
        names = {segment.label for record, true in pairs for segment in (*record.segments, *true)} - {NONE}
        classes = [*sorted(names), NONE]
        for record, true in pairs:
            known = set(record.facts.model.classes) | {NONE}
            if unknown := sorted({segment.label for segment in true} - known):
                say(console, f"{record.path}: its recogniser does not know {', '.join(unknown)}", "yellow")
        found = [_measure(record, true, classes) for record, true in pairs]
        total = reduce(add, found)
        rows = [(record.name, one) for (record, _), one in zip(pairs, found, strict=True)]
        table = Table("video", *_TITLES)
        for column in table.columns[1:]:
            column.justify = "right"
        for name, one in rows if len(rows) == 1 else [*rows, ("all", total)]:
            table.add_row(name, *(f"{100 * figure:.1f}" for figure in _figures(one)))
        console.print(table)
        if folder and output:
            with write_errors(output):
                _write(folder, rows, total, classes)
    if output:
        say(console, f"wrote {output}")


def _measure(record: Record, true: Sequence[Segment], classes: Sequence[str]) -> SegmentMetrics:
    """Person by person; one true person is everybody who was found, since nobody else is there to be mistaken for."""
    video = record.facts.video
    times = np.linspace(video.start, video.seconds, max(video.frames, 1))
    true = [segment for segment in true if segment.label != NONE]
    people = {segment.person for segment in true}
    if len(people) == 1:
        return measure_segments(record.segments, true, times, classes)
    people |= {segment.person for segment in record.segments} or {0}
    sides = (
        [[segment for segment in side if segment.person == person] for side in (record.segments, true)]
        for person in sorted(people)
    )
    return reduce(add, (measure_segments(found, known, times, classes) for found, known in sides))


def _figures(metrics: SegmentMetrics) -> list[float]:
    return [*(matches.f1 for matches in metrics.matches), metrics.edit, metrics.accuracy]


def _write(
    folder: Path, rows: Sequence[tuple[str, SegmentMetrics]], total: SegmentMetrics, classes: Sequence[str]
) -> None:
    """The files that docs/evaluation.md describes."""
    header = ("video", *(f"f1_{round(100 * overlap)}" for overlap in OVERLAPS), "edit", "accuracy")
    write_csv(folder / "segments.csv", header, ((name, *_figures(one)) for name, one in [*rows, ("all", total)]))
    confusion = total.confusion.tolist()
    write_csv(
        folder / "confusion.csv",
        ("true \\ said", *classes),
        ((name, *row) for name, row in zip(classes, confusion, strict=True)),
    )
    title = f"frames of {len(rows)} videos" if len(rows) > 1 else f"frames of {rows[0][0]}"
    draw_confusion(folder / "confusion.png", title, classes, total.confusion)
