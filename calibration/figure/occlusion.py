"""`Occlusion`: which joints of a figure a camera can see, and what hides the others."""

from collections.abc import Mapping
from enum import IntEnum

import numpy as np
from jaxtyping import Float64, Int8, Int64

from calibration.figure.points import SIDES
from calibration.figure.quadrics import Surface
from stf.skeleton import SkeletonLayout


class Occlusion(IntEnum):
    """What keeps a joint from being seen."""

    NONE = 0
    OWN_BODY = 1
    OTHER_PERSON = 2
    OUT_OF_PICTURE = 3
    """It lies outside of the picture or behind the camera."""


_FLESH: Mapping[float, str] = {
    0.04: "nose eye_inner eye eye_outer ear mouth",
    0.07: "elbow forearm wrist hand hand_tip fingers index pinky thumb ankle",
    0.09: "knee foot foot_index ball toe toes heel",
    0.13: "head head_top head_tip upper_neck",
    0.17: "shoulder",
    0.20: """hip spine_base spine_mid spine_shoulder neck root waist hips lower_back upper_back spine chest thorax
    lower_neck collar""",
}
"""Metres of flesh in front of a joint, whichever side it is seen from, on a figure of average size: the joints.

From what is in front of the joints of CMU and HDM05 seen from front and back, where nothing else is.
"""
_FLESH_OF = {name: depth for depth, names in _FLESH.items() for name in names.split()}


def flesh(layout: SkeletonLayout) -> Float64[np.ndarray, " V"]:
    """How deep under the surface of its own limb or trunk each joint of a layout may lie: metres, at average size."""
    parts = [name.partition("_")[2] if name.partition("_")[0] in SIDES else name for name in layout.joints]
    return np.array([_FLESH_OF[part] for part in parts])


def occlusion(
    joints_2d: Float64[np.ndarray, "M V 2"],
    depths: Float64[np.ndarray, "M V"],
    under: Float64[np.ndarray, "M V"],
    surface: Surface,
    owners: Int64[np.ndarray, " P"],
    size: tuple[int, int],
) -> Int8[np.ndarray, "M V"]:
    """What hides each joint (ours).

    Of what is drawn where a joint is projected to, only what lies nearer to the camera than the joint can hide it:
    another person's body does, one's own does if it lies nearer by more than the flesh that the joint is in. So the far
    wrist of one who is seen from the side is hidden by the trunk, and the near one, under its own skin, is not.

    Args:
        joints_2d: where M persons' joints are projected to, pixels.
        depths: of the joints along the optical axis, metres.
        under: the flesh that each joint is in, metres.
        surface: what is drawn.
        owners: whose each solid of the surface is.
        size: width and height of the surface.

    Returns:
        The value of an `Occlusion` for every joint.
    """
    pixels = np.floor(joints_2d)
    inside = ((pixels >= 0) & (pixels < size)).all(axis=2) & (depths > 0)
    column, row = np.where(inside[..., None], pixels, 0).astype(int).transpose(2, 0, 1)
    solid, nearer = surface.solid[row, column], depths - surface.depth[row, column]
    own = owners[solid] == np.arange(len(depths))[:, None]
    result = np.full(depths.shape, Occlusion.NONE, np.int8)
    result[own & (nearer > under)] = Occlusion.OWN_BODY
    result[~own & (nearer > 0)] = Occlusion.OTHER_PERSON
    result[~inside] = Occlusion.OUT_OF_PICTURE
    return result
