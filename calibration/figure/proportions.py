"""`Proportions`: other people who do the same: limbs, shoulders, hips and stature changed, directions kept."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from calibration.figure.points import SIDES
from stf.skeleton import SkeletonLayout


@dataclass(frozen=True, slots=True)
class Proportions:
    """A build relative to that of the person recorded, who is 1 in all of it.

    Attributes:
        stature: of the whole body.
        arms: length of the arms relative to the trunk, from the shoulders to the fingers.
        legs: length of the legs relative to the trunk, from the hips to the toes.
        shoulders: width of the shoulders relative to the length of the trunk.
        hips: width of the hips relative to the length of the trunk.
    """

    stature: float = 1.0
    arms: float = 1.0
    legs: float = 1.0
    shoulders: float = 1.0
    hips: float = 1.0

    @classmethod
    def random(cls, seed: int) -> "Proportions":
        """A random build, about as various as grown people are, always the same for the same seed."""
        rng = np.random.default_rng(seed)
        return cls(
            stature=float(rng.uniform(0.86, 1.12)),
            arms=float(rng.uniform(0.92, 1.08)),
            legs=float(rng.uniform(0.90, 1.12)),
            shoulders=float(rng.uniform(0.86, 1.14)),
            hips=float(rng.uniform(0.88, 1.20)),
        )

    def applied(self, motion: Float[np.ndarray, "*T V 3"], layout: SkeletonLayout) -> Float64[np.ndarray, "*T V 3"]:
        """The same motion by a person of this build.

        Every bone of arm and leg, the trunk, and the lines across shoulders and hips keep their directions; the head
        and the joints of the trunk keep their places on it. The way over the floor and the height above it grow with
        the legs, so that feet that stand still go on doing so, on the floor.

        Args:
            motion: joints in studio coordinates, metres: the floor at y = 0.
            layout: their layout, 3D with hips and shoulders.
        """
        return np.asarray(_weights(self, layout) @ motion)


def _weights(build: Proportions, layout: SkeletonLayout) -> Float64[np.ndarray, "V V"]:
    """The joints of `build` as weighted sums of the recorded ones (ours)."""
    recorded = np.eye(layout.num_joints)
    pairs = {part: layout.indices(*(f"{side}_{part}" for side in SIDES)) for part in ("hip", "shoulder")}
    hips, shoulders = (recorded[pair].mean(axis=0) for pair in pairs.values())
    base = build.stature * build.legs * hips
    made = base + build.stature * (recorded - hips)
    made[pairs["hip"]] += build.stature * (build.hips - 1) * (recorded[pairs["hip"]] - hips)
    made[pairs["shoulder"]] += build.stature * (build.shoulders - 1) * (recorded[pairs["shoulder"]] - shoulders)
    for part, length in (("hip", build.legs), ("shoulder", build.arms)):
        for start in pairs[part]:
            for joint in _beyond(start, layout, [*pairs["hip"], *pairs["shoulder"]]):
                bone = recorded[joint] - recorded[layout.parents[joint]]
                made[joint] = made[layout.parents[joint]] + build.stature * length * bone
    return np.asarray(made)


def _beyond(start: int, layout: SkeletonLayout, starts: list[int]) -> list[int]:
    """The joints of the limb that starts at one of `starts`, each after its parent, without that one."""
    limb = [start]
    for parent in limb:  # which grows meanwhile
        limb += [joint for joint, end in enumerate(layout.parents) if end == parent != joint and joint not in starts]
    return limb[1:]
