"""A span of time and its focus as files to take away: figures, films, a table, arrays, a page."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from apps.inspect.filming import draw_pictures, film_span
from apps.inspect.subject import RecordSubject, Subject
from apps.steps import Steps
from realtime.formats import Format
from realtime.frames import Image
from realtime.records import Record
from stf.atomic import output_text
from stf.errors import UserError
from stf.prediction import Segment

if TYPE_CHECKING:
    from stf.explanation import Explanation

ENDINGS = (".png", ".svg", ".mp4", ".gif", ".csv", ".npz", ".html")
"""What is written follows from what the name of the file ends in."""

CHOICES = (
    "Figure (*.png);;Drawing (*.svg);;Film (*.mp4);;Film that plays anywhere (*.gif);;"
    "Table (*.csv);;Arrays (*.npz);;Page (*.html)"
)
"""The same for a dialog."""

_PICTURES = 100  # in a page, at most
_APART = 0.1  # seconds from one picture of a page to the next, at least
_SIZE = 480, 360  # pixels they fit into


def keep(
    path: Path,
    found: "Explanation",
    subject: Subject,
    segments: Sequence[Segment],
    person: int,
    steps: Steps,
) -> Path:
    """Write an explanation in the format that the file's name ends in.

    Args:
        path: of one of `ENDINGS`.
        found: what to write.
        subject: what it is about; pictures of a page come from its video.
        segments: what is said in these pictures.
        person: who is explained.
        steps: told of every picture of a film.

    Returns:
        The file.

    Raises:
        UserError: if the name ends otherwise, or the file cannot be written.
    """
    ending = path.suffix.lower()
    scores = ", ".join(f"{name} {100 * score:.1f} %" for name, score in found.top(3))
    what = f"mean of {found.clips}, shown on {found.name}" if found.clips > 1 else found.name
    how = f"module {found.module} of {found.depth}, {' + '.join(found.streams)}, {found.method}"
    about = (scores, f"{what} \N{MIDDLE DOT} {how}")
    if ending in (".png", ".svg"):
        from apps.focus_figure import draw_focus  # noqa: PLC0415 - matplotlib, for which nobody waits

        draw_focus(path, found, about)
    elif ending in (".mp4", ".gif"):
        film_span(path, found, subject, segments, person, steps)
    elif ending == ".csv":
        write_table(path, found)
    elif ending == ".npz":
        found.save(path)
    elif ending == ".html":
        from apps.inspect.page import write_page  # noqa: PLC0415 - torch, by way of the explanation

        write_page(path, found, about, _pictures(found, subject, segments, person))
    else:
        raise UserError(f"{path.name} must end in {', '.join(ENDINGS)}, which says what is to be written")
    return path


def write_table(path: Path, found: "Explanation") -> None:
    """Write the focus as comma-separated values: a row for each moment, a column for each joint.

    Raises:
        UserError: if the disk refuses.
    """
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(["time", *found.layout.joints])
    for time, values in zip(found.times, found.focus[0], strict=True):
        rows.writerow([f"{time:.3f}", *(f"{value:.4f}" for value in values)])
    with output_text(path) as write:
        write(text.getvalue())


def export(record: Record, form: Format, folder: Path, *, taught: bool) -> Path:
    """Write the segments of a record under its name.

    Args:
        record: as it is corrected; only what is to be learned from where `taught`.
        form: the format.
        folder: where to.
        taught: whether clips to be learned from are wanted.

    Returns:
        The file or folder.

    Raises:
        UserError: if there is nothing to be learned from, or as the format.
    """
    if taught and not record.segments:
        raise UserError("no segment is marked to be learned from: tick that box for some and press Change")
    path = folder / f"{record.name}{form.ending}"
    form.write(record, path, lambda: None)
    return path


def _pictures(
    found: "Explanation", subject: Subject, segments: Sequence[Segment], person: int
) -> list[tuple[float, Image]]:
    """Pictures of a span with everything drawn in; none where there is no video."""
    if found.clips > 1 or not isinstance(subject, RecordSubject) or subject.video is None:
        return []
    first, last = float(found.times[0]), float(found.times[-1])
    moments = np.arange(first, last + 1e-6, max(_APART, (last - first) / _PICTURES))
    return list(draw_pictures(found, subject, segments, person, moments.tolist(), _SIZE))
