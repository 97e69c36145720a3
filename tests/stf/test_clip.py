import math

import numpy as np
import pytest
from bodies import moving

from stf.datasets.clip import Clip, to_layout
from stf.errors import UserError
from stf.skeleton import COCO17, KINECT20, KINETICS18, MEDIAPIPE33, NTU25

LIMB_TIPS = {"hand_tip": "hand", "thumb": "hand"}
TRUNK = {"spine_base": 0.0, "spine_mid": 0.6, "spine_shoulder": 1.0865, "neck": 1.25}


def walk(layout=KINECT20) -> Clip:
    """Two persons over ten frames."""
    joints = moving(layout, frames=10, persons=2)[0].permute(3, 1, 2, 0)
    return Clip(joints.numpy().astype(np.float32), 30.0, layout, 3, 7, "a4_s7_t1", 2)


def test_a_clip_lasts_as_long_as_its_frames() -> None:
    assert Clip(np.zeros((1, 45, 25, 3), np.float32), 30, NTU25).seconds == 1.5


def test_label_subject_and_camera_are_minus_one_where_there_is_none() -> None:
    clip = Clip(np.zeros((1, 1, 25, 3), np.float32), 30, NTU25)
    assert (clip.label, clip.subject, clip.camera, clip.name) == (-1, -1, -1, "")


@pytest.mark.parametrize(
    "shape",
    [(10, 20, 3), (1, 10, 25, 3), (1, 10, 20, 2), (1, 10, 20, 4), (1, 0, 20, 3), (0, 10, 20, 3), (1, 1, 10, 20, 3), ()],
)
def test_joints_of_another_shape_are_refused_by_name_with_what_is_needed(shape: tuple[int, ...]) -> None:
    with pytest.raises(UserError) as caught:
        Clip(np.zeros(shape, np.float32), 30, KINECT20, name="hop")
    assert str(caught.value).startswith(f"clip 'hop' has joints of shape {shape}; (persons, frames, 20, 3) is needed")


@pytest.mark.parametrize("fps", [0, -30, math.nan, math.inf])
def test_frame_rate_that_is_no_positive_number_is_refused(fps: float) -> None:
    with pytest.raises(UserError, match=rf"clip 'hop' has {fps} frames per second; a positive number is needed"):
        Clip(np.zeros((1, 1, 20, 3), np.float32), fps, KINECT20, name="hop")


def test_a_clip_already_in_the_layout_is_returned_as_it_is() -> None:
    clip = walk()
    assert to_layout(clip, KINECT20) is clip


def test_kinect_v1_in_ntu25_keeps_its_facts_and_every_joint_of_head_and_limbs() -> None:
    clip = walk()
    converted = to_layout(clip, NTU25)
    assert converted.layout is NTU25
    assert converted.joints.shape == (2, 10, 25, 3)
    assert converted.joints.dtype == np.float32
    facts = ("fps", "label", "subject", "name", "camera")
    assert [getattr(converted, fact) for fact in facts] == [30.0, 3, 7, "a4_s7_t1", 2]
    for number, name in enumerate(NTU25.joints):
        side, _, part = name.partition("_")
        if name not in TRUNK and part != "hip":
            source = f"{side}_{LIMB_TIPS[part]}" if part in LIMB_TIPS else name
            assert np.array_equal(converted.joints[:, :, number], clip.joints[:, :, KINECT20.index(source)]), name


def test_kinect_v1_in_ntu25_has_hips_and_trunk_where_kinect_v2_has_them() -> None:
    clip = walk()
    hips, shoulders = (
        clip.joints[:, :, KINECT20.indices(f"left_{joint}", f"right_{joint}")].mean(axis=2)
        for joint in ("hip", "shoulder")
    )
    lower = -0.25 * (shoulders - hips)
    converted = to_layout(clip, NTU25).joints
    for hip in ("left_hip", "right_hip"):
        expected = clip.joints[:, :, KINECT20.index(hip)] + lower
        assert np.allclose(converted[:, :, NTU25.index(hip)], expected, atol=1e-6)
    hips = hips + lower
    for name, share in TRUNK.items():
        assert np.allclose(converted[:, :, NTU25.index(name)], hips + share * (shoulders - hips), atol=1e-6), name


def test_conversion_leaves_the_clip_as_it_was() -> None:
    clip = walk()
    to_layout(clip, NTU25).joints[:] = 0
    assert np.array_equal(clip.joints, walk().joints)


def test_joints_missing_in_kinect_v1_are_missing_in_ntu25_and_a_missing_hip_takes_hips_and_trunk_along() -> None:
    clip = walk()
    clip.joints[0, 4, KINECT20.index("left_hand")] = np.nan
    clip.joints[1, 5, KINECT20.index("right_hip")] = np.nan
    gone = np.isnan(to_layout(clip, NTU25).joints).all(axis=-1)
    assert {NTU25.joints[j] for j in gone[0, 4].nonzero()[0]} == {"left_hand", "left_hand_tip", "left_thumb"}
    assert {NTU25.joints[j] for j in gone[1, 5].nonzero()[0]} == {"left_hip", "right_hip", *TRUNK}
    assert gone.sum() == 3 + 6


def test_coco_in_kinetics_keeps_every_joint_and_has_its_neck_between_the_shoulders() -> None:
    clip = walk(COCO17)
    converted = to_layout(clip, KINETICS18)
    assert converted.layout is KINETICS18
    assert converted.joints.dtype == np.float32
    for number, name in enumerate(KINETICS18.joints):
        if name != "neck":
            assert np.array_equal(converted.joints[:, :, number], clip.joints[:, :, COCO17.index(name)]), name
    left, right = (clip.joints[:, :, COCO17.index(f"{side}_shoulder")] for side in ("left", "right"))
    assert np.allclose(converted.joints[:, :, KINETICS18.index("neck")], (left + right) / 2)


def test_a_shoulder_missing_in_coco_takes_the_neck_with_it_in_kinetics() -> None:
    clip = walk(COCO17)
    clip.joints[0, 4, COCO17.index("left_shoulder")] = np.nan
    gone = np.isnan(to_layout(clip, KINETICS18).joints).all(axis=-1)
    assert {KINETICS18.joints[j] for j in gone[0, 4].nonzero()[0]} == {"left_shoulder", "neck"}
    assert gone.sum() == 2


@pytest.mark.parametrize(
    ("source", "target"), [(NTU25, KINECT20), (KINECT20, KINETICS18), (KINETICS18, NTU25), (KINECT20, MEDIAPIPE33)]
)
def test_unknown_conversion_is_refused_with_both_names(source, target) -> None:
    clip = walk(source)
    with pytest.raises(UserError, match=f"from skeleton layout '{source.name}' to '{target.name}' is known"):
        to_layout(clip, target)
