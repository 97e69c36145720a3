"""`NetworkStream`: RTSP, RTMP and HTTP video, reconnected when it drops."""

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType

import av
from av.video.frame import VideoFrame

from realtime.frames import Frame
from realtime.sources.base import Closable
from realtime.sources.clocks import ArrivalClock, PresentationClock
from realtime.sources.decoder import NOMINAL_FPS, Decoder
from realtime.sources.interrupt import interruptible
from stf.errors import UserError

SCHEMES = ("rtsp", "rtsps", "rtmp", "rtmps", "http", "https")

_FRUITLESS = 3  # connections in a row without a new frame after which a recording is taken to end there
_LOST = (av.FFmpegError, OSError, LookupError)


class NetworkStream(Closable):
    """Video from an address, tried again with growing pauses when it drops.

    RTSP, RTMP and endless HTTP are live: their times follow `ArrivalClock`, so a drop is missing time. A recording
    served over HTTP (one with a known duration or number of bytes) is not: its times are the file's own, as in
    `VideoFile`, and after a drop it goes on behind the last frame that arrived, with nothing missing.

    Args:
        address: where the video is; a user name and password in it are used and never shown.
        timeouts: seconds to wait for (an answer, each packet).
        backoff: seconds of the first and of the longest pause between two tries; each is twice the one before.
        patience: seconds without a new frame after which the source ends, and says so in `problem`.
        threads: threads that decode.

    Raises:
        UserError: where it cannot be reached within the time-out or holds no video.
    """

    def __init__(
        self,
        address: str,
        *,
        timeouts: tuple[float, float] = (5.0, 5.0),
        backoff: tuple[float, float] = (0.5, 8.0),
        patience: float = 300.0,
        threads: int = 1,
    ) -> None:
        super().__init__()
        self.name = without_secrets(address)
        self.problem: str | None = None
        self._address = address
        self._timeouts = timeouts
        self._backoff = backoff
        self._patience = patience
        self._threads = threads
        self._pause = backoff[0]
        self._last_progress = 0.0
        self._decoder: Decoder | None = None
        begin = time.monotonic()
        try:
            decoder = self._open()
        except _LOST as error:
            raise UserError(self._unreachable(error, time.monotonic() - begin)) from None
        self._decoder = decoder
        self.live = not (address.lower().startswith("http") and decoder.finite)
        self.fps = decoder.fps
        self.size = decoder.size
        self.duration = None if self.live else decoder.duration
        self.frame_count = None if self.live else decoder.frame_count

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if self._decoder is not None:  # never iterated
            self._decoder.close()

    def __iter__(self) -> Iterator[Frame]:
        return self._broadcast() if self.live else self._recording()

    def _broadcast(self) -> Iterator[Frame]:
        clock = ArrivalClock()
        index, drops = 0, 0
        last, missing = 0.0, 0.0
        for decoder in self._connections():
            clock.reconnect()
            rejoined = index > 0
            for frame in self._frames(decoder):
                seconds = clock.time(decoder.stamp(frame), time.monotonic())
                if rejoined:
                    rejoined = False
                    drops, missing = drops + 1, missing + seconds - last
                    self.problem = f"the stream {self.name} dropped {drops} time(s), and {missing:.1f} s are missing"
                last = seconds
                yield Frame(index, seconds, decoder.image(frame))
                index += 1
                self._progress()

    def _recording(self) -> Iterator[Frame]:
        step = 1.0 / (self.fps or NOMINAL_FPS)
        last = -step
        index = 0
        fruitless = 0
        for decoder in self._connections():
            clock = PresentationClock(step)
            known = index
            for frame in self._frames(decoder):
                seconds = clock.time(decoder.stamp(frame))
                if seconds > last:
                    last = seconds
                    yield Frame(index, seconds, decoder.image(frame))
                    index += 1
                    self._progress()
            if decoder.ended and last + step >= (self.duration or 0.0) * 0.98 - 0.1:
                return
            fruitless = 0 if index > known else fruitless + 1
            if fruitless == _FRUITLESS:
                self.problem = f"the video {self.name} cannot be read beyond {last + step:.1f} s"
                return

    def _connections(self) -> Iterator[Decoder]:
        """The connection opened first, and another one after each drop, until closed or out of patience."""
        self._progress()
        decoder, self._decoder = self._decoder, None
        while not self._closed.is_set():
            if decoder is not None:
                with decoder:
                    yield decoder
            if time.monotonic() - self._last_progress > self._patience:
                self.problem = f"the stream {self.name} did not come back within {self._patience:g} s"
                return
            if self._closed.wait(self._pause):
                return
            self._pause = min(2 * self._pause, self._backoff[1])
            try:
                decoder = self._open()
            except _LOST:
                decoder = None

    def _progress(self) -> None:
        self._last_progress = time.monotonic()
        self._pause = self._backoff[0]

    def _open(self) -> Decoder:
        # Frames wait while FFmpeg measures a frame rate (20 frames), which would count as missing time after a drop.
        options = {"fpsprobesize": "0"}
        if self._address.lower().startswith("rtsp"):
            # Over TCP no packet is lost, and it passes routers; a camera that knows only UDP is still served.
            options["rtsp_flags"] = "prefer_tcp"
        with interruptible(self._closed):
            return Decoder(self._address, threads=self._threads, timeouts=self._timeouts, options=options)

    def _frames(self, decoder: Decoder) -> Iterator[VideoFrame]:
        """The frames of one connection, up to its end or drop."""
        frames = decoder.frames()
        with suppress(*_LOST):
            while not self._closed.is_set():
                with interruptible(self._closed):
                    frame = next(frames, None)
                if frame is None:
                    return
                yield frame

    def _unreachable(self, error: Exception, waited: float) -> str:
        if isinstance(error, LookupError):
            return f"the stream {self.name} cannot be used because {error.args[0]}; check the address"
        if waited >= self._timeouts[0]:
            return f"the stream {self.name} gives no answer within {self._timeouts[0]:g} s; check that it is running"
        reason = getattr(error, "strerror", None) or type(error).__name__
        return f"the stream {self.name} cannot be opened ({reason}); check the address and that it is running"


def without_secrets(address: str) -> str:
    """The address without user name, password and query, for showing to people."""
    shown = re.sub(r"//(?:[^/]*@|[^/@]*:(?!\d+/)[^@]*@)", "//", address, count=1)
    shown = re.sub(r"[?#].*", "", shown)
    return re.sub(r"(?i)((?:user|login|pass|pwd|token|key|secret)\w*=)[^/&;]*", r"\1...", shown)
