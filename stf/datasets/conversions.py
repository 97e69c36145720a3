"""Joints of one skeleton layout from those of another."""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float32

from stf.skeleton import (
    CMU22,
    COCO17,
    HDM31,
    KINECT20,
    KINETICS18,
    NTU25,
    PENN13,
    PRMD22,
    SkeletonLayout,
)

Joints = Float32[np.ndarray, "M T V C"]

_TRUNK = {"spine_base": 0.0, "spine_mid": 0.6, "spine_shoulder": 1.0865, "neck": 1.25}
"""Where NTU25 has the joints of the trunk, as shares of the way from hip middle to shoulder middle: the count over NTU
RGB+D for `spine_shoulder`, one clip recorded with Kinect v2 for the others."""


_HIPS_TOO_HIGH = 0.25
"""How far Kinect v1 has the hips above where others have them, as a share of its way from hips to shoulders. Trunk and
thigh together are as long as a Kinect v2's (0.82 m, medians), but the trunk's share of them is 0.45 in UTD-MHAD and
N-UCLA, 0.58 in UI-PRMD (Kinect v2) and 0.56 in CMU and HDM05 (optical); a quarter makes it 0.57."""


def kinect20_to_ntu25(joints: Joints) -> Joints:
    """NTU25 from Kinect v1.

    The hips are moved down to where Kinect v2 has them, and the joints of the trunk are put on the line from hip middle
    to shoulder middle at the places where Kinect v2 has those: v1's own lie elsewhere (its hip centre 0.2 of that line
    up, its shoulder centre at 1.3, mean of UTD-MHAD), and a recogniser would learn that difference instead of the
    motion.
    """
    hips = KINECT20.indices("left_hip", "right_hip")
    shoulders = KINECT20.indices("left_shoulder", "right_shoulder")
    trunk = joints[:, :, shoulders].mean(axis=2, keepdims=True) - joints[:, :, hips].mean(axis=2, keepdims=True)
    lowered = joints.copy()
    lowered[:, :, hips] -= np.float32(_HIPS_TOO_HIGH) * trunk
    return _ntu25(lowered, KINECT20, hand_tip="hand", thumb="hand")


def hdm31_to_ntu25(joints: Joints) -> Joints:
    """NTU25 from HDM05: the trunk as from Kinect v1, the ball of the foot as the foot (Kinect's is not at the toes)."""
    return _ntu25(joints, HDM31, foot="ball", hand_tip="fingers")


def prmd22_to_ntu25(joints: Joints) -> Joints:
    """NTU25 from UI-PRMD: the trunk as from Kinect v1, the top of the head as the head.

    It has no hands: they, their tips and thumbs lie beyond the wrist by 0.3 of the forearm (median of UTD-MHAD: 0.29).
    """
    converted = _ntu25(joints, PRMD22, head="head_tip", foot="toes", hand="wrist", hand_tip="wrist", thumb="wrist")
    for side in ("left", "right"):
        elbow, wrist = joints[:, :, PRMD22.indices(f"{side}_elbow", f"{side}_wrist")].transpose(2, 0, 1, 3)
        hand = NTU25.indices(f"{side}_hand", f"{side}_hand_tip", f"{side}_thumb")
        converted[:, :, hand] = (wrist + 0.3 * (wrist - elbow))[:, :, None]
    return converted


def cmu22_to_ntu25(joints: Joints) -> Joints:
    """NTU25 from the CMU trials: the trunk as from Kinect v1, the top of the head as the head."""
    return _ntu25(joints, CMU22, head="head_top", foot="toe", hand_tip="hand", thumb="hand")


def _ntu25(joints: Joints, layout: SkeletonLayout, **stand_ins: str) -> Joints:
    """The trunk from hips and shoulders; every other joint as it is or its part's stand-in (`foot="toes"`)."""

    def source(name: str) -> str:
        side, _, part = name.partition("_")
        return f"{side}_{stand_ins.get(part, part)}" if part else stand_ins.get(name, name)

    others = [name for name in NTU25.joints if name not in _TRUNK]
    converted = np.empty((*joints.shape[:2], NTU25.num_joints, 3), np.float32)
    converted[:, :, NTU25.indices(*others)] = joints[:, :, layout.indices(*map(source, others))]
    hips = joints[:, :, layout.indices("left_hip", "right_hip")].mean(axis=2, keepdims=True)
    shoulders = joints[:, :, layout.indices("left_shoulder", "right_shoulder")].mean(axis=2, keepdims=True)
    share = np.array(list(_TRUNK.values()), np.float32)[:, None]
    converted[:, :, NTU25.indices(*_TRUNK)] = hips + share * (shoulders - hips)
    return converted


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
    (HDM31.name, NTU25.name): hdm31_to_ntu25,
    (PRMD22.name, NTU25.name): prmd22_to_ntu25,
    (CMU22.name, NTU25.name): cmu22_to_ntu25,
    (PENN13.name, KINETICS18.name): penn13_to_kinetics18,
}
"""(layout had, layout wanted) -> conversion; none changes what it is given."""
