"""`SpannedPose`: poses found minute by minute, so that work that was cut off goes on where the last whole minute ended.

MediaPipe follows a person from frame to frame, and what it remembers cannot be kept in a file. So every minute of a
video gets an estimator of its own, always, whether the work was cut off or not: what is found in a minute then
depends on nothing but its frames and the half second before it, in which the new estimator finds its people while
the old one is still at work.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from realtime.frames import Frame, PoseFrame
from realtime.pose.estimator import PoseEstimator
from realtime.pose.landmarker import MediaPipePose
from realtime.pose.recorded import PoseRecorder, RecordedPose
from stf.atomic import remove_leftovers, write_errors
from stf.errors import UserError

SPAN = 60.0
"""Seconds for which one estimator works."""

_OVERLAP = 0.5  # seconds before that, in which it finds its people


class SpannedPose:
    """A `PoseEstimator` that begins anew every minute and keeps what it found in whole minutes.

    Args:
        make: makes an estimator.
        folder: where whole minutes are kept, and taken from if they are there already; made where it is missing. It is
            for one video and one kind of estimator.
        span: seconds of what is called a minute here.

    Attributes:
        facts: those of the estimator, and the length of a span.

    Raises:
        UserError: if there is no estimator, or the folder cannot be written.
    """

    def __init__(self, make: Callable[[], MediaPipePose], folder: Path, *, span: float = SPAN) -> None:
        self._make = make
        self._folder = folder
        self._span = span
        self._number = -1
        self._current: PoseEstimator | None = None
        self._recorder: PoseRecorder | None = None
        self._coming: MediaPipePose | None = None
        # Here, in the main thread, so that an error comes before any work and `ignore_profiling_timer` can do its own.
        self._first: MediaPipePose | None = make()
        self.facts: Mapping[str, str | int | float] = {**self._first.facts, "span_seconds": span}
        self.core = self._first.core
        with write_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder)
        for path in folder.glob("*.npz"):
            try:
                RecordedPose(path).close()
            except UserError:  # half a file, from a machine that lost its power
                path.unlink()

    def estimate(self, frame: Frame) -> PoseFrame:
        """As the estimator of this frame's minute finds it, or has found it.

        Raises:
            UserError: if it cannot take this frame, or the disk refuses.
        """
        number = int(frame.time // self._span)
        if number != self._number:
            self._begin(number)
        if self._current is None:
            raise ValueError("the pose estimator is closed")
        found = self._current.estimate(frame)
        if self._recorder:
            self._recorder.write(found)
        if frame.time >= (number + 1) * self._span - _OVERLAP and not self._path(number + 1).exists():
            if self._coming is None:
                self._coming = self._new()
            self._coming.estimate(frame)
        return found

    def _begin(self, number: int) -> None:
        """Complete one minute and begin another."""
        if self._recorder:
            self._recorder.close()
        self._end()
        self._number = number
        path = self._path(number)
        if path.exists():
            self._current = RecordedPose(path)
            return
        self._current, self._coming = self._coming or self._new(), None
        self._recorder = PoseRecorder(path, estimator=self.facts)

    def _new(self) -> MediaPipePose:
        new, self._first = self._first or self._make(), None
        return new

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06}.npz"

    def _end(self) -> None:
        if self._current:
            self._current.close()
        if self._recorder:
            self._recorder.__exit__(UserError, None, None)
        self._current = self._recorder = None

    def close(self) -> None:
        """Free the networks, and forget the minute that is not whole; whole ones stay."""
        self._end()
        for estimator in (self._coming, self._first):
            if estimator:
                estimator.close()
        self._coming = self._first = None
        with suppress(OSError):
            self._folder.rmdir()  # where nothing was kept

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
