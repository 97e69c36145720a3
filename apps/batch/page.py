"""`stf label --report`: one page, without anything outside it, about everything a run did."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from apps.batch.inputs import Failure
from apps.batch.outcome import Done
from apps.batch.remote import Remote
from apps.batch.unsure import UNSURE, Span, unsure_spans
from realtime.formats import FORMATS
from realtime.records import ENDING, open_record
from stf.atomic import output_text
from stf.errors import UserError
from stf.prediction import NONE, Segment

_WIDTH = 1000  # of a timeline, in its own units
_ROW = 22  # height of a person's row
_LETTER = 6.6  # width of a letter
_FIRST = 25  # spans to look at first
_ROWS = 12  # people of whom a timeline has a row; the others come and go for moments
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1c2530; margin: 2rem auto; max-width: 1040px; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
h3 { font-size: 1rem; margin: 1.6rem 0 .1rem; overflow-wrap: anywhere; }
p { margin: .3rem 0; } .less { color: #5b6673; } .bad { color: #a32020; } a { color: #1759a8; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .22rem .8rem .22rem 0; vertical-align: top; }
th { font-weight: 600; border-bottom: 1px solid #ccd3db; }
td { border-bottom: 1px solid #eceff3; overflow-wrap: anywhere; }
td.n, th.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
svg { width: 100%; height: auto; display: block; margin: .35rem 0; } svg text { font: 11px system-ui, sans-serif; }
.key span { display: inline-block; margin: 0 1rem .2rem 0; }
.key i { display: inline-block; width: .8em; height: .8em; margin-right: .35em; border-radius: 2px; }
"""


