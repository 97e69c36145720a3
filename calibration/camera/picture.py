"""Pictures for the person who calibrates: what was covered and how well it fits, and guidance while capturing."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from calibration.camera.board import View
from calibration.camera.capture import Capture, State
from calibration.camera.fit import Calibration
from calibration.camera.views import coverage, reproject
from realtime.camera import Camera
from realtime.drawing.canvas import DARK, WHITE, Box, Colour, draw_text, fill_box, person_colour, text_width, unit
from realtime.frames import Image
from realtime.opencv import cv2

_MAP = 640  # pixels of the longer side of the map
_MARGIN, _LINE, _BAR = 24, 26, 240  # pixels
_LETTERS = 11  # height of capitals, pixels
_BITS = 4  # fractional bits of a position in OpenCV's drawing calls

_INK: Colour = (40, 36, 34)
_FAINT: Colour = (140, 134, 130)
_GRID: Colour = (214, 210, 206)
_EMPTY: Colour = (206, 228, 250)  # ninths without a corner
_FITTED: Colour = (178, 114, 0)
_HELD_OUT: Colour = (233, 180, 86)
_BAD: Colour = (0, 94, 213)


def draw_calibration(calibration: Calibration) -> Image:
    """Draw where corners were, how far they are from where they should be, and the error of each view.

    Args:
        calibration: what `calibrate` found.

    Returns:
        (H, W, 3) uint8, BGR: on the left the picture's area with every corner and its error, made longer so that the
        root mean square is twelve pixels; on the right a bar per view.
    """
    camera = calibration.camera
    scale = _MAP / max(camera.width, camera.height)
    width, height = round(camera.width * scale), round(camera.height * scale)
    bars = [(f.view.name, f.rms, f.held_out, True) for f in calibration.fitted]
    bars += [(bad.view.name, 0.0, bad.held_out, False) for bad in calibration.left_out]
    names = max(text_width(name, _LETTERS) for name, *_ in bars)
    left = width + 2 * _MARGIN
    top = 2 * _MARGIN + _LINE
    size = (top + max(height, _LINE * (len(bars) + 4)) + _MARGIN, left + names + _BAR + 160 + 2 * _MARGIN, 3)
    sheet = np.full(size, WHITE, np.uint8)
    title = f"{camera.name}: {camera.rms:.2f} px RMS over {camera.images} views, {calibration.held_out:.2f} px held out"
    draw_text(sheet, title, (_MARGIN, _MARGIN + _LETTERS), 1.3 * _LETTERS, _INK)
    _draw_map(sheet[top : top + height, _MARGIN : _MARGIN + width], calibration, scale)
    _draw_bars(sheet, bars, (left, top), names)
    return sheet


def _draw_map(area: Image, calibration: Calibration, scale: float) -> None:
    camera = calibration.camera
    height, width = area.shape[:2]
    views = [fitted.view for fitted in calibration.fitted]
    for row, column in np.argwhere(~coverage(views, camera)):
        x, y = (np.array([[column, column + 1], [row, row + 1]]) * [[width], [height]] / 3).round().astype(int)
        area[y[0] : y[1], x[0] : x[1]] = _EMPTY
    for part in (1, 2):
        cv2.line(area, (width * part // 3, 0), (width * part // 3, height), _GRID, 1)
        cv2.line(area, (0, height * part // 3), (width, height * part // 3), _GRID, 1)
    cv2.rectangle(area, (0, 0), (width - 1, height - 1), _FAINT, 1)
    longer = 12 / max(camera.rms or 0.0, 1e-6)
    for view in views:
        _draw_errors(area, view, camera, scale, longer)
    for bad in calibration.left_out:
        _draw_dots(area, bad.view.image * scale, _BAD)
    if camera.rms:
        draw_text(area, f"errors x {longer / scale:.0f}", (8, height - 10), 8, _FAINT)


def _draw_errors(area: Image, view: View, camera: Camera, scale: float, longer: float) -> None:
    error = view.image - reproject(view, camera)
    _draw_dots(area, view.image * scale, _FITTED)
    for start, end in zip(view.image * scale, view.image * scale + error * longer, strict=True):
        cv2.line(area, _fixed(start), _fixed(end), _BAD, 1, cv2.LINE_AA, _BITS)


def _draw_dots(area: Image, points: Float64[np.ndarray, "N 2"], colour: Colour) -> None:
    for point in points:
        cv2.circle(area, _fixed(point), 2 << _BITS, colour, cv2.FILLED, cv2.LINE_AA, _BITS)


def _draw_bars(
    sheet: Image, bars: Sequence[tuple[str, float, float, bool]], corner: tuple[int, int], names: int
) -> None:
    left, top = corner
    longest = max(held_out for _, _, held_out, _ in bars)
    start = left + names + _MARGIN // 2
    for number, (name, rms, held_out, used) in enumerate(bars):
        y = top + number * _LINE
        ink = _INK if used else _BAD
        draw_text(sheet, name, (left, y + _LETTERS + 2), _LETTERS, ink)
        end = start + round(_BAR * held_out / longest)
        sheet[y : y + 16, start:end] = _HELD_OUT if used else _BAD
        sheet[y : y + 16, start : start + round(_BAR * rms / longest)] = _FITTED
        said = f"{rms:.2f} / {held_out:.2f}" if used else f"{held_out:.2f} left out"
        draw_text(sheet, said, (end + 8, y + _LETTERS + 2), _LETTERS, ink)
    y = top + len(bars) * _LINE + _MARGIN
    for colour, word in ((_FITTED, "RMS error of the fit, px"), (_HELD_OUT, "held out, px")):
        sheet[y : y + 12, left : left + 12] = colour
        draw_text(sheet, word, (left + 20, y + 12), 9, _FAINT)
        y += _LINE


def draw_guidance(image: Image, capture: Capture) -> Image:
    """A copy of the picture with the views taken, the board as seen now, and what to do next.

    Args:
        image: (H, W, 3) uint8, BGR.
        capture: after it has looked at that picture.
    """
    picture = image.copy()
    size = unit(image)
    for number, view in enumerate(capture.views):
        hull = cv2.convexHull(view.image.astype(np.float32)).round().astype(np.int32)
        cv2.polylines(picture, [hull], True, person_colour(number), max(1, round(size)), cv2.LINE_AA)  # noqa: FBT003
    if capture.seen is not None:
        colour = (80, 200, 80) if capture.state in {State.TAKEN, State.DONE} else WHITE
        for point in capture.seen.image:
            cv2.circle(picture, _fixed(point), round(4 * size) << _BITS, colour, cv2.FILLED, cv2.LINE_AA, _BITS)
    lines = [f"{len(capture.views)} taken: {capture.state}", *(f"wanted: {phrase}" for phrase in capture.wanted)]
    letters = 9 * size
    for number, line in enumerate(lines):
        while text_width(line, letters) > picture.shape[1] - 24 * size and letters > 6:
            letters *= 0.9
        y = round((8 + 22 * number) * size)
        fill_box(
            picture, Box(round(6 * size), y, round(text_width(line, letters) + 12 * size), round(19 * size)), DARK, 0.75
        )
        draw_text(picture, line, (12 * size, y + 14 * size), letters, WHITE)
    return picture


def _fixed(point: Float64[np.ndarray, "2"]) -> tuple[int, int]:
    """A position in pixels as OpenCV's drawing calls take it."""
    x, y = np.round(point * 2**_BITS).astype(int)
    return int(x), int(y)
