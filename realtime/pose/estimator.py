"""`PoseEstimator`: what the pipeline asks of anything that finds people in frames."""

from types import TracebackType
from typing import Protocol, Self

from realtime.frames import Frame, PoseFrame


class PoseEstimator(Protocol):
    """Finds people in the frames of one source, given in order; used by one thread at a time."""

    @property
    def core(self) -> int | None:
        """The core of the processor that it keeps to, and that other threads leave to it; None for none."""
        ...

    def estimate(self, frame: Frame) -> PoseFrame:
        """Everybody in `frame`; the index and time of the result are those of the frame.

        Raises:
            UserError: if the estimator cannot take this frame.
        """
        ...

    def close(self) -> None:
        """Free what the estimator holds; closing twice does no harm."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...
