"""The room behind the figure: a plank floor, a plain wall with a skirting board and pictures, drawn once per camera."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, UInt8

from calibration.figure.appearance import Appearance
from calibration.figure.camera import Camera

_WALL = 1.9
"""Metres from the camera's target to the wall behind it."""
_PLANK = 0.17
_SKIRTING = 0.11


@dataclass(frozen=True, slots=True)
class Room:
    """An empty room as a camera sees it.

    Attributes:
        image: (H, W, 3) uint8, BGR.
        floor: (H, W, 2) room coordinates x and z in metres of the floor point seen by each pixel; infinite elsewhere.
    """

    image: UInt8[np.ndarray, "H W 3"]
    floor: Float32[np.ndarray, "H W 2"]


def build_room(camera: Camera, appearance: Appearance) -> Room:
    """Draw the room of `appearance` as `camera` sees it; its wall stays behind the target whatever the yaw."""
    width, height = camera.size
    fine = camera.scaled(2)
    light, floor = _shade(fine, appearance)
    halves = light.reshape(height, 2, width, 2, 3).mean(axis=(1, 3))
    return Room(to_bgr(halves), floor[::2, ::2].astype(np.float32))


def to_bgr(light: Float[np.ndarray, "*shape 3"]) -> UInt8[np.ndarray, "*shape 3"]:
    """Linear RGB light in [0, 1] to BGR bytes, with a gamma of two."""
    image: UInt8[np.ndarray, "*shape 3"] = (np.sqrt(light[..., ::-1]) * 255 + 0.5).astype(np.uint8)
    return image


def _shade(camera: Camera, appearance: Appearance) -> tuple[Float64[np.ndarray, "H W 3"], Float64[np.ndarray, "H W 2"]]:
    width, height = camera.size
    u, v = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    cx, cy = camera.centre
    pose = camera.room_pose
    rays = np.stack([(cx - u) / camera.focal, (cy - v) / camera.focal, np.ones_like(u)], axis=-1) @ pose[:3, :3]
    eye = -pose[:3, :3].T @ pose[:3, 3]
    with np.errstate(divide="ignore", over="ignore"):
        down = np.where(rays[..., 1] < 0, -eye[1] / rays[..., 1], np.inf)
        back = np.where(rays[..., 2] > 0, (_WALL - eye[2]) / rays[..., 2], np.inf)
    on_floor = down < back
    reach = np.minimum(np.minimum(down, back), 50.0)
    point = eye + reach[..., None] * rays
    x, y, z = np.moveaxis(point, -1, 0)
    rng = np.random.default_rng(appearance.seed)
    colour = np.empty_like(point)
    colour[on_floor] = _planks(x[on_floor], z[on_floor], rng, appearance)
    colour[~on_floor] = _wall(x[~on_floor], y[~on_floor], rng, appearance)
    pool = np.exp(-(x**2 + (z * on_floor) ** 2) / 18) * 0.45 + 0.55  # brighter in the middle of the room
    corner = 1 - 0.25 * np.exp(-np.where(on_floor, _WALL - z, np.abs(y)) / 0.18)  # darker where floor and wall meet
    light = colour**2 * (pool * corner)[..., None]
    floor = np.where(on_floor[..., None], point[..., [0, 2]], np.inf)
    return light, floor


def _planks(
    x: Float64[np.ndarray, " N"], z: Float64[np.ndarray, " N"], rng: np.random.Generator, appearance: Appearance
) -> Float64[np.ndarray, "N 3"]:
    """Planks away from the camera, each a little different, with staggered joints."""
    row = np.floor(x / _PLANK).astype(int)
    stagger = rng.uniform(0, 1.3, 64)[row % 64]
    piece = np.floor((z + stagger) / 1.3).astype(int)
    tone = 1 + 0.09 * rng.standard_normal((64, 64))[row % 64, piece % 64]
    grain = 0.02 * np.sin(90 * x + 3 * np.sin(2.1 * z + row))
    across = np.abs(x / _PLANK - np.rint(x / _PLANK)) * _PLANK
    along = np.abs((z + stagger) / 1.3 - np.rint((z + stagger) / 1.3)) * 1.3
    gap = 1 - 0.35 * np.exp(-((np.minimum(across, along) / 0.004) ** 2))
    return np.asarray(np.clip(np.array(appearance.floor) * ((tone + grain) * gap)[..., None], 0, 1))


