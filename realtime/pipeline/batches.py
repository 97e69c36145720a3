"""`Batches`: windows gathered until there are enough to recognise them at once."""

from dataclasses import dataclass

from realtime.frames import Window

_LONGEST = 10.0
"""Seconds of video that a window waits for others at most."""


@dataclass(frozen=True, slots=True)
class Work:
    """Windows completed by one frame, what the time then was, and when that frame left the source."""

    windows: list[Window]
    now: float
    clock: float


class Batches:
    """Puts work together in its order.

    Which windows come together depends on their number and times alone, never on how fast anybody is, so that the
    numbers of a batch, which depend on its size in their last digits, are the same in every run.

    Args:
        size: how many windows are enough.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._waiting: list[Work] = []

    def add(self, work: Work) -> list[list[Work]]:
        """Take the next piece of work; a frame without windows tells the time and may be left out.

        Returns:
            The batches that are now complete.
        """
        batches = []
        if self._waiting and work.now - self._waiting[0].now > _LONGEST:
            batches.append(self.rest())
        if self._waiting and not (self._waiting[-1].windows or work.windows):
            self._waiting.pop()  # the time is told again now
        self._waiting.append(work)
        if not self._waiting[0].windows or sum(len(one.windows) for one in self._waiting) >= self._size:
            batches.append(self.rest())
        return batches

    def rest(self) -> list[Work]:
        """What still waits."""
        rest, self._waiting = self._waiting, []
        return rest
