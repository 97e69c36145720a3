"""What an earlier run has done already: recognised by the video's content and by every setting."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from apps.batch.inputs import Video
from apps.batch.options import LabelOptions
from apps.label_video import settings_of
from realtime.formats import FORMATS, Format
from realtime.records import (
    NewerRecordError,
    Record,
    describe_model,
    open_record,
    program_version,
)
from realtime.records.hashing import hash_file
from stf.errors import UserError
from stf.recogniser import Recogniser

_KEPT = FORMATS["npz"]
_FROM_POSES = {FORMATS["mp4"], FORMATS["clips"]}


def finished(
    path: Path,
    video: Video,
    content: tuple[int, str],
    recogniser: Recogniser,
    facts: Mapping[str, str | int | float],
    options: LabelOptions,
) -> Record | None:
    """The record that this very work would lead to, if it is there and whole.

    Args:
        path: where it would be.
        video: what it would be about.
        content: its size in bytes and SHA-256.
        recogniser: what it would be made with.
        facts: of the pose estimator.
        options: the rest.

    Raises:
        NewerRecordError: if a newer program has written what is there.
    """
    if not path.is_file():
        return None
    try:
        record = open_record(path, video_at=video.path)
    except NewerRecordError:
        raise
    except UserError:  # damaged, or not a record, and to be replaced
        return None
    about = record.facts
    if (
        about.settings != settings_of(recogniser, facts, options)
        or about.model != describe_model(recogniser)
        or (about.processing.program, about.processing.complete) != (program_version(), True)
        or (about.video.start, about.video.end) != (video.start, video.end)
        or (about.video.size_bytes, about.video.sha256) != content
    ):
        return None
    try:
        record.windows().close()
        if _KEPT in options.formats or _FROM_POSES & set(missing_formats(record, options.formats)):
            record.poses()
        if options.poses and (about.poses is None or about.poses.sha256 != hash_file(options.poses)):
            return None
    except UserError:
        return None
    return record


def missing_formats(record: Record, formats: Sequence[Format]) -> list[Format]:
    """Which formats are not there, or are older than the record and so may be of another one."""
    made = record.path.stat().st_mtime_ns
    files = {form: record.path.with_name(f"{record.name}{form.ending}") for form in formats if form is not _KEPT}
    return [form for form, file in files.items() if not file.exists() or file.stat().st_mtime_ns < made]
