"""Hands that are busy with something, made of hands that are not (ours)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from calibration.everyday.made.arms import axes, eased, lasting, times_of, towards, unit, with_arm
from calibration.figure.points import SIDES
from stf.datasets.clip import Clip


@dataclass(frozen=True, slots=True)
class Hold:
    """Where a hand is kept near the body for a while. Angles are radians.

    Attributes:
        elevation, forward: as of `Wave`.
        inward: of the forearm, from the front to the other side of the body.
        pitch: of the forearm over the horizontal.
        swing: how far the forearm goes up and down, as of who types or stirs.
        rate_hz: up and down, a second.
    """

    elevation: float
    forward: float
    inward: float
    pitch: float
    swing: float
    rate_hz: float

    @classmethod
    def random(cls, rng: np.random.Generator, highest: float = -0.4) -> "Hold":
        """From the lap to the face and the other shoulder, the upper arm at `highest` at the most (ours)."""
        return cls(
            elevation=float(rng.uniform(-1.4, highest)),
            forward=float(rng.uniform(0.2, 1.5)),
            inward=float(rng.uniform(-0.2, 1.4)),
            pitch=float(rng.uniform(-0.6, 1.35)),
            swing=float(rng.choice([0.0, rng.uniform(0.03, 0.2)])),
            rate_hz=float(rng.uniform(0.5, 4.0)),
        )


@dataclass(frozen=True, slots=True)
class Hands:
    """What hands are busy with.

    Attributes:
        holds: where each hand that is goes, one after the other, by its side.
        seconds: as of `Wave`.
        rises: as of `Wave`.
    """

    holds: Mapping[str, Sequence[Hold]]
    seconds: float
    rises: float

    @classmethod
    def random(cls, rng: np.random.Generator, places: int = 3, highest: float = -0.4) -> "Hands":
        """One hand, two that do the same, or two that each do their own, in up to so many places (ours).

        Args:
            rng: draws them.
            places: at most.
            highest: of each `Hold`.
        """
        count = int(rng.integers(1, places + 1))
        one, other = ([Hold.random(rng, highest) for _ in range(count)] for _ in SIDES)
        first, second = rng.permutation(SIDES)
        kinds = ({first: one}, {first: one, second: one}, {first: one, second: other})
        return cls(kinds[rng.integers(3)], float(rng.uniform(1.5, 4.0)), float(rng.choice([0.0, 0.5])))


def busy(clip: Clip, hands: Hands) -> Clip:
    """Somebody who does what they did, and something with their hands (ours).

    Args:
        clip: a clip in NTU25 of somebody who needs their arms for nothing.
        hands: what.
    """
    motion = lasting(clip, hands.seconds)
    times = times_of(motion)
    raised = eased(times, hands.rises)
    for side, holds in hands.holds.items():
        out, up, front = axes(motion, side)
        arm, forearm = np.zeros_like(out), np.zeros_like(out)
        for number, hold in enumerate(holds):
            begins = number * times[-1] / len(holds)
            share = eased(times - begins, 0.5 if number else 0.0)
            inwards = np.cos(hold.inward) * front - np.sin(hold.inward) * out
            pitch = hold.pitch + hold.swing * np.sin(2 * np.pi * hold.rate_hz * times)
            arm += share * (towards(motion, side, hold.elevation, hold.forward) - arm)
            forearm += share * (np.cos(pitch) * inwards + np.sin(pitch) * up - forearm)
        motion = with_arm(motion, side, raised, unit(arm), unit(forearm), unit(forearm))
    return replace(clip, joints=motion)
