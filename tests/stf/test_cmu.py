from pathlib import Path
from typing import Any

import numpy as np
import pytest
from anatomy import assert_human, forward, in_ntu25
from sentences import refused

from stf.datasets import open_corpus
from stf.datasets.cmu import IMPORTER
from stf.datasets.corpus import Corpus, OnBroken, read_clips
from stf.errors import UserError
from stf.skeleton import CMU22

NAMES = (
    *("hips", "spine", "chest", "neck", "head", "headtop", "l_shoulder", "l_elbow", "l_wrist", "l_hand"),
    *("r_shoulder", "r_elbow", "r_wrist", "r_hand", "l_hip", "l_knee", "l_ankle", "l_toe"),
    *("r_hip", "r_knee", "r_ankle", "r_toe"),
)


@pytest.fixture(scope="module")
def corpus(cmu: Path) -> Corpus:
    return open_corpus(cmu)


# The real file


def test_the_dataset_has_423_trials_described_in_words(corpus: Corpus) -> None:
    assert len(corpus.entries) == len({entry.name for entry in corpus.entries}) == 423
    clip = corpus.entries[14].read()
    assert (clip.name, clip.subject, clip.label, clip.fps) == ("02_01 walk", 2, -1, 30.0)
    assert corpus.classes == ()
    assert sum(entry.read().joints.shape[1] for entry in corpus.entries) == 126701


def test_people_of_every_tenth_trial_have_a_body(corpus: Corpus) -> None:
    clips = [entry.read() for entry in corpus.entries[::10]]
    for clip in clips:
        if clip.subject not in (13, 118):  # their trials lack the top of the head
            assert_human(clip)


def test_people_who_walk_and_run_go_forward(corpus: Corpus) -> None:
    clips = [entry.read() for entry in corpus.entries if "walk" in entry.name or "run" in entry.name]
    for clip in clips[::5]:
        track = in_ntu25(clip)
        steps = np.diff(track["spine_base"], axis=0) * forward(track)[1:]
        assert steps[:, [0, 2]].sum(axis=1).mean() > 0, clip.name
        assert np.median(track["head"][:, 1] - track["spine_base"][:, 1]) > 0.4, clip.name


# Files written here


def trials(**changes: Any) -> dict[str, Any]:
    """Two trials of 3 and 2 frames, whose every number is another one."""
    whole = {
        "joints": np.arange(5 * 66, dtype=np.float16).reshape(5, 22, 3),
        "offset": np.array([0, 3, 5]),
        "trial": np.array(["07_04", "indian_02"]),
        "description": np.array(["slow walk", "dance"]),
        "joint_names": np.array(NAMES),
        "fps": np.array(30),
    }
    return {name: value for name, value in (whole | changes).items() if value is not None}


def written(folder: Path, **changes: Any) -> Path:
    np.savez(folder / "cmu_30hz.npz", **trials(**changes))
    return folder / "cmu_30hz.npz"


def test_a_trial_is_a_clip_with_what_happens_in_its_name(tmp_path: Path) -> None:
    path = written(tmp_path)
    for place in (tmp_path, path):
        corpus = open_corpus(place)
        clips = list(read_clips(corpus))
        assert [clip.name for clip in clips] == [entry.name for entry in corpus.entries]
        assert [clip.name for clip in clips] == ["07_04 slow walk", "indian_02 dance"]
        assert [(clip.subject, clip.label, clip.fps, clip.layout) for clip in clips] == [
            (7, -1, 30.0, CMU22),
            (-1, -1, 30.0, CMU22),
        ]
        assert clips[1].joints.dtype == np.float32
        assert np.array_equal(clips[1].joints[0], trials()["joints"][3:])
    assert corpus.origin.shippable


def test_the_joints_are_those_of_the_file_under_their_full_names() -> None:
    full = {"l": "left", "r": "right"}
    for name, joint in zip(NAMES, CMU22.joints, strict=True):
        side, _, part = name.partition("_")
        assert joint == (f"{full[side]}_{part}" if part else name.replace("headtop", "head_top"))


def test_a_broken_trial_is_named_and_leaves_the_others(tmp_path: Path) -> None:
    joints = trials()["joints"]
    joints[1, 4, 2] = np.nan
    path = written(tmp_path, joints=joints)
    corpus = open_corpus(path)
    assert [clip.name for clip in read_clips(corpus, on_broken=OnBroken.SKIP)] == ["indian_02 dance"]
    with refused(path, "not finite in the trial 07_04 slow walk"):
        corpus.entries[0].read()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"joints": np.zeros((4, 22, 3))}, "lacks frames 3 to 5 of the trial indian_02 dance"),
        ({"joints": np.zeros((5, 21, 3))}, "lacks frames"),
        ({"offset": np.array([0, 3, 3])}, "lacks frames 3 to 3"),
        ({"joints": None}, "damaged"),
        ({"joints": np.array(["left"] * 5)}, "damaged"),
    ],
)
def test_trial_without_its_frames_is_refused(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    path = written(tmp_path, **changes)
    with refused(path, reason):
        open_corpus(path).entries[1].read()


@pytest.mark.parametrize(
    "changes",
    [
        {"joint_names": np.array(NAMES[::-1])},
        {"joint_names": None},
        {"offset": np.array([0, 5])},
        {"description": np.array(["walk"])},
        {"trial": None},
        {"fps": np.array("fast")},
        {"trial": np.array([None, None], object)},
    ],
)
def test_file_of_another_content_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = written(tmp_path, **changes)
    with refused(path, r"no cmu_30hz\.npz"):
        open_corpus(path)


@pytest.mark.parametrize("length", [0, 10, 300, -30])
def test_truncated_or_absent_file_is_refused(tmp_path: Path, length: int) -> None:
    path = written(tmp_path)
    path.write_bytes(path.read_bytes()[:length])
    with refused(path, "missing, damaged"):
        open_corpus(path)
    path.unlink()
    with refused(path, "missing, damaged"):
        IMPORTER.open(path)
    with pytest.raises(UserError, match="missing, damaged"):
        IMPORTER.open(tmp_path)
