from pathlib import Path

import av
import numpy as np
import pytest

from realtime.sinks.gif import GifWriter
from stf.errors import UserError

TIMES = (3.0, 3.08, 3.16, 3.4)


def picture(number: int) -> np.ndarray:
    """A red square that goes to the right over blue ground."""
    image = np.full((60, 91, 3), (200, 40, 0), np.uint8)
    image[10:30, 20 * number : 20 * number + 20] = (0, 0, 255)
    return image


def test_pictures_come_back_at_their_times_in_their_colours(tmp_path: Path) -> None:
    with GifWriter(tmp_path / "a.gif") as writer:
        for number, time in enumerate(TIMES):
            writer.write(picture(number), time)
    with av.open(str(tmp_path / "a.gif")) as file:
        frames = [(float(frame.time), frame.to_ndarray(format="bgr24")) for frame in file.decode(video=0)]
    assert [time for time, _ in frames] == pytest.approx([0.0, 0.08, 0.16, 0.4])
    for number, (_, image) in enumerate(frames):
        assert np.abs(image.astype(int) - picture(number)).max() < 12


def test_nothing_is_left_where_the_work_fails_or_there_is_no_picture(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ndim"), GifWriter(tmp_path / "a.gif") as writer:
        writer.write(picture(0)[0], 0.0)
    with pytest.raises(UserError, match="no picture"), GifWriter(tmp_path / "a.gif"):
        pass
    assert list(tmp_path.iterdir()) == []
