"""`stf label`: the files it writes, for one video and several."""

import csv
from pathlib import Path

import av
import numpy as np
import pytest
from conftest import DEMO, Command, Labelled, copy_video, names, read_lines
from data.videos import write_size_change, write_sound_only, write_video

from realtime.formats.segments_csv import read_segments
from realtime.formats.windows_jsonl import PredictionRecord
from realtime.opencv import cv2
from realtime.pose import RecordedPose
from realtime.records import open_record
from realtime.window import WindowSpec
from stf.recogniser import Recogniser


def of(stem: str, *endings: str) -> set[str]:
    """The files of a video's record, and those of other endings."""
    return {f"{stem}.{ending}" for ending in ("stf.json", "stf.npz", *endings)}


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as video:
        return [frame.to_ndarray(format="bgr24") for frame in video.decode(video=0)]


def test_a_video_gives_its_record_and_what_was_asked_for_and_nothing_else(labelled: Labelled) -> None:
    assert labelled.outcome.code == 0
    assert labelled.outcome.err == ""
    assert names(labelled.folder) == of("short", "windows.jsonl", "segments.csv", "poses.npz")
    assert names(labelled.folder.parent) == {"short.mp4", "out"}
    summary = labelled.outcome.out
    assert "short.mp4" in summary
    assert "results in out" in summary


def test_windows_hold_span_person_top_5_and_focus_by_joint_every_8_frames_of_30(labelled: Labelled) -> None:
    lines = [PredictionRecord.model_validate(line) for line in read_lines(labelled.windows.read_text())]
    recogniser = Recogniser.load()
    ends = np.array([line.end for line in lines])
    assert len(lines) >= 10
    assert np.allclose(np.diff(ends[:-1]), 8 / 30, atol=2e-3)
    assert ends[-1] == pytest.approx(len(pictures(labelled.video)) / 30, abs=0.1)
    for line in lines:
        assert line.end - line.start == pytest.approx(WindowSpec().shown_to(recogniser).seconds, abs=2e-3)
        assert line.person == 0
        assert len(line.top) == 5
        assert (line.top[0].label, line.top[0].score) == (line.label, line.confidence)
        assert [top.score for top in line.top] == sorted((top.score for top in line.top), reverse=True)
        assert {top.label for top in line.top} <= set(recogniser.classes)
        assert tuple(line.focus) == recogniser.layout.joints
        assert max(line.focus.values()) > 0.05
        assert line.root is not None
        assert 2 < line.root[2] < 5  # metres; the demo's camera stands 3.4 m away


def test_segments_are_rows_of_start_end_person_label_and_confidence(labelled: Labelled) -> None:
    with labelled.segments.open(newline="") as file:
        assert next(csv.reader(file)) == ["start", "end", "person", "label", "confidence"]
    for segment in read_segments(labelled.segments):
        assert 0 <= segment.start < segment.end <= 6.1
        assert segment.label in Recogniser.load().classes


def test_saved_poses_give_the_same_files_without_mediapipe(labelled: Labelled, stf: Command, tmp_path: Path) -> None:
    outcome = stf("label", labelled.video, "-o", "again", "--poses", labelled.poses, "--pose-model", "missing.task")
    assert outcome.code == 0
    assert names(tmp_path / "again") == of("short", "segments.csv")
    for name in ("short.segments.csv", "short.stf.npz"):
        assert (tmp_path / "again" / name).read_bytes() == (labelled.folder / name).read_bytes()


def test_the_annotated_video_is_h264_with_every_frame_and_the_person_drawn_in(
    labelled: Labelled, stf: Command, tmp_path: Path
) -> None:
    assert stf("label", labelled.video, "-o", "out", "--poses", labelled.poses, "--format", "mp4").code == 0
    annotated = tmp_path / "out" / "short.annotated.mp4"
    assert names(tmp_path / "out") == of("short", "annotated.mp4")
    with av.open(str(annotated)) as video:
        assert video.streams.video[0].codec_context.name == "h264"
        assert video.streams.video[0].pix_fmt == "yuv420p"
    before, after = pictures(labelled.video), pictures(annotated)
    assert len(before) == len(after)
    with RecordedPose(labelled.poses) as poses:
        person = list(poses)[90].persons[0]
    changed = np.abs(before[90].astype(int) - after[90]).max(axis=2) > 40
    height, width = changed.shape
    x, y = (person.landmarks[[11, 12, 23, 24, 25, 26], :2] * (width, height)).round().astype(int).T
    assert all(changed[b - 4 : b + 5, a - 4 : a + 5].any() for a, b in zip(x, y, strict=True))
    assert not changed[:60, -60:].any()


