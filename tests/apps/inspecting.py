"""What the tests of the inspector share."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from viewing import let_qt_work

from apps.inspect.asking import Asking
from apps.inspect.cursor import Cursor
from apps.inspect.model import Inspector
from apps.inspect.opening import Request
from apps.inspect.painter import Shown
from apps.inspect.window import InspectWindow
from apps.live.events import Notice


@dataclass
class Inspecting:
    """A window with its model, and everything that was said and painted."""

    window: InspectWindow
    inspector: Inspector
    said: list[Notice] = field(default_factory=list)
    painted: list[Shown] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inspector.said.connect(self.said.append)
        self.inspector.painter.painted.connect(lambda shown: self.painted.append(shown) if shown else None)
        self.window.show()

    @property
    def cursor(self) -> Cursor:
        return self.inspector.cursor

    @property
    def asking(self) -> Asking:
        return self.inspector.asking

    def open(self, source: Path, clip: str | None = None, video: Path | None = None) -> None:
        """Open something and wait until it is there, or until it is said that it cannot be."""
        self.until_opened(lambda: self.window.open(Request(source, clip, video=video)))

    def until_opened(self, begin: Callable[[], None]) -> None:
        """Begin to open something and wait until it is there, or until it is said that it cannot be."""
        before, said = self.inspector.subject, len(self.said)
        begin()
        self.wait(lambda: self.inspector.subject is not before or len(self.said) > said)

    def trigger(self, name: str) -> None:
        self.window.actions_by_name[name].trigger()

    def wait(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Let Qt work until something holds."""
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, (self.said, self.window.banner.text)
            let_qt_work(10)

    def wait_for_answer(self, seconds: float = 60) -> None:
        """Let Qt work until the window at the cursor is answered for, as it is asked about now."""
        asking = self.asking

        def answered() -> bool:
            answer, window = asking.answer, asking.window
            return (
                answer is not None
                and window is not None
                and answer.start == asking.track.start[window]
                and (answer.why, answer.edits) == (asking.why, asking.edits)
            )

        self.wait(answered, seconds)
