"""A strip along the lower edge: who did what when, and where in it this frame is."""

from collections.abc import Sequence

from realtime.drawing.canvas import DARK, WHITE, Box, draw_text, fill_box, ink_on, person_colour, text_width, unit
from realtime.frames import Image
from realtime.opencv import cv2
from stf.prediction import Segment

_LETTERS = 8  # height of the capitals, in units
_ROW = 2.0  # height of a person's row, in capitals
_MOST_HEIGHT = 0.3  # of the image


def draw_timeline(image: Image, segments: Sequence[Segment], *, time: float, start: float, end: float) -> None:
    """Draw in place a strip of the segments between `start` and `end`, one row per person, with a cursor at `time`.

    Args:
        image: (H, W, 3) uint8, BGR.
        segments: those outside the span are left out; a label too long for its segment is not written.
        time: seconds; the cursor's place.
        start: seconds; the left edge.
        end: seconds; the right edge.
    """
    height, width = image.shape[:2]
    shown = [segment for segment in segments if segment.end > start and segment.start < end]
    persons = sorted({segment.person for segment in shown})
    letters = min(_LETTERS * unit(image), _MOST_HEIGHT * height / (_ROW * (len(persons) + 1)))
    pad, row = 0.5 * letters, _ROW * letters
    clock = f"{time:.1f} s"
    left = 2 * pad + text_width("0000.0 s", letters)
    scale = (width - pad - left) / (end - start)
    top = height - round(max(len(persons), 1) * row + 2 * pad)
    image[top:] = cv2.convertScaleAbs(image[top:], alpha=0.35)
    draw_text(image, clock, (pad, (top + height + letters) / 2), letters, WHITE)
    for segment in shown:
        first, last = (left + scale * (min(max(moment, start), end) - start) for moment in (segment.start, segment.end))
        upper = top + pad + row * persons.index(segment.person)
        box = Box(round(first), round(upper + 1), max(round(last - first) - 1, 1), max(round(row) - 2, 1))
        colour = person_colour(segment.person)
        fill_box(image, box, colour, 0.9)
        if text_width(segment.label, letters) + 2 * pad <= box.width:
            draw_text(image, segment.label, (box.left + pad, upper + (row + letters) / 2), letters, ink_on(colour))
    x = round(left + scale * (min(max(time, start), end) - start))
    thickness = max(1, round(unit(image) * 2))
    for colour, wider in ((DARK, 2), (WHITE, 0)):
        cv2.line(image, (x, top + 1), (x, height - 1), colour, thickness + wider, cv2.LINE_AA)