def test_one_bad_video_among_several_is_listed_and_the_others_are_done(stf: Command, tmp_path: Path) -> None:
    write_video(tmp_path / "one.mp4")
    (tmp_path / "two.mp4").write_text("not a video")
    write_video(tmp_path / "three.mkv")
    outcome = stf("label", "one.mp4", "two.mp4", "missing.mp4", "three.mkv", "-o", "out")
    assert outcome.code == 1
    assert names(tmp_path / "out") == of("one", "segments.csv") | of("three", "segments.csv")
    two, missing = outcome.err.splitlines()
    assert two.startswith("stf: two.mp4: ")
    assert missing.startswith("stf: missing.mp4: there is no file")
    assert "one.mp4" in outcome.out
    assert "three.mkv" in outcome.out


def test_where_every_video_is_bad_the_exit_code_is_2(stf: Command, tmp_path: Path) -> None:
    outcome = stf("label", "a.mp4", "b.mp4", "-o", "out")
    assert (outcome.code, outcome.out, len(outcome.err.splitlines())) == (2, "", 2)
    assert names(tmp_path) == set()


def test_nobody_in_any_frame_gives_empty_files_and_says_so(stf: Command, tmp_path: Path) -> None:
    write_video(tmp_path / "empty.mp4")
    outcome = stf("label", "empty.mp4", "-o", "out", "--format", "csv,jsonl,mp4,npz")
    assert outcome.code == 0
    assert "empty.mp4: nobody was found in any frame" in outcome.out
    assert (tmp_path / "out" / "empty.windows.jsonl").read_text() == ""
    assert (tmp_path / "out" / "empty.segments.csv").read_bytes() == b"start,end,person,label,confidence\r\n"
    assert len(pictures(tmp_path / "out" / "empty.annotated.mp4")) == 30


def test_frames_too_far_apart_and_a_glimpse_of_somebody_give_empty_files_and_that_is_said(
    stf: Command, tmp_path: Path
) -> None:
    copy_video(DEMO, tmp_path / "slow.mp4", 12, slower=14)
    copy_video(DEMO, tmp_path / "short.mp4", 4)
    outcome = stf("label", "slow.mp4", "short.mp4", "-o", "out", "--format", "csv")
    assert outcome.code == 0
    said = " ".join(outcome.out.split())
    assert "slow.mp4: nothing was recognised, so the label files are empty: the frames are 0.5 s apart" in said
    assert "short.mp4: nothing was recognised, so the label files are empty: nobody was seen for 0.25 s" in said
    assert (tmp_path / "out" / "slow.segments.csv").read_bytes() == b"start,end,person,label,confidence\r\n"


@pytest.mark.parametrize("kind", ["odd", "grey", "portrait", "size-change", "single"])
def test_videos_of_any_shape_are_labelled_and_drawn(kind: str, stf: Command, tmp_path: Path) -> None:
    video = {
        "odd": lambda: write_video(tmp_path / "odd.mkv", size=(65, 49), pixels="yuv444p"),
        "grey": lambda: write_video(tmp_path / "grey.avi", codec="ffv1", pixels="gray"),
        "portrait": lambda: write_video(tmp_path / "portrait.mp4", rotation=-90),
        "size-change": lambda: write_size_change(tmp_path / "size-change.ts"),
        "single": lambda: write_video(tmp_path / "single.mp4", 1),
    }[kind]()
    outcome = stf("label", video, "-o", "out", "--format", "mp4")
    assert outcome.code == 0
    assert outcome.err == ""
    drawn = pictures(tmp_path / "out" / f"{kind}.annotated.mp4")
    assert len(drawn) == len(pictures(video))
    assert drawn[0].shape == {"odd": (50, 66, 3), "portrait": (64, 48, 3)}.get(kind, (48, 64, 3))