def _wall(
    x: Float64[np.ndarray, " N"], y: Float64[np.ndarray, " N"], rng: np.random.Generator, appearance: Appearance
) -> Float64[np.ndarray, "N 3"]:
    """Plaster, a white skirting board and two framed pictures."""
    waves = rng.uniform(0.5, 3.0, (6, 2))
    phases = rng.uniform(0, 2 * np.pi, 6)
    plaster = sum(np.sin(a * x + b * y + p) for (a, b), p in zip(waves, phases, strict=True)) / 6
    colour = np.array(appearance.wall) * (1 + 0.03 * plaster)[:, None]
    for side in (-1, 1):
        _hang_picture(colour, x - side * rng.uniform(1.15, 1.6), y - rng.uniform(1.35, 1.6), rng)
    colour[y < _SKIRTING] = 0.9
    colour[np.abs(y - _SKIRTING) < 0.008] *= 0.75
    colour *= 1 + 0.008 * rng.standard_normal((len(x), 1))  # rough enough to hide the steps between grey levels
    return np.asarray(colour.clip(0, 1))


def _hang_picture(
    colour: Float64[np.ndarray, "N 3"],
    x: Float64[np.ndarray, " N"],
    y: Float64[np.ndarray, " N"],
    rng: np.random.Generator,
) -> None:
    """Paint over `colour` a picture with its middle at x = y = 0: a dark frame, a white margin, hills under a sky."""
    half_width, half_height = rng.uniform(0.22, 0.34), rng.uniform(0.20, 0.30)
    hues = rng.uniform(0.3, 0.9, (3, 3))
    sky, hill, dune = 0.5 * hues + 0.5 * hues.mean(axis=1, keepdims=True)
    (hill_wave, dune_wave), (hill_phase, dune_phase) = rng.uniform(6, 12, 2), rng.uniform(0, 6, 2)
    inset = np.minimum(half_width - np.abs(x), half_height - np.abs(y))
    for depth, paint in ((0, 0.22), (0.018, 0.95), (0.055, sky)):
        colour[inset > depth] = paint
    colour[(inset > 0.055) & (y < half_height * (0.1 + 0.25 * np.sin(hill_wave * x + hill_phase)))] = hill
    colour[(inset > 0.055) & (y < half_height * (-0.4 + 0.2 * np.sin(dune_wave * x + dune_phase)))] = dune


def with_shadows(
    room: Room,
    camera: Camera,
    spots: Float[np.ndarray, "S 2"],
    radii: Float[np.ndarray, " S"],
    strengths: Float[np.ndarray, " S"],
) -> UInt8[np.ndarray, "H W 3"]:
    """The picture of the room with soft round shadows on its floor.

    Args:
        room: the empty room.
        camera: the camera it was drawn for.
        spots: (S, 2) room coordinates x and z of the middle of each shadow, metres.
        radii: (S,) standard deviation of each shadow, metres.
        strengths: (S,) share of the light taken away in the middle, in [0, 1].
    """
    image = room.image.copy()
    corners = [(x, 0, z) for x in _ends(spots[:, 0], radii) for z in _ends(spots[:, 1], radii)]
    seen = np.array(corners) @ camera.room_pose[:3, :3].T + camera.room_pose[:3, 3]
    seen[:, 2] = seen[:, 2].clip(0.05)
    pixels = camera.project(seen)
    (left, top), (right, bottom) = (edge.clip(0, camera.size).astype(int) for edge in (pixels.min(0), pixels.max(0)))
    floor, below = room.floor[top:bottom, left:right], image[top:bottom, left:right]
    light = np.ones(floor.shape[:2], np.float32)
    for spot, radius, strength in zip(spots.astype(np.float32), radii, strengths, strict=True):
        square = (floor[..., 0] - spot[0]) ** 2 + (floor[..., 1] - spot[1]) ** 2
        light *= 1 - np.float32(strength) * np.exp(square * np.float32(-0.5 / radius**2))
    np.copyto(below, below * np.sqrt(light)[..., None], casting="unsafe")
    return image


def _ends(middles: Float[np.ndarray, " S"], radii: Float[np.ndarray, " S"]) -> tuple[float, float]:
    return float((middles - 3 * radii).min()), float((middles + 3 * radii).max())
