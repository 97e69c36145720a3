"""Calibration boards: what they look like and where their corners are in a picture."""

import re
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Float64, Int64, UInt8

from realtime.frames import Image
from realtime.opencv import cv2
from stf.errors import UserError

_GLIMPSE = 640  # pixels of the longer side of the picture in which `glimpse` looks
_UNEVEN = 0.5  # of a square: how much neighbouring squares may differ, by perspective or distortion
_MIN_CHARUCO = 8  # corners, for a homography that means something


@dataclass(frozen=True, slots=True)
class View:
    """The corners of a board in one picture.

    Attributes:
        name: of the picture.
        ids: (N,) which corners of the board.
        board: (N, 3) float64 metres on the board; z is 0.
        image: (N, 2) float64 pixels (u, v), (0, 0) the middle of the top left pixel.
    """

    name: str
    ids: Int64[np.ndarray, " N"]
    board: Float64[np.ndarray, "N 3"]
    image: Float64[np.ndarray, "N 2"]


class Board(Protocol):
    """Finds itself in pictures."""

    def find(self, image: Image, name: str) -> View | None:
        """The corners, as exactly as can be; None where the board is not seen."""

    def glimpse(self, image: Image, name: str) -> View | None:
        """The corners roughly and quickly; None where the board is not seen at once."""


@dataclass(frozen=True, slots=True)
class Checkerboard:
    """A checkerboard, all of whose inner corners must be in the picture.

    Attributes:
        columns, rows: inner corners, one less than squares each way.
        square: metres.
    """

    columns: int
    rows: int
    square: float

    def find(self, image: Image, name: str) -> View | None:
        """The corners by Duda and Frese (BMVC 2018), refined on an upsampled picture; None where not seen whole."""
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        # Refinement now and then ends in a wrong grid (seen on a pose2sim picture); the search alone is then right.
        return self._search(grey, cv2.CALIB_CB_ACCURACY, name) or self._search(grey, 0, name)

    def glimpse(self, image: Image, name: str) -> View | None:
        """The corners to about a pixel, found in a small copy of the picture."""
        small, scale = _shrunk(image)
        view = self._search(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), 0, name)
        return view and _enlarged(view, scale)

    def _search(self, grey: UInt8[np.ndarray, "H W"], accuracy: int, name: str) -> View | None:
        size = (self.columns, self.rows)
        found, corners = cv2.findChessboardCornersSB(grey, size, flags=cv2.CALIB_CB_EXHAUSTIVE | accuracy)
        if not found or not _is_even(corners.reshape(self.rows, self.columns, 2)):
            return None
        row, column = np.divmod(np.arange(self.rows * self.columns), self.columns)
        board = self.square * np.stack([column, row, np.zeros_like(row)], axis=1)
        return View(name, np.arange(len(board)), board, corners.reshape(-1, 2).astype(np.float64))


@dataclass(frozen=True, slots=True)
class Charuco:
    """A checkerboard with ArUco markers in its white squares, of which a part is enough.

    Attributes:
        columns, rows: squares.
        square: metres.
        marker: metres.
        dictionary: OpenCV's name of the markers' dictionary, without "DICT_".
    """

    columns: int
    rows: int
    square: float
    marker: float
    dictionary: str = "4X4_50"

    def __post_init__(self) -> None:
        if not 0 < self.marker < self.square:
            raise UserError(f"a marker of {self.marker:g} m does not fit into a square of {self.square:g} m")
        if self.columns * self.rows // 2 > len(_dictionary(self.dictionary).bytesList):
            raise UserError(f"dictionary {self.dictionary} has too few markers for {self.columns}x{self.rows} squares")

    def find(self, image: Image, name: str) -> View | None:
        """The corners whose markers were read; None where they are too few or lie in one line."""
        board = self.drawing()
        corners, ids, _, _ = cv2.aruco.CharucoDetector(board).detectBoard(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
        if ids is None or len(ids) < _MIN_CHARUCO:
            return None
        number = ids.reshape(-1).astype(np.int64)
        points = np.asarray(board.getChessboardCorners(), np.float64)[number]
        if (np.ptp(points[:, :2], axis=0) < 1.5 * self.square).any():
            return None
        return View(name, number, points, corners.reshape(-1, 2).astype(np.float64))

    def glimpse(self, image: Image, name: str) -> View | None:
        """As `find`, which is quick, in a small copy of the picture."""
        small, scale = _shrunk(image)
        view = self.find(small, name)
        return view and _enlarged(view, scale)

    def drawing(self) -> cv2.aruco.CharucoBoard:
        """OpenCV's own board, which can also draw it for a printer."""
        size = (self.columns, self.rows)
        return cv2.aruco.CharucoBoard(size, self.square, self.marker, _dictionary(self.dictionary))


def parse_board(text: str, square: float, marker: float | None = None, dictionary: str = "4x4_50") -> Board:
    """The board that options describe.

    Args:
        text: "4x7": a checkerboard with so many inner corners; "charuco:5x8": a ChArUco board with so many squares.
        square: side of a square, metres.
        marker: side of a ChArUco marker, metres; three quarters of a square by default.
        dictionary: of the ChArUco markers.

    Raises:
        UserError: if that is no board.
    """
    match = re.fullmatch(r"(charuco:)?(\d{1,3})x(\d{1,3})", text.strip().lower())
    if match is None:
        raise UserError(
            f"'{text}' is no board; give the inner corners of a checkerboard as in 4x7, "
            "or the squares of a ChArUco board as in charuco:5x8"
        )
    if not 0 < square < np.inf:
        raise UserError(f"the squares of a board cannot be {square:g} m wide; measure one and give it in metres")
    columns, rows = int(match[2]), int(match[3])
    if min(columns, rows) < 3:
        raise UserError(f"a board of {text} is too small to calibrate with; it needs at least 3x3")
    if match[1]:
        return Charuco(columns, rows, square, 0.75 * square if marker is None else marker, dictionary.upper())
    if marker is not None:
        raise UserError("a checkerboard has no markers; leave out --marker, or give the board as charuco:5x8")
    return Checkerboard(columns, rows, square)


def _dictionary(name: str) -> cv2.aruco.Dictionary:
    number = getattr(cv2.aruco, f"DICT_{name}", None)
    if number is None:
        raise UserError(f"there is no marker dictionary '{name}'; usual are 4x4_50, 5x5_100 and 6x6_250")
    return cv2.aruco.getPredefinedDictionary(number)


def _is_even(grid: Float64[np.ndarray, "R C 2"]) -> bool:
    """Whether each square is about as large as its neighbours, which a wrong grid's are not."""
    for corners in (grid, grid.swapaxes(0, 1)):
        step = np.diff(corners, axis=0)
        change = np.linalg.norm(np.diff(step, axis=0), axis=2)
        mean = np.linalg.norm(step[1:] + step[:-1], axis=2) / 2
        if (change > _UNEVEN * mean).any():
            return False
    return True


def _shrunk(image: Image) -> tuple[Image, float]:
    """A copy no larger than needed for a glimpse, and how many of the picture's pixels each of its pixels is."""
    scale = max(1.0, max(image.shape[:2]) / _GLIMPSE)
    size = (round(image.shape[1] / scale), round(image.shape[0] / scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA), scale


def _enlarged(view: View, scale: float) -> View:
    return View(view.name, view.ids, view.board, (view.image + 0.5) * scale - 0.5)
