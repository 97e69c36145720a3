"""Makes PyAV's network calls end when a source is closed or Ctrl-C is pressed, not only when they time out.

While FFmpeg waits for the network it asks PyAV about ten times a second whether to go on, and PyAV answers by
comparing `time.monotonic()` with the time-out of the call; it offers no other way to interrupt (checked in PyAV 18.1,
`av/container/core.py`, `interrupt_cb`). So PyAV's clock is replaced by one that is the same for everybody, except
that in a thread inside `interruptible(closed)` it reads infinity once `closed` is set: to FFmpeg the call has timed
out. Should another PyAV version ask differently, the time-outs alone remain, and test_sources_stream.py fails to say
so.
"""

import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType

import av.container.core

_closed: ContextVar[threading.Event | None] = ContextVar("closed", default=None)


class _Clock:
    @staticmethod
    def monotonic() -> float:
        closed = _closed.get()
        return math.inf if closed is not None and closed.is_set() else time.monotonic()


vars(av.container.core)["time"] = _Clock


@contextmanager
def interruptible(closed: threading.Event) -> Iterator[None]:
    """Let PyAV calls that were opened with a time-out fail within 0.2 s of `closed` being set.

    In the main thread Ctrl-C sets `closed`, and is handled as usual once the call has returned: a KeyboardInterrupt
    raised inside FFmpeg's question would be swallowed.
    """
    token = _closed.set(closed)
    try:
        with _ctrl_c_sets(closed):
            yield
    finally:
        _closed.reset(token)


@contextmanager
def _ctrl_c_sets(closed: threading.Event) -> Iterator[None]:
    usual = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or usual is None:
        yield
        return
    pressed = False

    def press(_number: int, _frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        closed.set()

    signal.signal(signal.SIGINT, press)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
        if pressed:
            signal.raise_signal(signal.SIGINT)
