"""`Camera`: a webcam through OpenCV, and which of them there are."""

import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from realtime.frames import Frame, Image
from realtime.opencv import cv2, quiet
from realtime.sources.base import Closable
from stf.errors import UserError

_PATIENCE = 2.0  # seconds without a picture, from opening or from the last one, after which a camera counts as lost


class Capture(Protocol):
    """The part of `cv2.VideoCapture` that a camera needs."""

    def isOpened(self) -> bool: ...  # noqa: D102, N802
    def grab(self) -> bool: ...  # noqa: D102
    def retrieve(self) -> tuple[bool, Any]: ...  # noqa: D102
    def get(self, prop: int, /) -> float: ...  # noqa: D102
    def release(self) -> None: ...  # noqa: D102


def open_capture(index: int) -> Capture:
    """Open a camera through OpenCV, quietly."""
    with quiet():
        return cv2.VideoCapture(index, cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY)


def list_cameras(
    capture: Callable[[int], Capture] = open_capture, candidates: Iterable[int] | None = None
) -> list[int]:
    """The indices of the cameras that can be opened.

    Args:
        capture: how to open one.
        candidates: the indices to try; by default what /dev/video* offers on Linux, and 0 to 4 elsewhere.
    """
    found = []
    for index in _candidates() if candidates is None else candidates:
        opened = capture(index)
        if opened.isOpened():
            found.append(index)
        opened.release()
    return found


class Camera(Closable):
    """A webcam; time is the monotonic clock at the grab, and 0 at the first picture.

    A camera that is unplugged is tried again with growing pauses until it comes back or the source is closed; the time
    between is missing.

    Args:
        index: the camera's number.
        capture: how to open it.
        others: which cameras there are, asked only where this one cannot be opened.
        clock: the monotonic clock, in seconds.
        backoff: seconds of the first and of the longest pause between two tries.

    Raises:
        UserError: where it cannot be opened or shows nothing.
    """

    live = True
    frame_count = None
    duration = None

    def __init__(
        self,
        index: int,
        *,
        capture: Callable[[int], Capture] = open_capture,
        others: Callable[[Callable[[int], Capture]], list[int]] = list_cameras,
        clock: Callable[[], float] = time.monotonic,
        backoff: tuple[float, float] = (0.5, 8.0),
    ) -> None:
        super().__init__()
        self.name = f"camera {index}"
        self.problem: str | None = None
        self._index = index
        self._open = capture
        self._clock = clock
        self._backoff = backoff
        self._capture: Capture | None = capture(index)
        first = self._grab(self._capture) if self._capture.isOpened() else None
        if first is None:
            self._capture.release()
            raise UserError(_unavailable(index, others(capture)))
        self._origin, image = first
        self.size = image.shape[1::-1]
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = rate if 0.0 < rate <= 1000.0 else None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if self._capture is not None:  # never iterated
            self._capture.release()

    def __iter__(self) -> Iterator[Frame]:
        index = 0
        time = 0.0
        away_since: float | None = None
        capture, self._capture = self._capture or self._reopen(), None
        while capture is not None:
            try:
                while (grabbed := self._grab(capture)) is not None:
                    time = grabbed[0] - self._origin
                    if away_since is not None:
                        self.problem = f"{self.name} was away from {away_since:.1f} s to {time:.1f} s"
                        away_since = None
                    yield Frame(index, time, grabbed[1])
                    index += 1
            finally:
                capture.release()
            away_since = time if away_since is None else away_since
            if not self._closed.is_set():
                self.problem = f"{self.name} has been away since {away_since:.1f} s; plug it in again"
            capture = self._reopen()

    def _grab(self, capture: Capture) -> tuple[float, Image] | None:
        """The next picture and when it was grabbed; None once closed or where none comes in time."""
        deadline = self._clock() + _PATIENCE
        while not self._closed.is_set():
            if capture.grab():
                now = self._clock()
                ok, image = capture.retrieve()
                if ok:
                    return now, image
            if self._clock() >= deadline:
                return None
            self._closed.wait(0.02)
        return None

    def _reopen(self) -> Capture | None:
        """The camera as soon as it can be opened again; None once closed."""
        pause, longest = self._backoff
        while not self._closed.wait(pause):
            capture = self._open(self._index)
            if capture.isOpened():
                return capture
            capture.release()
            pause = min(2 * pause, longest)
        return None


def _candidates() -> list[int]:
    if sys.platform != "linux":
        return list(range(5))
    return sorted(
        int(match[1]) for path in Path("/dev").glob("video*") if (match := re.fullmatch(r"video(\d+)", path.name))
    )


def _unavailable(index: int, found: list[int]) -> str:
    if index in found:
        return f"camera {index} shows no picture; close the program that is using it, or unplug it and plug it in again"
    if found:
        others = ", ".join(map(str, found))
        return f"camera {index} cannot be opened (in use or unplugged?); choose among those that can: {others}"
    return (
        f"camera {index} cannot be opened and there is no other; plug one in, stop what uses it, or give a video file"
    )
