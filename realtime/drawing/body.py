"""Skeletons with their focus on plain ground, where there is no picture of the people."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Num

from realtime.drawing.canvas import Colour, unit
from realtime.drawing.skeleton import focus_colours
from realtime.frames import Image
from realtime.opencv import cv2
from stf.skeleton import SkeletonLayout

_GROUND: Colour = (36, 30, 28)
_RIM: Colour = (120, 110, 104)
_LINE = 3.0  # units; width of a bone without focus
_JOINT = 4.0, 5.0  # units; radius of a joint without focus, and how much that grows to full focus
_GLOW = 22.0  # units; how far the light of full focus reaches
_SHRINK = 8  # the light is drawn this much smaller: it is blurred anyway
_BITS = 4  # fractional bits of a position in OpenCV's drawing calls


def plain_ground(width: int, height: int) -> Image:
    """A picture of nothing, dark enough for the focus to glow."""
    return np.full((height, width, 3), _GROUND, np.uint8)


def draw_bodies(
    image: Image,
    layout: SkeletonLayout,
    points: Float[np.ndarray, "M V 2"],
    focus: Float[np.ndarray, "M V"],
) -> None:
    """Draw everybody in place, in the colours of their focus; more of it glows, is thicker, and lies on top.

    Args:
        image: (H, W, 3) uint8, BGR.
        layout: names the V joints.
        points: x and y in pixels; missing joints are NaN.
        focus: in [0, 1].
    """
    size = unit(image)
    known = np.isfinite(points).all(axis=2)
    places = np.round(np.where(known[..., None], points, 0) * 2**_BITS).astype(int).tolist()
    image[:] = cv2.add(image, _glow(image, points, focus, known))
    for person, skeleton in enumerate(places):
        for child, parent in layout.edges:
            if known[person, child] and known[person, parent]:
                share = focus[person, [child, parent]].mean(keepdims=True)
                width = max(round(size * _LINE * (1 + float(share[0]))), 1)
                cv2.line(image, skeleton[child], skeleton[parent], _RIM, width + 2, cv2.LINE_AA, _BITS)
                paint = _paint(focus_colours(share)[0])
                cv2.line(image, skeleton[child], skeleton[parent], paint, width, cv2.LINE_AA, _BITS)
    for person, joint in _weakest_first(focus, known):
        share = float(focus[person, joint])
        radius = size * (_JOINT[0] + _JOINT[1] * share)
        own = _paint(focus_colours(focus[person, [joint]])[0])
        for reach, paint in ((radius + 1, _RIM), (radius, own)):
            cv2.circle(image, places[person][joint], round(reach * 2**_BITS), paint, cv2.FILLED, cv2.LINE_AA, _BITS)


def _glow(
    image: Image, points: Float[np.ndarray, "M V 2"], focus: Float[np.ndarray, "M V"], known: Bool[np.ndarray, "M V"]
) -> Image:
    """A soft light around the joints, growing with the square of their focus."""
    height, width = image.shape[:2]
    reach = _GLOW * unit(image) / _SHRINK
    light = np.zeros((-(-height // _SHRINK), -(-width // _SHRINK), 3), np.uint8)
    for person, joint in _weakest_first(focus, known):
        share = focus[person, joint]
        place = np.round(points[person, joint] / _SHRINK * 2**_BITS).astype(int).tolist()
        paint = _paint(share**2 * focus_colours(share[None])[0])
        cv2.circle(light, place, round(float(reach * share) * 2**_BITS), paint, cv2.FILLED, cv2.LINE_AA, _BITS)
    blurred = cv2.GaussianBlur(light, (0, 0), 0.6 * reach)
    return cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR)


def _weakest_first(focus: Float[np.ndarray, "M V"], known: Bool[np.ndarray, "M V"]) -> Sequence[tuple[int, int]]:
    """Persons and joints that are known, in the order of their focus."""
    order = np.argsort(focus, axis=None, kind="stable")
    persons, joints = np.unravel_index(order, focus.shape)
    return [(int(p), int(j)) for p, j in zip(persons, joints, strict=True) if known[p, j]]


def _paint(colour: Num[np.ndarray, "3"]) -> Colour:
    blue, green, red = (round(float(value)) for value in colour)
    return blue, green, red
