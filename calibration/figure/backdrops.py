"""What is painted on the floor and the wall behind the figure, in metres of the room, for each `Backdrop`."""

from collections.abc import Callable, Mapping
from colorsys import hsv_to_rgb

import numpy as np
from jaxtyping import Float64

from calibration.figure.appearance import Appearance, Backdrop

Metres = Float64[np.ndarray, " N"]
Colours = Float64[np.ndarray, "N 3"]
Paint = Callable[[Metres, Metres, np.random.Generator, Appearance], Colours]
"""The sRGB colours of points: of the floor at x (left) and z (away), of the wall at x and y (up)."""

_PLANK = 0.17
_SKIRTING = 0.11


def _planks(x: Metres, z: Metres, rng: np.random.Generator, appearance: Appearance) -> Colours:
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


def _wall(x: Metres, y: Metres, rng: np.random.Generator, appearance: Appearance) -> Colours:
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
    colour: Colours,
    x: Metres,
    y: Metres,
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


def _clutter(x: Metres, y: Metres, rng: np.random.Generator, appearance: Appearance) -> Colours:
    """The wall with twenty to forty things before it: plain or striped, square or round, standing or hanging."""
    colour = _wall(x, y, rng, appearance)
    for _ in range(rng.integers(20, 41)):
        half_width, half_height = rng.uniform(0.04, 0.45), rng.uniform(0.04, 0.6)
        middle = half_height if rng.uniform() < 0.4 else rng.uniform(0.3, 2.4)
        across, above = (x - rng.uniform(-2.6, 2.6)) / half_width, (y - middle) / half_height
        inside = across**2 + above**2 < 1 if rng.uniform() < 0.25 else (np.abs(across) < 1) & (np.abs(above) < 1)
        one, other = (hsv_to_rgb(*rng.uniform((0, 0, 0.1), (1, 0.8, 0.95))) for _ in range(2))
        stripes = np.sin(rng.choice([x, y])[inside] * rng.uniform(30, 150)) if rng.uniform() < 0.4 else 1
        colour[inside] = np.where(np.broadcast_to(stripes, inside.sum())[:, None] > 0, one, other)
    return colour


def _plain_floor(x: Metres, z: Metres, _: np.random.Generator, appearance: Appearance) -> Colours:
    """The floor's colour, which becomes the wall's where they meet."""
    share = np.clip(z / 1.9 + 0 * x, 0, 1)[:, None] ** 2
    return np.asarray(share * appearance.wall + (1 - share) * appearance.floor)


def _plain_wall(x: Metres, y: Metres, rng: np.random.Generator, appearance: Appearance) -> Colours:
    """The wall's colour, lighter or darker towards one side and the top."""
    slope = rng.uniform(-0.15, 0.15, 2)
    return np.asarray(np.clip(np.array(appearance.wall) * (1 + slope[0] * x + slope[1] * y)[:, None], 0, 1))


def _lawn(x: Metres, z: Metres, rng: np.random.Generator, _: Appearance) -> Colours:
    """Grass or gravel, mottled in all sizes."""
    ground = hsv_to_rgb(*rng.uniform((0.10, 0.15, 0.3), (0.35, 0.5, 0.6)))
    return np.asarray(np.clip(np.array(ground) * (1 + 0.35 * _mottle(x, z, rng))[:, None], 0, 1))


def _hedge(x: Metres, y: Metres, rng: np.random.Generator, _: Appearance) -> Colours:
    """A hedge of uneven height before a sky with clouds."""
    leaves = hsv_to_rgb(*rng.uniform((0.15, 0.2, 0.15), (0.42, 0.6, 0.5)))
    colour = np.clip(np.array(leaves) * (1 + 0.6 * _mottle(x, y, rng))[:, None], 0, 1)
    top = rng.uniform(0.8, 2.2) + 0.1 * np.sin(rng.uniform(1, 5) * x) + 0.05 * np.sin(rng.uniform(5, 20) * x)
    blue, cloud = np.array((0.55, 0.70, 0.90)) * rng.uniform(0.7, 1.1), 0.4 + 0.4 * _mottle(0.3 * x, y, rng)
    above = y > top
    colour[above] = (blue + cloud.clip(0, 1)[:, None] * (0.95 - blue))[above].clip(0, 1)
    return np.asarray(colour)


def _mottle(x: Metres, y: Metres, rng: np.random.Generator) -> Metres:
    """Waves of many directions from metres to centimetres long, about -1 to 1."""
    total = np.zeros_like(x)
    for wave in 2.0 ** np.arange(1, 8):
        for angle, phase in rng.uniform(0, 2 * np.pi, (3, 2)):
            total += np.sin(wave * (np.cos(angle) * x + np.sin(angle) * y) + phase + total)
    return np.asarray(total / 6)


PAINTS: Mapping[Backdrop, tuple[Paint, Paint]] = {
    Backdrop.ROOM: (_planks, _wall),
    Backdrop.STUDIO: (_plain_floor, _plain_wall),
    Backdrop.CLUTTER: (_planks, _clutter),
    Backdrop.OUTDOORS: (_lawn, _hedge),
}
"""How floor and wall are painted."""
