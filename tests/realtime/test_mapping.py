from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from recorded_poses import poses
from scipy.spatial.transform import Rotation

from realtime.frames import PersonPose
from realtime.mapping import KINECT_AXES, NTU25_TABLE, SkeletonMapping, get_mapping, table_weights
from stf.datasets.utd_mhad import read_clip
from stf.errors import UserError
from stf.skeleton import KINECT20, KINETICS18, MEDIAPIPE33, NTU25

NTU = get_mapping(NTU25)
TABLE = SkeletonMapping(NTU25, table_weights(NTU25, NTU25_TABLE))
KINETICS = get_mapping(KINETICS18)
LANDMARKS = arrays(np.float32, (33, 3), elements=st.floats(-2, 2, width=32))
VISIBILITY = arrays(np.float32, (33,), elements=st.floats(0, 1, width=32))


def mapped(name, mapping=NTU):
    """Joints (F, V, 3) of a recording."""
    return np.stack([mapping.map_pose(pose, 0, 0).joints for pose in poses(name)])


def joint(joints, name, layout=NTU25):
    return joints[..., layout.index(name), :]


def length(joints, one, other, layout=NTU25):
    """Median length of the line between two joints over all frames."""
    return np.median(np.linalg.norm(joint(joints, one, layout) - joint(joints, other, layout), axis=-1))


def forward(joints):
    """Unit vectors (F, 3) out of the chest."""
    across = joint(joints, "left_shoulder") - joint(joints, "right_shoulder")
    normal = np.cross(across, joint(joints, "spine_shoulder") - joint(joints, "spine_base"))
    return normal / np.linalg.norm(normal, axis=-1, keepdims=True)


def mirror_axes(joints, layout):
    """The skeleton of the mirrored body: x the other way, left and right exchanged."""
    return joints[..., layout.mirror, :] * np.float32([-1, 1, 1])


@pytest.mark.parametrize("mapping", [NTU, TABLE, KINETICS], ids=["ntu25", "table", "kinetics18"])
def test_the_landmarks_of_a_joint_weigh_one_together(mapping):
    np.testing.assert_allclose(mapping.weights.sum(axis=-1), 1, atol=1e-5)


def test_virtual_joints_lie_where_they_were_measured():
    pose = poses("signer")[20]
    world = pose.world * np.float32(KINECT_AXES)
    at = {name: world[MEDIAPIPE33.index(name)] for name in MEDIAPIPE33.joints}
    hips, shoulders, ears = ((at[f"left_{part}"] + at[f"right_{part}"]) / 2 for part in ("hip", "shoulder", "ear"))
    joints = TABLE.map_pose(pose, 0, 0).joints
    for name, expected in {
        "spine_base": hips,
        "spine_mid": hips + 0.6 * (shoulders - hips),
        "spine_shoulder": hips + 1.0865 * (shoulders - hips),
        "neck": hips + 1.25 * (shoulders - hips),
        "head": ears + 0.2 * (ears - shoulders),
        "left_hip": hips + 0.6 * (at["left_hip"] - hips),
        "right_hand": (at["right_wrist"] + at["right_index"]) / 2,
        "right_hand_tip": at["right_index"],
        "left_thumb": at["left_thumb"],
        "left_foot": at["left_foot_index"],
        "right_knee": at["right_knee"],
    }.items():
        np.testing.assert_allclose(joint(joints, name), expected, atol=1e-6, err_msg=name)


def test_the_chest_of_somebody_facing_the_camera_points_to_the_camera():
    assert (forward(mapped("signer"))[:, 2] < -0.75).all()


def test_the_chest_of_somebody_seen_from_behind_points_away():
    assert (forward(mapped("visitor"))[10:, 2] > 0.75).all()


def test_the_left_side_is_image_right_of_somebody_facing_the_camera():
    """Kinect's x runs to the sensor's left, which is image-left of an unmirrored picture."""
    joints = mapped("signer")
    for part in ("shoulder", "hip", "elbow"):
        assert (joint(joints, f"left_{part}")[:, 0] < joint(joints, f"right_{part}")[:, 0]).all()


def test_nose_and_hands_are_nearer_than_the_spine_and_the_head_is_up_when_facing_the_camera():
    joints, scored = mapped("signer"), poses("signer")
    nose = np.array([pose.world[MEDIAPIPE33.index("nose"), 2] * KINECT_AXES[2] for pose in scored])
    assert (nose < joint(joints, "spine_shoulder")[:, 2]).all()
    for hand in ("left_hand", "right_hand"):
        assert (joint(joints, hand)[:, 2] < joint(joints, "spine_mid")[:, 2]).mean() > 0.9
    heights = [joint(joints, name)[:, 1] for name in ("spine_base", "spine_mid", "spine_shoulder", "neck", "head")]
    assert (np.diff(heights, axis=0) > 0).all()


