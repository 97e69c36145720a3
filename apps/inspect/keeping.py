"""A span of time and its focus as files to take away: figures, a table, arrays, a page."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from apps.inspect.bodies import Bodies
from apps.inspect.painter import annotate
from apps.inspect.pictures import Pictures
from apps.inspect.subject import RecordSubject, Subject
from apps.inspect.volume import Volume
from apps.live.render import Scene, render
from apps.live.wishes import Look
from realtime.frames import Image
from stf.atomic import output_text
from stf.errors import UserError
from stf.prediction import Segment

if TYPE_CHECKING:
    from stf.explanation import Explanation

ENDINGS = (".png", ".svg", ".csv", ".npz", ".html")
"""What is written follows from what the name of the file ends in."""

_PICTURES = 100  # in a page, at most
_APART = 0.1  # seconds from one picture of a page to the next, at least
_SIZE = 480, 360  # pixels they fit into


def keep(
    path: Path,
    found: "Explanation",
    subject: Subject,
    segments: Sequence[Segment],
    person: int,
    volume: Volume | None,
) -> Path:
    """Write an explanation in the format that the file's name ends in.

    Args:
        path: of one of `ENDINGS`.
        found: what to write.
        subject: what it is about; pictures of a page come from its video.
        segments: what is said in these pictures.
        person: who is asked about.
        volume: the focus in these pictures.

    Returns:
        The file.

    Raises:
        UserError: if the name ends otherwise, or the file cannot be written.
    """
    ending = path.suffix.lower()
    scores = ", ".join(f"{name} {100 * score:.1f} %" for name, score in found.top(3))
    how = f"module {found.module} of {found.depth}, {' + '.join(found.streams)}, {found.method}"
    about = (scores, f"{found.name} \N{MIDDLE DOT} {how}")
    if ending in (".png", ".svg"):
        from apps.focus_figure import draw_focus  # noqa: PLC0415 - matplotlib, for which nobody waits

        draw_focus(path, found, about)
    elif ending == ".csv":
        write_table(path, found)
    elif ending == ".npz":
        found.save(path)
    elif ending == ".html":
        from apps.inspect.page import write_page  # noqa: PLC0415 - torch, by way of the explanation

        span = float(found.times[0]), float(found.times[-1])
        write_page(path, found, about, _pictures(subject, span, segments, person, volume))
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


def _pictures(
    subject: Subject, span: tuple[float, float], segments: Sequence[Segment], person: int, volume: Volume | None
) -> list[tuple[float, Image]]:
    """Pictures of a span with everything drawn in; none where there is no video."""
    if not isinstance(subject, RecordSubject) or subject.video is None:
        return []
    pictures, bodies = Pictures(subject.video), Bodies(subject.record, subject.folder)
    bodies.find(len(bodies.times) - bodies.found)
    seconds = max(_APART, (span[1] - span[0]) / _PICTURES)
    drawn: list[tuple[float, Image]] = []
    for moment in np.arange(span[0], span[1] + 1e-6, seconds):
        frame = pictures.at(float(moment))
        if frame is None or (drawn and drawn[-1][0] == frame.time):
            continue
        people = [annotate(one, segments, frame.time, subject, person, volume) for one in bodies.people_at(frame.time)]
        picture = render(Scene(frame.image, people, subject.layout), Look(size=_SIZE))
        drawn.append((frame.time, picture.image))
    pictures.close()
    bodies.close()
    return drawn
