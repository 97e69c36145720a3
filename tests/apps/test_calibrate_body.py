"""`stf calibrate body`, and what `--body` and `--camera` do to labelling."""

import shutil
from pathlib import Path

import pytest
from conftest import Command, Labelled, names, read_lines
from data.videos import write_video

from calibration.body import load_body, save_body
from calibration.camera.files import save_camera
from realtime.body import Body
from realtime.camera import Camera
from realtime.opencv import cv2
from realtime.sources import open_source

BODY = Body("ntu25", {"left_knee": 0.41, "right_knee": 0.41}, 1.25)


def test_somebody_who_stands_still_becomes_a_file(stf: Command, labelled: Labelled, tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    with open_source(labelled.video) as video:
        first = next(iter(video)).image
    for number in range(110):
        cv2.imwrite(str(tmp_path / "frames" / f"{number}.png"), first)
    outcome = stf("calibrate", "body", "frames", "-o", "me.toml", "--height", 1.8)
    assert outcome.code == 0, outcome
    assert "s of standing: upper arm" in outcome.out
    assert names(tmp_path) == {"frames", "me.toml"}
    body = load_body(tmp_path / "me.toml")
    assert 0.35 < body.lengths["left_knee"] < 0.5
    assert 0.8 < body.scale < 1.3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("empty.mp4", "-o", "me.toml"), "empty.mp4 shows no body to measure: nobody is in it"),
        (("empty.mp4", "-o", "me.txt"), "must be a .toml file"),
        (("missing.mp4", "-o", "me.toml"), "missing.mp4"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(
    stf: Command, arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    write_video(tmp_path / "empty.mp4")
    assert said in stf("calibrate", "body", *arguments).sentence
    assert names(tmp_path) == {"empty.mp4"}


def test_a_known_size_scales_places_and_a_narrower_camera_moves_them_away(
    stf: Command, labelled: Labelled, tmp_path: Path
) -> None:
    def distance(*options: object) -> float:
        outcome = stf("label", labelled.video, "-o", "out", "--poses", labelled.poses, "--format", "jsonl", *options)
        assert outcome.code == 0, outcome
        assert ("60 degrees" in outcome.out) == ("--camera" not in options)
        return read_lines((tmp_path / "out" / "short.windows.jsonl").read_text())[5]["root"][2]

    plain = distance()
    save_body(tmp_path / "me.toml", BODY)
    assert distance("--body", "me.toml") == pytest.approx(1.25 * plain, rel=0.01)
    focal = 2 * 554.26  # 60 degrees across 640 pixels, and half of that
    save_camera(tmp_path / "cam.toml", Camera("far", 640, 480, (focal, focal), (319.5, 239.5), rms=0.1, images=9))
    assert distance("--camera", "cam.toml") == pytest.approx(2 * plain, rel=0.1)


def test_what_does_not_fit_is_one_sentence(stf: Command, labelled: Labelled, tmp_path: Path) -> None:
    save_body(tmp_path / "me.toml", BODY)
    save_camera(tmp_path / "cam.toml", Camera("tall", 480, 640, (500, 500), (240, 320), rms=0.1, images=9))
    shutil.copy(labelled.video, tmp_path / "walk.mp4")
    for options, said in (
        (("--body", "none.toml"), "there is no body file none.toml"),
        (("--body", "me.toml", "--people", 2), "me.toml is the body of one person"),
        (("--camera", "none.toml"), "there is no camera file none.toml"),
        (("--camera", "cam.toml"), "480x640 and does not fit 640x480"),
    ):
        for command in (("label", "walk.mp4", "-o", "out"), ("live", "walk.mp4", "--no-window")):
            assert said in stf(*command, *options).sentence
    assert names(tmp_path) - {"out"} == {"me.toml", "cam.toml", "walk.mp4"}
    assert not (tmp_path / "out").exists() or names(tmp_path / "out") == set()
