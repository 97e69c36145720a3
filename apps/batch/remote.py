"""`Remote`: results that go to an address (`s3://bucket/labels`), by way of a local folder.

What is being labelled lies in a folder of the cache, the mirror, where files are made as in any other output folder.
A video's files go to the address when they are complete and leave the mirror then; what could not be put stays there
for the next run.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from realtime.formats import FORMATS, Format
from realtime.records import ENDING, mirrors
from stf.atomic import is_leftover, output_file, temporary_name
from stf.errors import UserError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_KEPT = FORMATS["npz"]
_FROM_POSES = {_KEPT, FORMATS["mp4"]}
_WINDOWS = f"{ENDING.removesuffix('.json')}.npz"
_RECORD = (_WINDOWS, _KEPT.ending, ENDING)
"""The record and what it names, the record last."""

_MADE = tuple(form.ending for form in FORMATS.values() if form is not _KEPT)
"""What is made from a record."""

_PASSWORD = re.compile(r"(//[^:@/]*):[^@/]*@")


@dataclass(frozen=True, slots=True)
class Remote:
    """An address that results go to.

    Every method but `forget` and `tidy` connects anew, since a connection does not outlast a long video.

    Attributes:
        address: as fsspec takes it.
    """

    address: str

    @property
    def name(self) -> str:
        """The address as it may be shown: without a password."""
        return _PASSWORD.sub(r"\1:***@", self.address.rstrip("/"))

    @property
    def mirror(self) -> Path:
        """The folder of this machine where files are until they are put."""
        return mirrors() / sha256(self.address.rstrip("/").encode()).hexdigest()[:16]

    def check(self, *, write: bool) -> None:
        """See whether there is a way to the address.

        Args:
            write: also make a small file there, and remove it.

        Raises:
            UserError: if there is none.
        """
        with self._reach("written" if write else "read") as (fs, root):
            if write:
                _make_folder(fs, root)
                trial = f"{root}/{temporary_name(Path()).name}"
                fs.pipe_file(trial, b"stf")
                fs.rm_file(trial)

    def fetch(self, stem: Path, folder: Path, formats: Sequence[Format] = ()) -> frozenset[Format]:
        """Get a video's record and what it names, as far as that is there.

        Args:
            stem: name of the video's results (`Video.name`).
            folder: takes the place of the address.
            formats: what else will be asked for.

        Returns:
            Those of the formats that are there and not older than the record. They are not fetched.

        Raises:
            UserError: if the address cannot be read, or the folder not be written.
        """
        there = set()
        with self._reach("read") as (fs, root):
            place = f"{root}/{stem.as_posix()}"
            if (record := _modified(fs, f"{place}{ENDING}")) is None:
                return frozenset()
            for ending in _RECORD if _FROM_POSES & set(formats) else (_WINDOWS, ENDING):
                if _modified(fs, f"{place}{ending}") is not None:
                    with output_file(folder / f"{stem}{ending}") as part:
                        fs.get_file(f"{place}{ending}", str(part))
            for form in set(formats) - {_KEPT}:
                made = _modified(fs, f"{place}{form.ending}")
                if made and record and made >= record:
                    there.add(form)
        return frozenset(there)

    def has(self, stem: Path) -> bool:
        """Whether the mirror's record of a video is at the address already.

        Raises:
            UserError: if the address cannot be read.
        """
        with self._reach("read") as (fs, root):
            place = f"{root}/{stem.as_posix()}{ENDING}"
            mine = (self.mirror / f"{stem}{ENDING}").read_bytes()
            return _modified(fs, place) is not None and bool(fs.cat_file(place) == mine)

    def put(self, stem: Path, *, record: bool) -> None:
        """Put a video's files in the order in which they were made, each whole under its name or not at all.

        Args:
            stem: name of the video's results.
            record: also the record and what it names, and not only what was made from it.

        Raises:
            UserError: if the address cannot be written.
        """
        with self._reach("written") as (fs, root):
            for ending in (*_RECORD, *_MADE) if record else _MADE:
                if (file := self.mirror / f"{stem}{ending}").is_file():
                    _put_file(fs, file, f"{root}/{stem.as_posix()}{ending}")

    def forget(self, stem: Path) -> None:
        """Remove a video's files from the mirror; poses of minutes that wait there stay."""
        for ending in (*_RECORD, *_MADE):
            (self.mirror / f"{stem}{ending}").unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove empty folders from the mirror; nobody may be at work there."""
        for path in sorted(self.mirror.rglob("*"), reverse=True):
            if path.is_dir():
                with suppress(OSError):
                    path.rmdir()

    def remove_leftovers(self, folders: Iterable[Path]) -> None:
        """Remove what runs of this machine that have ended since left incomplete at the address.

        Args:
            folders: where to look, seen from the address.

        Raises:
            UserError: if the address cannot be written.
        """
        with self._reach("written") as (fs, root):
            if fs.async_impl:  # where `_put_file` leaves nothing
                return
            for folder in folders:
                place = f"{root}/{folder.as_posix()}".removesuffix("/.")
                for path in fs.ls(place, detail=False) if fs.isdir(place) else ():
                    if is_leftover(name := path.rsplit("/", 1)[-1]):  # some say whole paths, and some names only
                        fs.rm_file(f"{place}/{name}")

    @contextmanager
    def _reach(self, done: str) -> "Iterator[tuple[AbstractFileSystem, str]]":
        """A new connection, and what paths there begin with; any error in the block is said in a sentence."""
        try:
            import fsspec  # noqa: PLC0415 - only this needs it
        except ImportError as error:
            raise UserError(
                f'{self.name} is an address, which needs fsspec: install it with pip install "stf-action[remote]"'
            ) from error
        try:
            fs, root = fsspec.url_to_fs(self.address, skip_instance_cache=True)
            yield fs, root.rstrip("/")
        except UserError:
            raise
        except ImportError as error:
            raise UserError(f"{self.name} needs another library ({_line(error)}): install it with pip") from error
        except Exception as error:  # every protocol's library has errors of its own
            remedy = "check the address, the connection and your rights there, or choose another output folder"
            raise UserError(f"{self.name} cannot be {done} ({_line(error)}): {remedy}") from error


def is_address(output: str) -> bool:
    """Whether what a person gave as output is an address, and no folder of this machine."""
    return "://" in output


def _make_folder(fs: "AbstractFileSystem", folder: str) -> None:
    """Make a folder; an object store has none, and would make a bucket (fsspec's object stores are asynchronous)."""
    if folder and not fs.async_impl:
        fs.makedirs(folder, exist_ok=True)


def _put_file(fs: "AbstractFileSystem", file: Path, place: str) -> None:
    """Put a file under another name and move it; in an object store a put is whole or nothing by itself."""
    if fs.async_impl:
        fs.put_file(str(file), place)
        return
    folder = place.rsplit("/", 1)[0]
    _make_folder(fs, folder)
    part = f"{folder}/{temporary_name(Path()).name}"
    try:
        fs.put_file(str(file), part)
        fs.mv(part, place)
    except BaseException:
        with suppress(Exception):
            fs.rm_file(part)
        raise


def _modified(fs: "AbstractFileSystem", path: str) -> str | None:
    """When a file was last written, as a text that sorts by it; empty where nobody says, None without a file."""
    try:
        about = fs.info(path)
    except FileNotFoundError:
        return None
    try:
        return f"{fs.modified(path).timestamp():020.6f}"
    except NotImplementedError:  # FTP, whose newer servers say 20261122090312
        said = str(about.get("modify", ""))
        return said if said.replace(".", "").isdecimal() else ""


def _line(error: Exception) -> str:
    """What an error says, on one short line."""
    return " ".join(str(error).split())[:200] or type(error).__name__
