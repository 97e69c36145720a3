"""What made clips have in common: arms that reach somewhere, and legs and trunks that are put elsewhere."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Float64
from scipy.spatial.transform import Rotation

from calibration.everyday.made.arms import BASE, Column, Vectors, axes, unit
from calibration.figure.points import LEG
from stf.datasets.clip import Joints
from stf.skeleton import NTU25

Motion = Float64[np.ndarray, "T V 3"]

_ANKLES = NTU25.indices("left_ankle", "right_ankle")

ALL = range(NTU25.num_joints)
UPPER = [joint for joint in ALL if not NTU25.joints[joint].endswith(LEG)]
"""Every joint, and all that are over the hips."""


def reaching(joints: Joints, side: str, towards: Vectors, aside: Vectors, share: Column) -> tuple[Vectors, Vectors]:
    """Directions of upper arm and forearm that take the wrist somewhere, by the law of cosines.

    Args:
        joints: (1, T, 25, 3).
        side: whose arm it is.
        towards: unit vectors from the shoulder to the wrist.
        aside: where the elbow points when it is bent; not along `towards`.
        share: how far the wrist is from the shoulder, as a share of the arm's length.
    """
    aside = unit(aside - (aside * towards).sum(axis=1, keepdims=True) * towards)
    upper, lower = bones(joints[0], side, "shoulder", "elbow", "wrist")
    far = share * (upper + lower)
    cosine = np.clip((upper**2 + far**2 - lower**2) / (2 * upper * far), -1, 1)
    arm = cosine * towards + np.sqrt(1 - cosine**2) * aside
    return arm, unit(far * towards - upper * arm)


def with_leg(joints: Joints, side: str, lifted: Column, bent: Column, apart: Column | float = 0.0) -> Joints:
    """The same person with another leg, of the same length, below hips that are where they were.

    Args:
        joints: (1, T, 25, 3).
        side: whose leg it is.
        lifted: radians of the thigh from straight down the body to the front.
        bent: radians of the knee.
        apart: radians of the leg outwards.
    """
    made = joints.astype(np.float64)
    hip, knee, ankle, foot = NTU25.indices(*(f"{side}_{joint}" for joint in LEG))
    thigh, shank, sole = bones(made[0], side, *LEG)
    out, up, front = axes(joints, side)
    down = np.sin(apart) * out - np.cos(apart) * up
    lower = lifted - bent
    made[0][:, knee] = made[0][:, hip] + thigh * (np.sin(lifted) * front + np.cos(lifted) * down)
    made[0][:, ankle] = made[0][:, knee] + shank * (np.sin(lower) * front + np.cos(lower) * down)
    made[0][:, foot] = made[0][:, ankle] + sole * (np.cos(lower) * front - np.sin(lower) * down)
    return made.astype(np.float32)


def on_its_feet(motion: Joints, stood: Joints) -> Joints:
    """The same motion (1, T, 25, 3) with the ankles where they were, on the mean."""
    now, before = (joints[:, :, _ANKLES].mean(axis=2, keepdims=True) for joints in (motion, stood))
    return np.asarray(motion + before - now)


def turned(motion: Motion, angle: Column, joints: Sequence[int]) -> Motion:
    """Some joints turned by radians from up to the front, about the base of the spine, from shoulder to shoulder."""
    across, _, _ = axes(motion[None], "left")
    centre = motion[:, [BASE]]
    turns = Rotation.from_rotvec(angle * across).as_matrix()
    made = motion.copy()
    made[:, joints] = (motion[:, joints] - centre) @ turns.transpose(0, 2, 1) + centre
    return made


def bones(motion: Float[np.ndarray, "T V 3"], side: str, *joints: str) -> list[float]:
    """Metres from each of some joints of a limb to the next."""
    places = motion[:, NTU25.indices(*(f"{side}_{joint}" for joint in joints))]
    return [float(length) for length in np.median(np.linalg.norm(np.diff(places, axis=1), axis=-1), axis=0)]
