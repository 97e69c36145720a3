"""Windows as JSON Lines: one line per `Prediction`, every line a whole JSON object, no header."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from realtime.formats.base import Format, at_once
from realtime.records import Record
from realtime.records.windows import focus_steps
from stf.atomic import output_text
from stf.errors import UserError
from stf.prediction import Prediction
from stf.skeleton import SkeletonLayout

Share = Annotated[float, Field(ge=0, le=1)]


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ClassScore(_Line):
    """A class and its probability."""

    label: str
    score: Share


class PredictionRecord(_Line):
    """One window of one person, as it stands in a line of the file.

    Attributes:
        start, end: seconds on the clock of the source; the span of the window.
        person: the person's id.
        label: the most probable class.
        confidence: its probability.
        top: up to five most probable classes, best first.
        focus: by joint name of the recogniser's layout, the focus averaged over the window.
        root: where the hips are at the end of the window, in metres to the camera's left, up and away from it; null
            where that is not known.
    """

    start: float
    end: float
    person: int
    label: str
    confidence: Share
    top: tuple[ClassScore, ...]
    focus: dict[str, Share]
    root: tuple[float, float, float] | None = None


def prediction_record(prediction: Prediction, classes: Sequence[str], layout: SkeletonLayout) -> PredictionRecord:
    """What the file says of one prediction: times and places to 3 digits, scores to 4, focus to 3.

    The focus is averaged as a record keeps it, so that a prediction and what a record holds of it are the same line.

    Args:
        prediction: of a recogniser with these classes and this layout.
        classes: K class names.
        layout: names the V joints of the focus.

    Raises:
        ValueError: if a number is not finite or a score leaves [0, 1], which no recogniser may produce.
    """
    focus = focus_steps(prediction.focus).mean(axis=0) / 255
    return PredictionRecord(
        start=round(prediction.start, 3),
        end=round(prediction.end, 3),
        person=prediction.person,
        label=prediction.label,
        confidence=round(prediction.confidence, 4),
        top=tuple(ClassScore(label=classes[number], score=round(score, 4)) for number, score in prediction.top(5)),
        focus={joint: round(float(value), 3) for joint, value in zip(layout.joints, focus, strict=True)},
        root=prediction.root and _millimetres(*prediction.root),
    )


def _millimetres(x: float, y: float, z: float) -> tuple[float, float, float]:
    return round(x, 3), round(y, 3), round(z, 3)


class PredictionWriter:
    """Writes predictions into a JSON Lines file that appears when the `with` block ends well.

    Args:
        path: the file; replaced where it exists.
        classes: K class names.
        layout: names the joints of the focus.
    """

    def __init__(self, path: Path, classes: Sequence[str], layout: SkeletonLayout) -> None:
        self._path = path
        self._classes = classes
        self._layout = layout
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._write = self._stack.enter_context(output_text(self._path))
        return self

    def write(self, prediction: Prediction) -> None:
        """Append one prediction.

        Raises:
            UserError: if the disk refuses.
        """
        self._write(prediction_record(prediction, self._classes, self._layout).model_dump_json() + "\n")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)


def read_predictions(path: Path) -> list[PredictionRecord]:
    """The predictions in a file that `PredictionWriter` wrote.

    Raises:
        UserError: if the file cannot be read or a line is not a prediction.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): give a file that 'stf label' wrote") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not a file of predictions: give one that 'stf label' wrote") from error
    return [_parse(line, path, number) for number, line in enumerate(lines, start=1) if line]


def _parse(line: str, path: Path, number: int) -> PredictionRecord:
    try:
        return PredictionRecord.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the line"
        raise UserError(
            f"{path} line {number} is not a prediction ({where}: {first['msg']}): give a file that 'stf label' wrote"
        ) from error


def write_windows(record: Record, path: Path) -> None:
    """Write every window of a record."""
    with record.windows() as windows, PredictionWriter(path, record.facts.model.classes, record.layout) as writer:
        for prediction in windows:
            writer.write(prediction)


FORMAT = Format("jsonl", ".windows.jsonl", at_once(write_windows))
