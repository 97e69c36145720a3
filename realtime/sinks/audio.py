"""The sound of a video, to be put beside its annotated pictures."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

import av
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from realtime.sources.decoder import Decoder

Sound: TypeAlias = "Packet[AudioStream]"

_PLAYED = {"aac", "mp3"}  # what every browser plays in an MP4, and is copied as it is
_RATE = 48_000
_SAMPLES = 1024  # in a frame of AAC


class AudioTrack:
    """The first sound of a video, in step with its pictures; made into AAC where browsers would not play it.

    Args:
        container: the video, open.
        stream: its sound.
        origin: presentation stamp of the first picture, in seconds, which becomes time 0.
    """

    def __init__(self, container: InputContainer, stream: AudioStream, origin: float) -> None:
        self._container = container
        self._stream = stream
        self._origin = origin
        self._packets: Iterator[Sound] = iter(())
        self._next: Sound | None = None

    def start(self, out: OutputContainer) -> None:
        """Add a stream for it to a file, before the first packet is written there."""
        if self._stream.codec_context.name in _PLAYED:
            self._packets = self._copied(out.add_stream_from_template(self._stream))
        else:
            self._packets = self._encoded(out.add_stream("aac", rate=_RATE))
        self._next = self._read()

    def write_until(self, time: float, out: OutputContainer) -> None:
        """Write what sounds before `time`, in seconds, so that sound and pictures alternate in the file."""
        while (packet := self._next) is not None and _seconds(packet) < time:
            out.mux(packet)
            self._next = self._read()

    def _read(self) -> "Sound | None":
        """The next packet from time 0 on; None at the end, and where the file cannot be read any further."""
        with suppress(av.FFmpegError):
            return next((packet for packet in self._packets if _seconds(packet) >= 0), None)
        return None

    def _copied(self, target: AudioStream) -> Iterator[Sound]:
        for packet in self._container.demux(self._stream):
            if packet.pts is not None and packet.time_base:
                packet.pts -= round(self._origin / packet.time_base)
                packet.dts = packet.pts
                packet.stream = target
                yield packet

    def _encoded(self, target: AudioStream) -> Iterator[Sound]:
        resampler = AudioResampler("fltp", "stereo", _RATE, frame_size=_SAMPLES)
        for frame in self._container.decode(self._stream):
            if frame.pts is not None and frame.time_base:
                frame.pts -= round(self._origin / frame.time_base)
            for piece in resampler.resample(frame):
                yield from target.encode(piece)
        for piece in resampler.resample(None):
            yield from target.encode(piece)
        yield from target.encode(None)


@contextmanager
def open_audio(video: Path, start: float = 0.0) -> Iterator[AudioTrack | None]:
    """The sound of a video file; None where it has none, or is a folder of images.

    Args:
        video: the file.
        start: seconds after the first picture; what sounds before is left out, and this becomes time 0.
    """
    if not video.is_file():
        yield None
        return
    with av.open(f"file:{video}", metadata_errors="replace") as container:
        if not container.streams.audio:
            yield None
            return
        with Decoder(f"file:{video}") as decoder:
            origin = decoder.stamp(decoder.first) or 0.0
        yield AudioTrack(container, container.streams.audio[0], origin + start)


def _seconds(packet: Sound) -> float:
    return float((packet.pts or 0) * (packet.time_base or 0))
