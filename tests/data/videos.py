"""Small real videos, written through PyAV, whose every picture tells its number and which way up it is."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SIZE = (64, 48)


def picture(number: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """(H, W, 3) uint8 BGR: upper left quarter blue, upper right black, lower half as grey as `number` says."""
    width, height = size
    image = np.zeros((height, width, 3), np.uint8)
    image[: height // 2, : width // 2] = (255, 0, 0)
    image[height // 2 :] = 16 + 6 * (number % 40)
    return image


def number_in(image: np.ndarray) -> int:
    """The number, modulo 40, of the upright `picture` that this is, lossy coding allowed for."""
    return round((float(image[image.shape[0] * 3 // 4].mean()) - 15) / 6)


def write_video(
    path: Path,
    count: int = 30,
    *,
    fps: float = 25.0,
    times: Sequence[float] | None = None,
    size: tuple[int, int] = SIZE,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    rotation: float = 0.0,
    hflip: bool = False,
    pictures: Sequence[np.ndarray] | None = None,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
) -> Path:
    """Write `count` pictures, evenly spaced, or one at each of `times`.

    Args:
        path: where; the suffix chooses the container.
        count: number of pictures, without `times`.
        fps: pictures per second, without `times`.
        times: presentation times in seconds, to the millisecond.
        size: width and height as stored.
        codec, pixels: FFmpeg's names of the encoder and the pixel format.
        rotation, hflip: display matrix: degrees that a player turns the picture anticlockwise; whether it mirrors it.
        pictures: (H, W, 3) uint8 BGR, as stored, instead of `picture(0)`, `picture(1)`, ...
        options, container_options: FFmpeg's own, for the encoder and the container.
    """
    times = [i / fps for i in range(count)] if times is None else times
    with av.open(str(path), "w", options=container_options or {}) as out:
        stream = out.add_stream(codec, rate=round(fps), options=options or {})
        stream.width, stream.height = size
        stream.pix_fmt = pixels
        if rotation or hflip:
            stream.set_display_rotation(rotation, hflip=hflip)
        # AVI and raw streams count frames; the others can say milliseconds.
        base = Fraction(1, round(fps)) if path.suffix in {".avi", ".h264"} else Fraction(1, 1000)
        stream.codec_context.time_base = base
        for number, time in enumerate(times):
            shown = picture(number, size) if pictures is None else np.ascontiguousarray(pictures[number])
            frame = av.VideoFrame.from_ndarray(shown, format="bgr24")
            frame.pts, frame.time_base = round(time / base), base
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def write_variable_rate(path: Path) -> tuple[Path, list[float]]:
    """A video as phones write it, 30 fps that drop to 10 and pause for a second; and its times in seconds."""
    times = [*np.arange(0, 0.5, 1 / 30), *np.arange(0.5, 1.5, 0.1), 2.5, 2.533, 2.566]
    times = [round(float(t), 3) for t in times]
    return write_video(path, times=times, fps=30), times


def write_truncated(path: Path, keep: float = 0.5) -> Path:
    """A playable MP4 (its index comes first) of 10 s whose last part is missing."""
    write_video(path, 250, container_options={"movflags": "faststart"}, options={"g": "10"})
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    return path


def write_without_index(path: Path) -> Path:
    """An MP4 whose recorder was switched off before it wrote the index at the end."""
    write_video(path, 250)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def write_size_change(path: Path) -> Path:
    """An MPEG-TS of 10 pictures of 64x48 followed by 10 of 96x80."""
    parts = []
    for size, begin in ((SIZE, 0), ((96, 80), 10)):
        part = write_video(path, times=[(begin + i) / 25 for i in range(10)], size=size, options={"bf": "0"})
        parts.append(part.read_bytes())
    path.write_bytes(b"".join(parts))
    return path


def write_zero_frames(path: Path) -> Path:
    """A well-formed container with a video track and no picture in it."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        out.start_encoding()
    return path


def write_sound_only(path: Path) -> Path:
    """A second of silence."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.pts = 8000, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path
