import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stf.sampling import Sampling, sample_clip

SWAY, TEMPO = 0.3, 4.0  # metres, radians a second: a brisk wave of the hand


def wave(times: np.ndarray) -> np.ndarray:
    """Joints (2, T, 5, 3) of a smooth motion, another one for every joint, axis and person."""
    phase = np.arange(2 * 5 * 3).reshape(2, 1, 5, 3)
    return (SWAY * np.sin(TEMPO * times[:, None, None] + phase)).astype(np.float32)


def recording(fps: float, seconds: float = 3.0) -> np.ndarray:
    return wave(np.arange(int(seconds * fps) + 1) / fps)


def straight(frames: int, fps: float) -> np.ndarray:
    """Joints (1, T, 1, 1) whose one coordinate is the time plus one, so that it is nowhere zero."""
    return (1 + np.arange(frames, dtype=np.float32) / np.float32(fps))[None, :, None, None]


def test_default_window_is_64_samples_over_two_seconds_and_a_tenth() -> None:
    assert Sampling().span == pytest.approx(2.1)


@pytest.mark.parametrize("fps", [10, 24, 30, 60])
def test_same_motion_gives_the_same_samples_whatever_the_frame_rate(fps: int) -> None:
    sampling = Sampling()
    sampled = sample_clip(recording(fps), fps, sampling, 0.37)
    truth = wave(0.37 + np.arange(64) / 30)
    assert sampled.shape == (2, 64, 5, 3)
    assert sampled.dtype == np.float32
    bound = SWAY * TEMPO**2 / (8 * fps**2)  # of linear interpolation: the largest acceleration times h^2 / 8
    assert np.abs(sampled - truth).max() <= bound + 1e-5


def test_samples_on_frame_instants_are_the_frames_themselves() -> None:
    joints = recording(32)
    assert np.array_equal(sample_clip(joints, 32, Sampling(40, 32), 11 / 32), joints[:, 11:51])
    assert np.array_equal(sample_clip(joints, 32, Sampling(20, 16), 0.25), joints[:, 8:48:2])


def test_missing_joint_is_missing_only_between_its_known_neighbours() -> None:
    joints = recording(32)
    joints[0, 20, 3] = np.nan
    whole, sampled = (sample_clip(clip, 32, Sampling(128, 64), 0.0) for clip in (recording(32), joints))
    gone = np.zeros_like(sampled, bool)
    gone[0, 39:42, 3] = True  # twice as many samples as frames: frame 20 and half-way to either side
    assert np.array_equal(np.isnan(sampled), gone)
    assert np.array_equal(sampled[~gone], whole[~gone])


def test_person_stands_still_or_is_missing_outside_the_clip() -> None:
    joints = recording(30, seconds=1.0)
    held, cut = (sample_clip(joints, 30, Sampling(90, 30), -1.01, outside=way) for way in ("hold", "missing"))
    assert (held[:, :31] == joints[:, :1]).all()
    assert (held[:, 61:] == joints[:, -1:]).all()
    assert np.array_equal(cut[:, 31:61], held[:, 31:61])
    assert not cut[:, :31].any()
    assert not cut[:, 61:].any()


def test_clip_is_not_missing_on_its_first_and_last_instant() -> None:
    cut = sample_clip(straight(33, 32), 32, Sampling(35, 32), -1 / 32, outside="missing")
    assert cut[0, :, 0, 0].nonzero()[0].tolist() == list(range(1, 34))


def test_double_speed_shows_twice_as_much_of_the_clip_from_the_same_start() -> None:
    joints = recording(30)
    fast = sample_clip(joints, 30, Sampling(32, 30), 0.5, speed=2.0)
    assert np.allclose(fast, sample_clip(joints, 30, Sampling(64, 30), 0.5)[:, ::2], atol=1e-5)


def test_clip_of_one_frame_is_held() -> None:
    joints = recording(30)[:, :1]
    assert (sample_clip(joints, 30, Sampling(), -0.5) == joints).all()
    cut = sample_clip(joints, 30, Sampling(), 0.0, outside="missing")
    assert np.array_equal(cut[:, :1], joints)
    assert not cut[:, 1:].any()


def test_the_clip_is_left_as_it_was() -> None:
    joints = recording(30)
    sample_clip(joints, 30, Sampling(), -1.0, outside="missing")
    assert np.array_equal(joints, recording(30))


@given(
    frames=st.integers(1, 100),
    fps=st.floats(5, 120),
    sampling=st.builds(Sampling, st.integers(1, 80), st.floats(5, 60)),
    start=st.floats(-3, 6),
    speed=st.floats(0.5, 2),
)
def test_uniform_motion_is_read_off_at_its_time(frames, fps, sampling, start, speed) -> None:
    joints = straight(frames, fps)
    last = (frames - 1) / fps
    time = start + speed * np.arange(sampling.samples) / sampling.rate_hz
    held = sample_clip(joints, fps, sampling, start, speed=speed)[0, :, 0, 0]
    assert np.allclose(held, 1 + np.clip(time, 0, last), atol=1e-4)
    cut = sample_clip(joints, fps, sampling, start, speed=speed, outside="missing")[0, :, 0, 0]
    assert np.array_equal(cut[cut != 0], held[cut != 0])
    inside = (time > 1e-6) & (time < last - 1e-6)
    outside = (time < -1e-6) | (time > last + 1e-6)
    assert cut[inside].all()
    assert not cut[outside].any()
