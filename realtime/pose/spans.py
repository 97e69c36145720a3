"""`SpannedPose`: poses found minute by minute, so that work that was cut off goes on after the last whole minute.

`find_minutes` finds some minutes of a video, for several processes to share a long one.

MediaPipe follows a person from frame to frame, and what it remembers cannot be kept in a file. So every minute of a
video gets an estimator of its own, always, whether the work is cut off or shared or neither: what is found in a minute
then depends on nothing but its frames and the half second before it, in which the new estimator finds its people while
the old one is still at work.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from realtime.frames import Frame, PoseFrame
from realtime.pose.estimator import PoseEstimator
from realtime.pose.landmarker import MediaPipePose
from realtime.pose.recorded import PoseRecorder, RecordedPose
from realtime.pose.sparse import SparsePose
from stf.atomic import remove_leftovers, write_errors
from stf.errors import UserError

if TYPE_CHECKING:
    from realtime.sources import Source  # OpenCV

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
        first: the minute to begin with; of frames before it only the last half second is looked at, and nobody is
            found in them.

    Attributes:
        facts: those of the estimator, and the length of a span.

    Raises:
        UserError: if there is no estimator, or the folder cannot be written.
    """

    def __init__(self, make: Callable[[], MediaPipePose], folder: Path, *, span: float = SPAN, first: int = 0) -> None:
        self._make = make
        self._folder = folder
        self._span = span
        self._from = first
        self._number = first - 1
        self._current: PoseEstimator | None = None
        self._recorder: PoseRecorder | None = None
        self._coming: MediaPipePose | None = None
        # Here, in the main thread, so that an error comes before any work and `ignore_profiling_timer` can do its own.
        self._spare: MediaPipePose | None = make()
        self.facts: Mapping[str, str | int | float] = {**self._spare.facts, "span_seconds": span}
        self.core = self._spare.core
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
        found = PoseFrame(frame.index, frame.time, ())
        if number >= self._from:
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

    def complete(self) -> None:
        """Keep the minute under way, too: the video ends here.

        Raises:
            UserError: if the disk refuses.
        """
        if self._recorder:
            self._recorder.close()
        self._end()

    def _begin(self, number: int) -> None:
        """Complete one minute and begin another."""
        self.complete()
        if number != self._number + 1 and self._coming:  # it has seen frames that are far from this minute
            self._coming.close()
            self._coming = None
        self._number = number
        path = self._path(number)
        if path.exists():
            self._current = RecordedPose(path)
            return
        self._current, self._coming = self._coming or self._new(), None
        self._recorder = PoseRecorder(path, estimator=self.facts)

    def _new(self) -> MediaPipePose:
        new, self._spare = self._spare or self._make(), None
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
        for estimator in (self._coming, self._spare):
            if estimator:
                estimator.close()
        self._coming = self._spare = None
        with suppress(OSError):
            self._folder.rmdir()  # where nothing was kept

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def find_minutes(
    source: "Source",
    make: Callable[[], MediaPipePose],
    folder: Path,
    minutes: range,
    *,
    every: int = 1,
    span: float = SPAN,
) -> Iterator[PoseFrame]:
    """Find and keep the poses of some minutes of a video, just as `SpannedPose` finds them on its way through all.

    Args:
        source: the video, or the part of it that is wanted. It is read from its beginning: frame numbers and times are
            then the same in every container.
        make: makes an estimator.
        folder: as of `SpannedPose`.
        minutes: which, one after the other. Where the video ends among them without a problem, its last one is kept as
            it is.
        every: estimate the frames whose index is a multiple of this, and the last one.
        span: seconds of what is called a minute here.

    Yields:
        Who was found, frame by frame.

    Raises:
        UserError: if an estimator cannot be had or cannot take a frame, or the disk refuses.
    """
    with SpannedPose(make, folder, span=span, first=minutes.start) as estimator:
        sparse = SparsePose(estimator, every)
        for frame in source:
            if frame.time < minutes.start * span - _OVERLAP:
                continue
            for _, found in sparse.add(frame):
                if found.time >= minutes.stop * span:
                    return
                yield found
        for _, found in sparse.flush():
            yield found
        if source.problem is None:
            estimator.complete()
