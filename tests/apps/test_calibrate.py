"""`stf calibrate camera` as a person starts it."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import Command
from data.boards import CAMERA, photograph, poses

from calibration.camera.files import load_camera

BOARD = ("--board", "4x7", "--square", "0.06")


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("board")
    for number, pose in enumerate(poses(6)):
        cv2.imwrite(str(folder / f"{number}.png"), photograph(*pose))
    cv2.imwrite(str(folder / "empty.png"), np.full((480, 640, 3), 90, np.uint8))
    return folder


def test_pictures_become_a_file_and_a_report_and_the_empty_one_is_named(
    stf: Command, pictures: Path, tmp_path: Path
) -> None:
    outcome = stf("calibrate", "camera", pictures, *BOARD, "-o", "cam.toml", "--report", "report")
    assert outcome.code == 0, outcome
    assert "6 of 7 images used" in outcome.out
    assert "left out empty.png" in outcome.out
    assert load_camera(tmp_path / "cam.toml").focal == pytest.approx(CAMERA.focal, rel=0.005)
    assert cv2.imread(str(tmp_path / "report" / "cam.png")) is not None


def test_too_few_boards_are_named(stf: Command, pictures: Path, tmp_path: Path) -> None:
    some = [pictures / "0.png", pictures / "1.png", pictures / "empty.png"]
    sentence = stf("calibrate", "camera", *some, *BOARD, "-o", "cam.toml").sentence
    assert "not found in 1 of 3 images (empty.png)" in sentence
    assert not (tmp_path / "cam.toml").exists()


def test_mixed_sizes_are_named(stf: Command, pictures: Path, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "small.png"), np.zeros((240, 320, 3), np.uint8))
    sentence = stf("calibrate", "camera", pictures / "0.png", "small.png", *BOARD, "-o", "cam.toml").sentence
    assert "0.png has 640x480 pixels and small.png has 320x240" in sentence


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere.png", *BOARD, "-o", "cam.toml"), "no image 'nowhere.png'"),
        (("a.png", "--board", "4by7", "--square", "0.06", "-o", "cam.toml"), "'4by7' is no board"),
        (("a.png", *BOARD), "-o FILE.toml"),
        (("a.png", *BOARD, "-o", "cam.txt"), "must be a .toml file"),
        (("a.mp4", "b.mp4", *BOARD, "-o", "cam.toml"), "one video"),
        (("a.mp4", *BOARD, "-o", "cam.toml"), "a.mp4"),
    ],
)
def test_what_cannot_work_is_one_sentence(stf: Command, arguments: tuple[str, ...], said: str) -> None:
    assert said in stf("calibrate", "camera", *arguments).sentence


def test_a_video_of_a_board_held_still_here_and_there_becomes_a_file(stf: Command, tmp_path: Path) -> None:
    writer = cv2.VideoWriter(str(tmp_path / "board.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 10, (640, 480))
    for pose in poses(6):
        picture = photograph(*pose)
        for _ in range(9):
            writer.write(picture)
    writer.release()
    outcome = stf("calibrate", "camera", "board.avi", *BOARD, "-o", "cam.toml", "--no-window")
    assert outcome.code == 0, outcome
    assert "6 of 6" in outcome.out
    assert load_camera(tmp_path / "cam.toml").focal == pytest.approx(CAMERA.focal, rel=0.01)
