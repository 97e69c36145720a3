"""realtime/sources: images, and which source a specification opens."""

from pathlib import Path

import cv2 as bare_cv2
import numpy as np
import pytest
from data.videos import (
    SIZE,
    number_in,
    picture,
    write_video,
)

from realtime.sources import ImageFiles, VideoFile, open_source
from stf.errors import UserError


def play(spec, **options):
    with open_source(spec, **options) as source:
        return source, list(source)


def times(frames):
    return [frame.time for frame in frames]


def numbers(frames):
    return [number_in(frame.image) for frame in frames]


class TestImages:
    @pytest.fixture
    def folder(self, tmp_path):
        for number in (10, 9, 2, 1):
            bare_cv2.imwrite(str(tmp_path / f"img{number}.png"), picture(number))
        return tmp_path

    def test_img2_comes_before_img10(self, folder):
        source, frames = play(folder, image_fps=10)
        assert numbers(frames) == [1, 2, 9, 10]
        assert times(frames) == pytest.approx([0, 0.1, 0.2, 0.3])
        assert (source.live, source.fps, source.size, source.frame_count) == (False, 10, SIZE, 4)

    def test_a_pattern_chooses(self, folder):
        _, frames = play(str(folder / "img1*.png"))
        assert numbers(frames) == [1, 10]

    def test_a_folder_with_brackets_in_its_name_is_a_folder(self, tmp_path):
        folder = tmp_path / "take[1]"
        folder.mkdir()
        bare_cv2.imwrite(str(folder / "a.png"), picture(3))
        assert numbers(play(folder)[1]) == [3]

    def test_grey_alpha_16_bit_and_other_sizes_become_8_bit_bgr(self, tmp_path):
        grey = picture(20)[..., 0]
        bare_cv2.imwrite(str(tmp_path / "1.png"), grey)
        bare_cv2.imwrite(str(tmp_path / "2.png"), np.dstack([picture(20), np.full(SIZE[::-1], 128, np.uint8)]))
        bare_cv2.imwrite(str(tmp_path / "3.png"), grey.astype(np.uint16) * 257)
        bare_cv2.imwrite(str(tmp_path / "4.png"), picture(20, (31, 17)))
        _, frames = play(tmp_path)
        assert numbers(frames) == [20] * 4
        assert [frame.image.shape for frame in frames] == [(48, 64, 3)] * 3 + [(17, 31, 3)]
        assert {frame.image.dtype for frame in frames} == {np.dtype(np.uint8)}

    def test_an_unreadable_image_is_named_and_leaves_a_gap(self, folder, capfd):
        (folder / "img2.png").write_bytes(b"not an image")
        (folder / "img9.png").write_bytes(b"")
        source, frames = play(folder, image_fps=10)
        assert numbers(frames) == [1, 10]
        assert times(frames) == pytest.approx([0, 0.3])
        assert [frame.index for frame in frames] == [0, 1]
        assert "2 of the images" in source.problem
        assert "img2.png, img9.png" in source.problem
        assert capfd.readouterr().err == ""

    def test_no_readable_image_is_refused(self, tmp_path):
        with pytest.raises(UserError, match="there is no image in"):
            open_source(tmp_path)
        (tmp_path / "a.png").write_bytes(b"not an image")
        with pytest.raises(UserError, match="none of the 1 images"):
            open_source(tmp_path)

    def test_a_rate_that_is_not_positive_is_refused(self, folder):
        with pytest.raises(UserError, match="0 frames per second"):
            open_source(folder, image_fps=0)


class TestWhichSource:
    def test_a_path_is_a_file_and_a_number_a_camera(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        Path("0").mkdir()
        bare_cv2.imwrite("0/a.png", picture(3))
        assert isinstance(open_source("./0"), ImageFiles)
        for spec in (9, "9", "/dev/video9"):
            with pytest.raises(UserError, match="camera 9"):
                open_source(spec)

    def test_a_single_image_and_a_file_address_are_opened(self, tmp_path):
        bare_cv2.imwrite(str(tmp_path / "a.png"), picture(3))
        assert isinstance(open_source(tmp_path / "a.png"), ImageFiles)
        assert isinstance(open_source(f"file://{write_video(tmp_path / 'a:b%20.mp4', 3)}"), VideoFile)

    def test_a_part_of_something_live_is_refused(self):
        with pytest.raises(UserError, match="only a part of a file"):
            open_source("0", start=1.0)
