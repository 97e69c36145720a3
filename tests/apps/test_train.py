"""`stf train`, from a recipe to a checkpoint that can be used."""

from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Command, finish, names, start_process
from scipy.io import savemat

from stf.addon import AddOn, save_addon
from stf.checkpoint import TrainingData, load_checkpoint, save_checkpoint
from stf.datasets.clip import Clip
from stf.recogniser import Recogniser
from stf.skeleton import KINECT20
from stf.teaching import Action

RECIPE = """
layout: kinect20
window: {of: clip, samples: 16}
model: {name: stf, widths: [8, 8], strides: [2, 2], embedding: 4}
epochs: 2
batch: 4
"""


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A few clips in the format of UTD-MHAD."""
    folder = tmp_path / "utd"
    folder.mkdir()
    random = np.random.default_rng(0)
    for action in (1, 2):
        for subject in (1, 2, 3):
            skeleton = random.normal(size=(20, 3, 30)) + np.array([[0], [0], [3]])
            savemat(folder / f"a{action}_s{subject}_t1_skeleton.mat", {"d_skel": skeleton})
    return folder


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE)
    return path


def test_a_split_by_numbers_is_named_where_its_accuracy_is(
    stf: Command, dataset: Path, recipe: Path, tmp_path: Path
) -> None:
    split = "data=[{format: utd_mhad, split: {by: subject, train: [1], test: [2]}}]"
    outcome = stf("train", recipe, "--data", dataset, "-o", "model.safetensors", "--set", split)
    assert outcome.code == 0, outcome.err
    header, _ = load_checkpoint(tmp_path / "model.safetensors")
    assert header.accuracy[0].split == "subject=2, trained on 1, last epoch"
    assert "top-1: UTD-MHAD, subject=2, trained on 1, last epoch, 2 clips" in outcome.out


def test_people_are_mixed_and_classes_that_the_data_lacks_are_said(
    stf: Command, dataset: Path, recipe: Path, tmp_path: Path
) -> None:
    mixing = "mixing={share: 1, by_legs: [swipe right, fly], by_arms: [swipe left]}"
    window = "window={of: span, samples: 16}"
    weights = []
    for number, more in enumerate(([], ["--set", mixing])):
        output = f"{number}.safetensors"
        outcome = stf("train", recipe, "--data", dataset, "-o", output, "--set", window, *more)
        assert outcome.code == 0, outcome.err
        assert ("nobody is mixed for what the data has no class of: fly\n" in outcome.out) == bool(more)
        _, states = load_checkpoint(tmp_path / output)
        weights.append(states["joint"])
    assert any(not torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_a_recipe_becomes_a_checkpoint_that_says_what_it_was_made_of(
    stf: Command, dataset: Path, recipe: Path, tmp_path: Path
) -> None:
    streams = "streams={joint: 1.0, bone_motion: 0.5}"
    outcome = stf("train", recipe, "--data", dataset, "-o", "model.safetensors", "--set", streams, "--set", "seed=7")
    assert outcome.code == 0, outcome.err
    assert "top-1: UTD-MHAD, cross-subject, last epoch, 2 clips" in outcome.out
    header, states = load_checkpoint(tmp_path / "model.safetensors")
    assert (header.layout, header.samples, header.whole_clips, set(states)) == (
        "kinect20",
        16,
        True,
        {"joint", "bone_motion"},
    )
    assert header.data[0].name == "UTD-MHAD"
    assert '"seed":7' in header.recipe
    assert header.accuracy[0].clips == 2
    probabilities, focus = Recogniser.load(tmp_path / "model.safetensors", device="cpu").recognise(
        np.random.default_rng(1).normal(size=(1, 16, 20, 3)).astype(np.float32)
    )
    assert probabilities.shape == (1, 27)
    assert focus.shape == (1, 16, 20)


def test_a_model_that_starts_from_another_names_the_data_of_both(
    stf: Command, dataset: Path, recipe: Path, tmp_path: Path
) -> None:
    first = ("train", recipe, "--data", dataset, "-o", "first.safetensors", "--set", "epochs=1")
    assert stf(*first).code == 0
    header, states = load_checkpoint(tmp_path / "first.safetensors")
    other = TrainingData(name="another", licence="to be kept", citation="them")
    save_checkpoint(tmp_path / "start.safetensors", header.model_copy(update={"data": (other,)}), states)
    outcome = stf(*first[:4], "-o", "second.safetensors", "--set", "epochs=1", "--set", "start=start.safetensors")
    assert outcome.code == 0, outcome.err
    second, _ = load_checkpoint(tmp_path / "second.safetensors")
    assert second.data == (*header.data, other)


def test_a_second_run_asks_to_resume_and_resuming_ends_at_once(stf: Command, dataset: Path, recipe: Path) -> None:
    words = ("train", recipe, "--data", dataset, "-o", "model.safetensors")
    assert stf(*words).code == 0
    first = Path("model.safetensors").read_bytes()
    assert "holds an earlier run" in stf(*words).err
    assert stf(*words, "--resume").code == 0
    assert Path("model.safetensors").read_bytes() == first


def test_a_share_of_the_training_clips_is_a_share_of_each_class(
    stf: Command, dataset: Path, recipe: Path, tmp_path: Path
) -> None:
    outcome = stf(
        *("train", recipe, "--data", dataset, "-o", "model.safetensors"),
        *("--set", "data=[{share: 0.5}]", "--set", "batch=2", "--set", "epochs=1"),
    )
    assert outcome.code == 0, outcome.err
    log = (tmp_path / "model-log" / "joint" / "attempt-1" / "metrics.csv").read_text()
    assert ",0," in log.splitlines()[1]  # one step of two clips: step number 0


def test_converted_clips_train_to_the_same_network_and_are_read_as_needed(
    stf: Command, dataset: Path, recipe: Path, tmp_path: Path
) -> None:
    assert stf("data", "convert", dataset, "-o", "store").code == 0
    for data, name in ((dataset, "raw"), ("store", "mapped")):
        outcome = stf("train", recipe, "--data", data, "-o", f"{name}.safetensors", "--set", "workers=1")
        assert outcome.code == 0, outcome.err
    (_, raw), (_, mapped) = (load_checkpoint(tmp_path / f"{name}.safetensors") for name in ("raw", "mapped"))
    assert all(torch.equal(raw["joint"][key], mapped["joint"][key]) for key in raw["joint"])


def teach_by_hand(action: str) -> Path:
    """A file of one taught action, of three examples."""
    random = np.random.default_rng(2)
    clips = tuple(
        Clip(random.normal(size=(1, 30, 20, 3)).astype(np.float32), 30.0, KINECT20, name=f"{number}.mp4")
        for number in range(3)
    )
    save_addon(Path("mine.safetensors"), AddOn("recipe", "0" * 64, (Action(action, clips),)), "kinect20")
    return Path("mine.safetensors")


@pytest.mark.usefixtures("recipe", "dataset")
def test_taught_actions_become_classes_of_a_full_training(stf: Command) -> None:
    addon = teach_by_hand("hop")
    outcome = stf("retrain", addon, "--recipe", "recipe.yaml", "--data", "utd", "-o", "new.safetensors")
    assert outcome.code == 0, outcome.err
    header, states = load_checkpoint(Path("new.safetensors"))
    assert len(header.classes) == 28
    assert header.classes[-1] == "hop"
    assert header.accuracy[0].clips == 2
    seen = states["joint"]["memory"]
    assert seen[-1].std() > 0, "the examples were not trained on"


@pytest.mark.usefixtures("recipe", "dataset")
@pytest.mark.parametrize(
    ("action", "words", "said"),
    [
        ("walk", ("--recipe", "recipe.yaml"), "has a class 'walk' already"),
        ("hop", (), "no recipe 'recipe'"),
    ],
)
def test_what_cannot_be_retrained_is_said(stf: Command, action: str, words: tuple[str, ...], said: str) -> None:
    outcome = stf("retrain", teach_by_hand(action), *words, "--data", "utd", "-o", "new.safetensors")
    assert outcome.code == 2
    assert said in outcome.err
    assert not Path("new.safetensors").exists()


GOOD = ("recipe.yaml", "--data", "utd")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "no recipe 'nowhere'"),
        (["recipe.yaml"], r"needs 1 dataset"),
        (["recipe.yaml", "--data", "nowhere"], "no dataset nowhere"),
        ([*GOOD, "--set", "epoch=1"], "did you mean 'epochs'"),
        ([*GOOD, "--set", "data=[{split: cross-view}]"], "no split 'cross-view'"),
        ([*GOOD, "--set", "data=[{split: {by: subject, test: [1], train: [1]}}]"], "both sides"),
        ([*GOOD, "--set", "data=[{split: {by: subject, test: [1, 2, 3]}}]"], "no clip to train"),
        ([*GOOD, "--set", "layout=kinetics18"], "no conversion"),
        ([*GOOD, "--set", "model={name: stf, width: 3}"], "no option 'width'"),
    ],
)
def test_what_cannot_be_trained_is_one_sentence_and_leaves_nothing(
    words: list[str], said: str, stf: Command, dataset: Path, recipe: Path, tmp_path: Path
) -> None:
    assert said in stf("train", *words, "-o", "model.safetensors").sentence
    assert names(tmp_path) == {dataset.name, recipe.name}


def test_a_place_that_cannot_be_written_is_said_before_training(
    stf: Command, dataset: Path, recipe: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    sentence = stf("train", recipe, "--data", dataset, "-o", "file/model.safetensors").sentence
    assert "cannot be written" in sentence
    assert names(tmp_path) == {dataset.name, recipe.name, "file"}


@pytest.mark.slow
def test_two_processes_train_one_network_and_only_one_of_them_speaks(
    dataset: Path, recipe: Path, tmp_path: Path
) -> None:
    changes = ["devices=2", "streams={joint: 1.0, bone: 1.0}", "losses={exploration: {}, divergence: {}}", "batch=1"]
    arguments = [word for change in changes for word in ("--set", change)]
    outcome = finish(start_process(tmp_path, "train", recipe, "--data", dataset, "-o", "model.safetensors", *arguments))
    assert outcome.code == 0, outcome.err
    assert "Warning" not in outcome.err
    assert outcome.out.count("top-1") == 1
    assert list(load_checkpoint(tmp_path / "model.safetensors")[1]) == ["joint", "bone"]
    assert names(tmp_path / "model-log" / "joint") == {"attempt-1", "last.ckpt", "recipe.yaml"}
