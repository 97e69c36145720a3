"""`Appearance`: what the figure and its room look like."""

from colorsys import hsv_to_rgb
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

Colour = tuple[float, float, float]
"""Red, green and blue in [0, 1], sRGB."""

_SKINS: tuple[Colour, ...] = (
    (0.95, 0.80, 0.71), (0.89, 0.71, 0.58), (0.80, 0.60, 0.46),
    (0.66, 0.46, 0.33), (0.50, 0.33, 0.23), (0.36, 0.24, 0.18),
)  # fmt: skip
_HAIRS: tuple[Colour, ...] = (
    (0.10, 0.08, 0.07), (0.22, 0.14, 0.09), (0.38, 0.24, 0.13), (0.60, 0.42, 0.22), (0.52, 0.50, 0.48),
)  # fmt: skip


class Backdrop(StrEnum):
    """What is around the figure."""

    ROOM = "room"
    """A plank floor, a wall and two pictures on it."""
    STUDIO = "studio"
    """Nothing but a gradient from the wall's colour to the floor's."""
    CLUTTER = "clutter"
    """The room, full of striped and plain things of all sizes."""
    OUTDOORS = "outdoors"
    """A lawn, a hedge and the sky."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """Colours, build, light and surroundings; the defaults are the figure of the demo clip.

    Attributes:
        skin, hair, shirt, trousers, shoes, wall, floor: colours.
        girth: thickness of limbs and trunk relative to their length; 1 is average.
        head_size: size of the head relative to the body; 1 is average.
        sleeve: how far the sleeves reach, 0 at the shoulder, 1 at the elbow, 2 at the wrist.
        light: direction towards the lamp in camera coordinates (x left, y up, z away); y > 0.
        ambient: share of the light that comes from everywhere, in [0, 1].
        seed: decides the pattern of the floor and the wall, and the noise.
        trousers_to: how far the trousers reach, 0 at the hip, 1 at the knee, 2 at the ankle.
        brightness: factor on the red, green and blue light; below 1 it is dark, uneven it is tinted.
        noise: standard deviation of the camera's noise in grey levels of 255.
        backdrop: what is around the figure.
    """

    skin: Colour = (0.89, 0.71, 0.58)
    hair: Colour = (0.22, 0.14, 0.09)
    shirt: Colour = (0.16, 0.45, 0.66)
    trousers: Colour = (0.20, 0.22, 0.28)
    shoes: Colour = (0.80, 0.30, 0.22)
    wall: Colour = (0.80, 0.78, 0.73)
    floor: Colour = (0.62, 0.47, 0.34)
    girth: float = 1.0
    head_size: float = 1.0
    sleeve: float = 0.75
    light: tuple[float, float, float] = (0.5, 0.75, -0.6)
    ambient: float = 0.45
    seed: int = 0
    trousers_to: float = 2.0
    brightness: Colour = (1.0, 1.0, 1.0)
    noise: float = 0.0
    backdrop: Backdrop = Backdrop.ROOM

    @classmethod
    def random(cls, seed: int) -> "Appearance":
        """A random person in a random room, always the same for the same seed."""
        rng = np.random.default_rng(seed)

        def cloth() -> Colour:
            return hsv_to_rgb(rng.uniform(), rng.uniform(0.05, 0.65), rng.uniform(0.15, 0.85))

        def shade(low: float, high: float) -> Colour:
            r, g, b = rng.uniform(low, high) + rng.uniform(-0.06, 0.06, 3)
            return float(r), float(g), float(b)

        return cls(
            skin=_SKINS[rng.integers(len(_SKINS))],
            hair=_HAIRS[rng.integers(len(_HAIRS))],
            shirt=cloth(),
            trousers=cloth(),
            shoes=cloth(),
            wall=shade(0.35, 0.9),
            floor=shade(0.25, 0.75),
            girth=float(rng.uniform(0.88, 1.2)),
            head_size=float(rng.uniform(0.94, 1.06)),
            sleeve=float(rng.uniform(0.4, 2.0)),
            light=(float(rng.uniform(-1, 1)), float(rng.uniform(0.4, 1.2)), float(rng.uniform(-1, -0.4))),
            ambient=float(rng.uniform(0.35, 0.6)),
            seed=seed,
        )

    @classmethod
    def varied(cls, seed: int) -> "Appearance":
        """The person of `random(seed)` beyond the room: any backdrop, shorts, dim, tinted or back light, noise.

        Half of them stand in a light that is up to eight times as weak as the room's, of a colour between a bulb's and
        the evening sky's.
        """
        rng = np.random.default_rng([seed, 1])
        dim, warm = float(rng.uniform(0, 3)) * (rng.uniform() < 0.5), float(rng.uniform(-0.25, 0.25))
        return replace(
            cls.random(seed),
            trousers_to=float(rng.choice([2.0, 2.0, rng.uniform(0.4, 1.6)])),
            light=(float(rng.uniform(-1, 1)), float(rng.uniform(0.4, 1.2)), float(rng.uniform(-1, 0.6))),
            brightness=(0.5**dim * (1 + warm), 0.5**dim, 0.5**dim * (1 - warm)),
            noise=float(rng.uniform(0, 2) + 2 * dim),
            backdrop=list(Backdrop)[rng.integers(len(Backdrop))],
        )
