import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.frames import SkeletonFrame, Window
from realtime.window import Windowers, WindowSpec, resample, seen_since, windows_of
from stf.datasets.utd_mhad import read_clip
from stf.errors import UserError

SPEC = WindowSpec(seconds=63 / 30, samples=64)
V = 25


def motion(times: np.ndarray) -> np.ndarray:
    """A smooth motion of 25 joints (F, 25, 3) in metres: sines of 0.2 to 1 Hz, 0.1 m, each joint with its own phase."""
    rng = np.random.default_rng(0)
    hertz, phase = rng.uniform(0.2, 1, (V, 3)), rng.uniform(0, 6, (V, 3))
    return (0.1 * np.sin(2 * np.pi * hertz * np.asarray(times)[:, None, None] + phase)).astype(np.float32)


def clock(fps: float, seconds: float, start: float = 0.0) -> np.ndarray:
    return start + np.arange(round(seconds * fps) + 1) / fps


def irregular(seconds: float) -> np.ndarray:
    """Frames 15 to 80 ms apart, as a webcam in poor light delivers them, stamped in whole milliseconds."""
    times = np.random.default_rng(1).integers(15, 80, 1000).cumsum() / 1000
    return np.concatenate(([0.0], times[times < seconds], [seconds]))


def frame(time: float, person: int = 0, joints: np.ndarray | None = None) -> SkeletonFrame:
    joints = motion(np.array([time]))[0] if joints is None else joints
    return SkeletonFrame(time, person, joints, np.ones(len(joints), np.float32))


def live(times: np.ndarray, person: int = 0, clock_times: np.ndarray | None = None) -> list[Window]:
    """What `Windowers` makes of one person seen at `times`, on a clock that also ticks while nobody is seen."""
    windowers = Windowers(SPEC)
    windows = []
    for time in times if clock_times is None else clock_times:
        windows += windowers.update([frame(time, person)] if time in times else [], time)
    return windows + windowers.flush()


def same(one: list[Window], other: list[Window]) -> bool:
    return len(one) == len(other) and all(
        (a.start, a.end) == (b.start, b.end) and np.array_equal(a.joints, b.joints) and np.array_equal(a.valid, b.valid)
        for a, b in zip(one, other, strict=True)
    )


def test_a_default_window_is_64_samples_at_30_hz() -> None:
    times = clock(30, 4)
    window = windows_of(times, motion(times), SPEC)[-1]
    assert window.joints.shape == (64, V, 3)
    assert window.joints.dtype == np.float32
    assert window.end - window.start == pytest.approx(63 / 30)
    assert window.end == 4.0
    np.testing.assert_allclose(window.joints, motion(times)[-64:], atol=1e-5)
    assert window.valid.all()


@pytest.mark.parametrize("times", [clock(10, 5), clock(24, 5), clock(60, 5), clock(29.97, 5), irregular(5)])
def test_the_frame_rate_changes_neither_when_windows_end_nor_what_they_hold(times: np.ndarray) -> None:
    *reference, _ = windows_of(clock(30, 5), motion(clock(30, 5)), SPEC)  # the last ones end with the last frame
    *windows, _ = windows_of(times, motion(times), SPEC)
    assert [w.end for w in windows] == [w.end for w in reference]
    for window, expected in zip(windows, reference, strict=True):
        np.testing.assert_array_equal(window.valid, expected.valid)
        # A chord leaves a sine of amplitude A by at most A (2 pi f)^2 h^2 / 8: 5 mm at 1 Hz and h = 0.1 s.
        np.testing.assert_allclose(window.joints, expected.joints, atol=0.0055)


@pytest.mark.parametrize("fps", [10, 24, 60])
def test_a_real_clip_gives_the_same_windows_at_any_frame_rate(utd_mhad: Path, fps: float) -> None:
    clip = read_clip(utd_mhad / "a3_s2_t1_skeleton.mat")
    joints, recorded = clip.joints[0], np.arange(clip.joints.shape[1]) / clip.fps
    times = clock(fps, np.floor(recorded[-1] * fps) / fps)
    filmed, there = resample(recorded, joints, times, SPEC.max_gap)
    assert there.all()
    windows, expected = windows_of(times, filmed, SPEC), windows_of(recorded, joints, SPEC)
    assert len(windows) > 3
    for window, reference in list(zip(windows, expected, strict=False))[:-1]:
        assert window.end == reference.end
        error = np.linalg.norm(window.joints - reference.joints, axis=-1)[window.valid & reference.valid]
        assert error.mean() < 0.005
        assert np.quantile(error, 0.99) < 0.06


def test_windows_end_at_multiples_of_the_stride_whenever_the_person_came() -> None:
    for start in (0.0, 0.11, 0.2, 100.05):
        times = clock(30, 3, start)
        ends = np.array([w.end for w in windows_of(times, motion(times), SPEC)[:-1]])
        np.testing.assert_allclose(ends / SPEC.stride, np.round(ends / SPEC.stride), atol=1e-6)
        assert 1.0 < ends[0] - start < 1.31
        np.testing.assert_allclose(np.diff(ends), SPEC.stride)


