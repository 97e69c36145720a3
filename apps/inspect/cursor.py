"""The one time that everything shows: where it stands, what of it is in view, whether it runs."""

import time

from PySide6.QtCore import QObject, Qt, QTimer, Signal

_TICK_MS = 16
_LEAST_VIEW = 1.0  # seconds


class Cursor(QObject):
    """A moment, the stretch around it that is in view, and a span that is looped.

    Signals:
        moved: the moment, or whether it runs, has changed.
        viewed: other time is in view, or is looped.

    Attributes:
        now: seconds.
        start, end: seconds, of everything there is.
        step: seconds from one frame to the next.
        view: seconds from and to.
        loop: seconds from and to; None for everything.
    """

    moved = Signal()
    viewed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.start = self.end = self.now = 0.0
        self.step = 1 / 30
        self.view = (0.0, 1.0)
        self.loop: tuple[float, float] | None = None
        self._clock = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)

    def reset(self, start: float, end: float, step: float, seconds: float) -> None:
        """Stand at the beginning of something else, with so many seconds of it in view."""
        self._timer.stop()
        self.start, self.end, self.step = start, max(end, start + step), step
        self.now, self.loop = start, None
        self.view = (start, min(self.end, start + seconds))
        self.viewed.emit()
        self.moved.emit()

    @property
    def playing(self) -> bool:
        """Whether time runs."""
        return self._timer.isActive()

    def go(self, moment: float) -> None:
        """Stand at a moment, and have it in view."""
        moment = min(max(moment, self.start), self.end)
        if moment != self.now:
            self.now = moment
            self._follow()
            self.moved.emit()

    def skip(self, frames: int) -> None:
        """Stand still some frames further, or back."""
        self.play(on=False)
        self.go(self.start + (round((self.now - self.start) / self.step) + frames) * self.step)

    def play(self, *, on: bool) -> None:
        """Let time run, from the beginning where it is over; or stand still."""
        if on == self.playing:
            return
        if on:
            first, last = self.loop or (self.start, self.end)
            if not first <= self.now < last - self.step / 2:
                self.go(first)
            self._clock = time.perf_counter()
            self._timer.start()
        else:
            self._timer.stop()
        self.moved.emit()

    def set_loop(self, span: tuple[float, float] | None) -> None:
        """Play this again and again; None for everything, once."""
        if span:
            first, last = sorted(min(max(moment, self.start), self.end) for moment in span)
            span = (first, last) if last - first >= 2 * self.step else None
        self.loop = span
        self.viewed.emit()

    def zoom(self, factor: float, about: float | None = None) -> None:
        """Have `factor` times as much time in view, with one moment where it is."""
        first, last = self.view
        middle = self.now if about is None else about
        seconds = min(max((last - first) * factor, _LEAST_VIEW), self.end - self.start)
        share = (middle - first) / (last - first) if first <= middle <= last else 0.5
        self._show(middle - share * seconds, seconds)

    def pan(self, seconds: float) -> None:
        """Have earlier or later time in view."""
        first, last = self.view
        self._show(first + seconds, last - first)

    def show(self, first: float, last: float) -> None:
        """Have this in view, with some room at either side."""
        room = max(0.25 * (last - first), 0.5)
        self._show(first - room, max(last - first + 2 * room, _LEAST_VIEW))

    def _show(self, first: float, seconds: float) -> None:
        seconds = min(seconds, self.end - self.start)
        first = min(max(first, self.start), self.end - seconds)
        if (first, first + seconds) != self.view:
            self.view = (first, first + seconds)
            self.viewed.emit()

    def _follow(self) -> None:
        """Turn to where the moment is, if that is out of view."""
        first, last = self.view
        if not first <= self.now <= last:
            seconds = last - first
            self._show(self.now - (0.1 if self.now > last else 0.5) * seconds, seconds)

    def _tick(self) -> None:
        clock = time.perf_counter()
        moment = self.now + clock - self._clock
        self._clock = clock
        first, last = self.loop or (self.start, self.end)
        if moment >= last:
            if self.loop is None:
                self._timer.stop()
                self.now = self.start  # so that the end is news also where it stood there already
                self.go(last)
                self.moved.emit()
                return
            moment = first
        self.go(moment)
