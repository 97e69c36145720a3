import itertools
import struct
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.sinks.video import TIME_BASE, VideoWriter, fit_image
from stf.errors import UserError

TICK = float(TIME_BASE)
UNEVEN = (0.0, 0.04, 0.1, 0.5, 0.533, 0.6, 0.7, 1.7, 1.7333)


def picture(shade: int, height: int = 48, width: int = 64) -> np.ndarray:
    return np.full((height, width, 3), shade, np.uint8)


def write(path: Path, times: tuple[float, ...], **size: int) -> None:
    with VideoWriter(path) as video:
        for index, time in enumerate(times):
            video.write(picture(20 * index, **size), time)


def read(path: Path) -> tuple[list[np.ndarray], list[float]]:
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        return [frame.to_ndarray(format="bgr24") for frame in frames], [frame.time for frame in frames]


def boxes(path: Path) -> list[bytes]:
    """The names of an MP4 file's outermost boxes, in order."""
    data, names, place = path.read_bytes(), [], 0
    while place < len(data):
        size, name = struct.unpack_from(">I4s", data, place)
        names.append(name)
        place += size
    return names


def test_every_frame_keeps_its_own_time(tmp_path):
    write(tmp_path / "a.mp4", UNEVEN)
    images, times = read(tmp_path / "a.mp4")
    assert times == pytest.approx(UNEVEN, abs=TICK)
    assert [image.mean() for image in images] == pytest.approx([20 * index for index in range(len(UNEVEN))], abs=4)


def test_video_lasts_until_its_last_frame_has_been_shown(tmp_path):
    write(tmp_path / "a.mp4", UNEVEN)
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert container.duration / 1e6 == pytest.approx(UNEVEN[-1] + UNEVEN[-1] - UNEVEN[-2], abs=0.002)
    write(tmp_path / "one.mp4", (5.0,))
    with av.open(str(tmp_path / "one.mp4")) as container:
        assert container.duration > 0


def test_file_is_what_browsers_play(tmp_path):
    write(tmp_path / "a.mp4", UNEVEN)
    with av.open(str(tmp_path / "a.mp4")) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
    names = boxes(tmp_path / "a.mp4")
    assert names.index(b"moov") < names.index(b"mdat")


def test_colours_come_back(tmp_path):
    colours = [(0, 0, 255), (0, 255, 0), (255, 0, 0), (255, 255, 255), (60, 120, 200)]
    with VideoWriter(tmp_path / "a.mp4") as video:
        for index, colour in enumerate(colours):
            video.write(np.full((48, 64, 3), colour, np.uint8), index / 30)
    images, _ = read(tmp_path / "a.mp4")
    for image, colour in zip(images, colours, strict=True):
        assert image.mean(axis=(0, 1)) == pytest.approx(colour, abs=8)


def test_real_video_survives_the_round_trip(tmp_path, videos):
    with av.open(str(videos / "intel" / "asl_gestures" / "hungry.mkv")) as container:
        frames = list(itertools.islice(container.decode(video=0), 30))
    with VideoWriter(tmp_path / "a.mp4") as video:
        for frame in frames:
            video.write(frame.to_ndarray(format="bgr24"), frame.time)
    images, times = read(tmp_path / "a.mp4")
    assert times == pytest.approx([frame.time - frames[0].time for frame in frames], abs=TICK)
    for image, frame in zip(images, frames, strict=True):
        error = image.astype(float) - frame.to_ndarray(format="bgr24")
        assert 10 * np.log10(255**2 / np.mean(error**2)) > 30


def test_camera_clock_starts_the_video_at_zero(tmp_path):
    write(tmp_path / "a.mp4", (98765.0, 98765.5))
    assert read(tmp_path / "a.mp4")[1] == pytest.approx([0, 0.5], abs=TICK)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=4))
def test_times_always_move_forward(tmp_path_factory, times):
    path = tmp_path_factory.mktemp("video") / "a.mp4"
    write(path, (*times, *times), height=16, width=16)
    seen = read(path)[1]
    assert len(seen) == 2 * len(times)
    assert all(before < after for before, after in itertools.pairwise(seen))


@pytest.mark.parametrize(("height", "width"), [(47, 63), (1, 1), (240, 321)])
def test_odd_size_is_made_even_by_repeating_the_edge(tmp_path, height, width):
    write(tmp_path / "a.mp4", (0.0, 0.1), height=height, width=width)
    images, _ = read(tmp_path / "a.mp4")
    assert images[1].shape == (height + height % 2, width + width % 2, 3)
    assert images[1] == pytest.approx(np.full(images[1].shape, 20), abs=6)


def test_size_change_midway_is_fitted_between_black_bars(tmp_path):
    with VideoWriter(tmp_path / "a.mp4") as video:
        video.write(picture(200, 120, 160), 0.0)
        video.write(picture(200, 160, 80), 0.1)
        video.write(picture(200, 120, 160), 0.2)
    images, times = read(tmp_path / "a.mp4")
    assert len(times) == 3
    assert {image.shape for image in images} == {(120, 160, 3)}
    assert images[1][60, 80].mean() > 180
    assert images[1][60, [5, 154]].mean() < 20
    assert images[2][60, 5].mean() > 180


@given(*(st.integers(1, 90) for _ in range(4)))
def test_fitted_picture_has_the_size_asked_for_and_fills_one_side(rows, columns, height, width):
    fitted = fit_image(picture(255, rows, columns), width, height)
    assert fitted.shape == (height, width, 3)
    white = (fitted == 255).all(axis=2)
    assert white.all(axis=0).any() or white.all(axis=1).any()


def test_slice_of_a_larger_picture_can_be_written(tmp_path):
    with VideoWriter(tmp_path / "a.mp4") as video:
        video.write(picture(100, 96, 128)[::2, ::-2], 0.0)
    assert read(tmp_path / "a.mp4")[0][0].shape == (48, 64, 3)


def test_failure_midway_leaves_nothing(tmp_path):
    def fail():
        with VideoWriter(tmp_path / "a.mp4") as video:
            video.write(picture(0), 0.0)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_video_without_pictures_is_a_user_error_and_leaves_nothing(tmp_path):
    with pytest.raises(UserError, match="no picture"), VideoWriter(tmp_path / "a.mp4"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_folder_that_cannot_be_made_is_a_user_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written"), VideoWriter(tmp_path / "file" / "a.mp4"):
        pass
