"""A contact sheet: what the clips of a dataset look like, one row per class."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from realtime.drawing.canvas import Colour, draw_text, text_width
from realtime.frames import Image
from realtime.opencv import cv2
from stf.datasets.clip import Clip

FRAMES = 6
"""How many moments of a clip are shown, evenly spaced from the first frame to the last."""

_ROW, _MOMENT = 136, 84  # pixels: the height of a row, the width of a moment
_MARGIN, _TITLE = 16, 48
_LETTERS, _SMALL = 11, 7  # heights of capitals
_FILL = 0.72, 0.88  # of the height of a row and of the width of a moment, for people

_PAPER: Colour = (255, 255, 255)
_BAND: Colour = (246, 244, 243)  # behind every other row
_INK: Colour = (40, 36, 34)
_FAINT: Colour = (140, 134, 130)
_LEFT: Colour = (178, 114, 0)
_RIGHT: Colour = (0, 94, 213)
_TRUNK: Colour = (110, 104, 100)
_BITS = 4  # fractional bits of a position in OpenCV's drawing calls


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One class.

    Attributes:
        title: the class name.
        note: what else to say about the class.
        clips: examples, each shown in a cell of its own.
    """

    title: str
    note: str
    clips: Sequence[Clip]


def draw_contact_sheet(title: str, rows: Sequence[SheetRow]) -> Image:
    """Draw skeletons at several moments of clips; left limbs are blue, right limbs vermilion.

    Clips in space are seen from the sensor: x to its left, y up (the axes of Kinect). Clips in the image plane are as
    in the image: x to the right, y down. Each clip has a scale of its own; its moments share height and scale and are
    centred one by one, so that what moves sideways stays in its place.

    Args:
        title: of the sheet.
        rows: the classes.

    Returns:
        (H, W, 3) uint8, BGR.
    """
    words = max([text_width(text, size) for row in rows for text, size in ((row.title, _LETTERS), (row.note, _SMALL))])
    left = words + 2 * _MARGIN
    cell = FRAMES * _MOMENT + _MARGIN
    columns = max(len(row.clips) for row in rows)
    width = max(left + columns * cell, text_width(title, _LETTERS) + 2 * _MARGIN + 200)
    sheet = np.full((_TITLE + len(rows) * _ROW, width, 3), _PAPER, np.uint8)
    _draw_title(sheet, title)
    for number, row in enumerate(rows):
        top = _TITLE + number * _ROW
        if number % 2 == 0:
            sheet[top : top + _ROW] = _BAND
        draw_text(sheet, row.title, (_MARGIN, top + _ROW / 2), _LETTERS, _INK)
        draw_text(sheet, row.note, (_MARGIN, top + _ROW / 2 + 20), _SMALL, _FAINT)
        for column, clip in enumerate(row.clips):
            corner = left + column * cell
            draw_text(sheet, clip.name, (corner + 8, top + 14), _SMALL, _FAINT)
            _draw_clip(sheet, clip, corner, top)
    return sheet


def _draw_title(sheet: Image, title: str) -> None:
    base = (_TITLE + _LETTERS) / 2
    draw_text(sheet, title, (_MARGIN, base), _LETTERS, _INK)
    x = sheet.shape[1] - _MARGIN
    for word, colour in (("right", _RIGHT), ("left", _LEFT)):
        x -= text_width(word, _LETTERS)
        draw_text(sheet, word, (x, base), _LETTERS, colour)
        x -= _MARGIN


def _draw_clip(sheet: Image, clip: Clip, left: int, top: int) -> None:
    moments = np.linspace(0, clip.joints.shape[1] - 1, FRAMES).round().astype(int)
    points = clip.joints[:, moments, :, :2].astype(np.float64)
    if clip.layout.num_coordinates == 3:
        points = -points
    points[~np.isfinite(points).all(axis=3)] = np.nan
    low, high = np.fmin.reduce(points, axis=(0, 2)), np.fmax.reduce(points, axis=(0, 2))  # (moments, 2)
    seen = np.isfinite(low[:, 0])
    if not seen.any():
        return
    wide, tall = (high - low)[seen, 0].max(), high[seen, 1].max() - low[seen, 1].min()
    scale = min(_FILL[0] * _ROW / max(tall, 1e-9), _FILL[1] * _MOMENT / max(wide, 1e-9))
    middle = np.stack([(low + high)[:, 0] / 2, np.full(FRAMES, (high[seen, 1].max() + low[seen, 1].min()) / 2)], axis=1)
    place = np.stack([left + _MOMENT * (np.arange(FRAMES) + 0.5), np.full(FRAMES, top + 0.55 * _ROW)], axis=1)
    for person in points:
        for joints in (person - middle[:, None]) * scale + place[:, None]:
            _draw_figure(sheet, joints, clip)


def _draw_figure(sheet: Image, joints: Float[np.ndarray, "V 2"], clip: Clip) -> None:
    """Trunk first, then the limbs, and a dot for the head."""
    colours = {"left": _LEFT, "right": _RIGHT}
    known = np.isfinite(joints).all(axis=1)
    pixels = np.round(np.where(known[:, None], joints, 0) * 2**_BITS).astype(int).tolist()
    sides = [name.partition("_")[0] for name in clip.layout.joints]
    for child, parent in sorted(clip.layout.edges, key=lambda bone: sides[bone[0]] in colours):
        if known[child] and known[parent]:
            colour = colours.get(sides[child], _TRUNK)
            cv2.line(sheet, pixels[child], pixels[parent], colour, 2, cv2.LINE_AA, _BITS)
    for name in {"head", "nose"} & set(clip.layout.joints):
        if known[joint := clip.layout.index(name)]:
            cv2.circle(sheet, pixels[joint], 5 << _BITS, _TRUNK, cv2.FILLED, cv2.LINE_AA, _BITS)
