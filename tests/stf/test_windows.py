"""What a recogniser is shown of a clip."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from stf.datasets.clip import Clip
from stf.sampling import Sampling
from stf.skeleton import NTU25
from stf.windows import NOTHING, PARTS, ClipDataset, ClipWindows, SpanWindows, collate_clips


def clock(frames: int, fps: float, label: int = 5) -> Clip:
    """A clip whose every number is the time plus one."""
    time = 1 + np.arange(frames, dtype=np.float32) / np.float32(fps)
    return Clip(np.broadcast_to(time[None, :, None, None], (1, frames, 25, 3)).copy(), fps, NTU25, label)


def drawn(clip: Clip, windows: SpanWindows | ClipWindows, seed: int) -> tuple[np.ndarray, int]:
    """The clock of one window, and its label."""
    x, labels = windows.draw(collate_clips([clip]), torch.Generator().manual_seed(seed))
    assert x.shape == (1, 3, windows.samples, 25, 1)
    assert x.dtype == torch.float32
    return x[0, 0, :, 0, 0].numpy(), int(labels[0])


clips = st.builds(clock, st.integers(30, 200), st.floats(10, 60))
samplings = st.builds(Sampling, st.integers(16, 64), st.floats(20, 40))
seeds = st.integers(0, 2**32 - 1)
calm = SpanWindows(still=0, missing=0)


def of(sampling: Sampling, **changes: float) -> SpanWindows:
    return replace(calm, samples=sampling.samples, rate_hz=sampling.rate_hz, **changes)


@given(clips, samplings, st.floats(0, 10), seeds)
def test_windows_show_at_least_half_of_the_clip_or_of_themselves(clip, sampling, shift, seed) -> None:
    time, label = drawn(clip, of(sampling, shift=shift), seed)
    seconds_per_sample = np.diff(time).max()
    assert 0.75 - 1e-3 <= seconds_per_sample * sampling.rate_hz <= 1.25 + 1e-3
    shown = time.max() - time.min()
    whole = min(clip.seconds, seconds_per_sample * (sampling.samples - 1))
    assert shown >= whole / 2 - 1 / clip.fps - 1e-3
    assert label == 5


@given(clips, samplings, seeds)
def test_windows_without_shift_show_the_middle_of_the_clip(clip, sampling, seed) -> None:
    time, _ = drawn(clip, of(sampling, shift=0), seed)
    assert abs((time[0] + time[-1]) / 2 - 1 - clip.seconds / 2) <= 1 / clip.fps


def test_place_and_tempo_vary_as_far_as_asked_and_no_further() -> None:
    clip, recipe = clock(200, 20), replace(calm, shift=0.5, speed=0.2)
    times = np.array([drawn(clip, recipe, seed)[0] for seed in range(300)])
    offsets = (times[:, 0] + times[:, -1]) / 2 - 1 - clip.seconds / 2
    tempos = (times[:, -1] - times[:, 0]) / Sampling().span
    assert [offsets.min(), offsets.max()] == pytest.approx([-0.5, 0.5], abs=0.03)
    assert [tempos.min(), tempos.max()] == pytest.approx([0.8, 1.2], abs=0.01)
    far = replace(recipe, shift=9, speed=0)
    shown = [np.ptp(drawn(clip, far, seed)[0]) for seed in range(300)]
    assert min(shown) / Sampling().span == pytest.approx(0.5, abs=0.05)


@given(clips, samplings, st.floats(0, 1), st.floats(0, 10), seeds)
def test_windows_in_which_nothing_happens_are_still_and_never_missing(clip, sampling, missing, shift, seed) -> None:
    time, label = drawn(clip, of(sampling, still=1, missing=missing, shift=shift), seed)
    assert label == NOTHING
    assert (time == time[0]).all()
    assert time[0] in (clip.joints[0, 0, 0, 0], clip.joints[0, -1, 0, 0])


@given(clips, samplings, seeds)
def test_samples_beyond_the_clip_are_missing_where_they_are_not_held(clip, sampling, seed) -> None:
    held, _ = drawn(clip, of(sampling), seed)
    cut, _ = drawn(clip, of(sampling, missing=1), seed)
    ends = np.isin(held, (clip.joints[0, 0, 0, 0], clip.joints[0, -1, 0, 0]))
    assert (cut[ends] == 0).sum() >= ends.sum() - 2
    assert np.array_equal(cut[~ends], held[~ends])


def test_shares_of_still_and_missing_and_both_ends_are_as_asked() -> None:
    clip = clock(30, 30)
    windows = [drawn(clip, SpanWindows(still=0.3, missing=0.4), seed) for seed in range(600)]
    still = [time[0] for time, label in windows if label == NOTHING]
    assert len(still) / 600 == pytest.approx(0.3, abs=0.06)
    assert np.mean(np.array(still) == 1) == pytest.approx(0.5, abs=0.12)
    missing = [(time == 0).any() for time, label in windows if label != NOTHING]
    assert np.mean(missing) == pytest.approx(0.4, abs=0.07)


def test_every_clip_comes_up_as_often_as_asked_with_its_own_label() -> None:
    dataset = ClipDataset([clock(30, 30, label) for label in (3, 0, 7)], NTU25, repeat=4)
    assert sorted(dataset[item].label for item in range(len(dataset))) == [0] * 4 + [3] * 4 + [7] * 4


@pytest.mark.parametrize("windows", [calm, ClipWindows()])
def test_joints_that_are_missing_in_a_clip_are_zero_in_its_windows(windows) -> None:
    clip = clock(60, 30)
    clip.joints[0, :, 7] = np.nan
    x, _ = windows.draw(collate_clips([clip]))
    assert torch.isfinite(x).all()
    assert not x[:, :, :, 7].any()
    assert x[:, :, :, :7].all()


@pytest.mark.parametrize("windows", [calm, ClipWindows(looks=3)])
def test_a_clip_looks_the_same_in_a_batch_with_longer_and_fuller_ones(windows) -> None:
    short, long = clock(20, 30), clock(90, 60)
    pair = replace(long, joints=np.concatenate([long.joints, -long.joints]))
    alone, together = windows.views(collate_clips([short])), windows.views(collate_clips([short, pair]))
    for one, both in zip(alone, together, strict=True):
        assert torch.equal(one[0, ..., 0], both[0, ..., 0])
        assert not both[0, ..., 1].any()
        assert both[1, ..., 1].all()


@given(clips, samplings)
def test_measuring_looks_at_the_middle_of_a_clip(clip, sampling) -> None:
    (x,) = of(sampling).views(collate_clips([clip]))
    time = x[0, 0, :, 0, 0].numpy()
    assert (time > 0).all()
    assert abs((time[0] + time[-1]) / 2 - 1 - clip.seconds / 2) <= 1 / clip.fps


# Whole clips


@given(clips, st.integers(16, 64), seeds)
def test_a_training_window_is_a_part_of_its_clip_as_long_as_asked_and_evenly_sampled(clip, samples, seed) -> None:
    time, label = drawn(clip, ClipWindows(samples=samples, crop=(0.5, 0.8)), seed)
    length = (clip.joints.shape[1] - 1) / clip.fps
    assert 0.5 * length - 1e-3 <= time[-1] - time[0] <= 0.8 * length + 1e-3
    np.testing.assert_allclose(np.diff(time), (time[-1] - time[0]) / (samples - 1), atol=1e-4)
    assert label == 5


@given(clips, seeds)
def test_warped_time_never_leaves_the_clip_and_begins_where_it_would(clip, seed) -> None:
    time, _ = drawn(clip, ClipWindows(crop=(1.0, 1.0), warp=0.3), seed)
    assert time[0] == pytest.approx(1)
    assert time.max() <= 1 + (clip.joints.shape[1] - 1) / clip.fps + 1e-4


def test_warping_changes_the_tempo_within_a_window_by_as_much_as_asked() -> None:
    batch = collate_clips([clock(300, 30)] * 500)
    x, _ = ClipWindows(crop=(1.0, 1.0), warp=0.1, samples=32).draw(batch, torch.Generator().manual_seed(0))
    pace = x[:, 0, :, 0, 0].diff(dim=1)
    start = pace[:, 0] / pace.mean(dim=1)
    assert start.std().item() == pytest.approx(0.1 * 2**0.5, rel=0.2)


@pytest.mark.parametrize("looks", [1, 3, 8])
def test_a_clip_is_measured_by_as_many_looks_as_asked_the_first_at_all_of_it(looks: int) -> None:
    clip = clock(101, 25)
    views = ClipWindows(looks=looks).views(collate_clips([clip]))
    assert len(views) == looks
    spans = [(float(x[0, 0, 0, 0, 0]) - 1, float(x[0, 0, -1, 0, 0]) - 1) for x in views]
    assert spans == [pytest.approx((4 * start, 4 * (start + share)), abs=1e-4) for start, share in PARTS[:looks]]
    assert all(start >= 0 and start + share <= 1 + 1e-9 for start, share in PARTS)


@pytest.mark.parametrize("crop", [(0.0, 1.0), (0.9, 0.5), (0.5, 1.2)])
def test_an_impossible_crop_is_refused(crop: tuple[float, float]) -> None:
    with pytest.raises(ValidationError, match="two shares of a clip"):
        TypeAdapter(ClipWindows).validate_python({"crop": crop})