def write_page(path: Path, done: Sequence[Done], failures: Sequence[Failure], remote: Remote | None = None) -> None:
    """Write the page.

    Args:
        path: the `.html` file.
        done: what has a record.
        failures: what has none, and why.
        remote: where the records are, if they are at an address.

    Raises:
        UserError: if the disk refuses.
    """
    times = _times(segment for one in done for segment in one.segments)
    colours = {label: _colour(number) for number, label in enumerate(times)}
    doubts, unreadable = _doubts(done, remote)
    seconds = sum(one.seconds for one in done)
    title = f"Labels of {len(done)} video{'s' if len(done) != 1 else ''}"
    with output_text(path) as write:
        write(f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n')
        write('<meta name="viewport" content="width=device-width, initial-scale=1">\n')
        write(f"<style>{_STYLE}</style></head><body>\n<h1>{title}</h1>\n")
        write(f'<p class="less">{_clock(seconds)} in all, {sum(one.people for one in done)} person ids')
        write(f', <span class="bad">{len(failures)} could not be labelled</span></p>\n' if failures else "</p>\n")
        if times:
            write(f"{_shares(times, colours, sum(times.values()))}\n{_key(times, colours)}\n")
        _write_doubts(write, doubts, path)
        _write_failures(write, [*failures, *unreadable])
        write("<h2>Each video</h2>\n")
        for one in done:
            write(_video(one, colours, path))
        write("</body></html>\n")


def _doubts(done: Sequence[Done], remote: Remote | None) -> tuple[list[tuple[Done, Span]], list[Failure]]:
    """The spans to look at first of all videos, and the records whose windows cannot be read."""
    found: list[tuple[Done, Span]] = []
    failures: list[Failure] = []
    for one in done:
        try:
            found += [(one, span) for span in _unsure_spans(one, remote)[:_FIRST]]
        except UserError as error:
            failures.append(Failure(one.record, str(error)))
    return sorted(found, key=lambda pair: -pair[1].doubt)[:_FIRST], failures


def _unsure_spans(one: Done, remote: Remote | None) -> list[Span]:
    if remote is None:
        return unsure_spans(open_record(one.record))
    with TemporaryDirectory() as folder:
        remote.fetch(one.video.name, Path(folder))
        return unsure_spans(open_record(Path(folder, f"{one.video.name}{ENDING}")))


def _write_doubts(write: Callable[[str], None], doubts: Sequence[tuple[Done, Span]], page: Path) -> None:
    write("<h2>Look here first</h2>\n")
    if not doubts:
        write(f"<p>Nobody was below {UNSURE:.0%} for a second or longer.</p>\n")
        return
    write(
        f'<p class="less">Stretches in which the recogniser stayed below {UNSURE:.0%}, the longest doubt first. '
        "A time opens the video there.</p>\n<table><tr><th>video</th><th>when</th><th class=n>person</th>"
        "<th>most likely</th><th class=n>confidence</th></tr>\n"
    )
    for one, span in doubts:
        when = f'<a href="{_link(one, page, span.start)}">{_moment(span.start)} to {_moment(span.end)}</a>'
        write(
            f"<tr><td>{escape(str(one.video.name))}</td><td>{when}</td><td class=n>{span.person}</td>"
            f"<td>{escape(span.label)}</td><td class=n>{span.confidence:.0%}</td></tr>\n"
        )
    write("</table>\n")


def _write_failures(write: Callable[[str], None], failures: Sequence[Failure]) -> None:
    if failures:
        write("<h2>Not labelled</h2>\n<table><tr><th>file</th><th>why</th></tr>\n")
        for failure in failures:
            write(f"<tr><td>{escape(str(failure.what))}</td><td>{escape(failure.reason)}</td></tr>\n")
        write("</table>\n")


def _video(one: Done, colours: dict[str, str], page: Path) -> str:
    """What there is to say about one video, and its pictures."""
    times = _times(one.segments)
    people = f"{one.people} {'person' if one.people == 1 else 'people'}"
    seen = f"somebody in {one.frames_with_people / max(one.frames, 1):.0%} of the frames"
    lines = [
        f'<h3><a href="{_link(one, page, one.video.start)}">{escape(str(one.video.name))}</a></h3>',
        f'<p class="less">{_clock(one.seconds)}, {one.frames} frames, {people}, {seen}</p>',
        *(f'<p class="bad">{escape(note)}</p>' for note in one.notes),
    ]
    if times:
        named = sum(times.values()) / max(one.seconds, 1e-9)
        shares = ", ".join(f"{escape(label)} {time / one.seconds:.0%}" for label, time in list(times.items())[:6])
        more = f" and {len(times) - 6} more" if len(times) > 6 else ""
        lines.append(
            f"<p>{shares}{more}; {NONE} {max(1 - named, 0):.0%}</p>" if one.people == 1 else f"<p>{shares}{more}</p>"
        )
        lines += [_shares(times, colours, max(one.seconds, sum(times.values()))), _timeline(one, colours)]
    return "\n".join(lines) + "\n"


def _timeline(one: Done, colours: dict[str, str]) -> str:
    """Who did what when: a row for each person, fainter where it is less sure, as SVG."""
    rows = [person for person, _ in _people(one.segments).most_common(_ROWS)]
    rows.sort()
    height = _ROW * len(rows) + 18
    scale = _WIDTH / max(one.seconds, 1e-9)
    parts = [f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="timeline">']
    parts += [
        f'<rect x="0" y="{number * _ROW}" width="{_WIDTH}" height="{_ROW - 3}" fill="#f0f2f5"/>'
        for number in range(len(rows))
    ]
    for segment in one.segments:
        if segment.person in rows:
            x, y = (segment.start - one.video.start) * scale, rows.index(segment.person) * _ROW
            width = max((segment.end - segment.start) * scale, 1.0)
            when = f"{_moment(segment.start)} to {_moment(segment.end)}"
            said = f"person {segment.person}: {segment.label}, {segment.confidence:.0%}, {when}"
            parts.append(
                f'<g><title>{escape(said)}</title><rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_ROW - 3}" '
                f'fill="{colours[segment.label]}" fill-opacity="{0.35 + 0.65 * segment.confidence:.2f}"/>'
                f"{_inside(segment.label, x, y, width)}</g>"
            )
    if len(rows) > 1:
        parts += [
            f'<text x="{_WIDTH - 4}" y="{number * _ROW + 13}" text-anchor="end" fill="#5b6673">person {person}</text>'
            for number, person in enumerate(rows)
        ]
    for tick in range(5):
        anchor = ("start", "middle", "middle", "middle", "end")[tick]
        moment = _moment(one.video.start + one.seconds * tick / 4)
        parts.append(
            f'<text x="{_WIDTH * tick / 4}" y="{height - 4}" text-anchor="{anchor}" fill="#5b6673">{moment}</text>'
        )
    return "".join(parts) + "</svg>"


def _shares(times: dict[str, float], colours: dict[str, str], whole: float) -> str:
    """How much time each label takes, as one bar."""
    parts = [f'<svg viewBox="0 0 {_WIDTH} 20" role="img" aria-label="shares of the labels">']
    parts.append(f'<rect x="0" y="0" width="{_WIDTH}" height="18" fill="#f0f2f5"/>')
    x = 0.0
    for label, time in times.items():
        width = _WIDTH * time / whole
        parts.append(
            f"<g><title>{escape(label)}: {_clock(time)}</title>"
            f'<rect x="{x:.1f}" y="0" width="{width:.1f}" height="18" fill="{colours[label]}"/>'
            f"{_inside(label, x, 0, width)}</g>"
        )
        x += width
    return "".join(parts) + "</svg>"


def _inside(label: str, x: float, y: float, width: float) -> str:
    """A label in its box, where there is room."""
    if len(label) * _LETTER + 6 > width:
        return ""
    return f'<text x="{x + 4:.1f}" y="{y + 13}" fill="#10161d">{escape(label)}</text>'


def _key(times: dict[str, float], colours: dict[str, str]) -> str:
    rows = (
        f'<span><i style="background:{colours[label]}"></i>{escape(label)} {_clock(time)}</span>'
        for label, time in times.items()
    )
    return f'<p class="key">{"".join(rows)}</p>'


def _link(one: Done, page: Path, seconds: float) -> str:
    """The annotated video where there is one, else the video itself, at a moment."""
    drawn = one.record.with_name(one.record.name.removesuffix(".stf.json") + FORMATS["mp4"].ending)
    target, moment = (drawn, seconds - one.video.start) if drawn.exists() else (one.video.path, seconds)
    try:
        where = quote(Path(os.path.relpath(target, page.parent)).as_posix())
    except ValueError:  # another drive
        where = target.resolve().as_uri()
    return escape(f"{where}#t={moment:.1f}")


def _times(segments: Iterable[Segment]) -> dict[str, float]:
    """Seconds of each label, over all people, the most first."""
    times: dict[str, float] = {}
    for segment in segments:
        times[segment.label] = times.get(segment.label, 0.0) + segment.end - segment.start
    return dict(sorted(times.items(), key=lambda pair: -pair[1]))


def _people(segments: Iterable[Segment]) -> Counter[int]:
    return Counter(segment.person for segment in segments)


def _colour(number: int) -> str:
    """Neighbours in a row of labels are far apart in hue: each is a golden angle on."""
    return f"hsl({(215 + 137.508 * number) % 360:.0f} 62% {66 if number % 2 else 58}%)"


def _clock(seconds: float) -> str:
    minutes = int(seconds // 60)
    return (
        f"{seconds:.1f} s"
        if seconds < 60
        else f"{minutes // 60} h {minutes % 60:02} min"
        if minutes >= 60
        else f"{minutes} min {seconds % 60:02.0f} s"
    )


def _moment(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return (
        f"{int(minutes) // 60}:{int(minutes) % 60:02}:{rest:04.1f}" if minutes >= 60 else f"{int(minutes)}:{rest:04.1f}"
    )
