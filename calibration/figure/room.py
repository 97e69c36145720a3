"""The room behind the figure: a floor and a wall with something painted on them, drawn once per camera."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, UInt8

from calibration.figure.appearance import Appearance
from calibration.figure.backdrops import PAINTS
from calibration.figure.camera import Camera

_WALL = 1.9
"""Metres from the camera's target to the wall behind it."""


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
    """Linear RGB light to BGR bytes, with a gamma of two; what is brighter than 1 is white."""
    image: UInt8[np.ndarray, "*shape 3"] = (np.sqrt(np.minimum(light[..., ::-1], 1)) * 255 + 0.5).astype(np.uint8)
    return image


def _shade(camera: Camera, appearance: Appearance) -> tuple[Float64[np.ndarray, "H W 3"], Float64[np.ndarray, "H W 2"]]:
    width, height = camera.size
    u, v = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    (cx, cy), (fx, fy) = camera.centre, camera.focals
    pose = camera.room_pose
    rays = np.stack([(cx - u) / fx, (cy - v) / fy, np.ones_like(u)], axis=-1) @ pose[:3, :3]
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
    paint_floor, paint_wall = PAINTS[appearance.backdrop]
    colour[on_floor] = paint_floor(x[on_floor], z[on_floor], rng, appearance)
    colour[~on_floor] = paint_wall(x[~on_floor], y[~on_floor], rng, appearance)
    pool = np.exp(-(x**2 + (z * on_floor) ** 2) / 18) * 0.45 + 0.55  # brighter in the middle of the room
    corner = 1 - 0.25 * np.exp(-np.where(on_floor, _WALL - z, np.abs(y)) / 0.18)  # darker where floor and wall meet
    light = colour**2 * (pool * corner)[..., None] * appearance.brightness
    floor = np.where(on_floor[..., None], point[..., [0, 2]], np.inf)
    return light, floor


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
