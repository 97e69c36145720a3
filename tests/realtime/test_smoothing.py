from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from recorded_poses import poses, times
from scipy.spatial.transform import Rotation

from realtime.frames import SkeletonFrame
from realtime.mapping import get_mapping
from realtime.smoothing import OneEuroFilter, Smoother
from stf.skeleton import KINETICS18, NTU25

SEEN = np.ones(1, bool)


def skeletons(name, layout=NTU25):
    mapping = get_mapping(layout)
    return [mapping.map_pose(pose, time, 0) for pose, time in zip(poses(name), times(name), strict=True)]


def smoothed(frames, smoother=None):
    """Joints (F, V, C) after smoothing."""
    smoother = smoother or Smoother()
    return np.stack([smoother.smooth(frame).joints for frame in frames])


def joints(frames):
    return np.stack([frame.joints for frame in frames])


def run(one_euro, moments, values):
    """Filter one point that moves along x."""
    return np.array([one_euro(t, np.float32([[x, 0, 0]]), SEEN)[0, 0] for t, x in zip(moments, values, strict=True)])


def slow_and_fast(frames):
    """Masks (F, V): joints slower than 0.05 m/s, and faster than 0.8 m/s, by a mean over nine frames; and velocity."""
    seconds = np.array([frame.time for frame in frames])
    mean = np.apply_along_axis(lambda x: np.convolve(x, np.ones(9) / 9, "same"), 0, joints(frames))
    velocity = np.gradient(mean, seconds, axis=0)
    speed = np.linalg.norm(velocity, axis=2)
    inside = np.zeros(speed.shape, bool)
    inside[9:-9] = np.stack([frame.visibility for frame in frames])[9:-9] > 0.8
    return inside & (speed < 0.05), inside & (speed > 0.8), velocity


def test_jitter_at_rest_is_more_than_halved_on_real_poses():
    frames = skeletons("signer")
    slow, _, _ = slow_and_fast(frames)

    def jitter(track):
        return np.linalg.norm(np.diff(track, n=2, axis=0), axis=2)[slow[1:-1]].mean()

    assert slow.sum() > 100
    assert jitter(smoothed(frames)) < 0.5 * jitter(joints(frames))


def test_a_fast_arm_lags_less_than_a_thirtieth_of_a_second_on_real_poses():
    frames = skeletons("signer")
    _, fast, velocity = slow_and_fast(frames)
    behind = (joints(frames) - smoothed(frames))[fast]
    assert fast.sum() > 20
    lag = (velocity[fast] * behind).sum() / (velocity[fast] ** 2).sum()
    assert 0 < lag < 1 / 30


def test_the_first_frame_and_a_constant_pass_unchanged():
    frame = skeletons("signer")[0]
    frames = [replace(frame, time=0.03 * n) for n in range(5)]
    np.testing.assert_allclose(smoothed(frames), joints(frames), atol=1e-6)


def test_steady_motion_lags_by_the_time_constant_at_its_speed():
    one_euro = OneEuroFilter(min_cutoff=1.5, beta=4, derivative_cutoff=5, max_gap=1)
    moments = np.arange(200) / 30
    result = run(one_euro, moments, 0.5 * moments)
    assert moments[-1] - result[-1] / 0.5 == pytest.approx(1 / (2 * np.pi * (1.5 + 4 * 0.5)), rel=1e-3)


def test_after_a_stop_five_per_cent_are_left_after_the_documented_time():
    one_euro = OneEuroFilter(min_cutoff=1, beta=0, derivative_cutoff=1, max_gap=1)
    moments = np.concatenate([[-0.001], np.arange(0, 1, 0.001)])
    result = run(one_euro, moments, [0, *np.ones(1000)])
    settled = 3 / (2 * np.pi)
    assert result[moments < settled - 0.02].max() < 0.95
    assert result[moments > settled + 0.02].min() > 0.95


@pytest.mark.parametrize("rate", [15, 60, 120])
def test_the_result_hardly_depends_on_the_frame_rate(rate):
    def at_half_seconds(moments):
        track = run(OneEuroFilter(1.5, 20, 2, 0.5), moments, 0.3 * np.sin(2 * np.pi * moments / 2))
        return np.interp(np.arange(1, 4, 0.1), moments, track)

    np.testing.assert_allclose(
        at_half_seconds(np.arange(4.1 * rate) / rate), at_half_seconds(np.arange(123) / 30), atol=0.02
    )