def test_a_mirrored_picture_gives_the_mirrored_skeleton():
    plain, mirrored = mapped("plain"), mapped("mirrored")

    def apart(one, other):
        return np.linalg.norm(one - other, axis=-1).mean()

    swapped = apart(mirrored, mirror_axes(plain, NTU25))
    assert swapped < 0.08
    assert apart(mirrored, plain * np.float32([-1, 1, 1])) > 2 * swapped


def test_left_and_right_bones_are_alike():
    signer, visitor = mapped("signer"), mapped("visitor")
    for joints, bones in (
        (signer, (("shoulder", "elbow"), ("elbow", "wrist"))),
        (visitor, (("shoulder", "elbow"), ("hip", "knee"), ("knee", "ankle"))),
    ):
        for bone in bones:
            left, right = (length(joints, *(f"{side}_{end}" for end in bone)) for side in ("left", "right"))
            assert left == pytest.approx(right, rel=0.12), bone
    for side in ("left", "right"):
        assert length(signer, f"{side}_shoulder", "spine_shoulder") == pytest.approx(0.18, abs=0.02)


def test_proportions_are_those_of_people_before_a_kinect(utd_mhad):
    kinect = np.concatenate([read_clip(utd_mhad / f"a1_s{s}_t1_skeleton.mat").joints[0] for s in range(1, 9)])
    signer, visitor = mapped("signer"), mapped("visitor")

    def ratio(joints, layout, one, other):
        return length(joints, *one, layout) / length(joints, *other, layout)

    shoulders, hips = ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip")
    upper_arm, forearm = ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist")
    thigh, shank = ("left_hip", "left_knee"), ("left_knee", "left_ankle")
    for joints, one, other in (
        (signer, hips, shoulders),
        (signer, forearm, upper_arm),
        (signer, upper_arm, shoulders),
        (visitor, shank, thigh),
        (visitor, ("head", "spine_shoulder"), shoulders),
    ):
        expected = ratio(kinect, KINECT20, one, other)
        assert ratio(joints, NTU25, one, other) == pytest.approx(expected, rel=0.25), (one, other)


@given(
    landmarks=LANDMARKS,
    turn=arrays(np.float64, (3,), elements=st.floats(-3, 3)),
    shift=arrays(np.float32, (3,), elements=st.floats(-5, 5, width=32)),
    scale=st.floats(0.25, 4, width=32),
)
def test_the_table_moves_turns_and_grows_with_the_body(landmarks, turn, shift, scale):
    axes = np.diag(KINECT_AXES)
    rotation = Rotation.from_rotvec(turn).as_matrix()
    seen = np.ones(33, np.float32)
    joints, _ = TABLE.map_arrays(landmarks, seen)
    moved = (scale * landmarks @ rotation.T + shift).astype(np.float32)
    expected = scale * joints @ (axes @ rotation @ axes).T + axes @ shift
    np.testing.assert_allclose(TABLE.map_arrays(moved, seen)[0], expected, atol=2e-4)


@given(landmarks=LANDMARKS, visibility=VISIBILITY)
def test_mirroring_before_and_after_the_3d_mapping_is_the_same(landmarks, visibility):
    side = np.array(MEDIAPIPE33.mirror)
    before = NTU.map_arrays(landmarks[side] * np.float32([-1, 1, 1]), visibility[side])
    joints, score = NTU.map_arrays(landmarks, visibility)
    np.testing.assert_allclose(before[0], mirror_axes(joints, NTU25), atol=1e-5)
    np.testing.assert_allclose(before[1], score[list(NTU25.mirror)], atol=1e-6)


@given(landmarks=LANDMARKS, visibility=VISIBILITY)
def test_mirroring_before_and_after_the_2d_mapping_is_the_same(landmarks, visibility):
    side = np.array(MEDIAPIPE33.mirror)
    before, _ = KINETICS.map_arrays(landmarks[side] * np.float32([-1, 1, 1]) + np.float32([1, 0, 0]), visibility[side])
    joints, _ = KINETICS.map_arrays(landmarks, visibility)
    np.testing.assert_allclose(before, mirror_axes(joints, KINETICS18), atol=1e-5)


