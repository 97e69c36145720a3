"""The one way this project writes files: whole under the final name, or not at all."""

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stf.errors import UserError

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


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
    temporary = target.with_name(f".stf-{secrets.token_hex(4)}.part")
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
    temporary = target.with_name(f".stf-{secrets.token_hex(4)}.part")
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
