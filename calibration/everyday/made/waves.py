"""People who wave, made of people who do not (ours)."""

from dataclasses import dataclass, replace

import numpy as np

from calibration.everyday.labels import LABELS
from calibration.everyday.made.arms import Column, Vectors, axes, eased, lasting, times_of, towards, with_arm
from calibration.figure.points import SIDES
from stf.datasets.clip import Clip


@dataclass(frozen=True, slots=True)
class Wave:
    """How somebody waves. Angles are radians.

    Attributes:
        side: of the hand.
        seconds: about how long it lasts, of somebody who keeps still otherwise.
        rises, falls: seconds from its start in which the hand is raised, from its end in which it is lowered; 0 if the
            hand is up then.
        elevation: of the upper arm over the horizontal.
        forward: of the upper arm, from the side to the front.
        lean: of the forearm from the vertical outwards, in the middle of its swing.
        tilt: of the forearm from the vertical to the front.
        swing: how far the forearm goes to either side.
        rate_hz: swings there and back, a second.
        phase: where in a swing the clip starts.
        upper: share of the swing that the upper arm joins in.
        wrist: how much farther the hand swings than the forearm, as a share of its swing.
    """

    side: str
    seconds: float
    rises: float
    falls: float
    elevation: float
    forward: float
    lean: float
    tilt: float
    swing: float
    rate_hz: float
    phase: float
    upper: float
    wrist: float

    @classmethod
    def random(cls, rng: np.random.Generator) -> "Wave":
        """A wave as various as people's: from a hand beside the shoulder to a long arm over the head (ours)."""
        elevation = float(rng.uniform(-1.2, 1.1))
        return cls(
            side=SIDES[rng.integers(2)],
            seconds=float(rng.uniform(1.5, 3.5)),
            rises=float(rng.choice([0.0, rng.uniform(0.3, 0.8)])),
            falls=float(rng.choice([0.0, rng.uniform(0.3, 0.8)], p=(0.7, 0.3))),
            elevation=elevation,
            forward=float(rng.uniform(0.0, 1.3)),
            lean=float(rng.uniform(-0.3, 0.5)),
            tilt=float(rng.uniform(-0.1, 0.6)),
            swing=float(rng.uniform(0.2, 0.75)),
            rate_hz=float(rng.uniform(0.9, 2.8)),
            phase=float(rng.uniform(0, 2 * np.pi)),
            upper=float(rng.uniform(0.0, 0.8 if elevation > 0.5 else 0.3)),
            wrist=float(rng.uniform(0.0, 0.6)),
        )


def waving(clip: Clip, wave: Wave) -> Clip:
    """Somebody who does what they did, and waves with one hand (ours).

    Args:
        clip: a clip in NTU25 of somebody who needs that arm for nothing.
        wave: how.
    """
    motion = lasting(clip, wave.seconds)
    times = times_of(motion)
    out, up, front = axes(motion, wave.side)

    def swung(delay: float) -> Column:
        return np.asarray(wave.swing * np.sin(2 * np.pi * wave.rate_hz * (times - delay) + wave.phase))

    def upright(lean: Column) -> Vectors:
        upwards = np.cos(wave.tilt) * up + np.sin(wave.tilt) * front
        return np.asarray(np.cos(lean) * upwards + np.sin(lean) * out)

    elevation = wave.elevation - wave.upper * swung(0)
    arm = towards(motion, wave.side, elevation, wave.forward)
    forearm = upright(wave.lean + swung(0))
    fingers = upright(wave.lean + swung(0) + wave.wrist * swung(0.06))
    raised = eased(times, wave.rises) * eased(times[-1] - times, wave.falls)
    made = with_arm(motion, wave.side, raised, arm, forearm, fingers)
    return replace(clip, label=LABELS.index("wave"), joints=made)
