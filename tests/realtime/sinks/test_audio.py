"""The sound of the source, in step with the pictures."""

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from realtime.sinks.audio import open_audio
from realtime.sinks.video import VideoWriter
from realtime.sources import open_source

RATE = 16_000
SECONDS = 3.0
CLICK = 1.5  # seconds after the first picture


def write_with_sound(path: Path, codec: str, delay: float = 0.0) -> Path:
    """Silence with one click, and pictures that begin `delay` seconds after it."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = out.add_stream(codec, rate=RATE, layout="mono")
        for number in range(round(SECONDS * 25)):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number, np.uint8), "bgr24")
            frame.pts = number + round(delay * 25)
            out.mux(video.encode(frame))
        out.mux(video.encode())
        sound = np.zeros(round((SECONDS + delay) * RATE), np.float32)
        place = round((CLICK + delay) * RATE)
        sound[place : place + 400] = 0.8 * np.sin(np.arange(400) / 3)
        kind = audio.codec_context.format.name
        data = sound if kind.startswith("flt") else (sound * 32767).astype(np.int16)
        for begin in range(0, len(data), 1024):
            piece = av.AudioFrame.from_ndarray(data[None, begin : begin + 1024], format=kind, layout="mono")
            piece.sample_rate, piece.pts = RATE, begin
            out.mux(audio.encode(piece))
        out.mux(audio.encode())
    return path


def redraw(source: Path, target: Path, start: float = 0.0) -> None:
    with (
        open_source(source, start=start) as frames,
        open_audio(source, start) as audio,
        VideoWriter(target, audio=audio) as writer,
    ):
        for frame in frames:
            writer.write(frame.image, frame.time)


def loudest(path: Path) -> float:
    """When the sound is loudest, in seconds after the first picture."""
    with av.open(str(path)) as video:
        begin = next(video.decode(video=0)).time
    with av.open(str(path)) as video:
        pieces = [(frame.time, frame.sample_rate, frame.to_ndarray()) for frame in video.decode(audio=0)]
    time, rate, samples = max(pieces, key=lambda piece: np.abs(piece[2]).max())
    return time + np.abs(samples).max(axis=0).argmax() / rate - begin


@pytest.mark.parametrize(("codec", "kept", "suffix"), [("aac", "aac", ".mp4"), ("pcm_s16le", "aac", ".mkv")])
@pytest.mark.parametrize("delay", [0.0, 0.6])
def test_the_sound_is_heard_when_it_was(codec: str, kept: str, suffix: str, delay: float, tmp_path: Path) -> None:
    source = write_with_sound(tmp_path / f"a{suffix}", codec, delay)
    redraw(source, tmp_path / "b.mp4")
    with av.open(str(tmp_path / "b.mp4")) as video:
        assert video.streams.audio[0].codec_context.name == kept
        assert video.streams.video[0].codec_context.pix_fmt == "yuv420p"
        assert float(video.duration) / 1e6 == pytest.approx(SECONDS, abs=0.1)
    assert loudest(source) == pytest.approx(CLICK, abs=0.05)
    assert loudest(tmp_path / "b.mp4") == pytest.approx(CLICK, abs=0.05)


@pytest.mark.parametrize(("codec", "suffix"), [("aac", ".mp4"), ("pcm_s16le", ".mkv")])
def test_a_part_is_heard_from_its_beginning_on(codec: str, suffix: str, tmp_path: Path) -> None:
    redraw(write_with_sound(tmp_path / f"a{suffix}", codec), tmp_path / "b.mp4", 1.0)
    assert loudest(tmp_path / "b.mp4") == pytest.approx(CLICK - 1.0, abs=0.05)
    with av.open(str(tmp_path / "b.mp4")) as video:
        assert float(video.duration) / 1e6 == pytest.approx(SECONDS - 1.0, abs=0.1)


def test_sound_and_pictures_alternate_in_the_file_whose_index_comes_first(tmp_path: Path) -> None:
    redraw(write_with_sound(tmp_path / "a.mp4", "aac"), tmp_path / "b.mp4")
    with av.open(str(tmp_path / "b.mp4")) as video:
        kinds = [packet.stream.type for packet in video.demux() if packet.size]
    assert set(kinds[: len(kinds) // 4]) == {"audio", "video"}
    data = (tmp_path / "b.mp4").read_bytes()
    size, _ = struct.unpack_from(">I4s", data)
    assert data[size + 4 : size + 8] == b"moov"


def test_what_has_no_sound_gives_none(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    with open_audio(tmp_path / "images") as audio:
        assert audio is None
