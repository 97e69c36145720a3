import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from bodies import standing
from torch import Tensor

from stf.checkpoint import Header, save_checkpoint
from stf.datasets.clip import Clip, to_layout
from stf.errors import UserError
from stf.evaluation import fuse, score_clips
from stf.losses import AdjacencyConsistency, Coherence, Divergence, Exploration, Schedule
from stf.models import build_model
from stf.network import Network
from stf.recogniser import Recogniser
from stf.skeleton import KINECT20, NTU25
from stf.training import Recipe, train_stream
from stf.training.module import Training
from stf.training.recipe import DataSource, Losses, ModelChoice
from stf.transforms import Augmentation
from stf.windows import NOTHING, ClipBatch, ClipWindows, SpanWindows, collate_clips

CLASSES = ("swipe left", "swipe right")
RECIPE = Recipe(
    epochs=8,
    repeat=8,
    batch=16,
    learning_rate=2e-2,
    window=SpanWindows(samples=16, rate_hz=10),
    model=ModelChoice(name="stf", widths=(16, 16), strides=(2, 2), embedding=4),
)


def changed(recipe: Recipe, **changes: object) -> Recipe:
    return recipe.model_copy(update=changes)


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
    flipped = clip.joints[:, :, list(clip.layout.mirror)] * np.array([-1, 1, 1], np.float32)
    return replace(clip, joints=flipped, label=1 - clip.label)


def train(folder: Path, recipe: Recipe = RECIPE, stream: str = "joint", *, resume: bool = False) -> Network:
    return train_stream(swipes(range(8)), CLASSES, stream, recipe, folder, resume=resume, progress=False)


def top1(network: Network, recipe: Recipe, stream: str, clips: Sequence[Clip]) -> float:
    header = Header(
        architecture="stf",
        options=recipe.model.options,
        layout=recipe.layout,
        classes=CLASSES,
        samples=16,
        rate_hz=10,
        whole_clips=isinstance(recipe.window, ClipWindows),
        normalisation=recipe.normalisation,
        streams={stream: 1},
    )
    recogniser = Recogniser(header, {stream: network}, torch.device("cpu"))
    logits = fuse(score_clips(recogniser, clips), header.streams)
    return float(np.mean(logits.argmax(axis=1) == [clip.label for clip in clips]))


@pytest.mark.parametrize("stream", ["joint", "bone", "joint_motion", "bone_motion"])
def test_training_learns_two_motions_and_knows_them_of_either_hand(tmp_path: Path, stream: str) -> None:
    network = train(tmp_path, stream=stream)
    assert not network.training
    assert {parameter.device.type for parameter in network.parameters()} == {"cpu"}
    unseen = swipes(range(100, 110))
    assert top1(network, RECIPE, stream, unseen) >= 0.9
    assert top1(network, RECIPE, stream, [other_handed(clip) for clip in unseen]) >= 0.9


def test_training_and_measuring_put_people_into_the_same_box(tmp_path: Path) -> None:
    recipe = changed(RECIPE, normalisation="box", mirror=False)
    unseen = swipes(range(100, 110))
    far = [replace(clip, joints=clip.joints * np.float32(3) + np.float32(5)) for clip in unseen]
    assert top1(train(tmp_path, recipe), recipe, "joint", far) >= 0.9


def test_training_learns_from_whole_clips_with_all_losses_and_averaged_weights(tmp_path: Path) -> None:
    soon = Schedule(0.02, warm_up=0.2, ramp=0.1)
    losses = Losses(
        exploration=Exploration(soon),
        coherence=Coherence(soon),
        divergence=Divergence(soon),
        adjacency=AdjacencyConsistency(soon),
    )
    window = ClipWindows(samples=16, warp=0.1)
    recipe = changed(RECIPE, losses=losses, window=window, normalisation="clip", layout="kinect20", ema=0.8)
    network = train(tmp_path, recipe)
    assert top1(network, recipe, "joint", swipes(range(100, 110))) >= 0.9
    columns = (tmp_path / "joint" / "attempt-1" / "metrics.csv").read_text().splitlines()[0].split(",")
    assert {"cross_entropy", "exploration", "coherence", "divergence", "adjacency"} <= set(columns)


SHORT = changed(RECIPE, epochs=3, repeat=2)


