"""Ray casting of quadrics: every solid of the figure is a quadric cut by two planes, drawn inside its own box only.

In its own frame a solid is a surface of revolution x^2 + z^2 = r(y)^2 with r(y)^2 a polynomial of degree two (a
sphere, a cone, a cylinder), kept where low <= y <= high; an affine frame makes it an ellipsoid or a limb of any width
and depth.
The equations are ours; they are the textbook intersection of a ray with x' Q x = 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from jaxtyping import Float32, Float64, Int16, Int64

from calibration.figure.camera import Camera

_CORNERS = np.array([[x, y, z, 1] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float64)


@dataclass(frozen=True, slots=True)
class Solids:
    """P solids in one coordinate system.

    Attributes:
        frames: (P, 4, 4) from each solid's own frame, in which it lies within |x|, |y|, |z| <= 1, to the common one.
        profiles: (P, 3) the numbers (a, b, c) of x^2 + z^2 + a y^2 + b y + c = 0.
        spans: (P, 2) the lowest and highest y that is kept.
        splits: (P,) the y below which the first colour is used, above which the second.
        colours: (P, 2, 3) RGB in [0, 1].
    """

    frames: Float64[np.ndarray, "P 4 4"]
    profiles: Float64[np.ndarray, "P 3"]
    spans: Float64[np.ndarray, "P 2"]
    splits: Float64[np.ndarray, " P"]
    colours: Float64[np.ndarray, "P 2 3"]

    @classmethod
    def joined(cls, parts: Sequence["Solids"]) -> "Solids":
        """The solids of several bodies, in order."""
        return cls(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)))

    def moved(self, pose: Float64[np.ndarray, "4 4"]) -> "Solids":
        """The same solids in other coordinates, `pose` leading there from the present ones."""
        return replace(self, frames=pose @ self.frames)


@dataclass(frozen=True, slots=True)
class Surface:
    """What the camera sees of the solids.

    Attributes:
        depth: (H, W) metres along the optical axis; infinite where nothing is hit.
        solid: (H, W) the number of the solid hit; -1 where none.
    """

    depth: Float32[np.ndarray, "H W"]
    solid: Int16[np.ndarray, "H W"]


def cast(solids: Solids, camera: Camera) -> Surface:
    """Find the nearest solid along the ray of each pixel.

    A pixel's ray is t d with d = ((cx - u) / fx, (cy - v) / fy, 1), so t is the depth. With Q the solid's quadric in
    camera coordinates, A its upper 3 x 3 part, b its last column and c its corner, the ray enters it at
    t = c / (sqrt(s) - b'd) where s = d' (b b' - c A) d, a polynomial of degree two in d's two free components.

    Args:
        solids: the solids in camera coordinates; each must lie wholly in front of the camera to be drawn.
        camera: size, focal lengths and principal point are used.
    """
    width, height = camera.size
    depth = np.full((height, width), np.inf, np.float32)
    solid = np.full((height, width), -1, np.int16)
    inverse = np.linalg.inv(solids.frames)
    a, b, c = solids.profiles.T
    local = np.zeros_like(inverse)
    local[:, 0, 0] = local[:, 2, 2] = 1
    local[:, 1, 1], local[:, 3, 3] = a, c
    local[:, 1, 3] = local[:, 3, 1] = b / 2
    quadric = inverse.transpose(0, 2, 1) @ local @ inverse
    toward, constant = quadric[:, :3, 3], quadric[:, 3, 3]
    squared = toward[:, :, None] * toward[:, None, :] - constant[:, None, None] * quadric[:, :3, :3]

    corners = _CORNERS @ solids.frames.transpose(0, 2, 1)
    pixels = camera.project(corners[:, :, :3])
    first = np.floor(pixels.min(axis=1)).clip(0, camera.size).astype(int)
    last = np.ceil(pixels.max(axis=1)).clip(0, camera.size).astype(int)
    centre, (focal_x, focal_y) = camera.centre, camera.focals
    in_front = corners[:, :, 2].min(axis=1) > 0.05
    start, stop = _outlines(solids, camera)
    start, stop = np.maximum(start, first), np.minimum(stop, last)

    # Polynomials in x and y are developed around the middle of each box: float32 is then exact enough.
    middle = np.ones((len(first), 3))
    middle[:, :2] = (centre - (first + last) / 2) / camera.focals
    bent = (squared @ middle[:, :, None])[:, :, 0]
    forms = np.stack([2 * bent, toward, inverse[:, 1, :3]], axis=1)
    constants = np.einsum("pkc,pc->pk", forms, middle)
    constants[:, 0] -= np.einsum("pc,pc->p", middle, bent)
    linear = np.stack([forms[..., 0], forms[..., 1], constants], axis=1).astype(np.float32)[..., None]
    curved = np.stack([squared[:, 0, 0], 2 * squared[:, 0, 1], squared[:, 1, 1]], axis=1).astype(np.float32)
    constant, lift = constant.astype(np.float32), inverse[:, 1, 3].astype(np.float32)
    xs = (centre[0] - 0.5 - np.arange(width)) / focal_x
    ys = (centre[1] - 0.5 - np.arange(height)) / focal_y

    for number in np.flatnonzero(in_front & (stop > start).all(axis=1)):
        (left, top), (right, bottom) = start[number].tolist(), stop[number].tolist()
        x = (xs[left:right] - middle[number, 0]).astype(np.float32)
        y = (ys[top:bottom] - middle[number, 1]).astype(np.float32)
        across, up, fixed = linear[number]
        discriminant, towards, along = (across * x + fixed)[:, None] + (up * y)[..., None]
        y = y[:, None]
        xx, xy, yy = curved[number]
        discriminant += (xx * x + xy * y) * x
        discriminant += yy * y * y
        t = constant[number] / (np.sqrt(np.maximum(discriminant, 0)) - towards)
        along *= t
        along += lift[number]
        low, high = solids.spans[number]
        box = depth[top:bottom, left:right]
        hit = discriminant > 0
        for condition in (t > 0, t < box, along >= low, along <= high):
            hit &= condition
        np.copyto(box, t, where=hit)
        np.copyto(solid[top:bottom, left:right], np.int16(number), where=hit)
    return Surface(depth, solid)


def _outlines(solids: Solids, camera: Camera) -> tuple[Int64[np.ndarray, "P 2"], Int64[np.ndarray, "P 2"]]:
    """The first and the last pixel, column and row, that each solid can cover, and one more for rounding.

    What is seen of a solid lies within the outline of the unit ball or, for a cone, of its two rims. With D the dual
    quadric of ball or rim in camera coordinates, the lines x = const that touch its outline solve
    D22 x^2 - 2 D02 x + D00 = 0, and so for y (Hartley and Zisserman, Multiple View Geometry, 2004, section 8.3).
    """
    round_ = np.tile(np.diag([1.0, 1.0, 1.0, -1.0]), (2, len(solids.frames), 1, 1))
    a, b, c = solids.profiles.T
    cone = a <= 0
    for rim, y in zip(round_, (-1.0, 1.0), strict=True):
        squared = -(a * y * y + b * y + c)[cone]
        rim[cone] = -np.outer([0, y, 0, 1], [0, y, 0, 1])
        rim[cone, 0, 0] = rim[cone, 2, 2] = squared
    dual = solids.frames @ round_ @ solids.frames.swapaxes(1, 2)
    across, far = np.diagonal(dual, axis1=2, axis2=3)[..., :2], dual[..., 2, 2, None]
    middle = dual[..., :2, 2]
    half = np.sqrt(np.maximum(middle**2 - across * far, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = camera.centre - camera.focals * np.stack([middle - half, middle + half]) / far
    ends = np.nan_to_num(ends.reshape(4, -1, 2)).clip(-2, np.array(camera.size) + 2)
    return np.floor(ends.min(axis=0)).astype(int) - 1, np.ceil(ends.max(axis=0)).astype(int) + 1