def test_a_folder_of_grey_and_transparent_images_is_a_video(stf: Command, tmp_path: Path) -> None:
    folder = tmp_path / "take.1"
    folder.mkdir()
    for number in range(4):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((40, 50, *((4,) if number % 2 else ())), 90, np.uint8))
    outcome = stf("label", "take.1", "-o", "out")
    assert outcome.code == 0
    assert names(tmp_path / "out") == of("take.1", "segments.csv")


def test_a_file_called_0_is_a_file_and_not_a_camera(stf: Command, tmp_path: Path) -> None:
    write_video(tmp_path / "0.mp4").rename(tmp_path / "0")
    assert stf("label", "0", "-o", "out").code == 0
    assert names(tmp_path / "out") == of("0", "segments.csv")


def test_a_name_is_printed_as_it_is(stf: Command, tmp_path: Path) -> None:
    stem = "walk [red]left :smile: \u30d3\u30c7\u30aa, whose name is longer than a terminal is wide, and then some more"
    name = f"{stem}.mp4"
    write_video(tmp_path / name)
    outcome = stf("label", name, "-o", "out[bold]")
    assert outcome.code == 0
    assert f"{name}: nobody" in outcome.out
    assert "results in out[bold]" in outcome.out
    assert "\x1b" not in outcome.out + outcome.err
    assert names(tmp_path / "out[bold]") == of(stem, "segments.csv")


def test_results_of_an_earlier_run_are_replaced(stf: Command, tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4")
    (tmp_path / "out").mkdir()
    for name in of("a", "segments.csv"):
        (tmp_path / "out" / name).write_text("old")
    assert stf("label", "a.mp4", "-o", "out").code == 0
    assert open_record(tmp_path / "out" / "a.stf.json").segments == ()
    assert (tmp_path / "out" / "a.segments.csv").read_text().startswith("start,")


def test_a_broken_off_video_is_labelled_as_far_as_it_goes_and_that_is_said(stf: Command, tmp_path: Path) -> None:
    copy_video(DEMO, tmp_path / "cut.mp4", 240)
    data = (tmp_path / "cut.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) // 2])
    outcome = stf("label", "cut.mp4", "-o", "out", "--format", "jsonl")
    assert outcome.code == 0
    assert "cut.mp4: the video 'cut.mp4' breaks off after" in outcome.out
    assert read_lines((tmp_path / "out" / "cut.windows.jsonl").read_text())


def test_a_folder_is_labelled_as_it_lies_and_each_bad_file_has_a_reason(stf: Command, tmp_path: Path) -> None:
    day = tmp_path / "in" / "day 1"
    day.mkdir(parents=True)
    write_video(day / "one.mp4")
    write_video(tmp_path / "in" / "two\nlines.mkv")
    write_video(tmp_path / "in" / "single.mp4", 1)
    (day / "text.mp4").write_text("not a video")
    (day / "empty.mp4").touch()
    write_sound_only(day / "sound.wav").rename(day / "sound.mp4")
    (day / "in again").symlink_to(tmp_path / "in", target_is_directory=True)
    outcome = stf("label", "in", "-o", "out")
    assert outcome.code == 1
    assert names(tmp_path / "out") == {"day 1"} | of("two\nlines", "segments.csv") | of("single", "segments.csv")
    assert names(tmp_path / "out" / "day 1") == of("one", "segments.csv")
    said = dict(line.removeprefix("stf: in/").split(": ", 1) for line in outcome.err.splitlines())
    assert set(said) == {f"day 1/{name}" for name in ("in again", "text.mp4", "empty.mp4", "sound.mp4")}
    assert "leads back" in said["day 1/in again"]
    assert "is empty" in said["day 1/empty.mp4"]


def test_a_part_of_a_video_has_a_record_of_its_own(labelled: Labelled, stf: Command, tmp_path: Path) -> None:
    (tmp_path / "parts.csv").write_text(f"path,start,end\n{labelled.video},3.0,4.0\n")
    assert stf("label", "parts.csv", "-o", "out", "--format", "mp4,csv").code == 0
    assert names(tmp_path / "out") == of("short@3-4", "segments.csv", "annotated.mp4")
    record = open_record(tmp_path / "out" / "short@3-4.stf.json")
    about = record.facts.video
    assert (about.frames, about.start, about.end) == (30, 3.0, 4.0)
    assert about.seconds == pytest.approx(3.967, abs=0.01)
    with record.windows() as windows:
        assert {round(window.end, 3) for window in windows} <= {round(n * 8 / 30, 3) for n in range(11, 16)} | {3.967}
    assert len(pictures(tmp_path / "out" / "short@3-4.annotated.mp4")) == 30


def test_what_is_done_is_left_alone_and_what_is_missing_is_made(stf: Command, tmp_path: Path) -> None:
    write_video(tmp_path / "in.mp4")
    assert stf("label", "in.mp4", "-o", "out").code == 0
    files = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in (tmp_path / "out").iterdir()}
    again = stf("label", "in.mp4", "-o", "out", "--format", "csv,srt")
    assert again.code == 0
    assert "1 video was done already" in again.out
    assert names(tmp_path / "out") == of("in", "segments.csv", "srt")
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files} == files


