"""What `stf label` is to work on: files, folders, patterns and lists become videos, each with a name for results."""

import csv
import glob
import io
import math
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from realtime.formats.base import read_text
from realtime.sources.images import IMAGE_SUFFIXES
from stf.errors import UserError

_ENDINGS = (
    "3gp asf avi divx dv f4v flv h264 hevc m2ts m2v m4v mjpeg mjpg mkv mov mp4 mpeg mpg mts mxf ogm ogv qt rm rmvb ts "
    "vob webm wmv y4m"
)
VIDEO_SUFFIXES = frozenset(f".{ending}" for ending in _ENDINGS.split())
"""What the names of videos end in, where a folder is searched for them."""

_OURS = ".annotated.mp4"  # what `--format mp4` writes is no input
_MAGIC = "*?["

_Part: TypeAlias = tuple[float, float | None]  # start and end in seconds
_WHOLE: _Part = (0.0, None)


@dataclass(frozen=True, slots=True)
class Video:
    """A video to label, or a part of one.

    Attributes:
        path: the file, or the folder of images.
        name: of its results, below the output folder and without their endings.
        start, end: seconds; all of it where `end` is None and `start` 0.
    """

    path: Path
    name: Path
    start: float = 0.0
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """What could not be done.

    Attributes:
        what: the path it is about.
        reason: a sentence.
    """

    what: Path
    reason: str


@dataclass(slots=True)
class Found:
    """What a search came upon.

    Attributes:
        videos: in order, each once.
        failures: what could not be searched.
        others: how many files were passed over because they are no videos by their names.
    """

    videos: list[Video] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    others: int = 0


def find_videos(paths: Sequence[Path], output: Path) -> Found:
    """Everything that paths name.

    A folder is searched with all below it, links followed, for files that end like videos; one that holds images and
    no video is itself a video. A path that does not exist and has `*`, `?` or `[` in it is a pattern (`**` for any
    number of folders). A `.txt` file lists paths, one a line (or between zero bytes, as `find -print0` writes them); a
    `.csv` file has the columns `path`, `start` and `end` (seconds, which may be empty). What lists hold is seen from
    the folder they lie in. Anything else is a video, there or not.

    Results are called as the videos are: below a folder as they lie there, below the fixed part of a pattern or the
    folder of a list likewise, else by their own name; parts of a video end in @START-END.

    Args:
        paths: as a person gave them.
        output: the folder for results, which is not searched.

    Raises:
        UserError: if a list cannot be read, or two videos would have results of one name.
    """
    search = _Search(output)
    for path in paths:
        search.add(path)
    _refuse_what_clashes(search.found.videos)
    return search.found


def output_name(video: Path) -> str:
    """What the files about a video are called, without their endings."""
    return video.resolve().name if video.is_dir() else video.stem


