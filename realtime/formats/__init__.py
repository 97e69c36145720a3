"""The files that labels are written to and read from, one kind per module."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from realtime.formats import clips, eaf, mp4, parquet, poses_npz, segments_csv, srt, vtt, windows_jsonl
from realtime.formats.base import Advance, Format
from realtime.records import Record
from stf.errors import UserError
from stf.prediction import Segment

__all__ = ["FORMATS", "Advance", "Format", "find_formats", "find_labels", "read_labels"]

FORMATS: Mapping[str, Format] = {
    module.FORMAT.name: module.FORMAT
    for module in (windows_jsonl, segments_csv, srt, vtt, eaf, parquet, mp4, poses_npz, clips)
}
"""Format by name."""


def find_formats(names: str) -> list[Format]:
    """The formats in a list like `csv,srt`, each once.

    Raises:
        UserError: if one is not known, or what it needs is not installed.
    """
    wanted = dict.fromkeys(name.strip() for name in names.split(",") if name.strip())
    if unknown := [name for name in wanted if name not in FORMATS]:
        raise UserError(f"there is no format '{unknown[0]}'; known are {', '.join(FORMATS)}")
    found = [FORMATS[name] for name in wanted]
    for form in found:
        if form.extra and find_spec(form.extra[0]) is None:
            module, extra = form.extra
            raise UserError(f"{form.name} needs {module}; install it with: pip install 'stf-action[{extra}]'")
    return found


def read_labels(path: Path) -> list[Segment]:
    """The segments that somebody made or corrected, in the format that the name of the file ends in.

    Raises:
        UserError: if no labels are read from such files, or the file holds none.
    """
    readers = {f".{name}": form.read for name, form in FORMATS.items() if form.read}
    if (read := readers.get(path.suffix.lower())) is None:
        raise UserError(f"{path} is of no kind that labels are read from; known are {', '.join(readers)}")
    return read(path)


def find_labels(labels: Path, record: Record) -> Path:
    """The file with the labels that somebody made of a record's video: the one given, or the one in that folder.

    Raises:
        UserError: if a folder holds none named after the video, or several.
    """
    if not labels.is_dir():
        return labels
    readable = [form for form in FORMATS.values() if form.read]
    endings = list(dict.fromkeys(ending for form in readable for ending in (form.ending, f".{form.name}")))
    there = [path for ending in endings if (path := labels / f"{record.name}{ending}").is_file()]
    if len(there) != 1:
        said = ", ".join(path.name for path in there) or "none"
        raise UserError(
            f"{labels} must hold one file of labels of '{record.name}' ({', '.join(endings)}); there is {said}"
        )
    return there[0]
