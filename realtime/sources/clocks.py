"""From what a container or a connection says about time to seconds that start at 0 and only ever grow (rules: ours)."""

import math

_RESTART = 1.0  # seconds backwards from which stamps are taken to have begun anew
_JUMP = 5.0  # seconds by which the stamps of a live stream may run ahead of the clock on the wall
_SMALLEST_STEP = 1e-3  # seconds


class PresentationClock:
    """Times of a recorded video: presentation stamps relative to the first one.

    A missing stamp counts as one nominal frame after the last. A stamp that repeats or steps back a little counts as
    half a frame after the last, so that the stamps behind it overtake again. One that falls back by more than a
    second is the beginning of another recording in the same file: it follows one frame after the last and its own
    spacing holds. Stamps that jump ahead are left as they are: that time is missing.

    Args:
        step: seconds per frame, nominally.
        origin: the stamp, in seconds, that is time 0; by default the first one.
    """

    def __init__(self, step: float, origin: float | None = None) -> None:
        self._step = step
        self._origin = origin
        self._last: float | None = None

    def time(self, stamp: float | None) -> float:
        """The time of the next frame, in seconds, from its stamp in seconds."""
        due = 0.0 if self._last is None else self._last + self._step
        if stamp is not None and self._origin is None:
            self._origin = stamp - due
        if stamp is None or self._origin is None:
            time = due
        else:
            time = stamp - self._origin
            if self._last is not None and time <= self._last:
                if time <= self._last - _RESTART:
                    time = due
                    self._origin = stamp - due
                else:
                    time = self._last + self._step / 2
        self._last = time
        return time


class ArrivalClock:
    """Times of a live stream: its own stamps while a connection lasts, the monotonic clock across its drops.

    So jitter on the way does not bend the time, and a drop shows as missing time of its real length. Where a stamp is
    missing, does not grow, or runs ahead by more than five seconds, the arrival stands in for it, less the delay of the
    promptest frame so far.
    """

    def __init__(self) -> None:
        self._time = 0.0
        self._stamp: float | None = None
        self._arrival: float | None = None
        self._delay = math.inf  # between a frame's time and its arrival, of the promptest frame so far

    def reconnect(self) -> None:
        """Forget the stamps: those of another connection need not continue them."""
        self._stamp = None

    def time(self, stamp: float | None, arrival: float) -> float:
        """The time of the next frame.

        Args:
            stamp: its presentation stamp in seconds, where it has one.
            arrival: the monotonic clock now, in seconds.

        Returns:
            Seconds since the first frame.
        """
        if self._arrival is not None:
            step = None if stamp is None or self._stamp is None else stamp - self._stamp
            if step is not None and _SMALLEST_STEP <= step < arrival - self._arrival + _JUMP:
                self._time += step
            else:
                self._time = max(arrival - self._delay, self._time + _SMALLEST_STEP)
        self._delay = min(self._delay, arrival - self._time)
        self._stamp, self._arrival = stamp, arrival
        return self._time
