from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from bodies import standing
from hypothesis import given
from hypothesis import strategies as st

from stf.checkpoint import Header
from stf.datasets.clip import Clip, to_layout
from stf.models import STF, STFConfig, build_model
from stf.recogniser import Recogniser
from stf.sampling import Sampling
from stf.skeleton import KINECT20, NTU25
from stf.training import NOTHING, ClipWindows, Recipe, Training, measure_top1, train_stream

CLASSES = ("swipe left", "swipe right")
CONFIG = STFConfig(widths=(16, 16), strides=(2, 2), embedding=4)
SAMPLING = Sampling(16, 10)
RECIPE = Recipe(epochs=8, windows_per_clip=8, batch=16, learning_rate=2e-2)


def swipe(label: int, seed: int) -> Clip:
    """Somebody whose right hand moves sideways before the chest, to the left (0) or to the right (1)."""
    random, frames = np.random.default_rng(seed), 50
    joints = np.tile(standing(KINECT20), (1, frames, 1, 1))
    progress = np.clip(np.linspace(-0.5, 1.5, frames) + random.uniform(-0.2, 0.2), 0, 1)
    for part, reach in (("elbow", 0.4), ("wrist", 0.8), ("hand", 0.9)):
        arm = joints[0, :, KINECT20.index(f"right_{part}")]
        arm[:, 0] = reach * ((progress if label else 1 - progress) - 0.4)
        arm[:, 1:] = 1.2, 2.2
    joints += random.normal(0, 0.005, joints.shape)
    return Clip(joints.astype(np.float32), 30, KINECT20, label, name=f"{CLASSES[label]} {seed}")


def swipes(seeds: range) -> list[Clip]:
    return [swipe(label, seed) for seed in seeds for label in (0, 1)]


def other_handed(clip: Clip) -> Clip:
    """The clip in a mirror, where a swipe to the left is one to the right by the left hand."""
    swapped = clip.joints[:, :, list(clip.layout.mirror)] * np.array([-1, 1, 1], np.float32)
    return replace(clip, joints=swapped, label=1 - clip.label)


def train(folder: Path, recipe: Recipe, stream: str = "joint") -> STF:
    clips = swipes(range(8))
    return train_stream(
        clips, CLASSES, stream, recipe=recipe, sampling=SAMPLING, config=CONFIG, log_folder=folder, progress=False
    )


def top1(network: STF, stream: str, clips: list[Clip]) -> float:
    header = Header(
        architecture="stf", options={}, layout="ntu25", classes=CLASSES, samples=16, rate_hz=10, streams={stream: 1}
    )
    recogniser = Recogniser(header, {stream: network}, torch.device("cpu"))
    return measure_top1([to_layout(clip, NTU25) for clip in clips], SAMPLING, recogniser.recognise)


# Training


@pytest.mark.parametrize("stream", ["joint", "bone"])
def test_training_learns_two_motions_and_knows_them_of_either_hand(tmp_path: Path, stream: str) -> None:
    network = train(tmp_path, RECIPE, stream)
    assert not network.training
    assert {parameter.device.type for parameter in network.parameters()} == {"cpu"}
    assert top1(network, stream, swipes(range(8))) >= 0.9
    unseen = swipes(range(100, 110))
    assert top1(network, stream, unseen) >= 0.9
    assert top1(network, stream, [other_handed(clip) for clip in unseen]) >= 0.9


def test_training_is_repeatable_from_its_seed(tmp_path: Path) -> None:
    short = replace(RECIPE, epochs=1, windows_per_clip=2)
    first, again, other = (train(tmp_path, recipe).state_dict() for recipe in (short, short, replace(short, seed=1)))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["head.weight"], other["head.weight"])


