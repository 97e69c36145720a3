"""`VideoFile`: every frame of a recorded video, at the time the container gives it."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import av
from av.video.frame import VideoFrame

from realtime.frames import Frame
from realtime.sources.base import Closable
from realtime.sources.clocks import PresentationClock
from realtime.sources.decoder import NOMINAL_FPS, Decoder
from stf.errors import UserError


class VideoFile(Closable):
    """A video file; time 0 is the presentation time of its first frame.

    Each iteration begins at the beginning.

    Args:
        path: the file.
        start: seconds; earlier frames are left out. Times still count from the beginning of the file.
        end: seconds; frames from there on are left out.
        threads: threads that decode.

    Raises:
        UserError: where the file is missing, is not a video, holds no frame, or ends before `start`.
    """

    live = False

    def __init__(self, path: Path, *, start: float = 0.0, end: float | None = None, threads: int = 1) -> None:
        super().__init__()
        self.name = path.name
        self.problem: str | None = None
        self._path = path
        self._start = start
        self._end = end
        self._threads = threads
        decoder = self._open()
        whole, frames = decoder.duration, decoder.frame_count
        if whole is not None and start >= whole:
            decoder.close()
            raise UserError(
                f"the video '{path}' lasts {whole:.1f} s, so nothing starts at {start:g} s; choose an earlier start"
            )
        self._decoder: Decoder | None = decoder
        self.size = decoder.size
        self.fps = decoder.fps
        self._origin = decoder.stamp(decoder.first)
        self._promised = decoder.stream_duration
        self.duration = whole
        self.frame_count = frames
        if whole is not None:
            self.duration = min(whole, whole if end is None else end) - start
            self.frame_count = None if frames is None else round(frames * self.duration / whole)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if self._decoder is not None:  # never iterated
            self._decoder.close()

    def __iter__(self) -> Iterator[Frame]:
        self.problem = None
        step = 1.0 / (self.fps or NOMINAL_FPS)
        clock = PresentationClock(step, self._origin)
        reached = 0.0
        index = 0
        opened, self._decoder = self._decoder or self._open(), None
        with opened as decoder:
            frames = decoder.frames_from((self._origin or 0.0) + self._start) if self._start > 0.0 else decoder.frames()
            for frame in _readable(frames):
                if self._closed.is_set():
                    return
                time = clock.time(decoder.stamp(frame))
                if self._end is not None and time >= self._end:
                    return
                reached = time + (float((frame.duration or 0) * (frame.time_base or 0)) or step)
                if time < self._start:
                    continue
                yield Frame(index, time, decoder.image(frame))
                index += 1
            self.problem = self._shortfall(reached, decoder)

    def packet_times(self) -> list[float] | None:
        """When the frames are shown, in seconds and in order, as far as the container knows without decoding them.

        Returns:
            None where the container does not tell, says that it is damaged, or ends before it should.
        """
        times = None
        with self._open() as decoder, suppress(av.FFmpegError, OSError):
            times = decoder.packet_times()
        if times is None or self._origin is None:
            return None
        times = [time - self._origin for time in sorted(times)]
        if self._end is None and self._falls_short(times[-1] + 1.0 / (self.fps or NOMINAL_FPS)):
            return None
        return [time for time in times if self._start <= time and (self._end is None or time < self._end)]

    def _open(self) -> Decoder:
        path = self._path
        if not path.exists():
            raise UserError(f"there is no file '{path}'; check the path")
        if path.is_file() and path.stat().st_size == 0:
            raise UserError(f"the file '{path}' is empty; record or copy it again")
        try:
            return Decoder(f"file:{path}", threads=self._threads)
        except PermissionError:
            raise UserError(f"the file '{path}' may not be read; change its permissions") from None
        except LookupError as error:
            raise UserError(f"'{path}' cannot be used as a video because {error.args[0]}; give another file") from None
        except (av.FFmpegError, OSError):
            raise UserError(
                f"'{path}' is not a video, or it is damaged (a recording cut off before it was finished?); "
                "export it again or give another file"
            ) from None

    def _falls_short(self, reached: float) -> bool:
        return self._promised is not None and reached < self._promised - max(0.1, 0.02 * self._promised)

    def _shortfall(self, reached: float, decoder: Decoder) -> str | None:
        if self._falls_short(reached):
            return (
                f"the video '{self.name}' breaks off after {reached:.1f} s of the {self._promised:.1f} s it says it has"
            )
        if not decoder.ended:
            return f"the video '{self.name}' cannot be read beyond {reached:.1f} s"
        if decoder.damaged:
            return f"{decoder.damaged} damaged pieces of the video '{self.name}' were left out"
        return None


def _readable(frames: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
    """The frames up to the end or to where the file can no longer be read."""
    with suppress(av.FFmpegError, OSError):
        yield from frames
