"""People who bend down to something on the floor, made of people who stand (ours)."""

from dataclasses import dataclass, replace

import numpy as np

from calibration.everyday.labels import LABELS
from calibration.everyday.made.arms import axes, eased, lasting, times_of, unit, with_arm
from calibration.everyday.made.body import UPPER, on_its_feet, reaching, turned, with_leg
from calibration.figure.points import SIDES
from stf.datasets.clip import Clip

_THIGHS = 0.55
"""Share of the bend of the knees that the thighs lean to the front; the shanks lean by the rest, to the back."""


@dataclass(frozen=True, slots=True)
class Bend:
    """How somebody bends down. Angles are radians, times are seconds.

    Attributes:
        hands: the sides of those that go down; the other one hangs.
        trunk: how far it is bent to the front.
        knees: how far they are bent.
        ahead: of the hands, from straight down to the front.
        aside: of the hands, from there outwards.
        reach: how far they get from the shoulders, as a share of the arm's length.
        starts, down, stay, up: when it begins, how long it goes down, stays there and comes up again.
        seconds: of all of it that is shown.
    """

    hands: tuple[str, ...]
    trunk: float
    knees: float
    ahead: float
    aside: float
    reach: float
    starts: float
    down: float
    stay: float
    up: float
    seconds: float

    @classmethod
    def random(cls, rng: np.random.Generator) -> "Bend":
        """From a stoop with straight legs to crouching, with one hand or both, to the end or not (ours)."""
        knees = float(rng.choice([rng.uniform(0.0, 0.5), rng.uniform(0.5, 1.9)]))
        starts, down, stay, up = (float(rng.uniform(*span)) for span in ((0, 0.5), (0.5, 1.2), (0, 0.8), (0.5, 1.2)))
        return cls(
            hands=((SIDES[rng.integers(2)],), SIDES)[rng.integers(2)],
            trunk=float(rng.uniform(0.9, 1.9) - 0.2 * knees),
            knees=knees,
            ahead=float(rng.uniform(-0.1, 0.6)),
            aside=float(rng.uniform(-0.3, 0.3)),
            reach=float(rng.uniform(0.8, 0.98)),
            starts=starts,
            down=down,
            stay=stay,
            up=up,
            seconds=starts + down + stay + up * float(rng.uniform(0, 1.3)),
        )


def bending(clip: Clip, bend: Bend) -> Clip:
    """Somebody who stood at rest, and bends down (ours).

    Args:
        clip: a clip in NTU25 of somebody who needs arms and legs for nothing.
        bend: how.
    """
    motion = lasting(clip, bend.seconds)
    times = times_of(motion)
    low = eased(times - bend.starts, bend.down) * (1 - eased(times - bend.starts - bend.down - bend.stay, bend.up))
    _, up, front = axes(motion, "left")
    stood = motion
    for side in SIDES:
        motion = with_leg(motion, side, _THIGHS * bend.knees * low, bend.knees * low)
    motion = on_its_feet(motion, stood)
    motion = turned(motion[0].astype(np.float64), bend.trunk * low, UPPER)[None].astype(np.float32)
    for side in SIDES:
        out, _, _ = axes(motion, side)
        used = side in bend.hands
        ahead, aside = (bend.ahead, bend.aside) if used else (0.0, 0.0)
        towards = unit(np.cos(ahead) * -up + np.sin(ahead) * front + np.sin(aside) * out)
        arm, forearm = reaching(motion, side, towards, out - front, np.full_like(low, bend.reach if used else 0.97))
        motion = with_arm(motion, side, low, arm, forearm, forearm)
    return replace(clip, label=LABELS.index("bend down"), joints=motion)