def test_training_logs_every_epoch_and_leaves_nothing_elsewhere(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    train(tmp_path / "log", replace(RECIPE, epochs=3, windows_per_clip=1))
    (log,) = (tmp_path / "log").rglob("metrics.csv")
    assert log.relative_to(tmp_path / "log").parts[0] == "joint"
    header, *lines = log.read_text().splitlines()
    assert {"loss", "top1", "epoch"} <= set(header.split(","))
    assert len(lines) == 3
    assert not list((tmp_path / "here").iterdir())


def test_targets_are_smoothed_labels_and_all_classes_alike_where_nothing_happens() -> None:
    module = Training(
        build_model("stf", layout=NTU25, num_classes=4), "joint", list("abcd"), Recipe(label_smoothing=0.2)
    )
    targets = module._targets(torch.tensor([2, NOTHING, 0]), 4)
    expected = [[0.05, 0.05, 0.85, 0.05], [0.25] * 4, [0.85, 0.05, 0.05, 0.05]]
    torch.testing.assert_close(targets, torch.tensor(expected))


# Windows


def clock(frames: int, fps: float, label: int = 5) -> Clip:
    """A clip whose every number is the time plus one."""
    time = 1 + np.arange(frames, dtype=np.float32) / np.float32(fps)
    return Clip(np.broadcast_to(time[None, :, None, None], (1, frames, 25, 3)).copy(), fps, NTU25, label)


def drawn(clip: Clip, sampling: Sampling, recipe: Recipe, seed: int) -> tuple[np.ndarray, int]:
    """The clock of one window, and its label."""
    torch.manual_seed(seed)
    window, label = ClipWindows([clip], sampling, recipe)[0]
    assert window.shape == (3, sampling.samples, 25, 1)
    assert window.dtype == torch.float32
    return window[0, :, 0, 0].numpy(), label


clips = st.builds(clock, st.integers(30, 200), st.floats(10, 60))
samplings = st.builds(Sampling, st.integers(16, 64), st.floats(20, 40))
seeds = st.integers(0, 2**32 - 1)
calm = Recipe(still=0, missing=0)


@given(clips, samplings, st.floats(0, 10), seeds)
def test_windows_show_at_least_half_of_the_clip_or_of_themselves(clip, sampling, shift, seed) -> None:
    time, label = drawn(clip, sampling, replace(calm, shift=shift), seed)
    seconds_per_sample = np.diff(time).max()
    assert 0.75 - 1e-3 <= seconds_per_sample * sampling.rate_hz <= 1.25 + 1e-3
    shown = time.max() - time.min()
    whole = min(clip.seconds, seconds_per_sample * (sampling.samples - 1))
    assert shown >= whole / 2 - 1 / clip.fps - 1e-3
    assert label == 5


@given(clips, samplings, seeds)
def test_windows_without_shift_show_the_middle_of_the_clip(clip, sampling, seed) -> None:
    time, _ = drawn(clip, sampling, replace(calm, shift=0), seed)
    assert abs((time[0] + time[-1]) / 2 - 1 - clip.seconds / 2) <= 1 / clip.fps


def test_place_and_tempo_vary_as_far_as_asked_and_no_further() -> None:
    clip, recipe = clock(200, 20), replace(calm, shift=0.5, speed=0.2)
    times = np.array([drawn(clip, Sampling(), recipe, seed)[0] for seed in range(300)])
    offsets = (times[:, 0] + times[:, -1]) / 2 - 1 - clip.seconds / 2
    tempos = (times[:, -1] - times[:, 0]) / Sampling().span
    assert [offsets.min(), offsets.max()] == pytest.approx([-0.5, 0.5], abs=0.03)
    assert [tempos.min(), tempos.max()] == pytest.approx([0.8, 1.2], abs=0.01)
    far = replace(recipe, shift=9, speed=0)
    shown = [np.ptp(drawn(clip, Sampling(), far, seed)[0]) for seed in range(300)]
    assert min(shown) / Sampling().span == pytest.approx(0.5, abs=0.05)


@given(clips, samplings, st.floats(0, 1), st.floats(0, 10), seeds)
def test_windows_in_which_nothing_happens_are_still_and_never_missing(clip, sampling, missing, shift, seed) -> None:
    time, label = drawn(clip, sampling, replace(calm, still=1, missing=missing, shift=shift), seed)
    assert label == NOTHING
    assert (time == time[0]).all()
    assert time[0] in (clip.joints[0, 0, 0, 0], clip.joints[0, -1, 0, 0])


@given(clips, samplings, seeds)
def test_samples_beyond_the_clip_are_missing_where_they_are_not_held(clip, sampling, seed) -> None:
    held, _ = drawn(clip, sampling, calm, seed)
    cut, _ = drawn(clip, sampling, replace(calm, missing=1), seed)
    ends = np.isin(held, (clip.joints[0, 0, 0, 0], clip.joints[0, -1, 0, 0]))
    assert (cut[ends] == 0).sum() >= ends.sum() - 2
    assert np.array_equal(cut[~ends], held[~ends])


def test_shares_of_still_and_missing_and_both_ends_are_as_asked() -> None:
    clip = clock(30, 30)
    windows = [drawn(clip, Sampling(), Recipe(still=0.3, missing=0.4), seed) for seed in range(600)]
    still = [time[0] for time, label in windows if label == NOTHING]
    assert len(still) / 600 == pytest.approx(0.3, abs=0.06)
    assert np.mean(np.array(still) == 1) == pytest.approx(0.5, abs=0.12)
    missing = [(time == 0).any() for time, label in windows if label != NOTHING]
    assert np.mean(missing) == pytest.approx(0.4, abs=0.07)


def test_every_clip_is_drawn_as_often_as_asked_with_its_own_label() -> None:
    windows = ClipWindows([clock(30, 30, label) for label in (3, 0, 7)], Sampling(), replace(calm, windows_per_clip=4))
    assert len(windows) == 12
    assert sorted(windows[item][1] for item in range(12)) == [0] * 4 + [3] * 4 + [7] * 4


def test_joints_that_are_missing_in_a_clip_are_zero_in_its_windows() -> None:
    clip = clock(60, 30)
    clip.joints[0, :, 7] = np.nan
    window, _ = ClipWindows([clip], Sampling(), calm)[0]
    assert torch.isfinite(window).all()
    assert not window[:, :, 7].any()
    assert window[:, :, :7].all()


# Measuring


def test_top1_is_the_share_of_clips_whose_most_probable_class_is_right() -> None:
    answers = iter([5, 0, 5, 5])

    def recognise(joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.eye(6)[[next(answers)]] * 0.9, np.zeros(joints.shape[:3])

    assert measure_top1([clock(30, 30)] * 4, Sampling(), recognise) == 0.75


@given(clips, samplings)
def test_top1_asks_once_about_the_middle_of_the_first_person(clip, sampling) -> None:
    asked = []

    def recognise(joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        asked.append(joints)
        return np.ones((1, 6)), np.zeros(joints.shape[:3])

    pair = replace(clip, joints=np.concatenate([clip.joints, -clip.joints]))
    pair.joints[0, :, 3] = np.nan
    measure_top1([pair], sampling, recognise)
    (window,) = asked
    assert window.shape == (1, sampling.samples, 25, 3)
    assert window.dtype == np.float32
    assert not window[:, :, 3].any()
    time = window[0, :, 0, 0]
    assert (time > 0).all()
    assert abs((time[0] + time[-1]) / 2 - 1 - clip.seconds / 2) <= 1 / clip.fps