@given(periods=arrays(np.float64, 300, elements=st.floats(0.005, 0.06)))
def test_uneven_time_stamps_do_not_shake_steady_motion(periods):
    moments = np.cumsum(periods)
    result = run(OneEuroFilter(1.5, 20, 2, 0.5), moments, moments)
    lag = (moments - result)[moments > moments[0] + 1.5]
    np.testing.assert_allclose(lag, 1 / (2 * np.pi * 21.5), atol=1e-3)


def test_a_lost_joint_is_nan_while_lost_and_takes_nothing_with_it():
    frames = skeletons("signer")
    hand = NTU25.index("left_hand")
    broken = []
    for number, frame in enumerate(frames):
        values = frame.joints.copy()
        if 20 <= number < 25:
            values[hand] = np.nan
        broken.append(replace(frame, joints=values))
    whole, result = smoothed(frames), smoothed(broken)
    assert np.isnan(result[20:25, hand]).all()
    others = np.arange(25) != hand
    np.testing.assert_array_equal(result[:, others], whole[:, others])
    assert np.isfinite(result[25:]).all()
    assert not np.array_equal(result[25, hand], broken[25].joints[hand])  # the state was kept
    np.testing.assert_allclose(result[-1, hand], whole[-1, hand], atol=0.01)


def test_a_joint_lost_for_longer_than_the_gap_starts_afresh():
    frames = skeletons("signer")
    hand = NTU25.index("left_hand")
    values = [frame.joints.copy() for frame in frames]
    for number in range(20, 40):
        values[number][hand] = np.nan
    result = smoothed([replace(frame, joints=v) for frame, v in zip(frames, values, strict=True)])
    np.testing.assert_array_equal(result[40, hand], frames[40].joints[hand])
    head = NTU25.index("head")
    assert not np.array_equal(result[40, head], frames[40].joints[head])


@pytest.mark.parametrize("shift", [0.8, -0.8, 0], ids=["gap", "time goes back", "time stands still"])
def test_a_person_starts_afresh_after_a_gap_and_when_time_does_not_go_on(shift):
    frames = skeletons("signer")
    later = replace(frames[30], time=frames[29].time + shift)
    np.testing.assert_array_equal(smoothed([*frames[:30], later])[-1], later.joints)


def test_scores_and_joints_with_score_zero_pass_as_they_are():
    frames = skeletons("visitor", KINETICS18)
    wrist = KINETICS18.index("left_wrist")
    for frame in frames[20:23]:
        frame.joints[wrist] = frame.visibility[wrist] = 0
    result = smoothed(frames, Smoother(get_mapping(KINETICS18).coordinates))
    np.testing.assert_array_equal(result[..., 2], joints(frames)[..., 2])
    np.testing.assert_array_equal(result[20:23, wrist], 0)
    low, high = np.sort([result[19, wrist, :2], frames[23].joints[wrist, :2]], axis=0)
    assert ((result[23, wrist, :2] >= low) & (result[23, wrist, :2] <= high)).all()  # not drawn towards zero


@given(turn=arrays(np.float64, (3,), elements=st.floats(-3, 3)))
def test_smoothing_does_not_depend_on_the_direction_of_the_axes(turn):
    rotation = Rotation.from_rotvec(turn).as_matrix().astype(np.float32)
    frames = skeletons("signer")[:20]
    turned = [replace(frame, joints=frame.joints @ rotation.T) for frame in frames]
    np.testing.assert_allclose(smoothed(turned), smoothed(frames) @ rotation.T, atol=1e-5)


def test_persons_are_smoothed_apart_and_forgotten_when_gone():
    one = skeletons("signer")
    two = [replace(frame, time=t.time, person=1) for frame, t in zip(skeletons("visitor"), one, strict=False)]
    smoother = Smoother()
    mixed = [(smoother.smooth(a).joints, smoother.smooth(b).joints) for a, b in zip(one, two, strict=True)]
    np.testing.assert_array_equal(np.stack([a for a, _ in mixed]), smoothed(one))
    np.testing.assert_array_equal(np.stack([b for _, b in mixed]), smoothed(two))
    for person in range(100):
        smoother.smooth(replace(one[0], time=10 + person, person=person))
    assert len(smoother._persons) == 1


def test_the_input_is_left_as_it_was():
    frames = skeletons("signer")
    before = joints(frames)
    result = Smoother().smooth(frames[0])
    smoothed(frames)
    np.testing.assert_array_equal(joints(frames), before)
    assert isinstance(result, SkeletonFrame)
    assert result.joints.dtype == np.float32
    np.testing.assert_array_equal(result.visibility, frames[0].visibility)
