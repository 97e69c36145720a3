"""Segments as comma-separated values (RFC 4180): a header row, then `start,end,person,label,confidence`."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from realtime.formats.base import Format, at_once, in_order, read_text
from stf.atomic import output_text
from stf.errors import UserError
from stf.prediction import Segment

COLUMNS: tuple[str, ...] = tuple(field.name for field in fields(Segment))
_NEEDED = {"start", "end", "label"}


class _Row(BaseModel):
    model_config = ConfigDict(allow_inf_nan=False)

    start: float = Field(ge=0)
    end: float
    person: int = Field(default=0, ge=0)
    label: str
    confidence: float = Field(default=1.0, ge=0, le=1)

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.end <= self.start:
            raise ValueError(f"it ends at {self.end} s and starts at {self.start} s")
        return self


def write_segments(path: Path, segments: Iterable[Segment]) -> None:
    """Write segments, times in milliseconds' precision and confidence to 4 digits.

    Raises:
        UserError: if the disk refuses.
    """
    with output_text(path) as write:
        write(_row(*COLUMNS))
        for segment in segments:
            times = f"{segment.start:.3f}", f"{segment.end:.3f}"
            write(_row(*times, str(segment.person), segment.label, f"{segment.confidence:.4f}"))


def read_segments(path: Path) -> list[Segment]:
    """The segments in a file that `write_segments` wrote, or another with these columns in any order.

    Only `start`, `end` and `label` are needed; without the others it is person 0, and certain.

    Raises:
        UserError: if the file cannot be read or a row is not a segment.
    """
    remedy = f"give a UTF-8 CSV file with the columns {','.join(COLUMNS)}"
    with io.StringIO(read_text(path, remedy, newline=""), newline="") as file:
        rows = csv.DictReader(file, strict=True)
        try:
            if not set(rows.fieldnames or ()) >= _NEEDED:
                raise UserError(f"{path} does not hold segments: {remedy}")
            return in_order([_segment(row) for row in rows])
        except ValidationError as error:
            first = error.errors()[0]
            where = "".join(f"{place}: " for place in first["loc"])
            raise UserError(
                f"{path} line {rows.line_num} is not a segment ({where}{first['msg']}): {remedy}"
            ) from error
        except csv.Error as error:
            raise UserError(f"{path} is not comma-separated text ({error}): {remedy}") from error


def _segment(row: Mapping[str, str | None]) -> Segment:
    given = {column: value for column, value in row.items() if value or column in _NEEDED}
    return Segment(**_Row.model_validate(given).model_dump())


def _row(*values: str) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(values)
    return text.getvalue()


FORMAT = Format(
    "csv",
    ".segments.csv",
    at_once(lambda record, path: write_segments(path, record.segments)),
    read=read_segments,
)
