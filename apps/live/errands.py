"""A thread for what takes time but is not the worker's business: explaining, saving, looking for cameras."""

import logging
from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from typing import Generic, TypeVar

from apps.live.events import Notice
from stf.errors import UserError

T = TypeVar("T")

_LOG = logging.getLogger("stf")


def attempt(errand: Callable[[], T]) -> T | Notice:
    """What an errand returns, or a `Notice` of why it failed: a thread must not end unheard, and the window stays."""
    try:
        return errand()
    except UserError as error:
        return Notice(str(error), failed=True)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is said
        _LOG.exception("an errand of the viewer failed")
        return Notice(f"the program failed ({type(error).__name__}: {error}); please report it", failed=True)


class Errands(Generic[T]):
    """Does one errand after the other.

    Args:
        name: of the thread.
        post: takes what an errand returns, or a `Notice` of why it failed.
        most: how many may wait; the oldest is dropped where there are more.
    """

    def __init__(self, name: str, post: Callable[[T | Notice], None], most: int) -> None:
        self._post = post
        self._waiting: deque[Callable[[], T | None]] = deque(maxlen=most)
        self._changed = Condition()
        self._ended = False
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def do(self, errand: Callable[[], T | None]) -> None:
        """Do this when its turn comes; never waits."""
        with self._changed:
            self._waiting.append(errand)
            self._changed.notify()

    def end(self) -> None:
        """Do what waits, and end."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def join(self, timeout: float) -> bool:
        """Wait until the thread has ended; whether it has."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (errand := self._next()) is not None:
            if (event := attempt(errand)) is not None:
                self._post(event)

    def _next(self) -> Callable[[], T | None] | None:
        with self._changed:
            while not self._waiting and not self._ended:
                self._changed.wait()
            return self._waiting.popleft() if self._waiting else None
