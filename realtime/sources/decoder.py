"""`Decoder`: the video of one container, opened through PyAV and turned into upright BGR pictures."""

import re
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Self, cast

import av
import numpy as np
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from jaxtyping import Int32

from realtime.frames import Image
from realtime.opencv import cv2

NOMINAL_FPS = 30.0  # where a container does not say

_STAMPLESS = {"mpjpeg", "mjpeg", "h264", "hevc"}  # formats whose stamps FFmpeg makes up from a rate of 25
_INDEXED = {"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"}  # formats in which a key frame is found by its time
_NOT_VIDEO = {"tty"}  # text files, which FFmpeg would draw as a terminal


DisplayMatrix = Int32[np.ndarray, "3 3"]


class Decoder:
    """The first real video stream of a file or an address, with its first frame decoded.

    Decoding takes one thread by default. Measured on two cores, MediaPipe needs the other one, and one thread decodes
    640x480 more than thirty times faster than MediaPipe takes it.

    Args:
        address: what FFmpeg opens: "file:..." or an address.
        threads: threads that decode.
        timeouts: seconds to wait for (opening, each packet); None waits for ever.
        options: FFmpeg's own, for the container.

    Raises:
        av.FFmpegError: where it cannot be opened.
        LookupError: where it holds no video, or none that can be decoded; says why.

    Attributes:
        first: the first frame; `frames()` begins with it.
        size: its width and height, upright.
        damaged: how many packets could not be decoded so far.
        ended: whether `frames()` came to the end of the video.
    """

    def __init__(
        self,
        address: str,
        *,
        threads: int = 1,
        timeouts: tuple[float, float] | None = None,
        options: Mapping[str, str] | None = None,
    ) -> None:
        self.damaged = 0
        self.ended = False
        self._reformatter = VideoReformatter()
        self._rotation: int | None = None
        self._matrix: DisplayMatrix | None = None
        self._container = av.open(address, timeout=timeouts, options=dict(options or {}), metadata_errors="replace")
        try:
            self._stream = self._first_video()
            self._stream.thread_count = threads
            self._stream.thread_type = "AUTO" if threads > 1 else "NONE"
            self._decoded = self._decode()
            self.first = self._first_frame()
            height, width, _ = self.image(self.first).shape
            self.size = (width, height)
        except BaseException:
            self._container.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the container; only from the thread that decodes."""
        self._container.close()

    @property
    def fps(self) -> float | None:
        """Average frames per second, where the container says something believable."""
        rate = float(self._stream.average_rate or self._stream.guessed_rate or 0)
        return rate if 0.0 < rate <= 1000.0 else None

    @property
    def stream_duration(self) -> float | None:
        """Seconds of the video stream itself, where the container says so."""
        stream = self._stream
        if stream.duration is not None and stream.time_base is not None:
            return float(stream.duration * stream.time_base)
        begin = float((stream.start_time or 0) * (stream.time_base or 0))
        # Matroska writes the end of each stream as a tag, and that of the longest one as the container's duration.
        if match := re.fullmatch(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)", stream.metadata.get("DURATION", "")):
            return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3]) - begin
        if self._container.duration is not None and len(self._container.streams) == 1:
            return self._container.duration / av.time_base - begin
        return None

    @property
    def duration(self) -> float | None:
        """Seconds of the video stream, else of the longest stream, else None."""
        if self.stream_duration is not None:
            return self.stream_duration
        return None if self._container.duration is None else self._container.duration / av.time_base

    @property
    def frame_count(self) -> int | None:
        """Number of frames as the container counts them, else as duration and rate make likely, else None."""
        if self._stream.frames:
            return self._stream.frames
        return None if self.duration is None or self.fps is None else round(self.duration * self.fps)

    @property
    def finite(self) -> bool:
        """Whether this is a recording, with a known duration or number of bytes, and not a broadcast."""
        return self._container.duration is not None or self._container.size > 0

    @property
    def indexed(self) -> bool:
        """Whether `frames_from` finds its way by an index rather than going on from where it is."""
        return self._stream.time_base is not None and self._container.format.name in _INDEXED

    def frames(self) -> Iterator[VideoFrame]:
        """All frames from the first on, skipping and counting the packets that cannot be decoded.

        Raises:
            av.FFmpegError: where reading, not decoding, fails.
        """
        yield self.first
        yield from self._decoded

    def frames_from(self, stamp: float) -> Iterator[VideoFrame]:
        """As `frames`, but where the format has an index, from the last key frame before `stamp` (seconds) on."""
        if self._stream.time_base is None or not self.indexed:
            yield from self.frames()
            return
        self._container.seek(int(stamp / self._stream.time_base), stream=self._stream)
        yield from self._decode()

    def packet_times(self) -> list[float] | None:
        """Presentation stamps of all packets in seconds, none of them decoded.

        Returns:
            None where the format has no index, a packet no stamp, or one is damaged.

        Raises:
            av.FFmpegError: where reading fails.
        """
        if not self.indexed:
            return None
        self._container.seek(self._stream.start_time or 0, stream=self._stream)
        times = []
        for packet in self._container.demux(self._stream):
            if not packet.size or packet.is_discard:  # the end, or what an edit list leaves out
                continue
            if packet.is_corrupt or packet.pts is None or packet.time_base is None:
                return None
            times.append(float(packet.pts * packet.time_base))
        return times or None

    def stamp(self, frame: VideoFrame) -> float | None:
        """The frame's presentation stamp in seconds, where it has one.

        AVI knows no presentation stamps; the decoding ones count the frames as they come out.
        """
        if self._container.format.name in _STAMPLESS:
            return None
        stamp = frame.dts if self._container.format.name == "avi" or frame.pts is None else frame.pts
        return None if stamp is None or frame.time_base is None else float(stamp * frame.time_base)

    def image(self, frame: VideoFrame) -> Image:
        """(H, W, 3) uint8 BGR, contiguous, of any pixel format, upright.

        One reformatter for all frames, in one thread: 1.5 times faster than `frame.to_ndarray("bgr24")`.
        """
        image = np.ascontiguousarray(self._reformatter.reformat(frame, format="bgr24", threads=1).to_ndarray())
        if frame.rotation != self._rotation:
            # Only then: looking at a frame's side data puts it in a reference cycle, in which it lives on for a while.
            matrix = cast("Mapping[str, bytes]", frame.side_data).get("DISPLAYMATRIX")
            self._rotation = frame.rotation
            self._matrix = None if matrix is None else np.frombuffer(bytes(matrix), np.int32).reshape(3, 3)
        return image if self._matrix is None else upright(image, self._matrix)

    def _decode(self) -> Iterator[VideoFrame]:
        for packet in self._container.demux(self._stream):
            try:
                yield from packet.decode()
            except av.FFmpegError:
                self.damaged += 1
        self.ended = True

    def _first_frame(self) -> VideoFrame:
        first = next(self._decoded, None)
        if first is None:
            raise LookupError("it holds no frame that can be decoded")
        return first

    def _first_video(self) -> VideoStream:
        if self._container.format.name in _NOT_VIDEO:
            raise LookupError("it is text")
        for stream in self._container.streams.video:
            if Disposition.attached_pic not in stream.disposition:  # the cover of a song
                return stream
        raise LookupError("it holds no video")


def upright(image: Image, matrix: DisplayMatrix) -> Image:
    """Turn and mirror a picture as its display matrix says, to the nearest quarter turn.

    The matrix maps a stored point (x, y) to the shown point (a x + c y, b x + d y) with a, b in its first and c, d in
    its second row (ISO/IEC 14496-12, 8.2.2 and 6.2.2; FFmpeg libavutil/display.h).

    Args:
        image: (H, W, 3) uint8.
        matrix: (3, 3) integers, fixed point; only ratios and signs count.

    Returns:
        (H, W, 3) or (W, H, 3) uint8, contiguous.
    """
    (a, b), (c, d) = matrix[:2, :2].tolist()
    if abs(b) > abs(a):
        image, a, d = cv2.transpose(image), c, b
    if a < 0 or d < 0:
        image = cv2.flip(image, -1 if a < 0 and d < 0 else (1 if a < 0 else 0))
    return image
