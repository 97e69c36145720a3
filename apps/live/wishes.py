"""What the person wants of the worker: written by the interface thread, waited for by the worker's."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from threading import Condition

from apps.engine import Engine
from stf.prediction import Prediction


class Overlay(StrEnum):
    """What is drawn over the picture."""

    FOCUS = "focus"
    HEAT = "heat"
    SKELETON = "skeleton"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Look:
    """How the picture is drawn.

    Attributes:
        overlay: what is drawn over it.
        mirror: left and right change places, as in a mirror; for display only.
        size: width and height it is to fit into, in device pixels.
    """

    overlay: Overlay = Overlay.FOCUS
    mirror: bool = False
    size: tuple[int, int] = (640, 480)


@dataclass(frozen=True, slots=True)
class Request:
    """What to watch, and how.

    Attributes:
        source: as for `realtime.sources.open_source`; None for the first camera, or the demo where there is none.
        engine: recogniser and pose estimator.
        stride: seconds from one window to the next; None for the usual.
        threshold: confidence above which a label counts, in [0, 1); None for the recogniser's own.
        start: seconds into a recording to begin at.
    """

    source: str | None
    engine: Engine
    stride: float | None = None
    threshold: float | None = None
    start: float = 0.0


class Turn(Enum):
    """What the worker does after waiting."""

    GO = auto()
    REDRAW = auto()
    LEAVE = auto()


class Wishes:
    """The newest wish of each kind counts; every method may be called from any thread."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._request: Request | None = None
        self._stop = False
        self._ended = False
        self._redraw = False
        self._steps = 0
        self._paused = False
        self._look = Look()
        self._explained: Prediction | None = None
        self._interrupt: Callable[[], None] = lambda: None

    def watch(self, request: Request) -> None:
        """Leave what is being watched for something else."""
        with self._changed:
            self._request, self._stop, self._steps = request, False, 0
            self._wake()

    def stop(self) -> None:
        """Leave what is being watched."""
        with self._changed:
            self._request, self._stop = None, True
            self._wake()

    def end(self) -> None:
        """Leave what is being watched, for good."""
        with self._changed:
            self._request, self._ended = None, True
            self._wake()

    def take(self) -> Request | None:
        """The next thing to watch, waiting for it; None at the end."""
        with self._changed:
            while self._request is None and not self._ended:
                self._changed.wait()
            request, self._request, self._stop = self._request, None, False
            return request

    @property
    def leaving(self) -> bool:
        """Whether what is being watched is to be left."""
        with self._changed:
            return self._stop or self._ended or self._request is not None

    def on_leaving(self, interrupt: Callable[[], None]) -> None:
        """Call `interrupt`, which must not wait, when what is being watched is to be left; at once where it is so."""
        with self._changed:
            self._interrupt = interrupt
            if self._stop or self._ended or self._request is not None:
                interrupt()

    @property
    def paused(self) -> bool:
        """Whether the picture stands still."""
        with self._changed:
            return self._paused

    def pause(self, *, paused: bool) -> None:
        """Let the picture stand still, the newest one even if it was not drawn for want of time, or go on."""
        with self._changed:
            self._paused, self._steps = paused, 0
            self._redraw |= paused
            self._changed.notify_all()

    def step(self) -> None:
        """Show one more frame of a recording and stand still."""
        with self._changed:
            self._paused = True
            self._steps += 1
            self._changed.notify_all()

    @property
    def look(self) -> Look:
        """How the picture is drawn."""
        with self._changed:
            return self._look

    def draw_as(self, look: Look) -> None:
        """Draw the picture in another way, at once."""
        with self._changed:
            self._redraw |= look != self._look
            self._look = look
            self._changed.notify_all()

    @property
    def explained(self) -> Prediction | None:
        """What glows in place of the newest prediction of its person: one with the focus of a class that was chosen."""
        with self._changed:
            return self._explained

    def let_glow(self, explained: Prediction | None) -> None:
        """Let this glow; None for what was said last."""
        with self._changed:
            self._redraw |= explained is not self._explained
            self._explained = explained
            self._changed.notify_all()

    def redraw_wanted(self) -> bool:
        """Whether the look has changed since this was asked last."""
        with self._changed:
            wanted, self._redraw = self._redraw, False
            return wanted

    def hold(self, until: float = math.inf) -> Turn:
        """Wait while paused, until a moment on the monotonic clock, or until there is something else to do."""
        with self._changed:
            while True:
                if self._stop or self._ended or self._request is not None:
                    return Turn.LEAVE
                if self._redraw:
                    self._redraw = False
                    return Turn.REDRAW
                if self._steps and until < math.inf:
                    self._steps -= 1
                    return Turn.GO
                left = until - time.monotonic()
                if not self._paused and left <= 0:
                    return Turn.GO
                self._changed.wait(None if self._paused or left == math.inf else left)

    def _wake(self) -> None:
        self._interrupt()
        self._changed.notify_all()