def test_a_window_comes_with_the_first_frame_at_its_end() -> None:
    windowers = Windowers(SPEC)
    for time in clock(30, 5):
        for window in windowers.update([frame(time)], time):
            assert window.end == pytest.approx(time, abs=1e-6)


def test_stamps_rounded_to_milliseconds_delay_no_window() -> None:
    windowers = Windowers(SPEC)
    for time in np.floor(clock(30, 5) * 1000) / 1000:
        for window in windowers.update([frame(time)], time):
            assert abs(window.end - time) < 1e-3
            assert window.valid[-1]


def test_before_the_first_frame_nothing_is_known() -> None:
    times = clock(30, 2, start=10.0)
    first = windows_of(times, motion(times), SPEC)[0]
    moments = np.linspace(first.start, first.end, 64)
    np.testing.assert_array_equal(first.valid, moments > 10 - 1e-3)
    assert first.valid.mean() >= 0.5
    assert not first.joints[~first.valid].any()
    assert seen_since(first) == pytest.approx(10.0, abs=SPEC.step)


@pytest.mark.parametrize(("gap", "known"), [(0.2, True), (0.3, True), (0.31, False), (0.8, False)])
def test_gaps_up_to_the_limit_are_interpolated_and_longer_ones_are_missing(gap: float, known: bool) -> None:
    times = np.concatenate((clock(100, 2), clock(100, 2, start=2 + gap)))
    window = next(w for w in windows_of(times, motion(times), SPEC) if w.end > 3)
    moments = np.linspace(window.start, window.end, 64)
    inside = (moments > 2.002) & (moments < 2 + gap - 0.002)
    assert inside.any()
    assert (window.valid[inside] == known).all()
    assert window.valid[~inside].all()
    if known:
        np.testing.assert_allclose(window.joints, motion(moments), atol=0.05)
    else:
        assert not window.joints[inside].any()


def test_a_person_out_of_sight_gets_no_window_until_they_return() -> None:
    times = np.concatenate((clock(30, 2.1), clock(30, 1, start=4.0)))
    ends = [w.end for w in windows_of(times, motion(times), SPEC)]
    assert not [end for end in ends if 2.1 + 1e-6 < end < 4.0]
    assert 2.1 in np.round(ends, 6)  # the part of a stride before they went is shown


def test_a_joint_hidden_briefly_is_interpolated() -> None:
    times = clock(30, 3)
    joints = motion(times)
    joints[60:68, 7] = np.nan
    window = windows_of(times, joints, SPEC)[-1]
    assert window.valid.all()
    np.testing.assert_allclose(window.joints, motion(times)[-64:], atol=0.03)


def test_a_joint_hidden_for_long_is_put_among_the_others() -> None:
    times = clock(30, 3)
    joints = motion(times)
    joints[60:80, 7] = np.nan
    window = windows_of(times, joints, SPEC)[-1]
    others = np.delete(motion(times)[-64:], 7, axis=1)
    hidden = slice(60 - len(times) + 64, 80 - len(times) + 64)
    assert window.valid.all()
    np.testing.assert_allclose(window.joints[hidden, 7], others[hidden].mean(axis=1), atol=1e-5)
    np.testing.assert_allclose(np.delete(window.joints, 7, axis=1), others, atol=1e-5)


