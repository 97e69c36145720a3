"""`stf teach` and `stf actions`: from a video, and before a camera that is a video."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import DEMO, Command, Labelled, names, read_lines
from untrained import write_untrained

from apps.engine import Engine
from apps.rehearse import Rehearsal, run_rehearsal
from apps.teach import find_takes, run_teach, with_examples
from realtime.clip import clip_of
from realtime.frames import SkeletonFrame
from stf.addon import load_addon
from stf.checkpoint import load_checkpoint
from stf.motion import moving_part
from stf.skeleton import NTU25

SPANS = ("0.6-1.6", "1.3-2.3", "2.0-3.0")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, utd_mhad: Path) -> Path:
    return write_untrained(tmp_path_factory.mktemp("base") / "base.safetensors", utd_mhad)


@pytest.fixture(scope="module")
def lesson(base: Path, pose_model: Path) -> Path:  # noqa: ARG001 - fetched before
    path = base.with_name("mine.safetensors")
    run_teach("cheer", find_takes([DEMO], SPANS), path, Engine(base), more=False)
    return path


@pytest.fixture
def taught(lesson: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(lesson, tmp_path))


def test_an_action_is_taught_and_listed(stf: Command, taught: Path, tmp_path: Path) -> None:
    addon = load_addon(taught)
    assert addon.learned == ("cheer",)
    assert all(0.7 < clip.seconds < 1.1 for clip in addon.actions[0].clips)
    listed = stf("actions", "list", taught).out
    assert "cheer" in listed
    assert "3" in listed
    assert names(tmp_path) == {"mine.safetensors"}


def test_more_examples_are_added_and_an_action_is_forgotten(stf: Command, taught: Path, base: Path) -> None:
    outcome = stf("teach", "cheer", DEMO, "--span", "0.8-2.0", "--more", "--to", taught, "--model", base)
    assert outcome.code == 0, outcome.err
    assert "of 4 examples recognised" in outcome.out
    assert len(load_addon(taught).actions[0].clips) == 4
    assert stf("actions", "remove", taught, "cheer", "--model", base).code == 0
    assert load_addon(taught).actions == ()


def test_actions_of_two_files_become_one(stf: Command, taught: Path, base: Path, tmp_path: Path) -> None:
    outcome = stf("teach", "rest", DEMO, "--span", "3.2-4.2", "--to", "other.safetensors", "--model", base)
    assert outcome.code == 0, outcome.err
    assert "with 2 more it can be learned" in outcome.out
    assert stf("actions", "merge", taught, "other.safetensors", "-o", "all.safetensors", "--model", base).code == 0
    assert [action.name for action in load_addon(tmp_path / "all.safetensors").actions] == ["cheer", "rest"]
    assert load_addon(tmp_path / "all.safetensors").learned == ("cheer",)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("cheer", DEMO), "'cheer' already"),
        (("clap", DEMO), "knows 'clap' already"),
        ((" ", DEMO), "needs a name"),
        (("jump", DEMO, "--span", "2-1"), "no span of time"),
        (("jump", DEMO, DEMO, "--span", "1-2", "--span", "1-2", "--span", "1-2"), "3 span(s) for 2 videos"),
        (("jump", DEMO, "--span", "1.0-1.2"), "takes 0.4 s at least"),
        (("jump", DEMO, "--span", "0-8.5"), "shows the action once"),
        (("jump", "none.mp4"), "there is no file 'none.mp4'"),
        (("jump", "0"), "there is no file '0'"),
        (("jump", DEMO, "--more"), "knows no action 'jump'"),
    ],
)
def test_what_cannot_be_taught_is_said_and_nothing_is_lost(
    arguments: tuple[object, ...], words: str, stf: Command, taught: Path, base: Path
) -> None:
    before = taught.read_bytes()
    outcome = stf("teach", *arguments, "--to", taught, "--model", base)
    assert words in outcome.sentence
    assert taught.read_bytes() == before


def test_an_example_with_two_people_is_refused(stf: Command, videos: Path, base: Path, pose_model: Path) -> None:  # noqa: ARG001
    video = videos / "pose2sim" / "Pose2Sim" / "Demo_MultiPerson" / "videos" / "cam01.mp4"
    outcome = stf("teach", "fight", video, "--to", "mine.safetensors", "--model", base)
    assert "2 people are seen" in outcome.sentence


def test_what_was_taught_is_of_one_model_only(stf: Command, taught: Path) -> None:
    assert "taught to another model" in stf("label", DEMO, "-o", "out", "--with", taught).sentence


def test_before_a_camera_examples_are_kept_as_they_come(base: Path, pose_model: Path, tmp_path: Path) -> None:  # noqa: ARG001
    path = tmp_path / "mine.safetensors"
    run_rehearsal("cheer", str(DEMO), path, Engine(base), Rehearsal(3, 0.6, countdown=0.3), more=False)
    addon = load_addon(path)
    assert [clip.name for clip in addon.actions[0].clips] == ["example 1", "example 2", "example 3"]
    assert addon.learned == ("cheer",)


def see(rehearsal: Rehearsal, begin: float, seconds: float, people: int) -> list[bool]:
    joints = np.random.default_rng(0).normal(size=(25, 3)).astype(np.float32)
    frames = [begin + number / 30 for number in range(round(30 * seconds))]
    return [
        rehearsal.see(time, [SkeletonFrame(time, n, joints, np.ones(25, np.float32)) for n in range(people)], NTU25)
        for time in frames
    ]


def test_a_rehearsal_counts_down_looks_and_begins_again() -> None:
    rehearsal = Rehearsal(2, 1.0, countdown=1.0)
    assert sum(see(rehearsal, 0.0, 2.1, people=1)) == 1
    assert rehearsal.caption(2.5).startswith("example 2 of 2")
    assert sum(see(rehearsal, 2.1, 2.1, people=0)) == 0
    assert "nobody is seen" in rehearsal.trouble
    assert sum(see(rehearsal, 4.2, 2.1, people=1)) == 1
    assert rehearsal.done
    rehearsal.undo()
    assert not rehearsal.done
    assert rehearsal.caption(9.0) == "example 2 of 2 in 1 s"


def test_what_was_taught_is_recognised_in_a_video(stf: Command, taught: Path, base: Path, labelled: Labelled) -> None:
    outcome = stf(
        "label",
        labelled.video,
        "-o",
        "out",
        "--poses",
        labelled.poses,
        "--model",
        base,
        "--with",
        taught,
        "--format",
        "jsonl",
    )
    assert outcome.code == 0, outcome.err
    rows = read_lines((Path("out") / labelled.windows.name).read_text())
    assert any("cheer" in str(row) for row in rows)
    record = json.loads(Path("out/short.stf.json").read_text())
    assert record["model"]["addon_sha256"] == hashlib.sha256(taught.read_bytes()).hexdigest()


def test_a_checkpoint_from_before_is_made_to_remember(
    stf: Command, utd_mhad: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    forgetful = write_untrained(tmp_path_factory.mktemp("old") / "old.safetensors", utd_mhad, memory=False)
    outcome = stf("actions", "prepare", utd_mhad, "-o", "new.safetensors", "--model", forgetful)
    assert outcome.code == 0, outcome.err
    _, states = load_checkpoint(Path("new.safetensors"))
    assert states["joint"]["memory"].shape == (4, 12, 64)
    assert states["joint"]["memory"].std() > 0


def test_when_every_example_is_taken_back_there_is_no_action(lesson: Path) -> None:
    addon = load_addon(lesson)
    assert [action.name for action in with_examples(addon, "jump", []).actions] == ["cheer"]
    assert with_examples(addon, "cheer", addon.actions[0].clips[:1]).actions[0].clips[:3] == addon.actions[0].clips


def test_somebody_whose_legs_are_never_seen_is_an_example_too() -> None:
    joints = np.random.default_rng(0).normal(size=(60, 25, 3)).astype(np.float32)
    joints[:, NTU25.indices("left_foot", "right_foot", "left_ankle", "right_ankle")] = np.nan
    frames = [[SkeletonFrame(n / 30, 0, joints[n], np.ones(25, np.float32))] for n in range(60)]
    clip = clip_of(frames, NTU25, "waist up")
    first, behind = moving_part(clip)
    assert behind - first > 30
    middle = np.nanmean(joints, axis=1)
    np.testing.assert_allclose(clip.joints[0, :, NTU25.index("left_foot")], middle, atol=1e-4)  # as in a window
    np.testing.assert_allclose(
        clip.joints[0, :, NTU25.index("left_hand")], joints[:, NTU25.index("left_hand")], atol=1e-3
    )
