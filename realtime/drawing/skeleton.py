"""A person's skeleton with its focus: bones and joints glow where they spoke for the label."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, UInt8

from realtime.drawing.canvas import DARK, Colour, lay_over, unit
from realtime.frames import Image, PersonPose
from realtime.opencv import cv2
from stf.skeleton import MEDIAPIPE33

Layer = UInt8[np.ndarray, "h w 4"]

_HIDDEN = 0.3  # a joint less visible than this is not drawn
_CLEAR = 0.8  # one more visible than this is not faded
_FAINTEST = 0.35  # opacity of the least visible joint that is drawn
_FARTHEST = 2.0  # image sizes from the middle; a joint farther out than this is nonsense
_PIECES = 3  # a bone is drawn in pieces, so that its colour runs from one end to the other
_SMALL_FACE = 14  # a face less wide than this many lines is drawn as a dot
_GLOW_SHRINK = 4  # the glow is drawn this much smaller: it is blurred anyway
_SHADES = 16  # steps of focus that are told apart
_OPACITIES = 8  # and of opacity
_BITS = 4  # fractional bits of a position in OpenCV's drawing calls

_BONES = np.array(MEDIAPIPE33.edges)
_FACE = np.isin(np.arange(MEDIAPIPE33.num_joints), MEDIAPIPE33.limbs["head"])
_NOSE = MEDIAPIPE33.index("nose")
_FINE = _FACE | [name.endswith(("pinky", "index", "thumb", "heel")) for name in MEDIAPIPE33.joints]
_INFERNO = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], cv2.COLORMAP_INFERNO)[:, 0]


@dataclass(frozen=True, slots=True)
class _Strokes:
    """n straight strokes: pieces of a bone, or dots, which are strokes without length.

    Attributes:
        start: (n, 2) pixels.
        end: (n, 2) pixels.
        focus: (n,) in [0, 1]; later strokes cover earlier ones, so the strongest are drawn last.
        opacity: (n,) in [0, 1].
        thickness: (n,) pixels.
    """

    start: Float[np.ndarray, "n 2"]
    end: Float[np.ndarray, "n 2"]
    focus: Float[np.ndarray, " n"]
    opacity: Float[np.ndarray, " n"]
    thickness: Float[np.ndarray, " n"]

    def whole(self) -> "_Strokes":
        """The bones that these are the pieces of: as thick as the thickest piece, with the mean focus."""
        return _Strokes(
            start=self.start[::_PIECES],
            end=self.end[_PIECES - 1 :: _PIECES],
            focus=self.focus.reshape(-1, _PIECES).mean(axis=1),
            opacity=self.opacity[::_PIECES],
            thickness=self.thickness.reshape(-1, _PIECES).max(axis=1),
        )

    def draw(self, layer: Layer, colour: Colour | None = None) -> None:
        """Paint the strokes in one colour, or in the colours of their focus.

        Strokes that look alike are painted by one call: each call gives Python's lock away and waits to have it back.
        """
        places = np.round(np.stack([self.start, self.end], axis=1) * 2**_BITS).astype(np.int32)
        shade = self.focus * _SHADES * (colour is None)
        looks = np.round([shade, self.opacity * _OPACITIES, np.maximum(self.thickness, 1)]).astype(int)
        order = np.lexsort(looks[::-1])
        changes = np.flatnonzero(np.diff(looks[:, order]).any(axis=0)) + 1
        for alike in np.split(order, changes) if len(order) else ():
            shade, opacity, width = looks[:, alike[0]].tolist()
            paint = [opacity / _OPACITIES * value for value in (*(colour or _FOCUS_SHADES[shade]), 255)]
            if opacity:
                lines = list(places[alike])
                cv2.polylines(layer, lines, False, paint, width, cv2.LINE_AA, _BITS)  # noqa: FBT003 - not closed


def image_points(pose: PersonPose, width: int, height: int) -> Float[np.ndarray, "33 2"]:
    """Where the landmarks are in an image.

    Args:
        pose: of a person in the image.
        width: of the image, in pixels.
        height: of the image, in pixels.

    Returns:
        (33, 2) x and y in pixels; NaN where a joint is unknown, far outside the image or hardly visible.
    """
    places = pose.landmarks[:, :2].astype(np.float64)
    usable = (np.abs(places - 0.5) < _FARTHEST).all(axis=1) & (pose.visibility >= _HIDDEN)  # false for NaN
    return np.where(usable[:, None], places * (width, height) - 0.5, np.nan)


def focus_colours(focus: Float[np.ndarray, " n"]) -> UInt8[np.ndarray, "n 3"]:
    """Colours of focus values: the perceptually uniform map `inferno` from dark violet to light yellow.

    Args:
        focus: (n,) in [0, 1].

    Returns:
        (n, 3) blue, green, red.
    """
    colours: UInt8[np.ndarray, "n 3"] = _INFERNO[np.round(255 * (0.3 + 0.67 * focus)).astype(int)]
    return colours


_FOCUS_SHADES = focus_colours(np.linspace(0, 1, _SHADES + 1)).tolist()


def draw_skeleton(image: Image, pose: PersonPose, focus: Float[np.ndarray, "33"] | None, colour: Colour) -> None:
    """Draw one person's skeleton in place.

    Args:
        image: (H, W, 3) uint8, BGR.
        pose: joints hardly visible are left out, those little visible are faded.
        focus: (33,) by landmark; clipped to [0, 1], NaN counts as 0; None where nothing is known yet.
        colour: of a skeleton without focus.
    """
    height, width = image.shape[:2]
    points = image_points(pose, width, height)
    seen = points[np.isfinite(points[:, 0])]
    if not len(seen):
        return
    line = max(1.0, min(2.2 * unit(image), float(np.ptp(seen, axis=0).max()) / 80))
    left, top = np.floor(np.clip(seen.min(axis=0) - 10 * line, 0, (width, height))).astype(int).tolist()
    right, bottom = np.ceil(np.clip(seen.max(axis=0) + 10 * line, 0, (width, height))).astype(int).tolist()
    if left == right or top == bottom:
        return

    strength = np.zeros(len(points)) if focus is None else np.clip(np.nan_to_num(focus, nan=0.0), 0, 1)
    opacity = np.clip((pose.visibility - _HIDDEN) / (_CLEAR - _HIDDEN), _FAINTEST, 1)
    bones, dots = _strokes(points - (left, top), strength, opacity, line)
    layer = np.zeros((bottom - top, right - left, 4), np.uint8)
    if focus is not None:
        _draw_glow(layer, (bones.whole(), dots), line)
    for stroke in (bones.whole(), dots):  # a dark rim keeps the skeleton legible on any background
        rim = stroke.thickness + 1 + line / 2
        replace(stroke, thickness=rim, opacity=0.6 * stroke.opacity).draw(layer, DARK)
    for stroke in (bones, dots):
        stroke.draw(layer, colour if focus is None else None)
    lay_over(image, layer, left, top)


def _strokes(
    points: Float[np.ndarray, "33 2"], focus: Float[np.ndarray, "33"], opacity: Float[np.ndarray, "33"], line: float
) -> tuple[_Strokes, _Strokes]:
    """Bones, cut into pieces, and joints: thicker where the focus is, thinner in face, hands and feet."""
    known = np.isfinite(points[:, 0])
    in_bones, in_dots = known.copy(), known & ~_FACE
    face = points[known & _FACE]
    if len(face) and np.ptp(face, axis=0).max() < _SMALL_FACE * line:
        in_bones &= ~_FACE
        in_dots[_NOSE] = known[_NOSE]

    child, parent = _BONES[in_bones[_BONES].all(axis=1)].T
    cuts = np.linspace(0, 1, _PIECES + 1)
    places = points[child, None] + cuts[:, None] * (points[parent] - points[child])[:, None]
    along = focus[child, None] + (cuts[1:] - cuts[1] / 2) * (focus[parent] - focus[child])[:, None]
    widths = line * np.where(_FINE[child], 0.6, 1)[:, None] * (1 + along)
    bones = _Strokes(
        start=places[:, :-1].reshape(-1, 2),
        end=places[:, 1:].reshape(-1, 2),
        focus=along.ravel(),
        opacity=np.repeat(np.minimum(opacity[child], opacity[parent]), _PIECES),
        thickness=widths.ravel(),
    )
    dots = _Strokes(
        start=points[in_dots],
        end=points[in_dots],
        focus=focus[in_dots],
        opacity=opacity[in_dots],
        thickness=(line * np.where(_FINE, 0.7, 1) * (2 + 2 * focus))[in_dots],
    )
    return bones, dots


def _draw_glow(layer: Layer, strokes: Sequence[_Strokes], line: float) -> None:
    """Fill an empty layer with a soft light around the strokes, growing with the square of their focus."""
    height, width = layer.shape[:2]
    small = np.zeros((-(-height // _GLOW_SHRINK), -(-width // _GLOW_SHRINK), 4), np.uint8)
    for stroke in strokes:
        _Strokes(
            start=stroke.start / _GLOW_SHRINK,
            end=stroke.end / _GLOW_SHRINK,
            focus=stroke.focus,
            opacity=stroke.opacity * stroke.focus**2,
            thickness=np.full(len(stroke.focus), 6 * line / _GLOW_SHRINK),
        ).draw(small)
    blurred = cv2.GaussianBlur(small, (0, 0), 2.5 * line / _GLOW_SHRINK)
    layer[:] = cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR)
