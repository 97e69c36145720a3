"""Subtitles as WebVTT (`.vtt`, W3C), which browsers show in a `<track>`."""

import html
import re
from pathlib import Path

from realtime.formats.base import Format, at_once, read_text
from realtime.formats.cues import cue_span, cue_text, read_cues
from realtime.records import Record
from stf.atomic import output_text
from stf.errors import UserError
from stf.prediction import Segment

_HEADER = "WEBVTT"
_TAG = re.compile(r"<[^>]*>")


def write_vtt(record: Record, path: Path) -> None:
    """Write one cue per segment."""
    with output_text(path) as write:
        write(f"{_HEADER}\n\n")
        for segment in record.segments:
            write(f"{cue_span(segment, '.')}\n{html.escape(cue_text(segment), quote=False)}\n\n")


def read_vtt(path: Path) -> list[Segment]:
    """The segments in a WebVTT file.

    Raises:
        UserError: if it is none.
    """
    remedy = "give a WebVTT file (.vtt), as 'stf export --format vtt' writes it"
    if not read_text(path, remedy).startswith(_HEADER):
        raise UserError(f"{path} does not begin with {_HEADER}: {remedy}")
    return read_cues(path, remedy, skipped=(_HEADER, "NOTE", "STYLE", "REGION"), plain=_plain)


def _plain(line: str) -> str:
    return html.unescape(_TAG.sub("", line))


FORMAT = Format("vtt", ".vtt", at_once(write_vtt), read=read_vtt)