def test_a_moment_with_most_joints_hidden_is_missing() -> None:
    times = clock(30, 3)
    joints = motion(times)
    joints[40:60, : V // 2 + 1] = np.nan
    window = windows_of(times, joints, SPEC)[-1]
    missing = np.arange(len(times))[-64:]
    np.testing.assert_array_equal(window.valid, (missing < 40) | (missing >= 60))
    assert not window.joints[~window.valid].any()


@settings(deadline=None)
@given(
    st.lists(st.floats(0.01, 0.5), min_size=2, max_size=60),
    st.floats(0, 0.9),
    st.integers(0, 2**32 - 1),
)
def test_windows_are_finite_whatever_is_missing(waits: list[float], missing: float, seed: int) -> None:
    times = np.cumsum(waits)
    joints = motion(times)
    joints[np.random.default_rng(seed).random(joints.shape[:2]) < missing] = np.nan
    for window in windows_of(times, joints, SPEC):
        assert np.isfinite(window.joints).all()
        assert np.abs(window.joints).max() <= 0.1001  # never outside of what was seen
        assert not window.joints[~window.valid].any()
        assert times[0] < window.end <= times[-1] + 1e-3


@settings(deadline=None)
@given(st.floats(-3, 3), st.lists(st.floats(0.01, 0.29), min_size=3, max_size=40))
def test_linear_motion_is_exact_at_any_moments(speed: float, waits: list[float]) -> None:
    times = np.cumsum(waits)
    joints = np.broadcast_to((speed * times)[:, None, None], (len(times), 2, 3)).astype(np.float32)
    at = np.linspace(times[0], times[-1], 17)
    samples, valid = resample(times, joints, at, 0.3)
    assert valid.all()
    np.testing.assert_allclose(samples, np.broadcast_to((speed * at)[:, None, None], (17, 2, 3)), atol=1e-4)


def test_frames_out_of_order_or_stamped_twice_are_ignored() -> None:
    times = clock(30, 3)
    twice = np.repeat(times, 2)
    assert same(windows_of(twice, motion(twice), SPEC), windows_of(times, motion(times), SPEC))
    late = np.insert(times, 50, times[45] + 0.001)
    noise = motion(late)
    noise[50] = 9
    assert same(windows_of(late, noise, SPEC), windows_of(times, motion(times), SPEC))


def test_a_clock_that_jumps_back_begins_a_new_take() -> None:
    first, second = clock(30, 3, start=50.0), clock(30, 3)
    both = np.concatenate((first, second))
    one_by_one = windows_of(first, motion(first), SPEC) + windows_of(second, motion(second), SPEC)
    assert same(windows_of(both, motion(both), SPEC), one_by_one)
    assert same(live(both), one_by_one)


def test_a_clock_that_jumps_ahead_an_hour_costs_no_windows() -> None:
    times = np.concatenate((clock(30, 3), clock(30, 3, start=3600.1)))
    parts = windows_of(times[:91], motion(times[:91]), SPEC) + windows_of(times[91:], motion(times[91:]), SPEC)
    windows = windows_of(times, motion(times), SPEC)
    assert [w.end for w in windows] == [w.end for w in parts]


@pytest.mark.parametrize(("fps", "seconds"), [(30, 0.3), (10, 0.3), (30, 0.6), (24, 1.0), (60, 1.3), (30, 5)])
def test_every_clip_gives_a_window_that_ends_with_it(fps: float, seconds: float) -> None:
    times = clock(fps, seconds, start=0.04)
    windows = windows_of(times, motion(times), SPEC)
    assert windows[-1].end == pytest.approx(times[-1], abs=1e-3)
    assert windows[-1].valid[-1]
    if seconds < 1:
        assert len(windows) == 1
        assert seen_since(windows[0]) == pytest.approx(0.04, abs=SPEC.step)


def test_a_glimpse_gives_no_window() -> None:
    times = clock(30, 0.1)
    assert windows_of(times, motion(times), SPEC) == []


def test_a_clip_that_ends_on_the_grid_is_not_shown_twice() -> None:
    times = clock(30, 8 * 8 / 30)
    ends = [w.end for w in windows_of(times, motion(times), SPEC)]
    np.testing.assert_allclose(np.diff(ends), SPEC.stride)


def test_flushing_twice_gives_nothing_new() -> None:
    windowers = Windowers(SPEC)
    for time in clock(30, 2):
        windowers.update([frame(time)], time)
    assert len(windowers.flush()) == 1
    assert windowers.flush() == []


def test_live_and_recorded_agree_through_dropouts() -> None:
    ticks = clock(30, 12)
    seen = ticks[np.random.default_rng(2).random(len(ticks)) < 0.5]
    seen = seen[(seen < 3) | ((seen > 3.9) & (seen < 7)) | ((seen > 10) & (seen < 10.5))]
    assert same(live(seen, clock_times=ticks), windows_of(seen, motion(seen), SPEC))


def test_a_person_who_leaves_is_shown_to_the_end_without_waiting_for_another() -> None:
    windowers = Windowers(SPEC)
    for time in clock(30, 2):
        windowers.update([frame(time)], time)
    later = [(time, w) for time in clock(30, 1, start=2 + 1 / 30) for w in windowers.update([], time)]
    assert [(w.end, time < 2.36) for time, w in later] == [(2.0, True)]


def test_persons_do_not_disturb_one_another() -> None:
    windowers = Windowers(SPEC)
    windows = []
    for time in clock(30, 4):
        here = [frame(time, 3)] + ([frame(time, 8, -motion(np.array([time]))[0])] if time > 1.01 else [])
        windows += windowers.update(here, time)
    windows += windowers.flush()
    times = clock(30, 4)
    for person, sign, own in ((3, 1, times), (8, -1, times[times > 1.01])):
        expected = windows_of(own, sign * motion(own), SPEC, person)
        assert same([w for w in windows if w.person == person], expected)
        assert {w.person for w in expected} == {person}


def test_a_simulated_hour_of_changing_persons_keeps_memory_flat() -> None:
    windowers = Windowers(replace(SPEC, stride=2.0))
    held = []
    tracemalloc.start()
    for number in range(3600 * 10):
        time = number / 10
        here = [frame(time, 0, np.zeros((V, 3), np.float32))]
        if number % 40 < 30:
            here.append(frame(time, 1 + number // 40, np.zeros((V, 3), np.float32)))
        windowers.update(here, time)
        if number % 6000 == 5999:
            held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert max(held[1:]) - held[0] < 20_000


@pytest.mark.parametrize("wrong", [{"seconds": 0}, {"stride": -1}, {"samples": 1}, {"min_valid": 0}, {"max_gap": -0.1}])
def test_an_impossible_spec_is_a_user_error(wrong: dict[str, float]) -> None:
    with pytest.raises(UserError):
        replace(SPEC, **wrong)
