"""`Capture`: picks the moments of a video at which a board is held still, and says what to show next."""

from collections import deque
from enum import StrEnum

import numpy as np

from calibration.camera.board import Board, View
from calibration.camera.views import missing
from realtime.camera import default_camera
from realtime.frames import Frame

ENOUGH = 12  # views, where nothing is missing
MOST = 40

_HOLD = 0.5  # seconds
_STILL = 0.003  # of the picture's diagonal that a corner may move meanwhile
_NEW = 0.03  # of the diagonal that corners must have moved, on average, since every earlier view
_PAUSE = 0.1  # seconds from one look to the next


class State(StrEnum):
    """What a person with a board in hand should know."""

    SEARCHING = "show the whole board"
    MOVING = "hold it still"
    KNOWN = "this view is known, move on"
    TAKEN = "taken, move on"
    DONE = "done"


class Capture:
    """Looks at frames and keeps a view of each pose in which the board was held still for half a second.

    Args:
        board: what to look for.
        size: width and height of the picture in pixels.

    Attributes:
        state: after the last frame.
        views: taken so far.
        seen: the board as last seen, to about a pixel; None where it is not.
    """

    def __init__(self, board: Board, size: tuple[int, int]) -> None:
        self.state = State.SEARCHING
        self.views: list[View] = []
        self.seen: View | None = None
        self._board = board
        self._camera = default_camera(*size)
        self._diagonal = float(np.hypot(*size))
        self._held: deque[tuple[float, View]] = deque()
        self._next = -np.inf

    @property
    def wanted(self) -> list[str]:
        """What to show next, as phrases."""
        return missing(self.views, self._camera)

    def look(self, frame: Frame) -> State:
        """Take one frame into account; one that follows the last look by under 0.1 s is passed over."""
        if frame.time < self._next or self.state is State.DONE:
            return self.state
        self._next = frame.time + _PAUSE
        self.seen = self._board.glimpse(frame.image, f"{frame.time:.2f} s")
        self.state = self._judge(frame, self.seen)
        return self.state

    def _judge(self, frame: Frame, seen: View | None) -> State:
        if seen is None:
            self._held.clear()
            return State.SEARCHING
        if self._held and np.max(_motion(self._held[0][1], seen), initial=0) > _STILL * self._diagonal:
            self._held.clear()
        self._held.append((frame.time, seen))
        if any(np.mean(_motion(view, seen)) < _NEW * self._diagonal for view in self.views):
            return State.KNOWN
        if frame.time - self._held[0][0] < _HOLD:
            return State.MOVING
        exact = self._board.find(frame.image, seen.name)
        if exact is None:
            return State.MOVING
        self.views.append(exact)
        enough = len(self.views) >= MOST or (len(self.views) >= ENOUGH and not self.wanted)
        return State.DONE if enough else State.TAKEN


def _motion(before: View, after: View) -> np.ndarray:
    """How far the corners seen both times have moved, in pixels; a checkerboard has no first corner to tell by.

    Corners that share nothing have moved far.
    """
    _, old, new = np.intersect1d(before.ids, after.ids, return_indices=True)
    if len(old) == 0:
        return np.array([np.inf])
    ways = [before.image[old] - after.image[new]]
    if len(before.ids) == len(after.ids):
        ways.append(before.image - after.image[::-1])
    return min((np.linalg.norm(way, axis=1) for way in ways), key=np.max)
