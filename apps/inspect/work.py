"""Work in a thread, and what comes of it in the interface's own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from apps.live.errands import Errands, attempt
from apps.live.events import Notice

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Done:
    result: Any
    then: Callable[[Any], None]
    failed: Callable[[Notice], None]


class Work(QObject):
    """Does one thing after the other; never waits.

    Signals:
        failed: a `Notice` of why something could not be done.

    Args:
        name: of the thread.
        most: how many things may wait; the oldest is dropped where there are more.
    """

    failed = Signal(object)
    _posted = Signal(object)

    def __init__(self, name: str, most: int = 1000) -> None:
        super().__init__()
        self._posted.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._errands: Errands[_Done] = Errands(name, self._posted.emit, most)

    def do(
        self, work: Callable[[], T], then: Callable[[T], None], failed: Callable[[Notice], None] | None = None
    ) -> None:
        """Do something when its turn comes.

        Args:
            work: what to do, in the thread.
            then: takes what comes of it, in the interface thread.
            failed: takes why nothing came of it; by default that is said by the signal.
        """
        self._errands.do(lambda: _Done(attempt(work), then, failed or self.failed.emit))

    def end(self) -> None:
        """Do what waits, and end."""
        self._errands.end()

    def join(self, timeout: float) -> bool:
        """Wait until the thread has ended; whether it has."""
        return self._errands.join(timeout)

    def _take(self, done: _Done) -> None:
        if isinstance(done.result, Notice):
            done.failed(done.result)
        else:
            done.then(done.result)
