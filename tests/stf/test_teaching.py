"""New classes from a few examples: real motion, and a network that was trained on nothing."""

from pathlib import Path

import numpy as np
import pytest
import torch
from untrained import KNOWN, clips_of, write_untrained

from stf.addon import AddOn, check_base, fingerprint, load_addon, load_taught, merge, save_addon
from stf.datasets.clip import to_layout
from stf.errors import UserError
from stf.evaluation import score_clips
from stf.recogniser import Recogniser
from stf.skeleton import NTU25
from stf.teaching import Action, Lesson, teach

TAUGHT = ("lunge", "wave", "stand to sit")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, utd_mhad: Path) -> Path:
    return write_untrained(tmp_path_factory.mktemp("base") / "base.safetensors", utd_mhad)


@pytest.fixture(scope="module")
def recogniser(base: Path) -> Recogniser:
    return Recogniser.load(base, device="cpu")


@pytest.fixture(scope="module")
def actions(utd_mhad: Path) -> list[Action]:
    shown = {f"my {name}": clips_of(utd_mhad, name, (1, 3))[:5] for name in TAUGHT}
    return [Action(name, tuple(to_layout(clip, NTU25) for clip in clips)) for name, clips in shown.items()]


@pytest.fixture(scope="module")
def lesson(recogniser: Recogniser, actions: list[Action]) -> Lesson:
    return teach(recogniser, actions)


@pytest.fixture
def addon(base: Path, actions: list[Action], lesson: Lesson) -> AddOn:
    return AddOn("base", fingerprint(base), tuple(actions), tuple(lesson.taken_for), lesson.rows)


def test_what_was_shown_by_some_is_recognised_in_others(recogniser: Recogniser, lesson: Lesson, utd_mhad: Path) -> None:
    taught = recogniser.extended([f"my {name}" for name in TAUGHT], lesson.rows)
    right = 0
    for number, name in enumerate(TAUGHT):
        others = clips_of(utd_mhad, name, (2, 4))
        right += int((score_clips(taught, others)["joint"].argmax(axis=1) == len(KNOWN) + number).sum())
    assert right >= 18  # of 24; by chance 3


def test_scores_of_old_classes_stay_and_clips_of_them_are_hardly_taken(
    recogniser: Recogniser, lesson: Lesson, utd_mhad: Path
) -> None:
    taught = recogniser.extended([f"my {name}" for name in TAUGHT], lesson.rows)
    right = {"before": 0, "after": 0}
    for number, name in enumerate(KNOWN):
        clips = clips_of(utd_mhad, name, (1, 2))
        before, after = (score_clips(model, clips)["joint"] for model in (recogniser, taught))
        np.testing.assert_allclose(after[:, : len(KNOWN)], before, atol=1e-5)
        right["before"] += int((before.argmax(axis=1) == number).sum())
        right["after"] += int((after.argmax(axis=1) == number).sum())
    assert right["before"] >= 24  # of 32
    assert right["after"] >= 0.75 * right["before"]  # a trained network loses a point


def test_the_same_examples_teach_the_same(recogniser: Recogniser, actions: list[Action], lesson: Lesson) -> None:
    again = teach(recogniser, actions)
    assert torch.equal(again.rows["joint"].weight, lesson.rows["joint"].weight)
    assert again.taken_for == lesson.taken_for


def test_two_names_for_one_motion_are_found_out(recogniser: Recogniser, utd_mhad: Path) -> None:
    clips = clips_of(utd_mhad, "lunge", (1, 3))
    actions = [
        Action("step", tuple(clips[::2])),
        Action("lunge", tuple(clips[1::2])),
        Action("wave", tuple(clips_of(utd_mhad, "wave", (1,)))),
    ]
    taken_for = teach(recogniser, actions).taken_for
    mixed = [other for name in ("step", "lunge") for other in taken_for[name] if other not in {name, "wave"}]
    assert mixed
    assert taken_for["wave"].count("wave") >= 3


def test_a_taught_class_has_a_focus_of_its_own(base: Path, addon: AddOn, tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    save_addon(path, addon, "ntu25")
    taught = load_taught(base, path, device="cpu")
    assert taught.classes == (*KNOWN, *(f"my {name}" for name in TAUGHT))
    windows = np.random.default_rng(0).normal(size=(2, 64, 25, 3)).astype(np.float32)
    scores, focus = taught.recognise(windows)
    assert scores.shape == (2, 7)
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)
    assert focus.max() == 1
    assert taught.explain(windows, np.array([5, 6])).max() == 1


def test_an_add_on_is_read_as_it_was_written(addon: AddOn, tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    save_addon(path, addon, "ntu25")
    read = load_addon(path)
    assert (read.model, read.base, read.learned) == (addon.model, addon.base, addon.learned)
    for one, other in zip(read.actions, addon.actions, strict=True):
        assert one.name == other.name
        for here, there in zip(one.clips, other.clips, strict=True):
            np.testing.assert_array_equal(here.joints, there.joints)
    assert torch.equal(read.rows["joint"].weight, addon.rows["joint"].weight)


def test_merging_keeps_every_example_once(addon: AddOn) -> None:
    merged = merge([addon, addon, AddOn(addon.model, addon.base, (Action("my wave", addon.actions[0].clips[:2]),))])
    assert {action.name: len(action.clips) for action in merged} == {"my lunge": 5, "my wave": 7, "my stand to sit": 5}


def test_an_add_on_of_another_model_is_refused(addon: AddOn, tmp_path: Path, utd_mhad: Path) -> None:
    other = write_untrained(tmp_path / "other.safetensors", utd_mhad, memory=False)
    with pytest.raises(UserError, match="taught to another model"):
        check_base(addon, other, Path("mine.safetensors"))


def test_a_damaged_add_on_is_refused(addon: AddOn, tmp_path: Path, base: Path) -> None:
    path = tmp_path / "mine.safetensors"
    save_addon(path, addon, "ntu25")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match="damaged"):
        load_addon(path)
    with pytest.raises(UserError, match="damaged"):
        load_addon(base)


@pytest.mark.parametrize(
    ("names", "examples", "message"),
    [
        (("squat",), 5, "knows 'squat' already"),
        (("a", "a"), 5, "two actions are called 'a'"),
        (("a",), 2, "has 2 example"),
    ],
)
def test_what_cannot_be_learned_is_refused(
    names: tuple[str, ...], examples: int, message: str, recogniser: Recogniser, actions: list[Action]
) -> None:
    with pytest.raises(UserError, match=message):
        teach(recogniser, [Action(name, actions[0].clips[:examples]) for name in names])


def test_a_model_without_a_memory_cannot_be_taught(utd_mhad: Path, tmp_path: Path, actions: list[Action]) -> None:
    forgetful = Recogniser.load(write_untrained(tmp_path / "f.safetensors", utd_mhad, memory=False), device="cpu")
    with pytest.raises(UserError, match="train it again"):
        teach(forgetful, actions)
