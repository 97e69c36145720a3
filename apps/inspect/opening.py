"""Opening what is to be inspected: a label record, a video, or a clip of a dataset."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from apps.batch.inputs import output_name
from apps.engine import open_recording
from apps.inspect.clip_subject import ClipSubject, folder_of_clip
from apps.inspect.subject import RecordSubject, Subject
from realtime.records import ENDING, LostVideoError, open_record
from realtime.records.corrections import Corrections
from stf.datasets import IMPORTERS, open_corpus
from stf.datasets.clip import to_layout
from stf.errors import UserError

if TYPE_CHECKING:
    from stf.recogniser import Recogniser


@dataclass(frozen=True, slots=True)
class Request:
    """What to inspect.

    Attributes:
        source: a record, a video or a folder of images, or a dataset.
        clip: the clip of a dataset; the first one by default.
        form: the dataset's format; found out by default.
        video: where the video of a record is now, if it is not where it was.
        output: the folder for the record of a video; beside it by default.
    """

    source: Path
    clip: str | None = None
    form: str | None = None
    video: Path | None = None
    output: Path | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """What was opened.

    Attributes:
        subject: the record or the clip.
        lost: what is wrong with the record's video, as a sentence; empty where nothing is.
        clips: the names of all clips of the dataset.
        corrections: of a record.
    """

    subject: Subject
    lost: str = ""
    clips: Sequence[str] = ()
    corrections: Corrections | None = None


@dataclass(frozen=True, slots=True)
class Unlabelled:
    """A video that must be labelled before it can be inspected.

    Attributes:
        video: can be read.
        record: where its record goes.
    """

    video: Path
    record: Path


def open_request(request: Request, load: "Callable[[], Recogniser]") -> Opened | Unlabelled:
    """Open a record and look for its video, or a clip.

    Args:
        request: what to open.
        load: gives the model that clips are shown to.

    Raises:
        UserError: if there is no such thing, or it is damaged.
    """
    source, video_at = request.source, request.video
    if not source.name.endswith(ENDING):
        if request.form or request.clip or is_dataset(source):
            return _open_clip(request, load())
        folder = source.resolve().parent if request.output is None else request.output
        record_at = folder / f"{output_name(source)}{ENDING}"
        if not record_at.is_file():
            open_recording(source).close()
            return Unlabelled(source, record_at)
        source, video_at = record_at, video_at or source
    record = open_record(source, video_at=video_at)
    try:
        video, lost = record.video(), ""
    except UserError as error:
        if video_at is not None:
            raise
        video, lost = None, f"{error.what}: say where it is" if isinstance(error, LostVideoError) else str(error)
    return Opened(RecordSubject(record, video), lost, corrections=Corrections(record))


def is_dataset(source: Path) -> bool:
    """Whether there is a dataset of a known format; a video or a folder of images is none."""
    return source.exists() and any(known.recognises(source) for known in IMPORTERS.values())


def _open_clip(request: Request, recogniser: "Recogniser") -> Opened:
    corpus = open_corpus(request.source, request.form)
    names = [entry.name for entry in corpus.entries]
    if not names:
        raise UserError(f"there is no clip in {request.source}")
    source = corpus.clip(names[0] if request.clip is None else request.clip)
    clip = to_layout(source, recogniser.layout)
    if not np.isfinite(clip.joints).any():
        raise UserError(f"nobody is seen in '{clip.name}', so there is nothing to ask; choose another clip")
    if clip.joints.shape[1] < 2:
        raise UserError(f"'{clip.name}' is a single frame, and an action takes time; choose another clip")
    label = corpus.classes[clip.label] if clip.label >= 0 else ""
    folder = folder_of_clip(clip)
    return Opened(ClipSubject(clip, recogniser.classes, recogniser.header, label, folder, source), clips=names)
