"""The pictures of a recording in any order."""

import math
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
from av.video.frame import VideoFrame

from realtime.frames import Frame
from realtime.sources.decoder import NOMINAL_FPS, Decoder
from realtime.sources.images import find_images, read_image
from stf.errors import UserError

_Timed = tuple[float, VideoFrame]

_SAME = 1e-4  # seconds
_NEAR = 1.0  # seconds ahead that are decoded rather than sought
_IMAGE_FPS = 30.0  # of a folder of images, as `realtime.sources.open_source` plays it


class Pictures:
    """Frames of a video file or of a folder of images, by their moment; for one thread.

    Between two key frames a video can only be decoded forwards, so a far jump takes time. `at` gives the last frame it
    came to where it must not take so long, and goes on from there when it is asked again.

    Args:
        path: the video, or the folder.

    Raises:
        UserError: if it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._images = find_images(path) if path.is_dir() else []
        self._decoder: Decoder | None = None
        self._frames: Iterator[_Timed] = iter(())
        self._now: _Timed | None = None
        self._next: _Timed | None = None  # decoded already, and later than what was asked for
        self._sought = 0.0  # what is still being decoded towards
        self._shown: Frame | None = None
        if not self._images:
            self._open()

    def at(self, moment: float, patience: float = math.inf) -> Frame | None:
        """The frame that is shown at a moment: the last one that is not later.

        Args:
            moment: seconds, from the first frame.
            patience: seconds of work, after which an earlier frame will do.

        Returns:
            The frame; None where nothing can be read.
        """
        if self._images:
            return self._image_at(moment)
        if self._decoder is None:
            return None
        behind = self._now is None or moment < self._now[0] - _SAME
        if behind or (self._now and moment > max(self._now[0], self._sought) + _NEAR):
            self._seek(self._decoder, moment, behind=behind)
        self._decode(moment + _SAME, time.perf_counter() + patience)
        if self._now and (self._shown is None or self._now[0] != self._shown.time):
            self._shown = Frame(0, self._now[0], self._decoder.image(self._now[1]))
        return self._shown

    def close(self) -> None:
        """Close the file."""
        if self._decoder:
            self._decoder.close()

    def _open(self) -> None:
        self.close()
        try:
            self._decoder = decoder = Decoder(f"file:{self._path}")
        except (av.FFmpegError, OSError, LookupError) as error:
            raise UserError(f"'{self._path}' cannot be read as a video; say where the video is now") from error
        self._origin = decoder.stamp(decoder.first) or 0.0
        self._frames = self._timed(decoder, decoder.frames())
        self._now = self._next = None

    def _seek(self, decoder: Decoder, moment: float, *, behind: bool) -> None:
        """Go to the last key frame before a moment; where there is no index, back to the beginning or nowhere."""
        self._sought = moment
        if decoder.indexed:
            self._frames = self._timed(decoder, decoder.frames_from(self._origin + max(moment, 0.0)))
            self._now = self._next = None
        elif behind and self._now:
            self._open()

    def _decode(self, moment: float, deadline: float) -> None:
        """Go on to the last frame not later than a moment, or until the deadline."""
        while time.perf_counter() < deadline or self._now is None:
            self._next = self._next or next(self._frames, None)
            if self._next is None or (self._now and self._next[0] > moment):
                return
            self._now, self._next = self._next, None

    def _timed(self, decoder: Decoder, frames: Iterator[VideoFrame]) -> Iterator[_Timed]:
        """Frames with their moments, up to where the file can no longer be read."""
        with suppress(av.FFmpegError, OSError):
            for number, frame in enumerate(frames):
                stamp = decoder.stamp(frame)
                yield number / (decoder.fps or NOMINAL_FPS) if stamp is None else stamp - self._origin, frame

    def _image_at(self, moment: float) -> Frame | None:
        number = min(max(int(moment * _IMAGE_FPS + 1e-3), 0), len(self._images) - 1)
        image = read_image(self._images[number])
        return None if image is None else Frame(number, number / _IMAGE_FPS, image)
