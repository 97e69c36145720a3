"""One run at a time in one output folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from stf.atomic import write_errors
from stf.errors import UserError

NAME = ".stf-lock"


@contextmanager
def only_run(folder: Path, place: str | None = None) -> Iterator[None]:
    """Make a folder where it is missing, and keep other runs out of it.

    The lock is the system's own (flock, LockFileEx): it ends with the process, however that ends. Afterwards the lock
    file is gone, and so is every folder made here in which nothing came to lie.

    Args:
        folder: where to write.
        place: what a person calls it, if that is not its path.

    Raises:
        UserError: if another run is at work there, or the folder cannot be written.
    """
    made = [one for one in (folder, *folder.parents) if not one.exists()]
    path = folder / NAME
    lock = FileLock(path)
    try:
        with write_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire(blocking=False)
            except Timeout:
                raise UserError(
                    f"another run is writing to {place or folder}: wait for it to end, or choose another output folder"
                ) from None
        yield
    finally:
        if lock.is_locked and os.name == "nt":  # which removes nothing that is open
            lock.release()
            with suppress(OSError):
                path.unlink(missing_ok=True)
        elif lock.is_locked:  # whoever has just opened it sees that it is gone
            path.unlink(missing_ok=True)
            lock.release()
        with suppress(OSError):
            for one in made:
                one.rmdir()