def test_training_is_repeatable_from_its_seed(tmp_path: Path) -> None:
    recipes = (SHORT, SHORT, changed(SHORT, seed=1))
    first, again, other = (train(tmp_path / str(n), recipe).state_dict() for n, recipe in enumerate(recipes))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["head.weight"], other["head.weight"])


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_a_resumed_run_equals_an_unbroken_one(tmp_path: Path, monkeypatch, ema: float) -> None:
    model = ModelChoice(name="stf", widths=(16, 16), strides=(2, 2), embedding=4, dropout=0.3)
    recipe = changed(SHORT, ema=ema, model=model)
    unbroken = train(tmp_path / "unbroken", recipe).state_dict()
    step = Training.training_step

    def ctrl_c(module: Training, batch: ClipBatch) -> Tensor:
        if module.global_step == 5:
            raise KeyboardInterrupt
        return step(module, batch)

    with monkeypatch.context() as interrupted:
        interrupted.setattr(Training, "training_step", ctrl_c)
        with pytest.raises(SystemExit):
            train(tmp_path / "broken", recipe)
    resumed = train(tmp_path / "broken", recipe, resume=True).state_dict()
    assert all(torch.equal(unbroken[name], resumed[name]) for name in unbroken)
    attempts = sorted((tmp_path / "broken" / "joint").glob("attempt-*/metrics.csv"))
    assert [len(log.read_text().splitlines()) - 1 for log in attempts] == [2, 1]


def save(path: Path, network: Network) -> str:
    """A checkpoint of the joint stream; its path as a recipe has it."""
    header = Header(
        architecture="stf",
        options=RECIPE.model.options,
        layout="ntu25",
        classes=CLASSES,
        samples=16,
        rate_hz=10,
        streams={"joint": 1},
    )
    save_checkpoint(path, header, {"joint": network.state_dict()})
    return str(path)


def test_training_starts_from_what_a_model_has_learned_class_by_class_name(tmp_path: Path) -> None:
    learned = train(tmp_path / "before")
    start = save(tmp_path / "before.safetensors", learned)
    gently = changed(RECIPE, epochs=1, repeat=1, learning_rate=1e-5, start=start)
    unseen = swipes(range(100, 110))
    assert top1(train(tmp_path / "on", gently), gently, "joint", unseen) >= 0.9

    classes = ("wave", "swipe right", "swipe left")  # another order, and one that the model does not know
    clips = [replace(clip, label=2 - clip.label) for clip in swipes(range(8))]
    network = train_stream(clips, classes, "joint", gently, tmp_path / "more", progress=False)
    for row, before in ((1, 1), (2, 0)):
        torch.testing.assert_close(network.head.weight[row], learned.head.weight[before], atol=2e-3, rtol=1e-2)
    assert not torch.allclose(network.head.weight[0], learned.head.weight[0], atol=2e-2)


def test_a_blend_lies_between_what_was_begun_with_and_what_training_made_of_it(tmp_path: Path) -> None:
    learned = train(tmp_path / "before", SHORT)
    recipe = changed(SHORT, start=save(tmp_path / "before.safetensors", learned))
    trained = train(tmp_path / "on", recipe).state_dict()
    quarter = train(tmp_path / "blended", changed(recipe, blend=0.25)).state_dict()
    for name, before in learned.state_dict().items():
        if before.is_floating_point():
            between = 0.75 * before.half().float() + 0.25 * trained[name]
            torch.testing.assert_close(quarter[name], between, atol=1e-3, rtol=1e-2)
    assert not torch.allclose(trained["head.weight"], learned.head.weight, atol=1e-2)
    with pytest.raises(ValueError, match="blend is for training that starts from a model"):
        Recipe(blend=0.5)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"layout": "kinect20"}, "its layout is ntu25, the recipe's is kinect20"),
        ({"normalisation": "clip"}, "its normalisation is body, the recipe's is clip"),
        ({"model": ModelChoice(name="stf", widths=(16, 24), strides=(2, 2), embedding=4)}, "the weights do not fit"),
        ({"start": "nothing.safetensors"}, "there is no model 'nothing.safetensors'"),
    ],
)
def test_a_model_of_another_kind_is_no_start_and_leaves_nothing(
    changes: dict[str, object], said: str, tmp_path: Path
) -> None:
    network = build_model("stf", layout=NTU25, num_classes=2, **RECIPE.model.options)
    recipe = changed(SHORT, start=save(tmp_path / "model.safetensors", network))
    with pytest.raises(UserError, match=said):
        train(tmp_path / "run", changed(recipe, **changes))
    with pytest.raises(UserError, match="it has no stream 'bone'"):
        train(tmp_path / "run", recipe, "bone")
    assert not (tmp_path / "run").exists()