def test_other_content_or_another_setting_or_damage_is_labelled_again(stf: Command, tmp_path: Path) -> None:
    write_video(tmp_path / "in.mp4")
    stf("label", "in.mp4", "-o", "out")
    windows = tmp_path / "out" / "in.stf.npz"
    write_video(tmp_path / "in.mp4", 20)
    assert "already" not in stf("label", "in.mp4", "-o", "out").out
    assert open_record(tmp_path / "out" / "in.stf.json").facts.video.frames == 20
    assert "already" not in stf("label", "in.mp4", "-o", "out", "--people", 2).out
    whole = windows.read_bytes()
    windows.write_bytes(whole[:-1])
    assert "already" not in stf("label", "in.mp4", "-o", "out", "--people", 2).out
    assert windows.read_bytes() == whole


def test_every_second_frame_is_estimated_and_every_frame_has_its_place(stf: Command, tmp_path: Path) -> None:
    copy_video(DEMO, tmp_path / "in.mp4", 40)
    assert stf("label", "in.mp4", "-o", "out", "--every", 2, "--format", "npz").code == 0
    record = open_record(tmp_path / "out" / "in.stf.json")
    assert (record.facts.video.frames, record.facts.processing.frames_with_people) == (40, 40)
    assert record.facts.settings.estimator["every"] == 2
    with RecordedPose(record.poses()) as poses:
        x = np.array([frame.persons[0].world[16] for frame in poses])
    assert np.allclose(x[1:31:2], (x[0:30:2] + x[2:32:2]) / 2, atol=1e-5)  # the last frames are not evenly spaced
    assert "already" in stf("label", "in.mp4", "-o", "out", "--every", 2).out
    assert "already" not in stf("label", "in.mp4", "-o", "out").out


def test_a_record_of_a_newer_program_is_not_replaced(stf: Command, tmp_path: Path) -> None:
    write_video(tmp_path / "in.mp4")
    stf("label", "in.mp4", "-o", "out")
    record = tmp_path / "out" / "in.stf.json"
    newer = record.read_text().replace('"version": 1', '"version": 2')
    record.write_text(newer)
    assert "newer program" in stf("label", "in.mp4", "-o", "out").sentence
    assert record.read_text() == newer


@pytest.mark.slow
def test_a_real_video_of_several_people_is_labelled(videos: Path, stf: Command, tmp_path: Path) -> None:
    video = videos / "pose2sim" / "Pose2Sim" / "Demo_MultiPerson" / "videos" / "cam01.mp4"
    outcome = stf("label", video, "-o", "out", "--people", 2, "--format", "jsonl")
    assert outcome.code == 0
    assert outcome.err == ""
    assert {line["person"] for line in read_lines((tmp_path / "out" / "cam01.windows.jsonl").read_text())} >= {0, 1}
