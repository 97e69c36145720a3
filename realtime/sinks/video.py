"""Annotated video: H.264 in an MP4 that plays in a browser, every frame at its own time."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream

from realtime.frames import Image
from realtime.opencv import cv2
from realtime.sinks.audio import AudioTrack
from stf.atomic import output_file, write_errors
from stf.errors import UserError

TIME_BASE = Fraction(1, 90_000)
"""Seconds per tick of the file's clock: divides 24, 25, 30 and 60 Hz exactly, as MPEG's system clock does."""

_FIRST_FRAME_SECONDS = 1 / 30  # how long the only frame of a video lasts


class VideoWriter:
    """Writes pictures into an MP4 file that appears when the `with` block ends well.

    The video starts with the first picture, whatever its time, and has its size, made even by repeating the last row
    or column. A picture of another size is fitted into it between black bars.

    Args:
        path: the file; replaced where it exists.
        quality: constant rate factor of x264; 18 is hardly distinguishable from the source, 28 is coarse.
        preset: x264's trade of time for size, from `ultrafast` to `veryslow`.
        threads: how many the encoder uses.
        audio: what is heard beside the pictures, up to the end of the last one.
    """

    def __init__(
        self,
        path: Path,
        *,
        quality: int = 23,
        preset: str = "veryfast",
        threads: int = 2,
        audio: AudioTrack | None = None,
    ) -> None:
        self._path = path
        self._audio = audio
        # Without B frames the order in the file is the order on screen, so uneven frame times sum to the true duration.
        self._options = {"crf": str(quality), "preset": preset, "bf": "0"}
        self._threads = threads
        self._stack = ExitStack()
        self._stream: VideoStream | None = None
        self._start = 0.0
        self._ticks = -1
        self._step = round(_FIRST_FRAME_SECONDS / TIME_BASE)

    def __enter__(self) -> Self:
        self._stack.enter_context(self._file())
        return self

    def write(self, image: Image, time: float) -> None:
        """Append one picture.

        Args:
            image: (H, W, 3) uint8, BGR.
            time: seconds on any clock; one that does not move forward is put a tick after the last.

        Raises:
            UserError: if the disk refuses.
        """
        if self._stream is None:
            self._start = time
            self._stream = self._open_stream(image)
        ticks = max(round((time - self._start) / TIME_BASE), self._ticks + 1)
        if self._ticks >= 0:
            self._step = ticks - self._ticks
        self._ticks = ticks

        stream = self._stream
        fitted = fit_image(image, stream.width, stream.height)
        frame = av.VideoFrame.from_ndarray(fitted, "bgr24").reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )
        frame.pts, frame.time_base = ticks, TIME_BASE
        self._encode(stream, frame)
        self._hear(ticks)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    @contextmanager
    def _file(self) -> Iterator[None]:
        with output_file(self._path) as temporary:
            with write_errors(self._path):
                self._container = av.open(str(temporary), "w", format="mp4", options={"movflags": "+faststart"})
            try:
                yield
                if self._stream is None:
                    raise UserError(f"{self._path} would hold no picture: give a video that has frames")
                self._encode(self._stream, None)
                self._hear(self._ticks + self._step)
                with write_errors(self._path):
                    self._container.close()
            finally:
                with suppress(OSError):  # after a failure there may be no room for the index either
                    self._container.close()

    def _open_stream(self, image: Image) -> VideoStream:
        height, width = image.shape[:2]
        stream = self._container.add_stream("libx264", options=self._options)
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = "yuv420p"
        stream.time_base = TIME_BASE
        context = stream.codec_context
        context.time_base = TIME_BASE
        context.thread_count = self._threads
        context.colorspace = Colorspace.ITU709
        context.color_primaries = ColorPrimaries.BT709
        context.color_trc = ColorTrc.BT709
        context.color_range = ColorRange.MPEG
        if self._audio:
            self._audio.start(self._container)
        return stream

    def _hear(self, ticks: int) -> None:
        if self._audio:
            with write_errors(self._path):
                self._audio.write_until(float(ticks * TIME_BASE), self._container)

    def _encode(self, stream: VideoStream, frame: av.VideoFrame | None) -> None:
        with write_errors(self._path):
            for packet in stream.encode(frame):
                packet.duration = self._step  # counts for the last one only: the others end where the next begins
                self._container.mux(packet)


def fit_image(image: Image, width: int, height: int) -> Image:
    """The picture at another size: one row or column repeated where that is enough, else between black bars.

    Args:
        image: (H, W, 3) uint8.
        width: of the result, in pixels.
        height: of the result, in pixels.
    """
    rows, columns = image.shape[:2]
    below, right = height - rows, width - columns
    if (below, right) == (0, 0):
        return np.ascontiguousarray(image)
    if below in (0, 1) and right in (0, 1):
        return cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REPLICATE)
    scale = min(width / columns, height / rows)
    inner = max(1, round(columns * scale)), max(1, round(rows * scale))
    resized = cv2.resize(image, inner, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    top, left = (height - inner[1]) // 2, (width - inner[0]) // 2
    fitted = np.zeros((height, width, 3), np.uint8)
    fitted[top : top + inner[1], left : left + inner[0]] = resized
    return fitted
