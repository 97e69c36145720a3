"""The figure's flesh: from the joints of one person to the solids around them."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Float64

from calibration.figure.appearance import Appearance, Colour
from calibration.figure.points import ARM, LEG, NAMES, SIDES
from calibration.figure.quadrics import Solids

Vector = Float64[np.ndarray, "3"]

_AVERAGE_LIMBS = 2.4
"""Metres: both arms and legs together, shoulder to wrist and hip to ankle, as Kinect v1 sees the average person."""

_SPHERE = (1.0, 0.0, -1.0)
_WHITE: Colour = (0.93, 0.92, 0.90)
_DARK: Colour = (0.12, 0.09, 0.08)


class _Sculptor:
    """Collects solids one by one."""

    def __init__(self) -> None:
        self.frames: list[Float64[np.ndarray, "4 4"]] = []
        self.profiles: list[tuple[float, float, float]] = []
        self.spans: list[tuple[float, float]] = []
        self.splits: list[float] = []
        self.colours: list[tuple[Colour, Colour]] = []

    def ellipsoid(
        self,
        centre: Vector,
        axes: Float64[np.ndarray, "3 3"],
        radii: Vector | Sequence[float],
        colour: Colour,
        *,
        lower: Colour | None = None,
        split: float = -1,
        cut: float = -1,
    ) -> None:
        """An ellipsoid along orthonormal `axes` (rows), coloured `lower` below y = split, absent below y = cut."""
        frame = np.eye(4)
        frame[:3, :3] = axes.T * radii
        frame[:3, 3] = centre
        self._add(frame, _SPHERE, (cut, 1), split, (lower or colour, colour))

    def ball(self, centre: Vector, radius: float, colour: Colour) -> None:
        """A sphere."""
        self.ellipsoid(centre, np.eye(3), (radius, radius, radius), colour)

    def cone(
        self,
        start: Vector,
        end: Vector,
        radii: tuple[float, float],
        front: Vector,
        colours: tuple[Colour, Colour],
        *,
        split: float = -1,
        flatness: float = 1,
    ) -> None:
        """A cut cone from `start` to `end` without caps; `flatness` is its thickness along `front` over that across."""
        widest = max(radii)
        low, high = radii[0] / widest, radii[1] / widest
        mean, slope = (high + low) / 2, (high - low) / 2
        frame = np.eye(4)
        axes = _axes(end - start, front)
        length = _length(end - start) / 2
        frame[:3, :3] = axes.T * (widest, length, widest * flatness)
        frame[:3, 3] = (start + end) / 2
        self._add(frame, (-slope * slope, -2 * mean * slope, -mean * mean), (-1, 1), split, colours)

    def limb(
        self,
        start: Vector,
        end: Vector,
        radii: tuple[float, float],
        colours: tuple[Colour, Colour],
        *,
        split: float = -1,
    ) -> None:
        """A tapered capsule: the cone that touches the spheres at both ends, and the sphere at `end`."""
        axis = end - start
        length = max(_length(axis), 1e-6)
        sine = float(np.clip((radii[0] - radii[1]) / length, -0.95, 0.95))
        cosine = float(np.sqrt(1 - sine * sine))
        shift = axis / length * sine
        side = _cross(axis, np.eye(3)[np.argmin(np.abs(axis))])
        touching = radii[0] * cosine, radii[1] * cosine
        self.cone(start + radii[0] * shift, end + radii[1] * shift, touching, side, colours, split=split)
        self.ball(end, radii[1], colours[1])

    def _add(
        self,
        frame: Float64[np.ndarray, "4 4"],
        profile: tuple[float, float, float],
        span: tuple[float, float],
        split: float,
        colours: tuple[Colour, Colour],
    ) -> None:
        self.frames.append(frame)
        self.profiles.append(profile)
        self.spans.append(span)
        self.splits.append(split)
        self.colours.append(colours)

    def solids(self) -> Solids:
        """Everything so far."""
        return Solids(*map(np.array, (self.frames, self.profiles, self.spans, self.splits, self.colours)))


def size(points: Float[np.ndarray, "P 3"]) -> float:
    """The size of a person from the length of the limbs; 1 is the average, for which all radii are meant."""
    at = dict(zip(NAMES, points.astype(np.float64), strict=True))
    bones = [("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle")]
    limbs = sum(_length(at[f"{s}_{a}"] - at[f"{s}_{b}"]) for s in SIDES for a, b in bones)
    return limbs / _AVERAGE_LIMBS


def dress(points: Float[np.ndarray, "P 3"], appearance: Appearance) -> Solids:
    """Put flesh and clothes on the points of one person.

    Args:
        points: `joint_weights(layout) @ joints`, in studio coordinates (metres, y up, floor at 0).
        appearance: colours and build.
    """
    at = dict(zip(NAMES, points.astype(np.float64), strict=True))
    scale = size(points)
    thick = scale * appearance.girth
    sculptor = _Sculptor()
    trunk = _trunk(sculptor, at, thick, appearance)
    _head(sculptor, at, trunk, scale, appearance)
    for side in SIDES:
        _arm(sculptor, [at[f"{side}_{joint}"] for joint in ARM], trunk, thick, appearance)
        _leg(sculptor, [at[f"{side}_{joint}"] for joint in LEG], trunk, thick, appearance)
    return sculptor.solids()


def _length(vector: Vector) -> float:
    return math.sqrt(vector @ vector)


def _cross(a: Vector, b: Vector) -> Vector:
    """The cross product; numpy's takes ten times as long for a single vector."""
    (ax, ay, az), (bx, by, bz) = a.tolist(), b.tolist()
    return np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])