def test_kinetics_joints_are_centred_image_landmarks_with_a_score():
    pose = poses("visitor")[30]
    skeleton = KINETICS.map_pose(pose, 1.5, 7)
    assert (skeleton.time, skeleton.person) == (1.5, 7)
    for name in ("nose", "left_wrist", "right_ankle", "left_eye"):
        number = MEDIAPIPE33.index(name)
        expected = [*(pose.landmarks[number, :2] - 0.5), pose.visibility[number]]
        np.testing.assert_allclose(joint(skeleton.joints, name, KINETICS18), expected, atol=1e-6)
    shoulders = MEDIAPIPE33.indices("left_shoulder", "right_shoulder")
    expected = [*(pose.landmarks[shoulders, :2].mean(axis=0) - 0.5), pose.visibility[shoulders].mean()]
    np.testing.assert_allclose(joint(skeleton.joints, "neck", KINETICS18), expected, atol=1e-6)
    np.testing.assert_array_equal(skeleton.visibility, skeleton.joints[:, 2])


def test_a_kinetics_joint_with_score_zero_is_zero_and_scores_stay_between_zero_and_one():
    pose = poses("visitor")[30]
    visibility = pose.visibility.copy()
    visibility[MEDIAPIPE33.index("nose")] = 0
    visibility[MEDIAPIPE33.index("left_ear")] = 1.3
    joints = KINETICS.map_pose(replace(pose, visibility=visibility), 0, 0).joints
    np.testing.assert_array_equal(joint(joints, "nose", KINETICS18), 0)
    assert joint(joints, "left_ear", KINETICS18)[2] == 1
    assert joint(joints, "right_eye", KINETICS18)[0] != 0


def test_a_joint_is_as_visible_as_its_landmarks_by_weight():
    pose = poses("signer")[0]
    visibility = np.zeros(33, np.float32)
    visibility[MEDIAPIPE33.indices("left_ear", "right_ear", "left_index")] = 1
    seen = TABLE.map_pose(replace(pose, visibility=visibility), 0, 0).visibility
    assert seen[NTU25.index("head")] == pytest.approx(1.2 / 1.4)
    assert seen[NTU25.index("left_hand")] == pytest.approx(0.5)
    assert seen[NTU25.index("right_hand")] == 0


@pytest.mark.parametrize("mapping", [TABLE, KINETICS], ids=["table", "kinetics18"])
def test_a_nan_landmark_loses_only_the_joints_made_of_it(mapping):
    pose = poses("signer")[0]
    world, landmarks = pose.world.copy(), pose.landmarks.copy()
    number = MEDIAPIPE33.index("left_wrist")
    world[number] = landmarks[number] = np.nan
    whole = mapping.map_pose(pose, 0, 0)
    partial = mapping.map_pose(PersonPose(landmarks, world, pose.visibility), 0, 0)
    lost = partial.visibility == 0
    named = {name for name, is_lost in zip(mapping.layout.joints, lost, strict=True) if is_lost}
    assert named == {"left_wrist", "left_hand"} & set(mapping.layout.joints)
    np.testing.assert_array_equal(partial.joints[~lost], whole.joints[~lost])
    if mapping is TABLE:
        assert np.isnan(partial.joints[lost]).all()
    else:
        assert (partial.joints[lost] == 0).all()


@pytest.mark.parametrize("mapping", [NTU, KINETICS], ids=["ntu25", "kinetics18"])
def test_many_poses_at_once_are_mapped_like_one_at_a_time(mapping):
    recorded = poses("visitor")
    source = "world" if mapping is NTU else "landmarks"
    joints, score = mapping.map_arrays(
        np.stack([getattr(pose, source) for pose in recorded]), np.stack([pose.visibility for pose in recorded])
    )
    assert joints.dtype == score.dtype == np.float32
    for number, pose in enumerate(recorded):
        skeleton = mapping.map_pose(pose, 0, 0)
        np.testing.assert_allclose(joints[number], skeleton.joints, atol=1e-6)
        np.testing.assert_allclose(score[number], skeleton.visibility, atol=1e-6)


def test_a_layout_without_a_mapping_is_a_user_error():
    with pytest.raises(UserError, match=r"kinect20.*ntu25 or kinetics18"):
        get_mapping(KINECT20)


def test_weights_of_another_shape_are_a_user_error():
    with pytest.raises(UserError, match=r"\(25, 33\) is needed"):
        SkeletonMapping(NTU25, KINETICS.weights)
