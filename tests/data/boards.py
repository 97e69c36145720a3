"""Pictures of calibration boards as a camera with known intrinsics sees them."""

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np

from calibration.camera.board import Board, Charuco, Checkerboard
from realtime.camera import Camera

CAMERA = Camera("synthetic", 640, 480, (560.0, 560.0), (330.0, 228.0), (-0.12, 0.08, 0.0, 0.0, 0.0))
BOARD = Checkerboard(4, 7, 0.06)
_PIXELS = 60  # of the drawing, per square
_FINE = 2  # drawn so much larger, then shrunk, which smooths the edges


def poses(count: int, seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rotations (vectors, radians) and places of the board's middle (metres), tilted and all over the picture."""
    random = np.random.default_rng(seed)
    found = []
    for number in range(count):
        across, down = (number % 3 - 1) * 0.16, (number // 3 % 3 - 1) * 0.07
        tilt = np.radians(25 + 15 * random.random()) * np.array([np.cos(2.4 * number), np.sin(2.4 * number), 0])
        found.append((tilt, np.array([across, down, 0.62 + 0.25 * random.random()])))
    return found


def photograph(
    turn: Sequence[float] | np.ndarray,
    place: Sequence[float] | np.ndarray,
    camera: Camera = CAMERA,
    board: Board = BOARD,
) -> np.ndarray:
    """(H, W, 3) uint8: a grey room with a board in it, each pixel looked up along its ray.

    Args:
        turn: rotation vector of the board, radians.
        place: of the board's middle, camera coordinates, metres.
        camera: that looks.
        board: that is seen.
    """
    drawing, square = draw(board)
    height, width = drawing.shape
    rotation = cv2.Rodrigues(np.asarray(turn, float))[0]
    local = rays(camera) @ rotation  # board coordinates of the ray's direction
    origin = -rotation.T @ np.asarray(place, float)
    x, y = (origin[i] - origin[2] * local[..., i] / local[..., 2] for i in (0, 1))
    map_x, map_y = (x / square + (width - 1) / 2, y / square + (height - 1) / 2)
    seen = cv2.remap(drawing, map_x.astype(np.float32), map_y.astype(np.float32), cv2.INTER_LINEAR, borderValue=110)
    small = cv2.resize(seen, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_GRAY2BGR)


@cache
def rays(camera: Camera) -> np.ndarray:
    """(H, W, 3) float64: where each pixel of the fine picture looks."""
    v, u = np.mgrid[0 : camera.height * _FINE, 0 : camera.width * _FINE]
    tangents = camera.undistort((np.stack([u, v], axis=-1) + 0.5) / _FINE - 0.5)
    return np.concatenate([tangents, np.ones((*u.shape, 1))], axis=-1)


def draw(board: Board) -> tuple[np.ndarray, float]:
    """The printed board with a white border, and metres per pixel of it."""
    if isinstance(board, Charuco):
        size = ((board.columns + 1) * _PIXELS, (board.rows + 1) * _PIXELS)
        return board.drawing().generateImage(size, marginSize=_PIXELS // 2), board.square / _PIXELS
    assert isinstance(board, Checkerboard)
    row, column = np.mgrid[0 : board.rows + 1, 0 : board.columns + 1]
    squares = np.where((row + column) % 2, 235, 20).astype(np.uint8)
    drawing = np.kron(squares, np.ones((_PIXELS, _PIXELS), np.uint8))
    return cv2.copyMakeBorder(drawing, *[_PIXELS // 2] * 4, cv2.BORDER_CONSTANT, value=235), board.square / _PIXELS