def _unit(vector: Vector) -> Vector:
    return vector / max(_length(vector), 1e-9)


def _axes(up: Vector, front: Vector) -> Float64[np.ndarray, "3 3"]:
    """Orthonormal rows: to the left of who looks to the `front`, up, and the part of `front` square to `up`."""
    y = _unit(up)
    z = _unit(front - (front @ y) * y)
    return np.stack([_cross(y, z), y, z])


def _trunk(sculptor: _Sculptor, at: Mapping[str, Vector], thick: float, look: Appearance) -> Float64[np.ndarray, "3 3"]:
    """Draw the trunk and return its axes: to the person's left, up, to the front."""
    shoulders = (at["left_shoulder"] + at["right_shoulder"]) / 2
    hips = (at["left_hip"] + at["right_hip"]) / 2
    across = at["left_shoulder"] - at["right_shoulder"] + 0.5 * (at["left_hip"] - at["right_hip"])
    up = shoulders - hips
    axes = _axes(up, _cross(across, up))
    shoulder_half = _length(at["left_shoulder"] - at["right_shoulder"]) / 2
    hip_half = _length(at["left_hip"] - at["right_hip"]) / 2
    chest_width = 0.5 * shoulder_half + 0.08 * thick
    hem_width = hip_half + 0.096 * thick
    waist_width = 0.146 * thick
    hem, waist, chest = (hips + share * up for share in (0.0, 0.36, 0.95))
    shirt = (look.shirt, look.shirt)
    sculptor.ellipsoid(hips, axes, (0.150 * thick, 0.105 * thick, 0.112 * thick), look.trousers)
    sculptor.cone(hem, waist, (hem_width, waist_width), axes[2], shirt, flatness=0.78)
    sculptor.cone(waist, chest, (waist_width, chest_width), axes[2], shirt, flatness=0.78)
    sculptor.ellipsoid(chest, axes, (chest_width, 0.115 * thick, 0.78 * chest_width), look.shirt)
    collar = at["spine_shoulder"] - 0.02 * thick * axes[1]
    for side in SIDES:
        sculptor.limb(collar, at[f"{side}_shoulder"], (0.060 * thick, 0.062 * thick), shirt)
    sculptor.ball(collar, 0.064 * thick, look.shirt)
    return axes


