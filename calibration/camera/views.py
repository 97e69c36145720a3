"""What views of a board show together, and what they leave out."""

from collections.abc import Sequence
from math import degrees, radians

import numpy as np
from jaxtyping import Bool, Float64

from calibration.camera.board import View
from realtime.camera import Camera
from realtime.opencv import cv2

TILT = radians(15)
"""From here on a board counts as tilted; 20 to 45 degrees is what to aim at."""

_ROWS = ("top", "middle", "bottom")
_COLUMNS = ("left", "centre", "right")


def board_pose(view: View, camera: Camera) -> tuple[Float64[np.ndarray, "3"], Float64[np.ndarray, "3"]]:
    """Where a board lies, by the better of the two poses of a plane (Collins and Bartoli, IJCV 2014), refined.

    Returns:
        Rotation vector in radians and translation in metres, from the board to camera coordinates.
    """
    known = (view.board, view.image, camera.matrix, np.array(camera.distortion))
    _, turn, shift = cv2.solvePnP(*known, flags=cv2.SOLVEPNP_IPPE)
    turn, shift = cv2.solvePnPRefineLM(*known, turn, shift)
    return turn.reshape(3), shift.reshape(3)


def reproject(view: View, camera: Camera) -> Float64[np.ndarray, "N 2"]:
    """Where the corners would be with the board in its best pose, in pixels."""
    turn, shift = board_pose(view, camera)
    return camera.project(view.board @ cv2.Rodrigues(turn)[0].T + shift)


def tilt(view: View, camera: Camera) -> Float64[np.ndarray, "2"]:
    """How far a board is turned out of the picture's plane: its left or right side away, its top or bottom away.

    Returns:
        Two angles in radians from 0 to pi / 2.
    """
    turn, _ = board_pose(view, camera)
    x, y, z = abs(cv2.Rodrigues(turn)[0][:, 2])
    return np.asarray(np.arctan2((x, y), z))


def coverage(views: Sequence[View], camera: Camera) -> Bool[np.ndarray, "3 3"]:
    """In which ninths of the picture some board had a corner; rows from the top, columns from the left."""
    seen = np.zeros((3, 3), bool)
    for view in views:
        column, row = (3 * (view.image + 0.5) / (camera.width, camera.height)).astype(int).clip(0, 2).T
        seen[row, column] = True
    return seen


def missing(views: Sequence[View], camera: Camera) -> list[str]:
    """What to show the camera next, as phrases for a person; empty where nothing is missing."""
    wanted = []
    seen = coverage(views, camera)
    unseen = [
        f"{_ROWS[row]} {_COLUMNS[column]}".replace("middle centre", "middle").replace(" centre", "")
        for row, column in np.argwhere(~seen)
    ]
    if unseen:
        wanted.append(f"the board at the {_listed(unseen)} of the picture")
    tilts = np.array([tilt(view, camera) for view in views]).reshape(-1, 2)
    for axis, sides in enumerate(("left or right side", "top or bottom")):
        if not (tilts[:, axis] >= TILT).any():
            wanted.append(f"its {sides} tilted away by {degrees(TILT):.0f} degrees or more")
    return wanted


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
