"""People who throw, made of people who do not (ours)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from calibration.everyday.labels import LABELS
from calibration.everyday.made.arms import (
    BASE,
    Column,
    Vectors,
    axes,
    eased,
    lasting,
    times_of,
    towards,
    unit,
    with_arm,
)
from calibration.figure.points import LEG, SIDES
from stf.datasets.clip import Clip, Joints
from stf.skeleton import NTU25

Range = tuple[float, float]

_BODY = [
    place
    for place in range(NTU25.num_joints)
    if place not in {BASE, *NTU25.indices(*(f"{side}_{joint}" for side in SIDES for joint in LEG))}
]
"""What turns and leans over the hips."""


class Arm(NamedTuple):
    """Where an arm points: radians over the horizontal, and from the side to the front.

    Attributes:
        elevation, forward: of the upper arm.
        fore_elevation, fore_forward: of the forearm and the hand.
    """

    elevation: float
    forward: float
    fore_elevation: float
    fore_forward: float


class Style(NamedTuple):
    """From where to where an arm goes, each angle from one number to the other.

    Attributes:
        share: of all throws.
        cocked: as the arm is wound up, as of `Arm`.
        released: as the hand lets go.
        followed: as the throw ends.
        twist: of the trunk, wound up and as the throw ends: towards the side of the hand.
    """

    share: float
    cocked: tuple[Range, Range, Range, Range]
    released: tuple[Range, Range, Range, Range]
    followed: tuple[Range, Range, Range, Range]
    twist: tuple[Range, Range]


STYLES: Mapping[str, Style] = {
    "overarm": Style(
        0.5,
        ((-0.1, 0.5), (-0.6, 0.1), (0.6, 1.4), (-1.6, -0.6)),
        ((0.1, 0.6), (1.0, 1.5), (-0.1, 0.5), (1.3, 1.8)),
        ((-1.1, -0.4), (1.3, 2.0), (-1.2, -0.5), (1.6, 2.3)),
        ((0.0, 0.7), (-0.5, 0.0)),
    ),
    "underarm": Style(
        0.25,
        ((-1.3, -0.7), (-1.7, -1.1), (-1.3, -0.6), (-1.7, -1.1)),
        ((-0.9, -0.2), (1.3, 1.7), (-0.8, 0.1), (1.3, 1.8)),
        ((-0.4, 0.5), (1.3, 1.8), (0.0, 1.0), (1.4, 1.9)),
        ((0.0, 0.4), (-0.3, 0.0)),
    ),
    "sidearm": Style(
        0.15,
        ((-0.6, 0.0), (-0.7, -0.1), (-0.3, 0.4), (-1.2, -0.2)),
        ((-0.5, 0.0), (0.6, 1.2), (-0.2, 0.2), (1.0, 1.7)),
        ((-0.6, -0.1), (1.4, 2.0), (-0.3, 0.3), (2.0, 2.7)),
        ((0.2, 0.8), (-0.6, -0.1)),
    ),
    "backhand": Style(
        0.1,
        ((-0.6, 0.0), (1.5, 2.1), (-0.2, 0.2), (2.6, 3.3)),
        ((-0.4, 0.1), (0.5, 1.1), (-0.2, 0.2), (0.8, 1.4)),
        ((-0.3, 0.3), (-0.2, 0.4), (-0.2, 0.3), (-0.1, 0.5)),
        ((-0.8, -0.2), (0.0, 0.5)),
    ),
}
"""How people throw with one hand: a ball over the shoulder, something into a bin, a stone over water, a disc."""


@dataclass(frozen=True, slots=True)
class Throw:
    """How somebody throws with one hand. Angles are radians, times are seconds.

    Attributes:
        side: of the hand.
        cocked, released, followed: as of `Style`.
        twist: of the trunk towards that side, wound up and as the throw ends.
        lean: of the trunk to the front as the throw ends; half as far to the back as it is wound up.
        starts: when it begins.
        wind_up, aim, whip, follow, back: how long the arm is wound up, stays so, goes forward, goes on after it has let
            go, and takes to be as before.
    """

    side: str
    cocked: Arm
    released: Arm
    followed: Arm
    twist: tuple[float, float]
    lean: float
    starts: float
    wind_up: float
    aim: float
    whip: float
    follow: float
    back: float

    @classmethod
    def random(cls, rng: np.random.Generator, styles: Sequence[str] = tuple(STYLES)) -> "Throw":
        """A throw as various as people's: over or under the arm, aimed or not, with all of the trunk or none (ours).

        Args:
            rng: draws it.
            styles: some of `STYLES`, to choose from.
        """
        shares = np.array([STYLES[name].share for name in styles])
        style = STYLES[styles[rng.choice(len(styles), p=shares / shares.sum())]]
        cocked, released, followed = (
            Arm(*(float(rng.uniform(*angles)) for angles in pose))
            for pose in (style.cocked, style.released, style.followed)
        )
        wound, ended = (float(rng.uniform(*angles)) for angles in style.twist)
        return cls(
            side=SIDES[rng.integers(2)],
            cocked=cocked,
            released=released,
            followed=followed,
            twist=(wound, ended),
            lean=float(rng.uniform(0.0, 0.4)),
            starts=float(rng.choice([0.0, rng.uniform(0.0, 0.5)])),
            wind_up=float(rng.uniform(0.25, 0.7)),
            aim=float(rng.choice([0.0, rng.uniform(0.1, 0.6)])),
            whip=float(rng.uniform(0.1, 0.3)),
            follow=float(rng.uniform(0.15, 0.35)),
            back=float(rng.uniform(0.4, 0.9)),
        )

    @property
    def seconds(self) -> float:
        """From the clip's start to the end of the throw."""
        return self.starts + self.wind_up + self.aim + self.whip + self.follow + self.back