def _head(
    sculptor: _Sculptor, at: Mapping[str, Vector], trunk: Float64[np.ndarray, "3 3"], scale: float, look: Appearance
) -> None:
    neck, head = at["spine_shoulder"], at["head"]
    axes = _axes(_unit(head - neck) + 0.6 * trunk[1], trunk[2])
    size = scale * look.head_size

    def place(x: float, y: float, z: float) -> Vector:
        return np.asarray(head + size * (np.array([x, y - 0.02, z]) @ axes))

    def blob(centre: tuple[float, float, float], radii: tuple[float, float, float], colour: Colour) -> None:
        sculptor.ellipsoid(place(*centre), axes, np.array(radii) * size, colour)

    skin = look.skin
    ruddy = (skin[0] * 0.92, skin[1] * 0.72, skin[2] * 0.70)
    dim = (skin[0] * 0.93, skin[1] * 0.90, skin[2] * 0.88)
    sculptor.cone(
        neck - 0.03 * scale * trunk[1], place(0, -0.05, -0.015), (0.058 * scale, 0.052 * scale), axes[2], (dim, dim)
    )
    blob((0, 0.012, -0.004), (0.076, 0.110, 0.094), skin)
    blob((0, -0.044, 0.010), (0.062, 0.072, 0.075), skin)
    blob((0, -0.014, 0.094), (0.013, 0.026, 0.020), dim)
    blob((0, -0.058, 0.079), (0.026, 0.0065, 0.010), ruddy)
    for side in (1, -1):
        blob((side * 0.077, -0.004, -0.004), (0.013, 0.030, 0.020), dim)
        blob((side * 0.031, 0.014, 0.079), (0.0155, 0.0095, 0.012), _WHITE)
        blob((side * 0.031, 0.014, 0.086), (0.0075, 0.0080, 0.007), _DARK)
        blob((side * 0.032, 0.038, 0.083), (0.019, 0.0045, 0.008), look.hair)
    crown = _axes(axes[1] - 0.75 * axes[2], axes[2])
    sculptor.ellipsoid(place(0, 0.020, -0.012), crown, np.array([0.083, 0.106, 0.108]) * size, look.hair, cut=-0.2)


def _arm(
    sculptor: _Sculptor, joints: Sequence[Vector], trunk: Float64[np.ndarray, "3 3"], thick: float, look: Appearance
) -> None:
    shoulder, elbow, wrist, hand = joints
    upper = (look.shirt, look.shirt if look.sleeve >= 1 else look.skin)
    lower = (look.shirt if look.sleeve >= 1 else look.skin, look.skin)
    sculptor.limb(shoulder, elbow, (0.060 * thick, 0.043 * thick), upper, split=2 * look.sleeve - 1)
    sculptor.limb(elbow, wrist, (0.043 * thick, 0.029 * thick), lower, split=2 * look.sleeve - 3)
    along = _unit(_unit(wrist - elbow) + 0.8 * _unit(hand - wrist))
    axes = _axes(along, _cross(along, trunk[2] + 0.7 * trunk[1]))
    thumb = axes[0] * (1 if axes[0] @ (trunk[2] + 0.7 * trunk[1]) > 0 else -1)
    palm = wrist + 0.055 * thick * along
    sculptor.ellipsoid(palm, axes, np.array([0.041, 0.058, 0.022]) * thick, look.skin)
    sculptor.ellipsoid(wrist + 0.118 * thick * along, axes, np.array([0.034, 0.056, 0.016]) * thick, look.skin)
    root = wrist + 0.035 * thick * along + 0.018 * thick * thumb
    sculptor.limb(
        root, root + 0.05 * thick * (along + 0.7 * thumb), (0.015 * thick, 0.011 * thick), (look.skin, look.skin)
    )


def _leg(
    sculptor: _Sculptor, joints: Sequence[Vector], trunk: Float64[np.ndarray, "3 3"], thick: float, look: Appearance
) -> None:
    hip, knee, ankle, foot = joints
    at_knee, at_ankle = (look.trousers if look.trousers_to >= end else look.skin for end in (1, 2))
    sculptor.ball(hip, 0.080 * thick, look.trousers)
    sculptor.limb(hip, knee, (0.080 * thick, 0.062 * thick), (look.trousers, at_knee), split=2 * look.trousers_to - 1)
    sculptor.limb(knee, ankle, (0.062 * thick, 0.045 * thick), (at_knee, at_ankle), split=2 * look.trousers_to - 3)
    shin = _unit(knee - ankle)
    planted = float(np.clip((0.20 * thick - ankle[1]) / 0.06, 0, 1))  # a foot near the floor lies flat on it
    up = _unit(planted * np.array([0.0, 1.0, 0.0]) + (1 - planted) * shin)
    axes = _axes(up, _unit(foot - ankle) + trunk[2])
    sole = ankle - 0.055 * thick * axes[1]
    white = _WHITE
    sculptor.ellipsoid(
        sole, axes, np.array([0.043, 0.055, 0.065]) * thick, look.shoes, lower=white, split=-0.55, cut=-0.8
    )
    sculptor.ellipsoid(
        sole + thick * (0.085 * axes[2] - 0.012 * axes[1]),
        axes,
        np.array([0.046, 0.042, 0.098]) * thick,
        look.shoes,
        lower=white,
        split=-0.5,
        cut=-0.8,
    )
