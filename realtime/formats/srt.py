"""Subtitles as SubRip (`.srt`), which every player shows beside a video of the same name."""

from pathlib import Path

from realtime.formats.base import Format, at_once
from realtime.formats.cues import cue_span, cue_text, read_cues
from realtime.records import Record
from stf.atomic import output_text
from stf.prediction import Segment


def write_srt(record: Record, path: Path) -> None:
    """Write one cue per segment."""
    with output_text(path) as write:
        for number, segment in enumerate(record.segments, start=1):
            write(f"{number}\n{cue_span(segment, ',')}\n{cue_text(segment)}\n\n")


def read_srt(path: Path) -> list[Segment]:
    """The segments in a SubRip file.

    Raises:
        UserError: if it is none.
    """
    return read_cues(path, "give a SubRip file (.srt), as 'stf export --format srt' writes it")


FORMAT = Format("srt", ".srt", at_once(write_srt), read=read_srt)