def test_a_run_that_is_done_is_resumed_to_the_same_result_at_once(tmp_path: Path) -> None:
    first = train(tmp_path, SHORT).state_dict()
    again = train(tmp_path, SHORT, resume=True).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_an_earlier_run_is_neither_overwritten_nor_resumed_by_another_recipe(tmp_path: Path) -> None:
    train(tmp_path, SHORT)
    with pytest.raises(UserError, match="holds an earlier run; resume it"):
        train(tmp_path, SHORT)
    with pytest.raises(UserError, match="another recipe"):
        train(tmp_path, changed(SHORT, seed=5), resume=True)


def test_a_run_is_resumed_however_its_recipe_was_written_down(tmp_path: Path) -> None:
    recipe = changed(SHORT, data=(DataSource(without=frozenset({"bowl", "clap", "kick"})),))
    first = train(tmp_path, recipe).state_dict()
    note = tmp_path / "joint" / "recipe.yaml"
    text = note.read_text(encoding="utf-8")
    written = re.search(r"(?<=without:\n)(  - \w+\n){3}", text)
    assert written is not None
    lines = written.group().splitlines(keepends=True)
    note.write_text(text.replace(written.group(), "".join(reversed(lines))), encoding="utf-8")
    again = train(tmp_path, recipe, resume=True).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_training_logs_every_epoch_and_leaves_nothing_elsewhere(tmp_path: Path, monkeypatch, capfd) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    train(tmp_path / "log", SHORT)
    header, *lines = (tmp_path / "log" / "joint" / "attempt-1" / "metrics.csv").read_text().splitlines()
    assert {"loss", "top1", "cross_entropy", "epoch"} <= set(header.split(","))
    assert len(lines) == 3
    assert list((tmp_path / "log" / "joint").glob("attempt-1/events.out.tfevents.*"))
    assert not list((tmp_path / "here").iterdir())
    assert capfd.readouterr() == ("", "")


def test_without_a_clip_training_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no clip to train on"):
        train_stream([], CLASSES, "joint", SHORT, tmp_path)
    assert not list(tmp_path.iterdir())


def test_targets_are_smoothed_labels_and_all_classes_alike_where_nothing_happens() -> None:
    network = build_model("stf", layout=NTU25, num_classes=4)
    module = Training(network, "joint", list("abcd"), Recipe(label_smoothing=0.2))
    targets = module.targets(torch.tensor([2, NOTHING, 0]), 4)
    expected = [[0.05, 0.05, 0.85, 0.05], [0.25] * 4, [0.85, 0.05, 0.05, 0.05]]
    torch.testing.assert_close(targets, torch.tensor(expected))


@pytest.mark.parametrize("mirror", [True, False])
def test_clips_are_mirrored_only_where_the_recipe_says_so(mirror: bool) -> None:
    network = build_model("stf", layout=KINECT20, num_classes=2)
    recipe = changed(RECIPE, mirror=mirror, layout="kinect20", window=SpanWindows(still=0))
    _, labels = Training(network, "joint", CLASSES, recipe).prepare(collate_clips([swipe(0, 0)] * 64))
    assert bool((labels == 1).any()) == mirror


def test_noise_is_laid_over_motion_capture_and_not_over_what_an_estimator_has_seen() -> None:
    network = build_model("stf", layout=NTU25, num_classes=2)
    window = SpanWindows(shift=0, speed=0, still=0, missing=0)
    none = Augmentation(yaw=0, tilt=0, scale=0, bias=0, jitter=0, gap=0)
    recipe = changed(RECIPE, window=window, augmentation=none, mirror=False)
    captured = to_layout(swipe(0, 0), NTU25)
    batch = collate_clips([captured, replace(captured, estimated=True)])
    plain, _ = Training(network, "joint", CLASSES, recipe).prepare(batch)
    noisy, _ = Training(network, "joint", CLASSES, changed(recipe, noise="mediapipe")).prepare(batch)
    torch.testing.assert_close(noisy[1], plain[1])
    assert (noisy[0] - plain[0]).abs().mean() > 0.02


def test_lightning_is_as_talkative_as_before_for_others(tmp_path: Path) -> None:
    level = logging.getLogger("lightning.pytorch").level
    train(tmp_path, SHORT)
    assert logging.getLogger("lightning.pytorch").level == level
