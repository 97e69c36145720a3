"""Joints of one skeleton layout from those of another."""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float32

from stf.skeleton import COCO17, KINECT20, KINECT20_TO_NTU25, KINETICS18, NTU25, PENN13, SkeletonLayout

Joints = Float32[np.ndarray, "M T V C"]

_TRUNK = {"spine_base": 0.0, "spine_mid": 0.6, "spine_shoulder": 1.0865, "neck": 1.25}
"""Where NTU25 has the joints of the trunk, as shares of the way from hip middle to shoulder middle: the count over NTU
RGB+D for `spine_shoulder`, one clip recorded with Kinect v2 for the others."""


def kinect20_to_ntu25(joints: Joints) -> Joints:
    """NTU25 from Kinect v1.

    The joints of the trunk are put on the line from hip middle to shoulder middle at the places where Kinect v2 has
    them: v1's own lie elsewhere (its hip centre 0.2 of that line up, its shoulder centre at 1.3, mean of UTD-MHAD), and
    a recogniser would learn that difference instead of the motion.
    """
    converted = joints[:, :, KINECT20_TO_NTU25]
    converted[:, :, NTU25.indices(*_TRUNK)] = _trunk(joints, KINECT20)
    return converted


def _trunk(joints: Joints, layout: SkeletonLayout) -> Joints:
    hips = joints[:, :, layout.indices("left_hip", "right_hip")].mean(axis=2, keepdims=True)
    shoulders = joints[:, :, layout.indices("left_shoulder", "right_shoulder")].mean(axis=2, keepdims=True)
    share = np.array(list(_TRUNK.values()), np.float32)[:, None]
    trunk: Joints = hips + share * (shoulders - hips)
    return trunk


def penn13_to_kinetics18(joints: Joints) -> Joints:
    """KINETICS18 from Penn Action.

    The one point of the head stands for the nose; eyes and ears are missing, as nobody has marked them. The neck is
    the middle of the shoulders, or the one shoulder that has a place (people seen from the side); its score is the mean
    of both shoulders', a shoulder without a place counting 0.
    """
    named = [name for name in KINETICS18.joints if name in PENN13.joints]
    shoulders = joints[:, :, PENN13.indices("left_shoulder", "right_shoulder")]
    placed = ~np.isnan(shoulders[..., 0]).all(axis=2)
    known = np.nan_to_num(shoulders[placed])
    neck = np.full((*placed.shape, 3), np.nan, np.float32)
    neck[placed] = known.sum(axis=1) / [1, 1, 2]
    neck[placed, :2] /= (known[..., 2] > 0).sum(axis=1, keepdims=True)
    converted = np.full((*joints.shape[:2], KINETICS18.num_joints, 3), np.nan, np.float32)
    converted[:, :, KINETICS18.indices(*named)] = joints[:, :, PENN13.indices(*named)]
    converted[:, :, KINETICS18.index("nose")] = joints[:, :, PENN13.index("head")]
    converted[:, :, KINETICS18.index("neck")] = neck
    return converted


def coco17_to_kinetics18(joints: Joints) -> Joints:
    """KINETICS18 from COCO: the neck is the middle of the shoulders, its score the mean of theirs."""
    neck = joints[:, :, COCO17.indices("left_shoulder", "right_shoulder")].mean(axis=2, keepdims=True)
    known = np.concatenate([joints, neck], axis=2)
    names = [*COCO17.joints, "neck"]
    return known[:, :, [names.index(name) for name in KINETICS18.joints]]


CONVERSIONS: Mapping[tuple[str, str], Callable[[Joints], Joints]] = {
    (KINECT20.name, NTU25.name): kinect20_to_ntu25,
    (COCO17.name, KINETICS18.name): coco17_to_kinetics18,
    (PENN13.name, KINETICS18.name): penn13_to_kinetics18,
}
"""(layout had, layout wanted) -> conversion; none changes what it is given."""