class _Search:
    """Collects videos, and remembers where it has been.

    Args:
        output: the folder for results.
    """

    def __init__(self, output: Path) -> None:
        self.found = Found()
        self._output = output.resolve()
        self._known: set[tuple[Path, float, float | None]] = set()
        self._searched: set[tuple[int, int]] = set()
        self._lists: set[Path] = set()
        self._hits = 0  # videos, known ones too, and failures

    def add(self, path: Path, below: Path | None = None, part: _Part = _WHOLE) -> None:
        """Take what a path names.

        Args:
            path: of any kind.
            below: the folder that names of results are seen from; that of the path itself by default.
            part: start and end in seconds.
        """
        try:
            is_folder, exists = path.is_dir(), path.exists()
        except OSError as error:
            self._fail(path, f"it cannot be looked at ({error.strerror})")
            return
        if part != _WHOLE:
            self._take(path, below, part)
        elif is_folder:
            self._add_folder(path, below)
        elif not exists and any(character in str(path) for character in _MAGIC):
            self._add_pattern(str(path))
        elif exists and path.suffix.lower() in {".txt", ".csv"}:
            if (place := path.resolve()) not in self._lists:  # a list may name itself
                self._lists.add(place)
                read = self._add_list if path.suffix.lower() == ".txt" else self._add_table
                read(path)
        else:
            self._take(path, below)

    def _add_folder(self, folder: Path, below: Path | None) -> None:
        before = self._hits
        images = self._walk(folder, below or folder)
        if self._hits == before and images:
            self._take(folder, below)
        elif self._hits == before and below is None:
            self._fail(folder, "there is no video in this folder or below, nor an image in it")

    def _walk(self, top: Path, below: Path) -> int:
        """Take every video in a folder and below; how many images there are in the folder itself."""
        stack: list[tuple[Path, tuple[tuple[int, int], ...]]] = [(top, ())]
        images = 0
        while stack:
            folder, ancestors = stack.pop()
            try:
                about = folder.stat()
                here = about.st_dev, about.st_ino
                if here in ancestors:
                    self._fail(folder, "this folder leads back to one that it lies in, so it was not searched")
                if here in self._searched:
                    self._hits += 1
                    continue
                self._searched.add(here)
                place = folder.resolve()
                with os.scandir(folder) as entries:
                    ordered = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self._fail(folder, f"this folder cannot be searched ({error.strerror}): make it readable")
                continue
            folders = []
            for entry in ordered:
                suffix = os.path.splitext(entry.name)[1].lower()  # noqa: PTH122 - ten thousand times
                if entry.name.startswith("."):
                    continue
                if _is_folder(entry):
                    folders.append(folder / entry.name)
                elif suffix in VIDEO_SUFFIXES and not entry.name.endswith(_OURS):
                    self._take(folder / entry.name, below, place=place / entry.name)
                else:
                    self.found.others += 1
                    images += suffix in IMAGE_SUFFIXES and folder is top
            deeper = [one for one in reversed(folders) if not (one.name == self._output.name and self._is_output(one))]
            stack += [(one, (*ancestors, here)) for one in deeper]
        return images

    def _is_output(self, folder: Path) -> bool:
        return folder.resolve() == self._output

    def _add_pattern(self, pattern: str) -> None:
        fixed = pattern[: min(pattern.index(character) for character in _MAGIC if character in pattern)]
        below = Path(os.path.dirname(fixed))  # noqa: PTH120 - "a/" is the folder a
        matches = [Path(match) for match in sorted(glob.iglob(pattern, recursive=True))]  # noqa: PTH207 - pathlib's knows no links
        before = self._hits
        for match in matches:
            suffix = match.suffix.lower()
            if match.is_dir():
                self._walk(match, below)
            elif suffix in VIDEO_SUFFIXES or (suffix not in IMAGE_SUFFIXES and suffix and pattern.endswith(suffix)):
                self._take(match, below)
        if self._hits == before:
            self._fail(Path(pattern), "no video matches this pattern; check it, and quote it where a shell would not")

    def _add_list(self, path: Path) -> None:
        text = read_text(path, "give a list of paths as UTF-8 text, one a line")
        for line in text.split("\0" if "\0" in text else "\n"):
            if line.strip():
                self._add_listed(path.parent, line)

    def _add_table(self, path: Path) -> None:
        text = read_text(path, "give a table with the column 'path'", newline="")
        rows = csv.DictReader(io.StringIO(text, newline=""))
        if "path" not in (rows.fieldnames or ()):
            raise UserError(f"{path} has no column 'path'; give it the columns path, start and end (seconds)")
        for row in rows:
            where = f"{path}, line {rows.line_num}"
            start, end = (_seconds(row.get(name), where) for name in ("start", "end"))
            if not row["path"] or (end is not None and end <= (start or 0.0)):
                raise UserError(f"{where} names no part of a video: give a path, and an end after the start")
            self._add_listed(path.parent, row["path"], (start or 0.0, end))

    def _add_listed(self, folder: Path, text: str, part: _Part = _WHOLE) -> None:
        path = Path(os.path.normpath(folder / text))
        self.add(path, folder if path != folder and path.is_relative_to(folder) else None, part)

    def _take(
        self,
        path: Path,
        below: Path | None,
        part: _Part = _WHOLE,
        place: Path | None = None,
    ) -> None:
        """Remember a video, unless it is known already; `place` is where it is, links resolved."""
        self._hits += 1
        known = (place or path.resolve(), *part)
        if known in self._known:
            return
        self._known.add(known)
        folder = path.parent.relative_to(below) if below and path.is_relative_to(below) else Path()
        start, end = part
        which = "" if part == _WHOLE else f"@{_said(start)}-{'end' if end is None else _said(end)}"
        self.found.videos.append(Video(path, folder / f"{output_name(path)}{which}", start, end))

    def _fail(self, what: Path, reason: str) -> None:
        self._hits += 1
        self.found.failures.append(Failure(what, reason))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _seconds(text: str | None, where: str) -> float | None:
    """A time of a table; None where there is none."""
    if not (text or "").strip():
        return None
    try:
        seconds = float(text or "")
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise UserError(f"{where} has '{text}' where a time in seconds belongs; give a number from 0 on")
    return seconds


def _said(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".")


def _refuse_what_clashes(videos: Sequence[Video]) -> None:
    names = Counter(map(_key, videos))
    for video in videos:
        if (count := names[_key(video)]) > 1:
            first, second = (one.path for one in _called(video, videos))
            raise UserError(
                f"{count} of the videos are called '{video.name}' ({first}, {second}), so one's results would replace "
                "the other's; label them into different folders"
            )


def _key(video: Video) -> str:
    return str(video.name).casefold()  # some file systems take A for a


def _called(video: Video, videos: Sequence[Video]) -> Iterator[Video]:
    alike = (other for other in videos if _key(other) == _key(video))
    return (one for one, _ in zip(alike, range(2), strict=False))
