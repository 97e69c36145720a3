"""`calibrate`: the camera that views of a board tell of, which of them it left out and why, and how far to trust it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Float64

from calibration.camera.board import View
from calibration.camera.views import TILT, missing, reproject, tilt
from realtime.camera import Camera, default_camera
from realtime.opencv import cv2
from stf.errors import UserError

MIN_VIEWS = 4  # three remain when one is held out
_MIN_TILTED = 2  # views
_FOLDS = 10
_OUTLIER = 4.0  # robust standard deviations above the median
_LEAST_OUTLIER = 2.0  # times the median
_MAX_LEFT_OUT = 0.25  # of the views
_MAX_UNCERTAINTY = 0.02  # of the focal length, one standard deviation
_ITERATIONS = 60  # of Levenberg-Marquardt


@dataclass(frozen=True, slots=True)
class Lens:
    """Which parameters of a lens are fitted.

    Attributes:
        name: what a person calls it.
        flags: OpenCV's for `calibrateCamera`.
    """

    name: str
    flags: int


def _lenses() -> tuple[Lens, ...]:
    none = cv2.CALIB_ZERO_TANGENT_DIST | cv2.CALIB_FIX_K1 | cv2.CALIB_FIX_K2 | cv2.CALIB_FIX_K3
    bent = (
        ("no distortion", none),
        ("k1", none & ~cv2.CALIB_FIX_K1),
        ("k1, k2", cv2.CALIB_ZERO_TANGENT_DIST | cv2.CALIB_FIX_K3),
        ("k1, k2, p1, p2", cv2.CALIB_FIX_K3),
        ("k1, k2, p1, p2, k3", 0),
    )
    pixels = (("square pixels", cv2.CALIB_FIX_ASPECT_RATIO), ("free aspect", 0))
    return tuple(Lens(f"{b}, {p}", f | g) for (p, g), (b, f) in product(pixels, bent))


LENSES = _lenses()
"""The lenses to choose among, from the simplest on; few cameras have pixels that are not square."""

_GENERAL = next(lens for lens in LENSES if lens.name == "k1, k2, p1, p2, free aspect")


@dataclass(frozen=True, slots=True)
class Fitted:
    """A view that the camera was fitted to.

    Attributes:
        view: the view.
        rms: root mean square distance of its corners from where they should be, in pixels.
        held_out: the same by a camera fitted without this view (and, of more than ten views, without a few others).
    """

    view: View
    rms: float
    held_out: float


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A view whose corners do not agree with the others'.

    Attributes:
        view: the view.
        held_out: root mean square error in pixels by a camera fitted to the others.
        usual: the median of that error over all views.
    """

    view: View
    held_out: float
    usual: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A camera and where it comes from.

    Attributes:
        camera: the camera; `camera.rms` is over the fitted views.
        lens: which parameters were fitted.
        fitted: the views behind it.
        left_out: the views that are not.
        held_out: root mean square error in pixels over views that were held out.
        rms_of_all: root mean square error in pixels of the same lens fitted to every view.
        focal_deviation: standard deviation of the focal length, in pixels.
        wanted: what the views do not show, as phrases.
    """

    camera: Camera
    lens: Lens
    fitted: tuple[Fitted, ...]
    left_out: tuple[LeftOut, ...]
    held_out: float
    rms_of_all: float
    focal_deviation: float
    wanted: tuple[str, ...]


def calibrate(views: Sequence[View], size: tuple[int, int], name: str) -> Calibration:
    """Fit a camera to views of a board (Zhang, PAMI 2000, by OpenCV).

    One view at a time is left out while the worst one's held-out error is an outlier: over four robust standard
    deviations (from the median absolute deviation) and twice the median. The lens is the simplest one whose held-out
    error is within a standard error of the best (Breiman et al., Classification and Regression Trees, 1984, 3.4.3).
    Held out means: the camera is fitted without the view, and only the board's pose is fitted to it.

    Args:
        views: of one board, all in pictures of the same size.
        size: width and height of the pictures in pixels.
        name: of the camera.

    Raises:
        UserError: where the views are too few, too much alike, or contradict each other.
    """
    if len(views) < MIN_VIEWS:
        raise UserError(
            f"{len(views)} usable views of the board are too few to calibrate {name}; take at least {MIN_VIEWS}, "
            "better ten or more, from different sides and all over the picture"
        )
    try:
        kept, left_out = _without_outliers(views, size)
        lens = _choose(kept, size)
        camera, deviation = _fit(kept, size, lens, name)
        apart = _held_out(kept, size, lens)
        everything = camera if len(kept) == len(views) else _fit(views, size, lens, name)[0]
    except cv2.error as error:
        raise UserError(_one_sided(views, size, name)) from error
    # OpenCV's deviation comes from a pseudo-inverse, so it says nothing of what the views do not determine at all:
    # boards parallel to the picture leave focal length and distance exchangeable (Zhang, section 4).
    tilted = sum(float(tilt(view, camera).max()) >= TILT for view in kept)
    if tilted < _MIN_TILTED or not deviation <= _MAX_UNCERTAINTY * camera.focal[1]:
        raise UserError(_one_sided(views, size, name, deviation / camera.focal[1] if tilted >= _MIN_TILTED else np.inf))
    return Calibration(
        camera,
        lens,
        tuple(Fitted(view, _rms([view], camera), float(error)) for view, error in zip(kept, apart, strict=True)),
        tuple(left_out),
        _pooled(kept, apart),
        _rms(views, everything),
        deviation,
        tuple(missing(kept, camera)),
    )


def _fit(views: Sequence[View], size: tuple[int, int], lens: Lens, name: str) -> tuple[Camera, float]:
    """The camera, and the standard deviation of its vertical focal length in pixels."""
    boards = [view.board.astype(np.float32) for view in views]
    images = [view.image.astype(np.float32) for view in views]
    square = np.array(default_camera(*size).matrix)  # its ratio fx / fy is kept where the pixels are to be square
    stop = (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, _ITERATIONS, 1e-9)
    rms, matrix, distortion, _, _, deviations, _, _ = cv2.calibrateCameraExtended(
        boards, images, size, square, np.zeros(5), flags=lens.flags, criteria=stop
    )
    fx, fy, cx, cy = (float(matrix[i]) for i in ((0, 0), (1, 1), (0, 2), (1, 2)))
    k1, k2, p1, p2, k3 = map(float, distortion.reshape(-1))
    camera = Camera(name, *size, (fx, fy), (cx, cy), (k1, k2, p1, p2, k3), float(rms), len(views))
    return camera, float(deviations[1, 0])


def _held_out(views: Sequence[View], size: tuple[int, int], lens: Lens) -> Float64[np.ndarray, " N"]:
    """Each view's root mean square error in pixels by a camera that was fitted without it."""
    errors = np.zeros(len(views))
    folds = np.arange(len(views)) % _FOLDS
    for fold in range(folds.max() + 1):
        camera, _ = _fit([views[i] for i in np.flatnonzero(folds != fold).tolist()], size, lens, "")
        for i in np.flatnonzero(folds == fold).tolist():
            errors[i] = _rms([views[i]], camera)
    return errors


