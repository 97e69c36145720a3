from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from recorded_poses import poses, times
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from realtime.body import Body, BodyKeeper, BoneLengths
from realtime.mapping import get_mapping
from realtime.smoothing import Smoother
from stf.errors import UserError
from stf.skeleton import KINETICS18, NTU25

PARENTS = list(NTU25.parents)
SKELETONS = [get_mapping(NTU25).map_pose(p, t, 0) for p, t in zip(poses("visitor"), times("visitor"), strict=True)]
STANDING = SKELETONS[30].joints.astype(np.float64)
BONES = [name for j, name in enumerate(NTU25.joints) if j != NTU25.centre and not name.endswith(("thumb", "tip"))]
CHILDREN = NTU25.indices(*BONES)
ANGLES = arrays(np.float64, (3,), elements=st.floats(-3, 3))
NOISE = arrays(np.float64, (25, 3), elements=st.floats(-0.06, 0.06))
WEIGHTS = arrays(np.float64, (25,), elements=st.floats(0.1, 1.1))


def lengths_of(joints):
    return np.linalg.norm(joints[..., CHILDREN, :] - joints[..., [PARENTS[c] for c in CHILDREN], :], axis=-1)


LENGTHS = dict(zip(BONES, (1.07 * lengths_of(STANDING)).tolist(), strict=True))
KEPT = BoneLengths(NTU25, LENGTHS)
OWN = BoneLengths(NTU25, dict(zip(BONES, lengths_of(STANDING).tolist(), strict=True)))


@given(noise=NOISE, weights=WEIGHTS)
def test_the_lengths_are_kept_whatever_comes(noise, weights):
    kept = KEPT.keep(STANDING + noise, weights)
    np.testing.assert_allclose(lengths_of(kept), list(LENGTHS.values()), rtol=1e-6)


@given(weights=WEIGHTS, turn=ANGLES)
def test_a_skeleton_that_has_the_lengths_already_is_left_as_it_is(weights, turn):
    joints = STANDING @ Rotation.from_rotvec(turn).as_matrix().T + turn
    np.testing.assert_allclose(OWN.keep(joints, weights), joints, atol=1e-9)


@given(noise=NOISE, weights=WEIGHTS, turn=ANGLES, shift=ANGLES)
def test_the_result_turns_and_moves_with_the_body(noise, weights, turn, shift):
    rotation = Rotation.from_rotvec(turn).as_matrix().T
    joints = STANDING + noise
    np.testing.assert_allclose(
        KEPT.keep(joints @ rotation + shift, weights), KEPT.keep(joints, weights) @ rotation + shift, atol=1e-7
    )


@given(noise=NOISE, weights=WEIGHTS)
def test_the_mirrored_body_gives_the_mirrored_result(noise, weights):
    side, flip = list(NTU25.mirror), np.array([-1, 1, 1])
    mirrored = BoneLengths(NTU25, {NTU25.joints[side[NTU25.index(name)]]: metres for name, metres in LENGTHS.items()})
    joints = STANDING + noise
    np.testing.assert_allclose(
        mirrored.keep((joints * flip)[side], weights[side]), (KEPT.keep(joints, weights) * flip)[side], atol=1e-7
    )


@given(noise=NOISE, weights=WEIGHTS, joint=st.sampled_from(CHILDREN))
def test_a_joint_is_displaced_less_when_it_is_seen_better(noise, weights, joint):
    joints = STANDING + noise / 3

    def displacement(weight):
        own = weights.copy()
        own[joint] = weight
        return np.linalg.norm(KEPT.keep(joints, own) - joints, axis=1)[joint]

    assert displacement(1.1) < displacement(0.1) + 2e-3


def test_the_unseen_end_of_a_bone_that_is_too_long_gives_way():
    elbow, wrist = NTU25.indices("left_elbow", "left_wrist")
    arm = NTU25.indices("left_wrist", "left_hand", "left_hand_tip", "left_thumb")
    joints = STANDING.copy()
    joints[arm] += 0.3 * (joints[wrist] - joints[elbow])
    weights = np.full(25, 1.1)
    weights[arm] = 0.1
    moved = np.linalg.norm(OWN.keep(joints, weights) - joints, axis=1)
    assert moved[wrist] > 3 * moved[elbow]


