"""`Format`: how labels are written into a kind of file and, where people make such files elsewhere, read from it."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from realtime.records import Record
from stf.errors import UserError
from stf.prediction import Segment

Advance = Callable[[], None]
"""To be called after every frame, by what takes its time."""

_UNPRINTABLE = {"Cc", "Cs"}
_NO_CHARACTERS = "\ufffe\uffff"


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file.

    Attributes:
        name: what the command line calls it.
        ending: what follows the video's name in a file's name.
        write: writes one file about one record; raises UserError where the disk refuses or the record lacks something.
        write_all: writes one file about all records, where that is what the format is for.
        read: reads segments, by start and person; raises UserError where the file does not hold any.
        extra: the module it needs beside those that are always there, and the extra that brings it along.
    """

    name: str
    ending: str
    write: Callable[[Record, Path, Advance], None]
    write_all: Callable[[Sequence[Record], Path], None] | None = None
    read: Callable[[Path], list[Segment]] | None = None
    extra: tuple[str, str] | None = None


def at_once(write: Callable[[Record, Path], None]) -> Callable[[Record, Path, Advance], None]:
    """The `Format.write` of what takes no time."""
    return lambda record, path, _: write(record, path)


def one_line(label: str) -> str:
    """A label as lines of text and XML can hold it: white space is one space, control characters are left out."""
    text = " ".join(label.split())
    return "".join(c for c in text if unicodedata.category(c) not in _UNPRINTABLE and c not in _NO_CHARACTERS)


def read_text(path: Path, remedy: str, *, newline: str | None = None) -> str:
    """The text of a UTF-8 file without a byte order mark.

    Args:
        path: the file.
        remedy: what to do where there is none.
        newline: as of `open`; by default every line end becomes a line feed.

    Raises:
        UserError: if it cannot be read; ends in the remedy.
    """
    try:
        with path.open(encoding="utf-8-sig", newline=newline) as file:
            return file.read()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): {remedy}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text: {remedy}") from error


def in_order(segments: Sequence[Segment]) -> list[Segment]:
    """By start and person, as a record has them."""
    return sorted(segments, key=lambda segment: (segment.start, segment.person))
