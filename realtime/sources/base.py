"""`Source`: what everything that yields frames has in common."""

from collections.abc import Iterator
from threading import Event
from types import TracebackType
from typing import Protocol, Self

from realtime.frames import Frame


class Source(Protocol):
    """Yields frames: a camera, a stream, a video file, a folder of images.

    A source is a context manager and an iterable. `close()` may be called from any thread, any number of times; the
    iteration then ends within a second. What the iterator opened, it releases itself.
    """

    @property
    def name(self) -> str:
        """What to show a person; holds no user name or password."""

    @property
    def live(self) -> bool:
        """Whether frames come when nobody is ready, so that the newest counts; otherwise every frame counts."""

    @property
    def fps(self) -> float | None:
        """Nominal frames per second, where known; the frames' own times are what holds."""

    @property
    def frame_count(self) -> int | None:
        """How many frames there will be, as far as can be told beforehand."""

    @property
    def duration(self) -> float | None:
        """How many seconds there will be, as far as can be told beforehand."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the first frame, upright; a later frame may differ."""

    @property
    def problem(self) -> str | None:
        """What went wrong without ending in an exception, as one sentence; final once the iteration has ended."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def __iter__(self) -> Iterator[Frame]: ...

    def close(self) -> None:
        """End the iteration within a second; may be called from any thread."""


class Closable:
    """The part of a source that is the same in all of them: closing."""

    def __init__(self) -> None:
        self._closed = Event()

    def close(self) -> None:
        """End the iteration within a second; may be called from any thread."""
        self._closed.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