def _without_outliers(views: Sequence[View], size: tuple[int, int]) -> tuple[list[View], list[LeftOut]]:
    kept, left_out = list(views), list[LeftOut]()
    while True:
        errors = _held_out(kept, size, _GENERAL)
        usual = float(np.median(errors))
        deviation = 1.4826 * float(np.median(abs(errors - usual)))
        worst = int(errors.argmax())
        if errors[worst] <= max(usual + _OUTLIER * deviation, _LEAST_OUTLIER * usual):
            return kept, left_out
        left_out.append(LeftOut(kept.pop(worst), float(errors[worst]), usual))
        if len(left_out) > _MAX_LEFT_OUT * len(views) or len(kept) < MIN_VIEWS:
            names = ", ".join(bad.view.name for bad in left_out)
            raise UserError(
                f"the views of the board contradict each other, most of all {names}; is the board flat and still "
                "in all of them, and the zoom and focus of the camera the same?"
            )


def _choose(views: Sequence[View], size: tuple[int, int]) -> Lens:
    """The simplest lens whose mean squared held-out error is within a standard error of the least."""
    errors = np.array([_held_out(views, size, lens) ** 2 for lens in LENSES])
    mean = errors.mean(axis=1)
    best = mean.argmin()
    limit = mean[best] + errors[best].std(ddof=1) / np.sqrt(len(views))
    return LENSES[int((mean <= limit).argmax())]


def _rms(views: Sequence[View], camera: Camera) -> float:
    squares = [((reproject(view, camera) - view.image) ** 2).sum(axis=1) for view in views]
    return float(np.sqrt(np.concatenate(squares).mean()))


def _pooled(views: Sequence[View], rms: Float64[np.ndarray, " N"]) -> float:
    return float(np.sqrt(np.average(rms**2, weights=[len(view.image) for view in views])))


def _one_sided(views: Sequence[View], size: tuple[int, int], name: str, uncertainty: float = np.inf) -> str:
    much = f" better than to {uncertainty:.0%}" if uncertainty < 1 else ""
    what = missing(views, default_camera(*size)) or ["the board tilted further and seen from more sides"]
    return f"these views do not fix the focal length of {name}{much}; also show {'; '.join(what)}"
