"""Push-ups, sit-ups, presses and pull-ups, made of people who stand: none of the labels (ours)."""

from dataclasses import dataclass, replace

import numpy as np

from calibration.everyday.made.arms import TOP, Column, Vectors, axes, lasting, times_of, with_arm
from calibration.everyday.made.body import ALL, UPPER, Motion, bones, reaching, turned, with_leg
from calibration.figure.points import SIDES
from stf.datasets.clip import Clip, Joints
from stf.skeleton import NTU25


@dataclass(frozen=True, slots=True)
class Exercise:
    """What somebody does again and again. Angles are radians, of a body that stands; `tilt` then lays it down.

    Attributes:
        tilt: of the body from upright, backwards if negative: -pi/2 on the back, pi/2 face down.
        planted: whether the hands stay on the floor, so that the body tilts as the arms bend.
        upwards: where the hands are, from the front (0) over the head (pi / 2).
        wide: from straight there to the sides.
        reach: nearest and farthest a hand gets to its shoulder, as shares of the arm's length.
        elbows: which way they point when bent, from down along the body (0) to the sides (pi / 2).
        rate_hz: how often, a second.
        phase: where in a round the clip starts.
        crunch: how far head, trunk and arms are lifted off the hips, at most, to the front.
        thighs: how far the thighs are lifted to the front.
        knees: how far the knees are bent.
    """

    tilt: float
    upwards: float
    wide: float
    reach: tuple[float, float]
    elbows: float
    rate_hz: float
    phase: float
    planted: bool = False
    crunch: float = 0.0
    thighs: float = 0.0
    knees: float = 0.0


def push_up(rng: np.random.Generator) -> Exercise:
    """On hands and feet, or staying so (ours)."""
    longest = float(rng.uniform(0.85, 0.98))
    bent = float(rng.choice([rng.uniform(0.3, 0.7), longest], p=(0.8, 0.2)))
    return Exercise(
        tilt=np.pi / 2,
        planted=True,
        upwards=float(rng.uniform(-0.3, 0.2)),
        wide=float(rng.uniform(0.0, 0.6)),
        reach=(bent, longest),
        elbows=float(rng.uniform(0.2, 1.4)),
        rate_hz=float(rng.uniform(0.3, 1.2)),
        phase=float(rng.uniform(0, 2 * np.pi)),
    )


def bench_press(rng: np.random.Generator) -> Exercise:
    """On the back, knees bent (ours)."""
    return Exercise(
        tilt=-np.pi / 2 + float(rng.uniform(-0.1, 0.6)),
        upwards=float(rng.uniform(-0.2, 0.3)),
        wide=float(rng.uniform(0.0, 0.5)),
        reach=(float(rng.uniform(0.3, 0.6)), float(rng.uniform(0.85, 0.98))),
        elbows=float(rng.uniform(0.5, 1.5)),
        rate_hz=float(rng.uniform(0.2, 0.8)),
        phase=float(rng.uniform(0, 2 * np.pi)),
        thighs=float(rng.uniform(0.0, 0.7)),
        knees=float(rng.uniform(0.8, 1.6)),
    )


def sit_up(rng: np.random.Generator) -> Exercise:
    """On the back, knees bent, the hands at the head, before the chest or stretched (ours)."""
    nearest = float(rng.choice([rng.uniform(0.3, 0.5), 0.9]))
    thighs = float(rng.uniform(0.4, 1.2))
    return Exercise(
        tilt=-np.pi / 2,
        upwards=float(rng.uniform(-0.6, 1.5)),
        wide=float(rng.uniform(-0.3, 0.3)),
        reach=(nearest, nearest + 0.05),
        elbows=float(rng.uniform(0.0, 1.5)),
        rate_hz=float(rng.uniform(0.25, 0.9)),
        phase=float(rng.uniform(0, 2 * np.pi)),
        crunch=float(rng.uniform(0.4, 1.5)),
        thighs=thighs,
        knees=thighs + float(rng.uniform(0.3, 1.0)),
    )


def pull_up(rng: np.random.Generator) -> Exercise:
    """Hanging by the hands, or pressing something over the head (ours)."""
    return Exercise(
        tilt=float(rng.uniform(-0.2, 0.2)),
        upwards=float(rng.uniform(1.3, 1.7)),
        wide=float(rng.uniform(0.0, 0.7)),
        reach=(float(rng.uniform(0.3, 0.6)), float(rng.uniform(0.9, 0.99))),
        elbows=float(rng.uniform(0.4, 1.5)),
        rate_hz=float(rng.uniform(0.25, 0.9)),
        phase=float(rng.uniform(0, 2 * np.pi)),
        thighs=float(rng.choice([0.0, rng.uniform(0.0, 0.8)])),
        knees=float(rng.choice([0.0, rng.uniform(0.3, 1.6)])),
    )


def exercising(clip: Clip, exercise: Exercise) -> Clip:
    """Somebody who stood at rest, at an exercise: one and a half rounds of it, two seconds at least.

    Args:
        clip: a clip in NTU25 of somebody who needs arms and legs for nothing.
        exercise: which.
    """
    motion = lasting(clip, max(2.0, 1.5 / exercise.rate_hz))
    bent = (1 - np.cos(2 * np.pi * exercise.rate_hz * times_of(motion) + exercise.phase)) / 2
    nearest, farthest = exercise.reach
    distance = farthest + (nearest - farthest) * bent
    for side in SIDES:
        arm, forearm = _pushing(motion, side, exercise, distance)
        motion = with_arm(motion, side, np.ones_like(bent), arm, forearm, forearm)
        if exercise.thighs or exercise.knees:
            motion = with_leg(motion, side, *(np.full_like(bent, angle) for angle in (exercise.thighs, exercise.knees)))
    made = motion[0].astype(np.float64)
    tilt = np.full_like(bent, exercise.tilt)
    if exercise.planted:
        tilt -= np.arcsin(distance * sum(bones(made, "left", "shoulder", "elbow", "wrist")) / _stature(made))
    made = turned(turned(made, exercise.crunch * bent, UPPER), tilt, ALL)
    return replace(clip, joints=made[None].astype(np.float32))


def lying(clip: Clip, tilt: float) -> Clip:
    """What somebody did on their feet, done on the back (negative radians) or face down."""
    motion = clip.joints[0].astype(np.float64)
    return replace(clip, joints=turned(motion, np.full((len(motion), 1), tilt), ALL)[None].astype(np.float32))


def _pushing(joints: Joints, side: str, exercise: Exercise, distance: Column) -> tuple[Vectors, Vectors]:
    """Directions of upper arm and forearm."""
    out, up, front = axes(joints, side)
    ahead = np.cos(exercise.upwards) * front + np.sin(exercise.upwards) * up
    towards = np.cos(exercise.wide) * ahead + np.sin(exercise.wide) * out
    return reaching(joints, side, towards, np.sin(exercise.elbows) * out - np.cos(exercise.elbows) * up, distance)


def _stature(motion: Motion) -> float:
    """Metres from the ankles to between the shoulders."""
    ankles = motion[:, NTU25.indices("left_ankle", "right_ankle")].mean(axis=1)
    return float(np.median(np.linalg.norm(motion[:, TOP] - ankles, axis=-1)))