def throwing(clip: Clip, throw: Throw) -> Clip:
    """Somebody who does what they did, and throws with one hand (ours).

    Args:
        clip: a clip in NTU25 of somebody who needs that arm for nothing.
        throw: how; what comes after the clip's end is not shown.
    """
    motion = lasting(clip, throw.seconds)
    wound = throw.starts + throw.wind_up
    let_go = wound + throw.aim + throw.whip
    ended = let_go + throw.follow
    times = times_of(motion)
    up = eased(times - throw.starts, throw.wind_up)
    forward = eased(times - wound - throw.aim, throw.whip)
    on = eased(times - let_go, throw.follow)
    raised = up * (1 - eased(times - ended, throw.back))

    wind, end = throw.twist
    swung = (forward + on) / 2
    twist = raised * (wind + swung * (end - wind))
    motion = _turned(motion, throw.side, twist, raised * throw.lean * (1.5 * swung - 0.5))

    def pointing(angles: Iterable[tuple[float, float]]) -> Vectors:
        cocked, released, followed = (towards(motion, throw.side, *pose) for pose in angles)
        thrown = (1 - forward) * cocked + forward * released
        return unit((1 - on) * thrown + on * followed)

    poses = (throw.cocked, throw.released, throw.followed)
    arm = pointing((pose.elevation, pose.forward) for pose in poses)
    forearm = pointing((pose.fore_elevation, pose.fore_forward) for pose in poses)
    made = with_arm(motion, throw.side, raised, arm, forearm, forearm)
    return replace(clip, label=LABELS.index("throw"), joints=made)


def _turned(joints: Joints, side: str, twist: Column, lean: Column) -> Joints:
    """The same person, turned above the hips towards a side and leaning to the front, by radians in every frame."""
    made = joints.astype(np.float64)
    out, _, front = axes(joints, side)
    upwards = np.array([0.0, 1.0, 0.0])
    sideways = np.sign(np.cross(front, out) @ upwards)[:, None] * upwards
    turn = Rotation.from_rotvec(lean * np.cross(upwards, front)) * Rotation.from_rotvec(twist * sideways)
    base = made[0][:, [BASE]]
    body = made[0][:, _BODY] - base
    made[0][:, _BODY] = base + np.einsum("tij,tvj->tvi", turn.as_matrix(), body)
    return made.astype(np.float32)
