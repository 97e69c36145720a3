"""`BlankFrames`: the frames of a video whose poses are known, by number and time; nobody looks at their pictures."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float64

from realtime.frames import Frame
from realtime.sources.base import Closable, Source
from realtime.sources.video import VideoFile

_SAME = 1e-3  # seconds


def blank_frames(source: Source, times: Float64[np.ndarray, " T"]) -> Source:
    """The source without its pictures, which need not be decoded then, where its frames are sure to be at these times.

    Args:
        source: opened, to be closed by whoever opened it.
        times: seconds, of the frames whose poses are known.

    Returns:
        The same frames with black pictures, or the source itself: where it is no video file, or its packets are not at
        these times, one each. That is how missing, damaged and unstamped frames look, which have to be decoded to know
        what becomes of them.
    """
    found = source.packet_times() if isinstance(source, VideoFile) else None
    if found is None or len(found) != len(times) or not np.allclose(found, times, rtol=0, atol=_SAME):
        return source
    return BlankFrames(source, times.tolist())


class BlankFrames(Closable):
    """Frames of given times, all of them black.

    Args:
        source: the video they belong to.
        times: seconds, increasing.
    """

    live = False
    problem = None

    def __init__(self, source: Source, times: Sequence[float]) -> None:
        super().__init__()
        self.name = source.name
        self.fps = source.fps
        self.frame_count = len(times)
        self.duration = source.duration
        self.size = source.size
        self._times = times

    def __iter__(self) -> Iterator[Frame]:
        width, height = self.size
        black = np.broadcast_to(np.uint8(0), (height, width, 3))
        for index, time in enumerate(self._times):
            if self._closed.is_set():
                return
            yield Frame(index, time, black)
