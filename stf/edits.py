"""What-if edits of a clip: joints off, a span frozen, mirrored, rotated, slowed down, people swapped.

Each gives another clip. A label, a subject and a name stay: what was shown is still the recording, changed.
"""

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from jaxtyping import Float32

from stf.datasets.clip import Clip
from stf.errors import UserError


def switch_off(clip: Clip, joints: Iterable[int]) -> Clip:
    """Let joints move no more: each stays where it is on average, seen from the middle of the hips (ours).

    A joint that is missing would say something else to a network: that it was not seen (`stf.faithfulness`).

    Args:
        clip: of any layout with hips.
        joints: their numbers in the clip's layout; those of a limb are `layout.limbs[name]`.
    """
    chosen, spatial = sorted(set(joints)), clip.layout.num_coordinates
    middle = _hips(clip)[:, :, None]
    places = clip.joints[:, :, chosen, :spatial]
    known = np.isfinite(places)
    offsets = np.where(known, places - middle, 0).sum(axis=1, keepdims=True)
    mean = offsets / np.maximum(known.sum(axis=1, keepdims=True), 1)
    edited = clip.joints.copy()
    edited[:, :, chosen, :spatial] = np.where(known, middle + mean, np.nan)
    return replace(clip, joints=edited)


def freeze(clip: Clip, start: float, end: float) -> Clip:
    """Let everybody stand as at `start` until `end`, then go on as if nothing had been.

    Args:
        clip: any.
        start: seconds from the clip's beginning.
        end: seconds; beyond the clip's end is its end.

    Raises:
        UserError: if the span is empty or begins outside the clip.
    """
    first, behind = round(start * clip.fps), round(end * clip.fps) + 1
    if not 0 <= first < min(behind - 1, clip.joints.shape[1]):
        raise UserError(
            f"'{clip.name}' lasts for {clip.seconds:.2f} s; nothing can be frozen from {start:g} to {end:g} s"
        )
    edited = clip.joints.copy()
    edited[:, first:behind] = edited[:, first : first + 1]
    return replace(clip, joints=edited)


def mirror(clip: Clip) -> Clip:
    """Let left and right change places, as in a mirror before the camera."""
    edited = clip.joints[:, :, list(clip.layout.mirror)]
    edited[..., 0] *= -1
    return replace(clip, joints=edited)


def rotate(clip: Clip, yaw: float) -> Clip:
    """Turn everybody together about the vertical through the first person's mean place.

    Args:
        clip: in space.
        yaw: radians, from the z to the x axis.

    Raises:
        UserError: if the clip is in the image plane, where nobody can be turned.
    """
    if clip.layout.num_coordinates == 2:
        raise UserError(
            f"'{clip.name}' is in the image plane and cannot be rotated; mirror it, or give a clip in space"
        )
    cos, sin = math.cos(yaw), math.sin(yaw)
    matrix = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    pivot = np.nan_to_num(np.nanmean(_hips(clip)[0], axis=0)).astype(np.float64)
    return replace(clip, joints=((clip.joints - pivot) @ matrix.T + pivot).astype(np.float32))


def slow_down(clip: Clip, factor: float) -> Clip:
    """Let everything take `factor` times as long; below 1, faster. The same frames, at another rate.

    Raises:
        UserError: if the factor is not positive.
    """
    if not 0 < factor < math.inf:
        raise UserError(f"a clip cannot take {factor:g} times as long; give a factor above zero")
    return replace(clip, fps=clip.fps / factor)


def swap_people(clip: Clip, first: int = 0, second: int = 1) -> Clip:
    """Let two people take each other's place in the order; what is normalised by the first one then goes by the other.

    Raises:
        UserError: if there are not that many.
    """
    people = len(clip.joints)
    if not (0 <= first < people and 0 <= second < people and first != second):
        raise UserError(
            f"'{clip.name}' shows {people} person to the model, so nobody can be swapped; mirror it instead"
        )
    order = list(range(people))
    order[first], order[second] = second, first
    return replace(clip, joints=clip.joints[order])


def _hips(clip: Clip) -> Float32[np.ndarray, "M T D"]:
    """The middle of the hips; of all known joints where no hip is known, and zero where nothing is."""
    places = clip.joints[..., : clip.layout.num_coordinates]
    middle = np.zeros((*places.shape[:2], places.shape[3]), np.float32)
    for chosen in (places, places[:, :, clip.layout.indices("left_hip", "right_hip")]):
        known = np.isfinite(chosen).all(axis=3, keepdims=True)
        count = known.sum(axis=2)
        middle = np.where(count > 0, np.where(known, chosen, 0).sum(axis=2) / np.maximum(count, 1), middle)
    return middle.astype(np.float32)
