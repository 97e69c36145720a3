"""Jumping jacks and shots at a basket, made of people who stand (ours)."""

from dataclasses import dataclass, replace

import numpy as np

from calibration.everyday.labels import LABELS
from calibration.everyday.made.arms import axes, eased, lasting, times_of, towards, unit, with_arm
from calibration.everyday.made.body import on_its_feet, reaching, with_leg
from calibration.figure.points import SIDES
from stf.datasets.clip import Clip

_THIGHS = 0.5
"""Share of the bend of the knees that the thighs lean to the front."""


@dataclass(frozen=True, slots=True)
class JumpingJack:
    """How somebody does jumping jacks. Angles are radians.

    Attributes:
        low, high: of the arms over the horizontal, feet together and feet apart.
        forward: of the arms, from the side to the front.
        elbows: how far they are bent upwards, at most.
        apart: of each leg from the vertical, at most.
        knees: how far they are bent, at most.
        rate_hz: how often, a second.
        phase: where in one the clip starts.
        late: how much the legs are behind the arms, in phase.
    """

    low: float
    high: float
    forward: float
    elbows: float
    apart: float
    knees: float
    rate_hz: float
    phase: float
    late: float

    @classmethod
    def random(cls, rng: np.random.Generator) -> "JumpingJack":
        """From hands that meet over the head to hands that stay at the height of the shoulders (ours)."""
        return cls(
            low=float(rng.uniform(-1.45, -1.0)),
            high=float(rng.uniform(0.4, 1.45)),
            forward=float(rng.uniform(0.0, 0.5)),
            elbows=float(rng.uniform(0.0, 0.7)),
            apart=float(rng.uniform(0.18, 0.5)),
            knees=float(rng.uniform(0.0, 0.4)),
            rate_hz=float(rng.uniform(0.6, 1.4)),
            phase=float(rng.uniform(0, 2 * np.pi)),
            late=float(rng.uniform(-0.5, 0.5)),
        )


def jumping(clip: Clip, jack: JumpingJack) -> Clip:
    """Somebody who stood at rest, at jumping jacks.

    Args:
        clip: a clip in NTU25 of somebody who needs arms and legs for nothing.
        jack: how.
    """
    motion = lasting(clip, max(2.2, 1.5 / jack.rate_hz))
    turn = 2 * np.pi * jack.rate_hz * times_of(motion) + jack.phase
    arms, legs = ((1 - np.cos(turn - late)) / 2 for late in (0, jack.late))
    landing = (1 + np.cos(2 * (turn - jack.late))) / 2  # feet on the floor, together or apart
    bent = jack.knees * landing
    stood = motion
    elevation = jack.low + (jack.high - jack.low) * arms
    for side in SIDES:
        arm, forearm = (
            towards(motion, side, angle, jack.forward) for angle in (elevation, elevation + jack.elbows * arms)
        )
        motion = with_arm(motion, side, np.ones_like(arms), arm, forearm, forearm)
        motion = with_leg(motion, side, _THIGHS * bent, bent, jack.apart * legs)
    return replace(clip, label=LABELS.index("jumping jack"), joints=on_its_feet(motion, stood))


@dataclass(frozen=True, slots=True)
class Shot:
    """How somebody shoots at a basket. Angles are radians, times are seconds.

    Attributes:
        side: of the hand that shoots; the other one guides.
        held: of the ball, from the front to straight up, before.
        thrown: the same when it leaves.
        near, far: of the shooting hand from its shoulder before and after, as shares of the arm's length.
        guide: how far the other hand gets.
        inward: of both arms towards the middle.
        knees: how far they are bent before.
        starts, dip, lift, stay, back: when it begins, how long the knees bend, body and arms stretch, the arms stay
            up and come down again.
        seconds: of all of it that is shown.
    """

    side: str
    held: float
    thrown: float
    near: float
    far: float
    guide: float
    inward: float
    knees: float
    starts: float
    dip: float
    lift: float
    stay: float
    back: float
    seconds: float

    @classmethod
    def random(cls, rng: np.random.Generator) -> "Shot":
        """With one hand or both, from the chest or the forehead, with a dip or without (ours)."""
        starts, dip, lift, stay, back = (
            float(rng.uniform(*span)) for span in ((0, 0.3), (0.25, 0.7), (0.2, 0.5), (0.1, 0.8), (0.3, 0.8))
        )
        far = float(rng.uniform(0.88, 0.98))
        return cls(
            side=SIDES[rng.integers(2)],
            held=float(rng.uniform(-0.4, 0.9)),
            thrown=float(rng.uniform(0.8, 1.4)),
            near=float(rng.uniform(0.35, 0.55)),
            far=far,
            guide=float(rng.choice([far, rng.uniform(0.6, 0.85)])),
            inward=float(rng.uniform(0.0, 0.35)),
            knees=float(rng.uniform(0.0, 1.2)),
            starts=starts,
            dip=dip,
            lift=lift,
            stay=stay,
            back=back,
            seconds=starts + dip + lift + stay + back * float(rng.uniform(0, 1.2)),
        )


def shooting(clip: Clip, shot: Shot) -> Clip:
    """Somebody who stood at rest, and shoots at a basket.

    Args:
        clip: a clip in NTU25 of somebody who needs arms and legs for nothing.
        shot: how.
    """
    motion = lasting(clip, shot.seconds)
    times = times_of(motion)
    lifting = shot.starts + shot.dip
    stood, lifted = motion, eased(times - lifting, shot.lift)
    raised = eased(times - shot.starts, 0.8 * shot.dip)
    raised = raised * (1 - eased(times - lifting - shot.lift - shot.stay, shot.back))
    bent = shot.knees * eased(times - shot.starts, shot.dip) * (1 - eased(times - lifting, 0.8 * shot.lift))
    for side in SIDES:
        out, up, front = axes(motion, side)
        angle = shot.held + (shot.thrown - shot.held) * lifted
        towards_ball = unit(np.cos(angle) * front + np.sin(angle) * up - np.sin(shot.inward) * out)
        far = shot.far if side == shot.side else shot.guide
        reach = shot.near + (far - shot.near) * lifted
        arm, forearm = reaching(motion, side, towards_ball, 0.5 * out - up + 0.3 * front, reach)
        fingers = unit((1 - lifted) * up + lifted * (0.4 * front + forearm))
        motion = with_arm(motion, side, raised, arm, forearm, fingers)
        motion = with_leg(motion, side, _THIGHS * bent, bent)
    return replace(clip, label=LABELS.index("shoot a basketball"), joints=on_its_feet(motion, stood))
