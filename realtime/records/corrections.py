"""What a person corrected in a label record: a side file, `NAME.corrections.jsonl`, that is only ever added to.

Its first line says which record it is about; each further line is what one segment now is, and the last line about a
segment holds. So a program that is ended in the middle of a line loses that line, and undoing is a line as well.
"""

import json
import os
from collections.abc import Callable, Mapping
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, ValidationError, model_validator

from realtime.records.record import Record
from realtime.records.schema import Sha256
from stf.atomic import write_errors
from stf.errors import UserError
from stf.prediction import Segment

ENDING = ".corrections.jsonl"
"""What the name of such a file ends in."""


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _About(_Line):
    """The first line: `record` is the record's file, `sha256` of what was recognised."""

    format: Literal["stf corrections"] = "stf corrections"
    version: Literal[1] = 1
    record: str
    sha256: Sha256


class Correction(_Line):
    """What a segment now is.

    Attributes:
        number: of the segment: the record's own come first, in their order, then those that were added.
        start, end: seconds.
        person: the person's id.
        label: what the person does.
        confidence: the record's own where the segment is as it was found, else 1.
        note: what else there is to say.
        teach: whether it is to be learned from.
        gone: whether it is none.
    """

    number: NonNegativeInt
    start: NonNegativeFloat
    end: float
    person: NonNegativeInt
    label: str = Field(min_length=1)
    confidence: float = Field(default=1.0, ge=0, le=1)
    note: str = ""
    teach: bool = False
    gone: bool = False

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.end <= self.start:
            raise ValueError(f"it ends at {self.end} s and starts at {self.start} s")
        return self

    @property
    def segment(self) -> Segment:
        """As every file holds it: times in whole milliseconds."""
        return Segment(round(self.start, 3), round(self.end, 3), self.person, self.label, self.confidence)


class Corrections:
    """The segments of a record as a person has corrected them, with what was said of them before.

    Nothing is written by this; `line` is what to add to the file (`append`) after each change.

    Args:
        record: what they are of. Where its side file is there, that is read.

    Raises:
        UserError: if the side file is damaged or about another record.
    """

    def __init__(self, record: Record) -> None:
        self._record = record
        self.path = record.path.with_name(f"{record.name}{ENDING}")
        self._now = {
            number: Correction(
                number=number,
                start=one.start,
                end=one.end,
                person=one.person,
                label=one.label,
                confidence=one.confidence,
            )
            for number, one in enumerate(record.segments)
        }
        self._found = dict(self._now)
        self._before: list[Correction] = []
        self._read()

    @property
    def every(self) -> list[Correction]:
        """What is left and what was added, by start and person."""
        return sorted((one for one in self._now.values() if not one.gone), key=lambda one: (one.start, one.person))

    @property
    def segments(self) -> list[Segment]:
        """The same as segments."""
        return [one.segment for one in self.every]

    @property
    def changed(self) -> int:
        """How many segments are not as they were found."""
        return sum(one != self._found.get(number) for number, one in self._now.items())

    def put(self, correction: Correction) -> Correction:
        """Let a segment be this; the change can be undone."""
        self._before.append(self._now.get(correction.number) or correction.model_copy(update={"gone": True}))
        self._now[correction.number] = correction
        return correction

    def add(self, person: int, what: Mapping[str, object]) -> Correction:
        """Add a segment of a person; `what` are the other fields of a `Correction`, but for its number."""
        number = max(self._now, default=-1) + 1
        return self.put(Correction.model_validate({"number": number, "person": person, **what}))

    def undo(self) -> Correction | None:
        """Take the newest change back; None where there is none that was made since the file was read."""
        if not self._before:
            return None
        before = self._before.pop()
        self._now[before.number] = before
        return before

    def record(self, *, taught: bool = False) -> Record:
        """The record as corrected, for `realtime.formats`.

        Args:
            taught: with those segments only that are to be learned from.
        """
        chosen = [one.segment for one in self.every if one.teach or not taught]
        return self._record.relabelled(chosen)

    def append(self, correction: Correction) -> Callable[[], None]:
        """What adds a change to the file, on the disk when it returns; to be called in the order of the changes.

        It raises UserError where the disk refuses.
        """
        about = _About(record=self._record.path.name, sha256=self._record.facts.windows.sha256)
        path, line = self.path, f"{correction.model_dump_json()}\n"

        def write() -> None:
            with write_errors(path), path.open("a+b") as file:
                if not file.tell():
                    file.write(f"{about.model_dump_json()}\n".encode())
                else:
                    file.seek(-1, os.SEEK_END)
                    if file.read(1) != b"\n":  # the program was ended in the middle of a line: that one stays lost
                        file.write(b"\n")
                file.write(line.encode())
                file.flush()
                os.fsync(file.fileno())

        return write

    def _read(self) -> None:
        if not self.path.exists():
            return
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{self.path} cannot be read: make it readable, or move it away") from error
        remedy = f"correct that line, or move {self.path.name} away"
        for number, line in enumerate(lines, 1):
            if number > 1 and not line.endswith("}"):
                continue  # the program was ended in the middle of it
            try:
                if number == 1:
                    self._check(_About.model_validate(json.loads(line)))
                else:
                    one = Correction.model_validate(json.loads(line))
                    self._now[one.number] = one
            except (ValueError, ValidationError) as error:
                raise UserError(f"{self.path} line {number} is no correction: {remedy}") from error

    def _check(self, about: _About) -> None:
        if about.sha256 != self._record.facts.windows.sha256:
            raise UserError(
                f"{self.path} holds corrections of another record than {self._record.path.name}: move it away"
            )
