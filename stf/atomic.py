"""The one way this project writes files: whole under the final name, or not at all."""

import errno
import hashlib
import os
import platform
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stf.errors import UserError

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_TEMPORARY = re.compile(r"\.stf-(?P<machine>[^-]*)-(?P<process>[0-9]+)-.*\.part", re.DOTALL)


@contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """Say that `path` could not be written, and what to do, where the block meets an error of the system.

    Raises:
        UserError: in place of any OSError of the block.
    """
    try:
        yield
    except OSError as error:
        remedy = "make room there or" if error.errno in _NO_ROOM else "make its folder writable or"
        reason = error.strerror or str(error)
        raise UserError(f"{path} cannot be written ({reason}): {remedy} choose another output folder") from error


def temporary_name(folder: Path) -> Path:
    """A name in a folder for what is not complete yet; it says which process of which machine is at work there."""
    return folder / f".stf-{_machine()}-{os.getpid()}-{secrets.token_hex(4)}.part"


@contextmanager
def temporary_folder(folder: Path) -> Iterator[Path]:
    """A new folder in `folder` that is gone after the block."""
    temporary = temporary_name(folder)
    temporary.mkdir()
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove_leftovers(folder: Path, *, own: bool = True, of_other_machines: bool = False) -> None:
    """Remove from a folder what processes that have ended since left incomplete there.

    Args:
        folder: where to look, but not below.
        own: remove what has this process's number, too: at the beginning of a run, when it cannot be its own.
        of_other_machines: remove what processes of other machines have begun, too; nobody can tell here which of them
            are still at work.
    """
    for path in folder.glob(".stf-*-*-*.part"):
        if is_leftover(path.name, own=own, of_other_machines=of_other_machines):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(OSError):
                    path.unlink()


def is_leftover(name: str, *, own: bool = True, of_other_machines: bool = False) -> bool:
    """Whether something is called as what a process has left incomplete that has ended since.

    Args:
        name: of a file or a folder.
        own: what has this process's number counts, too.
        of_other_machines: what any process of another machine has begun counts, too.
    """
    if not (said := _TEMPORARY.fullmatch(name)):
        return False
    machine, number = said["machine"], int(said["process"])
    if machine != _machine():
        return of_other_machines
    return _has_ended(number) and (own or number != os.getpid())


def _machine() -> str:
    """What tells this machine from others that share its folders: a digest of its name."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def _has_ended(process: int) -> bool:
    """Whether no other process has this number; on Windows what is in use cannot be removed, so nobody asks there."""
    if os.name == "nt" or process == os.getpid():
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


@contextmanager
def output_file(path: Path) -> Iterator[Path]:
    """A new, empty file beside `path` that takes its place, flushed to disk, when the block succeeds.

    The folder is made where it is missing. Where the block raises, the new file is removed and whatever was at `path`
    before stays. Errors that the block itself meets while writing are its own to translate (`write_errors`), so that
    an unlucky camera is not blamed on the output.

    Yields:
        The path to write to.

    Raises:
        UserError: if the file cannot be made, written to disk or moved to `path`, or `path` is no ordinary file.
    """
    target = path.resolve()
    temporary = temporary_name(target.parent)
    if target.exists() and not target.is_file():
        raise UserError(f"{path} cannot be written: it is not an ordinary file, so choose another output")
    with write_errors(path):
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch(exist_ok=False)
    try:
        yield temporary
        with write_errors(path):
            with temporary.open("r+b") as file:
                os.fsync(file.fileno())
            temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def output_text(path: Path) -> Iterator[Callable[[str], None]]:
    """An `output_file` of UTF-8 text; line ends are written as given.

    Yields:
        A function that appends text, raising UserError where the disk refuses.

    Raises:
        UserError: as `output_file`.
    """
    with output_file(path) as temporary:
        with write_errors(path):
            file = temporary.open("w", encoding="utf-8", newline="")

        def write(text: str) -> None:
            with write_errors(path):
                file.write(text)

        try:
            yield write
            with write_errors(path):
                file.close()
        finally:
            with suppress(OSError):  # after a failure the rest of the buffer may have nowhere to go
                file.close()


@contextmanager
def output_folder(path: Path) -> Iterator[Path]:
    """A new, empty folder beside `path` that gets its name, its files flushed to disk, when the block succeeds.

    Where the block raises, the folder is removed. What is at `path` already is never replaced.

    Yields:
        The folder to write files to; errors met there are the block's own to translate (`write_errors`).

    Raises:
        UserError: if there is something at `path`, or the folder cannot be made, written to disk or renamed.
    """
    target = path.resolve()
    temporary = temporary_name(target.parent)
    if target.exists():
        raise UserError(f"{path} is there already: remove it or choose another output folder")
    with write_errors(path):
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.mkdir()
    try:
        yield temporary
        with write_errors(path):
            for name in temporary.iterdir():
                with name.open("r+b") as file:
                    os.fsync(file.fileno())
            temporary.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
