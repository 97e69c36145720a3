"""Videos whose poses are known are not decoded again, unless something is odd about them."""

from pathlib import Path

import numpy as np
import pytest
from data.videos import write_truncated, write_video

from realtime.sources import open_source
from realtime.sources.blank import BlankFrames, blank_frames

DEMO = Path(__file__).parents[2] / "apps" / "assets" / "demo.mp4"


def frames(path: Path, start: float, end: float | None) -> list[tuple[int, float, tuple[int, ...]]]:
    with open_source(path, start=start, end=end) as source:
        return [(frame.index, frame.time, frame.image.shape) for frame in source]


@pytest.mark.parametrize("part", [(0.0, None), (3.0, 9.0)])
def test_blank_frames_are_those_of_the_video(part: tuple[float, float | None]) -> None:
    known = frames(DEMO, *part)
    with open_source(DEMO, start=part[0], end=part[1]) as source:
        blank = blank_frames(source, np.array([time for _, time, _ in known]))
        assert isinstance(blank, BlankFrames)
        assert (blank.size, blank.fps, blank.problem) == (source.size, source.fps, None)
        found = list(blank)
    assert [(frame.index, frame.time, frame.image.shape) for frame in found] == known
    assert not any(frame.image.any() for frame in found[:3])


def test_a_video_that_breaks_off_is_decoded_and_says_so(tmp_path: Path) -> None:
    path = write_truncated(tmp_path / "cut.mp4")
    known = frames(path, 0.0, None)
    with open_source(path) as source:
        again = blank_frames(source, np.array([time for _, time, _ in known]))
        assert again is source
        assert len(list(again)) == len(known)
        assert again.problem


def test_a_video_with_other_frames_than_are_known_is_decoded(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", 20)
    with open_source(tmp_path / "a.mp4") as source:
        assert blank_frames(source, np.arange(19) / 25) is source
    with open_source(tmp_path / "a.mp4") as source:
        assert blank_frames(source, np.arange(20) / 24) is source
    write_video(tmp_path / "a.avi", 20, codec="mpeg4")
    with open_source(tmp_path / "a.avi") as source:
        assert blank_frames(source, np.arange(20) / 25) is source, "AVI knows no times of presentation"
