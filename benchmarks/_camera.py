"""A video as a camera: what the benchmarks of the live pipeline watch."""

import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from realtime.frames import Frame
from realtime.sources import VideoFile
from realtime.sources.base import Closable

FPS = 30.0


class ClockCamera(Closable):
    """The frames of a video at a steady 30 fps, stamped and delivered by the clock.

    Attributes:
        times: the stamp of each frame so far, in seconds.
        left: when each left, on the clock of `time.perf_counter`.
    """

    live, fps, frame_count, duration, problem = True, FPS, None, None, None

    def __init__(self, video: Path, seconds: float) -> None:
        super().__init__()
        self.name = video.name
        with VideoFile(video) as opened:
            self.size = opened.size
        self.times: list[float] = []
        self.left: list[float] = []
        self._video = video
        self._seconds = seconds

    def __iter__(self) -> Iterator[Frame]:
        pictures = (frame.image for _ in count() for frame in VideoFile(self._video))
        begun = time.perf_counter()
        for index in range(round(self._seconds * FPS)):
            picture = next(pictures)
            if self._closed.wait(max(0.0, begun + index / FPS - time.perf_counter())):
                return
            self.times.append(index / FPS)
            self.left.append(time.perf_counter())
            yield Frame(index, index / FPS, picture)
