"""Text over the image: a label near each head, and what the colours of the focus mean."""

import math
from collections.abc import Sequence
from itertools import product

import numpy as np

from realtime.drawing.canvas import DARK, WHITE, Box, Colour, draw_text, fill_box, ink_on, text_width, unit
from realtime.drawing.skeleton import focus_colours
from realtime.frames import Image

_LABEL_LETTERS = 11  # height of the capitals, in units
_LEGEND_LETTERS = 8
_LEAST = 7  # pixels; smaller capitals cannot be read
_LINE = 2.2  # height of a line, in capitals
_BAR = 9  # length of the legend's bar, in capitals


def place_label(text: str, anchor: tuple[float, float], image: Image, taken: Sequence[Box] = ()) -> Box:
    """Where a label goes: above its anchor, inside the image, clear of the boxes already there if that is possible.

    Args:
        text: the label.
        anchor: x and y in pixels that the middle of the lower edge should be at; may be outside the image.
        image: (H, W, 3), of which only the size matters.
        taken: boxes to keep clear of.
    """
    height, width = image.shape[:2]
    letters = max(_LABEL_LETTERS * unit(image), _LEAST)
    box_width = min(max(round(text_width(text, letters) + 1.6 * letters), 1), width)
    box_height = min(max(round(_LINE * letters), 1), height)
    left = round(min(max(anchor[0] - box_width / 2, 0), width - box_width))
    top = round(min(max(anchor[1] - box_height, 0), height - box_height))
    columns = [left, *(place for other in taken for place in (other.left - box_width, other.right))]
    rows = [top, *(place for other in taken for place in (other.top - box_height, other.bottom))]
    places = sorted(product(columns, rows), key=lambda place: math.hypot(place[0] - left, place[1] - top))
    for column, row in places:
        box = Box(column, row, box_width, box_height)
        inside = column >= 0 and row >= 0 and box.right <= width and box.bottom <= height
        if inside and not any(box.overlaps(other) for other in taken):
            return box
    return Box(left, top, box_width, box_height)


def draw_label(image: Image, text: str, box: Box, colour: Colour) -> None:
    """Draw a label in place; its letters shrink where the box is too narrow for them.

    Args:
        image: (H, W, 3) uint8.
        text: the label.
        box: from `place_label`.
        colour: of the box.
    """
    fill_box(image, box, colour, 0.9)
    letters = box.height / _LINE
    letters *= min(1.0, 0.9 * box.width / max(text_width(text, letters), 1))
    left = box.left + (box.width - text_width(text, letters)) / 2
    draw_text(image, text, (left, box.top + (box.height + letters) / 2), letters, ink_on(colour))


def draw_legend(image: Image) -> Box:
    """Draw in place, in the left upper corner, what the colours of the focus mean.

    Returns:
        The box it takes, which is inside the image.
    """
    height, width = image.shape[:2]
    letters = _LEGEND_LETTERS * unit(image)
    gap = 0.8 * letters
    words = ("focus:  low", "high")
    first, second = (text_width(word, letters) for word in words)
    margin = min(round(letters), width - 1, height - 1)
    box = Box(
        left=margin,
        top=margin,
        width=min(max(round(first + second + _BAR * letters + 4 * gap), 1), width - margin),
        height=min(max(round(_LINE * letters), 1), height - margin),
    )
    fill_box(image, box, DARK, 0.6)
    base = box.top + (box.height + letters) / 2
    draw_text(image, words[0], (box.left + gap, base), letters, WHITE)
    left = round(box.left + 2 * gap + first)
    bar = image[round(base - letters) : round(base), left : round(left + _BAR * letters)]
    bar[:] = focus_colours(np.linspace(0, 1, bar.shape[1]))[None]
    draw_text(image, words[1], (left + _BAR * letters + gap, base), letters, WHITE)
    return box
