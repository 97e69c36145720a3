"""`RecordWriter`: windows are set aside while they are recognised; the record appears last, with all that it names."""

import os
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from realtime.pose_models import cache_folder
from realtime.records.hashing import hash_file
from realtime.records.model import describe_model
from realtime.records.schema import LabelRecord, PoseFacts, Processing, Settings, VideoFacts, WindowFacts
from realtime.records.windows import WindowWriter
from stf.atomic import output_text
from stf.prediction import Prediction, Segment

if TYPE_CHECKING:
    from stf.recogniser import Recogniser  # torch; a record is read without it


def program_version() -> str:
    """Of this program, as installed."""
    return version("stf-action")


def mirrors() -> Path:
    """The folder below which files are made that go elsewhere when they are complete."""
    return (cache_folder() / "remote").resolve()


def relative(path: Path, folder: Path) -> str:
    """A path seen from a folder, with forward slashes.

    It is absolute where no way leads there: from another drive, or from a folder in `mirrors` to what lies outside it.
    """
    path, folder = path.resolve(), folder.resolve()
    if folder.is_relative_to(mirrors()) and not path.is_relative_to(folder):
        return path.as_posix()
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return path.as_posix()


def rounded(segment: Segment) -> Segment:
    """A segment as every file holds it: times in whole milliseconds, confidence to four digits."""
    start, end = round(segment.start, 3), round(segment.end, 3)
    return Segment(start, end, segment.person, segment.label, round(segment.confidence, 4))


class RecordWriter:
    """Writes a label record. A context manager: without `finish` nothing is left behind.

    Args:
        path: the `.stf.json` file; its windows go beside it.
        recogniser: makes the predictions.
        moments: T, how many moments of a window their focus tells apart.

    Raises:
        UserError: if the folder of `path` cannot be written.
    """

    def __init__(self, path: Path, recogniser: "Recogniser", moments: int) -> None:
        self._path = path
        self._recogniser = recogniser
        self._moments = moments
        self._file = path.with_name(f"{path.name.removesuffix('.json')}.npz")
        classes, joints = len(recogniser.classes), recogniser.layout.num_joints
        self._windows = WindowWriter(self._file, classes, self._moments, joints)

    def write(self, prediction: Prediction) -> None:
        """Append one window; every person's in order of time.

        Raises:
            UserError: if the disk refuses.
        """
        self._windows.write(prediction)

    def finish(
        self,
        video: VideoFacts,
        settings: Settings,
        segments: Iterable[Segment],
        processing: Processing,
        poses: Path | None,
    ) -> LabelRecord:
        """Put windows and record under their names, the record last.

        Args:
            video: what was labelled.
            settings: how.
            segments: everything found.
            processing: how it went.
            poses: the landmarks, complete under their final name; None where they were not kept.

        Raises:
            UserError: if the disk refuses.
        """
        self._windows.close()
        try:
            record = LabelRecord(
                video=video,
                model=describe_model(self._recogniser),
                settings=settings,
                processing=processing,
                windows=WindowFacts(
                    file=self._file.name,
                    sha256=hash_file(self._file),
                    windows=self._windows.count,
                    moments=self._moments,
                ),
                poses=None if poses is None else _pose_facts(poses, self._path.parent),
                segments=tuple(sorted(map(rounded, segments), key=lambda segment: (segment.start, segment.person))),
            )
            with output_text(self._path) as write:
                write(record.model_dump_json(indent=1) + "\n")
        except BaseException:  # Ctrl-C as well: windows without a record are of no use
            self._file.unlink(missing_ok=True)
            raise
        return record

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._windows.abort()


def _pose_facts(poses: Path, folder: Path) -> PoseFacts:
    return PoseFacts(path=relative(poses, folder), sha256=hash_file(poses))
