"""Camera calibration on boards drawn with known cameras, and on the pose2sim pictures."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from data.boards import BOARD, CAMERA, photograph, poses

from calibration.camera.board import Charuco, View, parse_board
from calibration.camera.capture import Capture, State
from calibration.camera.files import find_camera, load_camera, save_camera
from calibration.camera.fit import calibrate
from calibration.camera.picture import draw_calibration, draw_guidance
from realtime.camera import Camera
from realtime.frames import Frame
from realtime.opencv import cv2
from realtime.sources.images import read_image
from stf.errors import UserError

SIZE = (640, 480)
# focalLengthU / 64 of Calib.qca.txt
PUBLISHED = {"cam01": 1681.245, "cam02": 1673.730, "cam03": 1681.598, "cam04": 1675.235}


def views_at(places: list, noise: float = 0.1, camera: Camera = CAMERA) -> list[View]:
    """Corners without a picture, with noise in pixels."""
    random = np.random.default_rng(5)
    row, column = np.divmod(np.arange(28), 4)
    board = 0.06 * np.stack([column, row, np.zeros(28)], axis=1)
    middle = board.mean(axis=0)
    found = []
    for number, (turn, place) in enumerate(places):
        points = (board - middle) @ cv2.Rodrigues(np.asarray(turn, float))[0].T + place
        image = camera.project(points) + noise * random.normal(size=(28, 2))
        found.append(View(f"{number}.png", np.arange(28), board, image))
    return found


def test_a_drawn_checkerboard_gives_its_camera_back_within_half_a_percent() -> None:
    views = [BOARD.find(photograph(*pose), f"{number}.png") for number, pose in enumerate(poses(9))]
    found = calibrate([view for view in views if view], SIZE, "drawn")
    assert found.camera.focal == pytest.approx(CAMERA.focal, rel=0.005)
    assert found.camera.centre == pytest.approx(CAMERA.centre, abs=0.005 * 640)
    assert found.camera.rms is not None
    assert found.camera.rms < 0.2
    assert not found.left_out


def test_a_drawn_charuco_board_gives_its_camera_back_though_it_is_partly_out_of_the_picture() -> None:
    board = Charuco(8, 6, 0.07, 0.053)
    views = [board.find(photograph(*pose, board=board), f"{number}.png") for number, pose in enumerate(poses(9))]
    seen = [view for view in views if view]
    assert any(len(view.ids) < 35 for view in seen)
    assert calibrate(seen, SIZE, "drawn").camera.focal == pytest.approx(CAMERA.focal, rel=0.005)


def test_the_simplest_lens_that_predicts_held_out_views_is_chosen() -> None:
    straight = replace(CAMERA, distortion=(0.0,) * 5)
    assert calibrate(views_at(poses(12), camera=straight), SIZE, "x").lens.name == "no distortion, square pixels"
    stretched = replace(CAMERA, focal=(560.0, 420.0))
    assert calibrate(views_at(poses(12), camera=stretched), SIZE, "x").lens.name.endswith("free aspect")


def test_a_bent_view_is_left_out_and_named_and_the_figure_with_it_is_kept() -> None:
    views = views_at(poses(10))
    x = views[3].board[:, 1] / 0.36 - 0.5
    views[3] = replace(views[3], image=views[3].image + np.stack([0 * x, 12 * x**2], axis=1))
    found = calibrate(views, SIZE, "x")
    assert [bad.view.name for bad in found.left_out] == ["3.png"]
    assert len(found.fitted) == 9
    assert found.rms_of_all > 2 * found.camera.rms
    assert found.camera.focal == pytest.approx(CAMERA.focal, rel=0.005)


def test_views_that_never_tilt_are_refused_and_the_tilt_is_asked_for() -> None:
    flat = [(np.array([0, 0, 0.1 * number]), place) for number, (_, place) in enumerate(poses(9))]
    with pytest.raises(UserError, match="tilted away by 15 degrees"):
        calibrate(views_at(flat), SIZE, "x")


def test_three_views_are_too_few() -> None:
    with pytest.raises(UserError, match=r"3 usable views .* too few"):
        calibrate(views_at(poses(3)), SIZE, "x")


@pytest.mark.parametrize("text", ["", "4", "4x", "x7", "4x7x2", "-4x7", "2x7", "circles:4x7", "4x7.5"])
def test_a_malformed_board_is_one_sentence(text: str) -> None:
    with pytest.raises(UserError, match="board"):
        parse_board(text, 0.06)


@pytest.mark.parametrize("square", [0.0, -0.06, float("nan"), float("inf")])
def test_squares_have_a_size(square: float) -> None:
    with pytest.raises(UserError, match="squares"):
        parse_board("4x7", square)


def test_a_saved_camera_is_read_back_and_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STF_CONFIG", str(tmp_path))
    camera = replace(CAMERA, name='Cam "π" \\ 2', rms=0.25, images=8)
    path = tmp_path / "cameras" / "cam-π-2.toml"
    save_camera(path, camera)
    assert load_camera(path) == camera
    assert find_camera(camera.name, *SIZE) == camera
    assert find_camera(camera.name, 320, 240).width == 320
    assert not find_camera("another", *SIZE).calibrated


@pytest.mark.parametrize("content", ["width = ", "width = 640\n", "\xff", 'name = "a"\nwidth = "wide"\n'])
def test_a_broken_camera_file_is_one_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "cam.toml"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(UserError, match=r"cam\.toml .*calibrate"):
        load_camera(path)


def held_still(places: list, fps: float = 10.0) -> list[Frame]:
    """Each pose held for 0.9 s, and half a second of moving to the next."""
    images = []
    for (turn, place), (next_turn, next_place) in pairwise([*places, places[0]]):
        images += [photograph(turn, place)] * 9
        for part in (0.2, 0.4, 0.6, 0.8):
            images.append(photograph(turn + part * (next_turn - turn), place + part * (next_place - place)))
    return [Frame(number, number / fps, image) for number, image in enumerate(images)]


def test_each_pose_that_is_held_still_is_taken_once_and_none_on_the_way() -> None:
    capture = Capture(BOARD, SIZE)
    states = [capture.look(frame) for frame in held_still(poses(3))]
    assert len(capture.views) == 3
    assert {State.MOVING, State.KNOWN, State.TAKEN} <= set(states)
    assert capture.wanted
    picture = draw_guidance(np.zeros((480, 640, 3), np.uint8), capture)
    assert picture.any()


def test_the_report_marks_what_no_board_reached() -> None:
    upper = [(turn, place - (0, 0.05, 0)) for turn, place in poses(12) if place[1] <= 0]
    few = calibrate(views_at(upper), SIZE, "x")
    assert "bottom" in few.wanted[0]
    assert (draw_calibration(few) == (206, 228, 250)).all(axis=2).any()


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_the_pose2sim_cameras_come_out_within_half_a_pixel_and_one_percent(name: str, videos: Path) -> None:
    folder = videos / "pose2sim/Pose2Sim/Demo_SinglePerson/calibration/intrinsics" / f"int_{name}_img"
    board = parse_board("4x7", 0.06)
    views = [view for path in sorted(folder.glob("*.jpg")) if (view := board.find(read_image(path), path.name))]
    found = calibrate(views, (1088, 1920), name)
    assert found.camera.images == len(views) >= 6
    assert found.camera.rms is not None
    assert found.camera.rms <= 0.5
    assert found.held_out <= 0.5
    assert found.rms_of_all <= 0.5
    assert found.camera.focal == pytest.approx((PUBLISHED[name], PUBLISHED[name]), rel=0.01)
