"""The camera: projection and its inverse, other resolutions, and the default."""

from math import degrees

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.camera import Camera, default_camera
from realtime.opencv import cv2
from stf.errors import UserError

CAMERA = Camera("test", 640, 480, (560.0, 555.0), (330.0, 228.0), (-0.2, 0.06, 0.001, -0.002, 0.01), 0.2, 9)


@given(u=st.floats(0, 639), v=st.floats(0, 479), distance=st.floats(0.2, 20))
def test_a_pixel_looks_where_a_point_is_drawn(u: float, v: float, distance: float) -> None:
    ray = np.append(CAMERA.undistort(np.array([u, v])), 1.0)
    assert np.allclose(CAMERA.project(distance * ray), (u, v), atol=1e-3)


def test_without_distortion_projection_is_a_division() -> None:
    camera = Camera("ideal", 640, 480, (500.0, 400.0), (320.0, 240.0))
    assert np.allclose(camera.project(np.array([[1.0, 2.0, 4.0], [0.0, 0.0, 1.0]])), [[445, 440], [320, 240]])


def test_a_scaled_camera_draws_points_where_the_resized_picture_has_them() -> None:
    point = np.array([0.21, -0.13, 1.0])
    u, v = CAMERA.project(point)
    picture = np.zeros((480, 640), np.float32)
    rows, columns = np.mgrid[0:480, 0:640]
    picture += np.exp(-((columns - u) ** 2 + (rows - v) ** 2) / 200, dtype=np.float32)
    small = cv2.resize(picture, (320, 240), interpolation=cv2.INTER_AREA)
    rows, columns = np.mgrid[0:240, 0:320]
    seen = (columns * small).sum() / small.sum(), (rows * small).sum() / small.sum()
    assert np.allclose(CAMERA.scaled(320, 240).project(point), seen, atol=0.02)


def test_another_aspect_is_refused_in_one_sentence() -> None:
    with pytest.raises(UserError, match="640x480 and does not fit 1280x720"):
        CAMERA.scaled(1280, 720)


def test_the_default_camera_sees_60_degrees_and_says_it_is_a_guess() -> None:
    wide, tall = default_camera(640, 480), default_camera(1080, 1920)
    assert degrees(wide.field_of_view[0]) == pytest.approx(60)
    assert degrees(tall.field_of_view[1]) == pytest.approx(60)
    assert not wide.calibrated
    assert CAMERA.calibrated
