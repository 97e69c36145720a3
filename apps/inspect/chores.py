"""Work that takes so long that it says how far it has come, and can be cancelled."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock

from PySide6.QtCore import QObject, Qt, Signal

_TOLD_EVERY = 0.1  # seconds


class CancelledError(Exception):
    """The person does not want it any more."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a chore has come.

    Attributes:
        what: is being done.
        done: steps.
        total: steps; None where nobody knows.
    """

    what: str
    done: int = 0
    total: int | None = None


class Chore:
    """One piece of work; its `apps.steps.Steps`, for whichever thread does it.

    Args:
        tell: takes how far it has come.
    """

    def __init__(self, tell: Callable[[Progress], None]) -> None:
        self._tell = tell
        self._cancelled = Event()
        self._told = 0.0
        self.progress: Progress | None = None

    def begin(self, what: str, frames: int | None) -> None:
        """Begin something of so many steps, where that is known."""
        self._told = time.monotonic()
        self.progress = Progress(what, 0, frames)
        self._tell(self.progress)

    def advance(self, by: int = 1) -> None:
        """So many steps more are done.

        Raises:
            CancelledError: if that is to be the end.
        """
        self.check()
        if self.progress:
            self.progress = Progress(self.progress.what, self.progress.done + by, self.progress.total)
            if (now := time.monotonic()) - self._told > _TOLD_EVERY:
                self._told = now
                self._tell(self.progress)

    @property
    def cancelled(self) -> bool:
        """Whether this is to be the end."""
        return self._cancelled.is_set()

    def check(self) -> None:
        """Go on, unless it was cancelled.

        Raises:
            CancelledError: if it was.
        """
        if self._cancelled.is_set():
            raise CancelledError

    def cancel(self) -> None:
        """Let it end; never waits."""
        self._cancelled.set()


class Chores(QObject):
    """All chores under way.

    Signals:
        progressed: the `Progress` of the newest one that has told of it; None where there is none.
    """

    progressed = Signal(object)
    _told = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._chores: list[Chore] = []
        self._lock = Lock()
        self._closed = False
        self._told.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    @contextmanager
    def chore(self) -> Iterator[Chore]:
        """Something to be done in the block, which ends silently where it is cancelled."""
        chore = self.start()
        try:
            yield chore
        except CancelledError:
            pass
        finally:
            self.end(chore)

    def start(self) -> Chore:
        """Something that is done from now on until `end`."""
        chore = Chore(lambda _: self._told.emit())
        with self._lock:
            self._chores.append(chore)
            if self._closed:
                chore.cancel()
        return chore

    def end(self, chore: Chore) -> None:
        """This is over."""
        with self._lock:
            self._chores.remove(chore)
        self._told.emit()

    def cancel(self) -> None:
        """Cancel what is shown."""
        if chore := self._shown():
            chore.cancel()

    def close(self) -> None:
        """Cancel everything, and what will be begun."""
        with self._lock:
            self._closed = True
            for chore in self._chores:
                chore.cancel()

    def _shown(self) -> Chore | None:
        with self._lock:
            return next((chore for chore in reversed(self._chores) if chore.progress), None)

    def _tell(self) -> None:
        chore = self._shown()
        self.progressed.emit(chore.progress if chore else None)
