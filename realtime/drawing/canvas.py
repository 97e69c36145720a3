"""What the drawings share: size, colours, text that fits, and laying one picture over another."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from realtime.frames import Image
from realtime.opencv import cv2

Colour = tuple[int, int, int]
"""Blue, green, red in [0, 255]."""

WHITE: Colour = (255, 255, 255)
DARK: Colour = (24, 24, 24)

_PERSONS: Sequence[Colour] = (
    (233, 180, 86),
    (115, 158, 0),
    (0, 159, 230),
    (167, 121, 204),
    (66, 228, 240),
    (178, 114, 0),
    (0, 94, 213),
)
"""The palette of Okabe and Ito (Color Universal Design, 2008), which colour-blind people tell apart, without black."""

_FONT = cv2.FONT_HERSHEY_SIMPLEX


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of whole pixels: the left upper corner and the size."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column to the right of the box."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row below the box."""
        return self.top + self.height

    def overlaps(self, other: "Box") -> bool:
        """Whether the two share a pixel."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def person_colour(person: int) -> Colour:
    """The colour of a person's id; ids seven apart share one."""
    return _PERSONS[person % len(_PERSONS)]


def ink_on(colour: Colour) -> Colour:
    """Dark or white, whichever has the higher contrast to `colour` (WCAG 2.2, "contrast ratio")."""
    return DARK if contrast(colour, DARK) > contrast(colour, WHITE) else WHITE


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of two colours (WCAG 2.2, "contrast ratio"), from 1 to 21; text wants 4.5 at least."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    """Relative luminance of an sRGB colour (WCAG 2.2), in [0, 1]."""
    parts = [channel / 255 for channel in colour]
    blue, green, red = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.0722 * blue + 0.7152 * green + 0.2126 * red


def unit(image: Image) -> float:
    """The length that drawings are measured in, in pixels: 1 where the shorter side of the image has 480."""
    return float(min(image.shape[:2]) / 480)


def text_width(text: str, height: float) -> int:
    """How many pixels wide a line of text is whose capitals are `height` pixels high."""
    scale, thickness = _style(height)
    (width, _), _ = cv2.getTextSize(text, _FONT, scale, thickness)
    return int(width)


def draw_text(image: Image, text: str, corner: tuple[float, float], height: float, colour: Colour) -> None:
    """Write a line of text in place.

    Args:
        image: (H, W, 3) uint8.
        text: what to write.
        corner: x and y in pixels where the base line starts.
        height: of the capitals, in pixels.
        colour: of the letters.
    """
    scale, thickness = _style(height)
    cv2.putText(image, text, (round(corner[0]), round(corner[1])), _FONT, scale, colour, thickness, cv2.LINE_AA)


def fill_box(image: Image, box: Box, colour: Colour, opacity: float) -> None:
    """Fill a box with round corners in place.

    Args:
        image: (H, W, 3) uint8.
        box: may reach out of the image.
        colour: of the filling.
        opacity: in [0, 1]; below 1 some of the image shows through.
    """
    layer = np.zeros((box.height, box.width, 4), np.uint8)
    paint = tuple(round(channel * opacity) for channel in (*colour, 255))
    radius = min(box.width, box.height) // 4
    for x in (radius, box.width - 1 - radius):
        for y in (radius, box.height - 1 - radius):
            cv2.circle(layer, (x, y), radius, paint, cv2.FILLED, cv2.LINE_AA)
    layer[:, radius : box.width - radius] = paint
    layer[radius : box.height - radius] = paint
    lay_over(image, layer, box.left, box.top)


def lay_over(image: Image, layer: UInt8[np.ndarray, "h w 4"], left: int, top: int) -> None:
    """Lay a layer over the image in place; what reaches out of the image is lost.

    Args:
        image: (H, W, 3) uint8.
        layer: blue, green and red already multiplied by opacity, and opacity, all in [0, 255].
        left: where the layer's left edge goes, in pixels.
        top: where its upper edge goes.
    """
    height, width = image.shape[:2]
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + layer.shape[1], width), min(top + layer.shape[0], height)
    if x0 >= x1 or y0 >= y1:
        return
    layer = layer[y0 - top : y1 - top, x0 - left : x1 - left]
    through = cv2.cvtColor(cv2.bitwise_not(cv2.extractChannel(layer, 3)), cv2.COLOR_GRAY2BGR)
    below = cv2.multiply(image[y0:y1, x0:x1], through, scale=1 / 255)
    image[y0:y1, x0:x1] = cv2.add(below, cv2.cvtColor(layer, cv2.COLOR_BGRA2BGR))


def _style(height: float) -> tuple[float, int]:
    """Scale and stroke of OpenCV's font for capitals of `height` pixels, 21 pixels being scale 1."""
    return height / 21, max(1, round(height / 9))
