"""Cues: what SubRip (SRT) and WebVTT have in common."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from realtime.formats.base import in_order, one_line, read_text
from stf.errors import UserError
from stf.prediction import Segment

_TIME = r"(?:(\d+):)?(\d\d?):(\d\d)[,.](\d{1,3})"
_SPAN = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?")
_TEXT = re.compile(r"(?:person (\d+): )?(.*?)(?: \((\d+(?:\.\d+)?) %\))?", re.DOTALL)


def cue_text(segment: Segment) -> str:
    """What a viewer reads: `person 0: wave (87.25 %)`."""
    return f"person {segment.person}: {one_line(segment.label)} ({100 * segment.confidence:.2f} %)"


def cue_time(seconds: float, point: str) -> str:
    """`01:02:03.456`, with another decimal point where needed."""
    minutes, milliseconds = divmod(round(1000 * seconds), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"


def cue_span(segment: Segment, point: str) -> str:
    """`00:00:01.000 --> 00:00:02.500`."""
    return f"{cue_time(segment.start, point)} --> {cue_time(segment.end, point)}"


def read_cues(
    path: Path, remedy: str, *, skipped: Sequence[str] = (), plain: Callable[[str], str] = str
) -> list[Segment]:
    """The segments in a file of cues; each line of a cue is one, without a person's name person 0, and certain.

    Args:
        path: the file.
        remedy: what to do where it holds no cues.
        skipped: how blocks begin that are not cues.
        plain: turns a line of marked-up text into what is meant.

    Raises:
        UserError: if the file cannot be read or a block is not a cue.
    """
    segments = []
    for number, block in _blocks(read_text(path, remedy)):
        if any(block[0].startswith(word) for word in skipped):
            continue
        first = 0 if "-->" in block[0] else 1  # a cue may begin with a number or a name
        span = _SPAN.fullmatch(block[first]) if first < len(block) else None
        if span is None:
            raise UserError(f"{path} line {number} does not begin a cue with its times: {remedy}")
        start, end = (_seconds(*span.groups()[place : place + 4]) for place in (0, 4))
        if end <= start:
            raise UserError(f"{path} line {number + first}: the cue starts at {start} s and ends at {end} s: mend it")
        segments += [_segment(start, end, plain(line)) for line in block[first + 1 :]]
    return in_order(segments)


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """What is between empty lines, with the number of its first line."""
    block: list[str] = []
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def _seconds(hours: str | None, minutes: str, seconds: str, fraction: str) -> float:
    whole = 3600 * int(hours or 0) + 60 * int(minutes) + int(seconds)
    return (1000 * whole + int(fraction.ljust(3, "0"))) / 1000


def _segment(start: float, end: float, text: str) -> Segment:
    match = _TEXT.fullmatch(text.strip())
    assert match  # noqa: S101 - it matches every text
    person, label, percent = match.groups()
    confidence = 1.0 if percent is None else min(round(float(percent) / 100, 4), 1.0)
    return Segment(start, end, int(person or 0), label, confidence)
