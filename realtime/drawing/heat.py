"""The focus as a soft heat over the image, for those who want to see the person rather than the skeleton."""

from collections.abc import Sequence

import numpy as np

from realtime.drawing.canvas import lay_over, unit
from realtime.drawing.people import Annotation, draw_labels
from realtime.drawing.skeleton import focus_colours, image_points
from realtime.frames import Image
from realtime.opencv import cv2

_SHRINK = 8  # the heat is computed this much smaller: it is smooth anyway
_WIDTH = 16  # units; how far a joint's heat reaches (standard deviation)
_OPACITY = 0.75


def draw_heat(image: Image, people: Sequence[Annotation]) -> None:
    """Draw everybody's focus as heat, and their labels, in place.

    Each joint is a normal distribution around its place, as high as its focus; the highest counts where they overlap.

    Args:
        image: (H, W, 3) uint8, BGR, of any size.
        people: whom to draw.
    """
    height, width = image.shape[:2]
    small = -(-width // _SHRINK), -(-height // _SHRINK)
    x, y = np.arange(small[0], dtype=np.float32), np.arange(small[1], dtype=np.float32)
    heat = np.zeros(small[::-1], np.float32)
    spread = 2 * (_WIDTH * unit(image) / _SHRINK) ** 2
    for person in people:
        if person.focus is None:
            continue
        points = image_points(person.tracked.pose, width, height) / _SHRINK
        for (across, down), focus in zip(points, np.nan_to_num(person.focus), strict=True):
            if np.isfinite(across) and focus > 0:
                column = np.exp(-((y - np.float32(down)) ** 2) / spread) * np.float32(focus)
                np.maximum(heat, column[:, None] * np.exp(-((x - np.float32(across)) ** 2) / spread), out=heat)
    if heat.any():
        heat = np.clip(cv2.resize(heat, (width, height), interpolation=cv2.INTER_LINEAR), 0, 1)
        opacity = _OPACITY * heat[..., None]
        colours = focus_colours(heat.ravel()).reshape(height, width, 3)
        lay_over(image, np.concatenate((colours * opacity, 255 * opacity), axis=2).astype(np.uint8), 0, 0)
    draw_labels(image, people)
