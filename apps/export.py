"""`stf export`: what a label record says, in the files that other programs read; nothing is computed again."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from apps.console import FrameProgress, make_console, say
from apps.steps import Steps
from realtime.formats import Format, find_labels, read_labels
from realtime.records import Record, open_record
from stf.errors import UserError

TOGETHER = "labels"
"""What a file about several videos is called, without its ending."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What the command line says beside records and formats.

    Attributes:
        output: the folder for the files; beside each record by default, and beside the first where one is about all.
        video: where the video is now, of one record.
        labels: what somebody says is in the video, in place of what was found; a file, or a folder for many records.
    """

    output: Path | None = None
    video: Path | None = None
    labels: Path | None = None


def run_export(records: Sequence[Path], formats: Sequence[Format], options: ExportOptions) -> None:
    """Write records in every format.

    Args:
        records: the records' files.
        formats: what to write; a format of tables makes one file of several records.
        options: the rest.

    Raises:
        UserError: if a record cannot be read, lacks something or two would be written to the same file.
    """
    video, labels, output = options.video, options.labels, options.output
    if video and len(records) > 1:
        raise UserError("--video belongs to one record; export the records one by one")
    if labels and len(records) > 1 and not labels.is_dir():
        raise UserError(f"{labels} holds the labels of one video; give a folder with those of every record's")
    opened = [open_record(path, video_at=video) for path in records]
    if labels:
        opened = [record.relabelled(read_labels(find_labels(labels, record))) for record in opened]
    _refuse_what_clashes(opened, output)
    console = make_console()
    with FrameProgress(make_console(stderr=True)) as progress:
        for form in formats:
            if form.write_all and len(opened) > 1:
                path = (output or opened[0].path.parent) / f"{TOGETHER}{form.ending}"
                form.write_all(opened, path)
                say(console, f"wrote {path}")
                continue
            for record in opened:
                say(console, f"wrote {export(record, form, output or record.path.parent, progress)}")


def export(record: Record, form: Format, folder: Path, progress: Steps) -> Path:
    """Write one record in one format, under the name of its video.

    Returns:
        The file.

    Raises:
        UserError: if the record lacks something, or the disk refuses.
    """
    path = folder / f"{record.name}{form.ending}"
    progress.begin(f"{record.facts.video.name}: {form.name}", record.facts.video.frames)
    form.write(record, path, progress.advance)
    return path


def _refuse_what_clashes(records: Sequence[Record], output: Path | None) -> None:
    names = Counter((output or record.path.parent, record.name.casefold()) for record in records)
    for (_, name), count in names.items():
        if count > 1:
            raise UserError(f"{count} of the records are called '{name}': export them into different folders")
