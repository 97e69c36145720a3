"""realtime/sources/video.py and decoder.py: real files, good and bad."""

import cv2 as bare_cv2
import numpy as np
import pytest
from data.videos import (
    SIZE,
    number_in,
    picture,
    write_size_change,
    write_sound_only,
    write_truncated,
    write_variable_rate,
    write_video,
    write_without_index,
    write_zero_frames,
)
from hypothesis import given
from hypothesis import strategies as st

from realtime.sources import open_source
from realtime.sources.decoder import upright
from stf.errors import UserError


def play(spec, **options):
    with open_source(spec, **options) as source:
        return source, list(source)


def times(frames):
    return [frame.time for frame in frames]


def numbers(frames):
    return [number_in(frame.image) for frame in frames]


class TestVideoFile:
    def test_every_frame_comes_once_in_order_at_its_time(self, tmp_path):
        source, frames = play(write_video(tmp_path / "a.mp4", 30, fps=25))
        assert numbers(frames) == [frame.index for frame in frames] == list(range(30))
        assert times(frames) == pytest.approx(np.arange(30) / 25)
        assert (source.name, source.live, source.fps, source.size) == ("a.mp4", False, 25.0, SIZE)
        assert (source.frame_count, source.duration, source.problem) == (30, pytest.approx(1.2), None)

    @pytest.mark.parametrize("suffix", ["mp4", "mkv"])
    def test_variable_rate_keeps_the_containers_times(self, tmp_path, suffix):
        path, written = write_variable_rate(tmp_path / f"phone.{suffix}")
        _, frames = play(path)
        assert times(frames) == pytest.approx(written, abs=1e-3)

    @pytest.mark.parametrize("suffix", ["ts", "mkv", "mp4"])
    def test_a_clip_that_begins_late_starts_at_zero(self, tmp_path, suffix):
        _, frames = play(write_video(tmp_path / f"late.{suffix}", times=[5 + i / 25 for i in range(10)]))
        assert times(frames) == pytest.approx(np.arange(10) / 25, abs=2e-3)

    @pytest.mark.parametrize("name", ["a.avi", "a.h264"])
    def test_a_container_without_presentation_stamps_is_evenly_spaced_despite_reordered_frames(self, tmp_path, name):
        _, frames = play(write_video(tmp_path / name, 30, fps=25))
        assert numbers(frames) == list(range(30))
        assert times(frames) == pytest.approx(np.arange(30) / 25)

    @pytest.mark.parametrize("degrees", [90, 180, -90])
    def test_rotation_metadata_is_honoured(self, tmp_path, degrees):
        turned = np.ascontiguousarray(np.rot90(picture(20), -degrees // 90))
        path = write_video(tmp_path / "phone.mp4", 3, rotation=degrees, size=turned.shape[1::-1], pictures=[turned] * 3)
        source, frames = play(path)
        assert source.size == SIZE
        assert np.abs(frames[1].image.astype(int) - picture(20)).mean() < 8

    def test_mirroring_metadata_is_honoured(self, tmp_path):
        _, frames = play(write_video(tmp_path / "selfie.mp4", 3, hflip=True, pictures=[picture(20)[:, ::-1]] * 3))
        assert np.abs(frames[1].image.astype(int) - picture(20)).mean() < 8

    @pytest.mark.parametrize(
        ("name", "codec", "pixels", "size"),
        [
            ("grey.mkv", "ffv1", "gray", SIZE),
            ("grey16.mkv", "ffv1", "gray16le", SIZE),
            ("alpha.mkv", "ffv1", "bgra", SIZE),
            ("alpha.webm", "libvpx-vp9", "yuva420p", SIZE),
            ("ten_bit.mp4", "libx264", "yuv420p10le", SIZE),
            ("odd.mp4", "libx264", "yuv444p", (63, 47)),
            ("odd_alpha.mkv", "ffv1", "bgra", (63, 47)),
        ],
    )
    def test_every_kind_of_picture_becomes_8_bit_bgr(self, tmp_path, name, codec, pixels, size):
        source, frames = play(write_video(tmp_path / name, 12, codec=codec, pixels=pixels, size=size))
        assert source.size == size
        assert numbers(frames) == list(range(12))
        for frame in frames:
            assert frame.image.shape == (size[1], size[0], 3)
            assert frame.image.dtype == np.uint8
            assert frame.image.flags.c_contiguous

    def test_a_video_that_changes_size_goes_on(self, tmp_path):
        source, frames = play(write_size_change(tmp_path / "a.ts"))
        assert source.size == SIZE
        assert [frame.image.shape for frame in frames] == [(48, 64, 3)] * 10 + [(80, 96, 3)] * 10
        assert times(frames) == pytest.approx(np.arange(20) / 25)

    def test_a_truncated_video_yields_what_is_there_and_says_so(self, tmp_path):
        source, frames = play(write_truncated(tmp_path / "cut.mp4"))
        assert numbers(frames) == [i % 40 for i in range(len(frames))]
        assert 10 < len(frames) < 250
        assert f"breaks off after {frames[-1].time + 0.04:.1f} s of the 10.0 s" in source.problem

    def test_damage_in_the_middle_is_passed_over_and_said(self, tmp_path):
        path = write_video(tmp_path / "a.mp4", 60, options={"g": "10"})
        data = bytearray(path.read_bytes())
        middle = len(data) // 2
        data[middle : middle + 300] = bytes(300)
        path.write_bytes(data)
        source, frames = play(path)
        assert 20 < len(frames) < 60
        assert numbers(frames)[:10] == list(range(10))
        assert "damaged pieces" in source.problem

    @pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi", "a.ts"])
    def test_a_part_is_cut_out_at_the_files_own_times(self, tmp_path, name):
        path = write_video(tmp_path / name, 40, fps=25, options={"g": "7"})
        source, frames = play(path, start=0.49, end=1.01)
        assert times(frames) == pytest.approx(np.arange(13, 26) / 25, abs=1e-3)
        assert numbers(frames) == list(range(13, 26))
        assert source.duration == pytest.approx(0.52)
        assert source.frame_count == 13

    def test_it_can_be_played_twice(self, tmp_path):
        with open_source(write_video(tmp_path / "a.mp4", 5)) as source:
            assert times(source) == times(source)

    def test_closing_ends_the_iteration(self, tmp_path):
        with open_source(write_video(tmp_path / "a.mp4", 30)) as source:
            frames = iter(source)
            next(frames)
            source.close()
            assert list(frames) == []

    def test_real_videos_match_opencv_frame_for_frame(self, videos):
        path = videos / "intel" / "asl_gestures" / "brother.mkv"
        _, frames = play(path)
        capture = bare_cv2.VideoCapture(str(path))
        for frame in frames:
            assert np.array_equal(frame.image, capture.read()[1])
        assert not capture.read()[0]
        assert max(np.diff(times(frames))) == pytest.approx(0.067, abs=1e-3)  # one frame is missing in this recording


class TestBadFile:
    def test_a_missing_file_is_named(self, tmp_path):
        with pytest.raises(UserError, match=r"there is no file '.*none\.mp4'"):
            open_source(tmp_path / "none.mp4")

    @pytest.mark.parametrize(
        ("name", "write", "says"),
        [
            ("empty.mp4", lambda path: path.write_bytes(b""), "is empty"),
            ("junk.mp4", lambda path: path.write_bytes(bytes(range(256)) * 99), "is not a video"),
            ("notes.txt", lambda path: path.write_text("hello\n" * 99), "it is text"),
            ("unfinished.mp4", write_without_index, "cut off before it was finished"),
            ("no_frames.mp4", write_zero_frames, "holds no"),
            ("no_frames.mkv", write_zero_frames, "is not a video, or it is damaged"),
            ("sound.wav", write_sound_only, "holds no video"),
        ],
    )
    def test_what_is_no_video_is_refused_on_opening(self, tmp_path, name, write, says):
        write(tmp_path / name)
        with pytest.raises(UserError, match=says) as refusal:
            open_source(tmp_path / name)
        assert "\n" not in str(refusal.value)

    def test_a_part_behind_the_end_is_refused(self, tmp_path):
        path = write_video(tmp_path / "a.mp4", 25, fps=25)
        with pytest.raises(UserError, match=r"lasts 1\.0 s"):
            open_source(path, start=1.5)
        with pytest.raises(UserError, match="a later end"):
            open_source(path, start=0.5, end=0.5)

    @pytest.mark.parametrize(
        ("spec", "says"),
        [("", "no source"), ("ftp://me:secret@host/a.mp4", "begins with rtsp"), ("nothing/*.png", "no image matches")],
    )
    def test_what_names_nothing_is_refused(self, spec, says):
        with pytest.raises(UserError, match=says) as refusal:
            open_source(spec)
        assert "secret" not in str(refusal.value)


@given(st.permutations([0, 1]), st.sampled_from([-1, 1]), st.sampled_from([-1, 1]))
def test_upright_moves_each_corner_where_the_matrix_says(axes, sign_x, sign_y):
    linear = np.zeros((2, 2), int)  # rows: where a step in x, and one in y, leads to
    linear[axes[0], 0], linear[axes[1], 1] = sign_x, sign_y
    stored = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    points = {(x, y): np.array([x, y]) @ linear for y in range(2) for x in range(3)}
    least = np.min(list(points.values()), axis=0)
    matrix = np.zeros((3, 3), np.int32)
    matrix[:2, :2] = linear * 65536
    shown = upright(stored, matrix)
    for (x, y), moved in points.items():
        at_x, at_y = moved - least
        assert np.array_equal(shown[at_y, at_x], stored[y, x])
