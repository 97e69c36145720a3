"""Ctrl-C while a pipeline runs, or before."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer
from types import FrameType

_AGAIN = 0.05  # seconds until a Ctrl-C that came in the middle of an import is looked at again


@dataclass(slots=True)
class Interrupt:
    """Whether Ctrl-C was pressed."""

    pressed: bool = False


def interrupt_after_imports() -> None:
    """From now on let a Ctrl-C in the middle of an import wait for its end: libraries in C++ may abort otherwise."""

    def press(number: int, frame: FrameType | None) -> None:
        running = frame
        while running is not None:
            if running.f_code.co_filename.startswith("<frozen importlib"):
                again = Timer(_AGAIN, signal.raise_signal, [signal.SIGINT])
                again.daemon = True
                again.start()
                return
            running = running.f_back
        signal.default_int_handler(number, frame)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, press)


@contextmanager
def interrupt_held_back() -> Iterator[None]:
    """Let a Ctrl-C wait for the end of the block: libraries that are interrupted while they are imported may abort."""
    pressed = False

    def press(*_: object) -> None:
        nonlocal pressed
        pressed = True

    before = signal.signal(signal.SIGINT, press)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt


@contextmanager
def on_interrupt(end: Callable[[], None], *, once: bool = False) -> Iterator[Interrupt]:
    """Let the first Ctrl-C call `end`, so that what is under way is completed; a second one is a KeyboardInterrupt.

    Where Ctrl-C is ignored (under nohup, in a process that another one looks after) it stays so.

    Args:
        end: called in the main thread, between two instructions; must not wait.
        once: let further ones do nothing, as inside Qt, which prints what its callbacks raise and goes on.
    """
    interrupt = Interrupt()

    def press(*_: object) -> None:
        interrupt.pressed = True
        signal.signal(signal.SIGINT, signal.SIG_IGN if once else signal.default_int_handler)
        end()

    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        yield interrupt
        return
    signal.signal(signal.SIGINT, press)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