@pytest.mark.parametrize("deviation", [0.01, 0.02])
def test_no_skeleton_of_these_lengths_is_much_nearer(deviation):
    """Against a solver that takes its time; without fingers, which are carried along rather than free."""
    rng = np.random.default_rng(0)
    children, parents = np.array(CHILDREN), np.array([PARENTS[c] for c in CHILDREN])
    fingers = [j for j in range(25) if j not in CHILDREN and j != NTU25.centre]
    for _ in range(3):
        joints = STANDING + deviation * rng.normal(size=(25, 3))
        weights = rng.uniform(0.3, 1, 25)
        weights[fingers] = 1e-6

        def residuals(flat, joints=joints, weights=weights):
            points = flat.reshape(25, 3)
            lengths = np.linalg.norm(points[children] - points[parents], axis=1)
            pulls = np.sqrt(weights)[:, None] * (points - joints)
            return np.concatenate([pulls.ravel(), 1e3 * (lengths - list(LENGTHS.values()))])

        best = least_squares(residuals, joints.ravel(), x_scale="jac").x.reshape(25, 3)
        apart = [(weights[:, None] * (result - joints) ** 2).sum() for result in (KEPT.keep(joints, weights), best)]
        assert apart[0] < 1.1 * apart[1]


def test_a_finger_is_carried_along_with_its_hand():
    joints = KEPT.keep(STANDING, np.ones(25))
    tip, thumb, hand = NTU25.indices("left_hand_tip", "left_thumb", "left_hand")
    np.testing.assert_allclose(joints[[tip, thumb]] - joints[hand], STANDING[[tip, thumb]] - STANDING[hand], atol=1e-9)


def test_a_joint_that_is_not_a_number_takes_nothing_with_it():
    broken, elbow = STANDING.copy(), NTU25.index("left_elbow")
    broken[elbow, 1] = np.nan
    kept = KEPT.keep(broken, np.ones(25))
    assert np.isnan(kept[elbow]).all()
    others = np.arange(25) != elbow
    assert np.isfinite(kept[others]).all()
    assert np.abs(kept - STANDING)[others].max() < 0.2
    whole = [name not in {"left_elbow", "left_wrist"} for name in BONES]
    np.testing.assert_allclose(lengths_of(kept)[whole], np.array(list(LENGTHS.values()))[whole], rtol=1e-6)


def test_joints_in_one_place_give_numbers():
    assert np.isfinite(KEPT.keep(np.zeros((25, 3)), np.ones(25))).all()


def test_many_frames_at_once_are_kept_like_one_at_a_time():
    joints, seen = (np.stack([getattr(f, name) for f in SKELETONS]) for name in ("joints", "visibility"))
    together = KEPT.keep(joints, seen + 0.1)
    for one, frame in zip(together, SKELETONS, strict=True):
        np.testing.assert_allclose(one, KEPT.keep(frame.joints, frame.visibility + 0.1), atol=1e-9)


def test_flickering_visibility_does_not_shake_the_skeleton():
    body = Body("ntu25", LENGTHS)

    def steps(keeper):
        frame = replace(SKELETONS[30], joints=STANDING.astype(np.float32))
        track = []
        for n in range(90):
            visibility = np.full(25, 0.9, np.float32)
            if n % 2:
                visibility[NTU25.indices("left_wrist", "right_knee")] = 0
            track.append(keeper.keep(replace(frame, time=n / 30, visibility=visibility)).joints)
        return np.linalg.norm(np.diff(track, axis=0), axis=2)[60:].max()

    steady, shaking = steps(BodyKeeper(body, NTU25)), steps(BodyKeeper(body, NTU25, memory=1e-6))
    assert steady < 2e-3
    assert steady < 0.15 * shaking


def test_a_real_person_keeps_their_lengths_and_does_not_jump():
    smoother = Smoother()
    frames = [smoother.smooth(frame) for frame in SKELETONS]
    median = np.median([lengths_of(frame.joints) for frame in frames], axis=0)
    keeper = BodyKeeper(Body("ntu25", dict(zip(BONES, median.tolist(), strict=True))), NTU25)
    before, after = np.stack([f.joints for f in frames]), np.stack([keeper.keep(f).joints for f in frames])
    assert (lengths_of(before).std(axis=0) / median).max() > 0.02
    np.testing.assert_allclose(lengths_of(after), np.broadcast_to(median, (len(after), len(median))), rtol=0.01)
    jerk = [np.linalg.norm(np.diff(track, n=2, axis=0), axis=2).mean() for track in (before, after)]
    assert jerk[1] < 1.2 * jerk[0]


def test_a_body_of_another_layout_is_refused():
    with pytest.raises(UserError, match=r"measured in ntu25 and this model sees kinetics18"):
        BodyKeeper(Body("ntu25", LENGTHS), KINETICS18)
