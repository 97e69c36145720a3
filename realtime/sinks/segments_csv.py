"""Segments as comma-separated values (RFC 4180): a header row, then `start,end,person,label,confidence`."""

import csv
import io
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stf.atomic import output_text
from stf.errors import UserError
from stf.prediction import Segment

COLUMNS: tuple[str, ...] = tuple(field.name for field in fields(Segment))


class _Row(BaseModel):
    model_config = ConfigDict(allow_inf_nan=False)

    start: float
    end: float
    person: int
    label: str
    confidence: float = Field(ge=0, le=1)


class SegmentWriter:
    """Writes segments into a CSV file that appears when the `with` block ends well.

    Args:
        path: the file; replaced where it exists.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._write = self._stack.enter_context(output_text(self._path))
        self._write(_row(*COLUMNS))
        return self

    def write(self, segment: Segment) -> None:
        """Append one segment, its times in milliseconds' precision and its confidence to 4 digits.

        Raises:
            UserError: if the disk refuses.
        """
        self._write(
            _row(
                f"{segment.start:.3f}",
                f"{segment.end:.3f}",
                str(segment.person),
                segment.label,
                f"{segment.confidence:.4f}",
            )
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)


def read_segments(path: Path) -> list[Segment]:
    """The segments in a file that `SegmentWriter` wrote, or another with the same columns in any order.

    Raises:
        UserError: if the file cannot be read or a row is not a segment.
    """
    remedy = f"give a CSV file with the columns {','.join(COLUMNS)}"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            if not set(COLUMNS) <= set(rows.fieldnames or ()):
                raise UserError(f"{path} does not hold segments: {remedy}")
            return [Segment(**_Row.model_validate(row).model_dump()) for row in rows]
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): {remedy}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(
            f"{path} line {rows.line_num} is not a segment ({first['loc'][0]}: {first['msg']}): {remedy}"
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is not comma-separated text ({error}): {remedy}") from error


def _row(*values: str) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(values)
    return text.getvalue()
