"""Ctrl-C while a pipeline runs, or before."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from types import FrameType

_COMMANDS = Path(__file__).with_name("cli")
_AGAIN = 0.05  # seconds until a Ctrl-C that came in the middle of an import is looked at again


@dataclass(slots=True)
class Interrupt:
    """Whether Ctrl-C was pressed."""

    pressed: bool = False


def interrupt_around_imports() -> None:
    """From now on keep Ctrl-C out of imports, where libraries in C++ may abort.

    While a command of `apps.cli` imports what it needs, it has not begun, and the program ends at once. In any other
    import Ctrl-C waits for its end.
    """

    def press(number: int, frame: FrameType | None) -> None:
        importer = _importer(frame)
        if importer is None:
            signal.default_int_handler(number, frame)
        if importer.parent == _COMMANDS:
            sys.stderr.write("stf: stopped\n")
            sys.stderr.flush()
            os._exit(130)
        again = Timer(_AGAIN, signal.raise_signal, [signal.SIGINT])
        again.daemon = True
        again.start()

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, press)


def _importer(frame: FrameType | None) -> Path | None:
    """The file that began the import which is under way, all imports within it left aside."""
    importer, importing = None, False
    while frame is not None:
        file = frame.f_code.co_filename
        library = file.startswith("<frozen importlib")
        if importing and not library:
            importer = Path(file)
        importing, frame = library, frame.f_back
    return importer


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
