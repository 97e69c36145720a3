"""Kinetics-Skeleton: the real files were not at hand; these are written in their format."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from data.skeletons import write_kinetics
from hypothesis import given
from hypothesis import strategies as st
from sentences import refused

from stf.datasets import open_corpus
from stf.datasets.clip import Clip
from stf.datasets.corpus import BrokenClipError, OnBroken, Part, read_clips
from stf.datasets.kinetics import IMPORTER, read_clip
from stf.skeleton import KINETICS18


def person(score: float = 0.5, *, seed: int = 0) -> np.ndarray:
    """(18, 3) x, y, score."""
    place = np.random.default_rng(seed).random((18, 2))
    return np.column_stack([place, np.full(18, score)]).round(3).astype(np.float32)


def clip_of(root: Path, frames: list[list[np.ndarray]]) -> Clip:
    return read_clip(write_kinetics(root, "train", "a", frames), 0, "a")


def centred(joints: np.ndarray) -> np.ndarray:
    return joints - np.array([0.5, 0.5, 0], np.float32)


# Joints


@given(length=st.integers(1, 8), seed=st.integers(0, 99))
def test_joints_are_read_as_they_were_written_minus_a_half(tmp_path_factory, length: int, seed: int) -> None:
    frames = np.stack([person(seed=seed + frame) for frame in range(length)])
    clip = clip_of(tmp_path_factory.mktemp("kinetics"), [[joints] for joints in frames])
    assert (clip.layout, clip.fps, clip.joints.dtype) == (KINETICS18, 30.0, np.float32)
    assert np.array_equal(clip.joints, centred(frames)[None])


def test_a_joint_of_score_zero_is_missing_and_so_is_a_frame_without_people(tmp_path: Path) -> None:
    joints = person()
    joints[3, 2] = 0
    clip = clip_of(tmp_path, [[joints], [], [person()]])
    gone = np.isnan(clip.joints).all(axis=-1)
    assert np.array_equal(gone, np.isnan(clip.joints).any(axis=-1))
    assert gone[0].sum(axis=1).tolist() == [1, 18, 0]
    assert gone[0, 0, 3]


def test_of_the_first_five_people_the_two_of_highest_score_are_kept_in_every_frame_anew(tmp_path: Path) -> None:
    scores = [(0.3, 0.6, 0.2, 0.5, 0.1, 0.9), (0.7, 0.1)]
    frames = [[person(score, seed=n) for n, score in enumerate(line)] for line in scores]
    clip = clip_of(tmp_path, frames)
    assert np.array_equal(clip.joints[:, 0], centred(np.stack([frames[0][1], frames[0][3]])))
    assert np.array_equal(clip.joints[:, 1], centred(np.stack([frames[1][0], frames[1][1]])))


def test_frames_left_out_of_the_file_are_missing(tmp_path: Path) -> None:
    path = write_kinetics(tmp_path, "train", "a", [[person()]] * 5)
    content = json.loads(path.read_text())
    content["data"] = [content["data"][place] for place in (1, 2, 4)]
    path.write_text(json.dumps(content))
    gone = np.isnan(read_clip(path, 0, "a").joints).all(axis=(0, 2, 3))
    assert gone.tolist() == [False, False, True, False]


# The dataset


def test_the_split_is_by_folder_and_the_labels_name_the_classes(tmp_path: Path) -> None:
    write_kinetics(tmp_path, "train", "b", [[person()]], 2, label_name="jump")
    write_kinetics(tmp_path, "train", "a", [[person()]])
    write_kinetics(tmp_path, "val", "a", [[person()]], 2, label_name="jump")
    corpus = open_corpus(tmp_path)
    assert corpus.classes == ("wave", "1", "jump")
    assert (corpus.layout, corpus.origin.shippable) == (KINETICS18, False)
    clips = list(read_clips(corpus))
    assert [(clip.name, clip.label) for clip in clips] == [
        ("kinetics_train/a", 0),
        ("kinetics_train/b", 2),
        ("kinetics_val/a", 2),
    ]
    assert [corpus.split("train-val")(clip) for clip in clips] == [Part.TRAIN, Part.TRAIN, Part.TEST]


def test_one_part_alone_is_read_without_a_split(tmp_path: Path) -> None:
    write_kinetics(tmp_path, "val", "a", [[person()]])
    corpus = open_corpus(tmp_path)
    assert (len(list(read_clips(corpus))), corpus.splits) == (1, {})


def test_clips_without_a_skeleton_a_file_or_a_label_are_broken_each_by_its_reason(tmp_path: Path) -> None:
    for name in ("fine", "gone", "stray"):
        write_kinetics(tmp_path, "train", name, [[person()]])
    write_kinetics(tmp_path, "train", "empty", [[], []])
    (tmp_path / "kinetics_train" / "gone.json").unlink()
    labels = tmp_path / "kinetics_train_label.json"
    labels.write_text(json.dumps({k: v for k, v in json.loads(labels.read_text()).items() if k != "stray"}))
    reasons: list[BrokenClipError] = []
    clips = list(read_clips(open_corpus(tmp_path), on_broken=OnBroken.SKIP, report=reasons.append))
    assert [clip.name for clip in clips] == ["kinetics_train/fine"]
    folder = tmp_path / "kinetics_train"
    assert [str(reason) for reason in reasons] == [
        f"{folder / 'empty.json'} holds nobody, as the list of labels says",
        f"{folder / 'gone.json'} is missing, damaged or no Kinetics skeleton",
        f"{folder / 'stray.json'} is not in the list of labels beside kinetics_train",
    ]


@pytest.mark.parametrize("text", ["", "[]", '{"a": 3}', '{"a": {"label": "x"}}', "[" * 100_000])
def test_a_damaged_list_of_labels_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kinetics_train_label.json"
    path.write_text(text)
    with refused(path, "is damaged or no list of labels"):
        open_corpus(tmp_path)


def test_labels_that_contradict_each_other_or_are_out_of_range_are_refused(tmp_path: Path) -> None:
    write_kinetics(tmp_path, "train", "a", [[person()]])
    write_kinetics(tmp_path, "val", "a", [[person()]], label_name="jump")
    with refused(tmp_path, "calls class 0 both 'wave' and 'jump'"):
        open_corpus(tmp_path)
    write_kinetics(tmp_path, "val", "a", [[person()]], 10**9)
    with refused(tmp_path / "kinetics_val_label.json", "label_index that is not from 0 to 9999"):
        open_corpus(tmp_path)


def test_a_folder_without_labels_is_refused(tmp_path: Path) -> None:
    with refused(tmp_path, "holds neither kinetics_train_label.json nor"):
        IMPORTER.open(tmp_path)


# Broken files


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda c: c.update(data=[]), "no frames whose frame_index increases"),
        (lambda c: c["data"].reverse(), "no frames whose frame_index increases"),
        (lambda c: c["data"][1].update(frame_index=1), "no frames whose frame_index increases"),
        (lambda c: c["data"][1].update(frame_index=1.5), "no frames whose frame_index increases"),
        (lambda c: c["data"][1].update(frame_index=10**30), "no frames whose frame_index increases"),
        (lambda c: c["data"][1].update(frame_index=301), "frames 1 to 301; 300 at most"),
        (lambda c: c["data"][0]["skeleton"][0]["pose"].pop(), "is missing, damaged or no Kinetics skeleton"),
        (lambda c: c["data"][0]["skeleton"][0]["score"].pop(), "is missing, damaged or no Kinetics skeleton"),
        (lambda c: c["data"][0]["skeleton"][0].pop("pose"), "is missing, damaged or no Kinetics skeleton"),
        (lambda c: c["data"][0].update(skeleton=3), "is missing, damaged or no Kinetics skeleton"),
        (lambda c: c["data"][0]["skeleton"][0]["pose"].__setitem__(0, "x"), "is missing, damaged"),
        (lambda c: c["data"][0]["skeleton"][0]["pose"].__setitem__(0, np.nan), "joints that are not finite"),
        (lambda c: c["data"][0]["skeleton"][0]["score"].__setitem__(0, np.inf), "joints that are not finite"),
        (lambda c: c.pop("data"), "is missing, damaged or no Kinetics skeleton"),
        (lambda c: c.update(label_index=1), "of another class than the list of labels says"),
        (lambda c: [frame["skeleton"].clear() for frame in c["data"]], "holds nobody"),
        (lambda c: [frame["skeleton"][0].update(score=[0] * 18) for frame in c["data"]], "holds nobody"),
    ],
)
def test_a_broken_clip_is_refused_with_its_fault(tmp_path: Path, change: Callable[[dict], object], reason: str) -> None:
    path = write_kinetics(tmp_path, "train", "a", [[person()], [person()]])
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    with refused(path, reason):
        read_clip(path, 0, "a")


def test_a_file_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    path = write_kinetics(tmp_path, "train", "a", [[person()]])
    content = path.read_text()
    for length in range(0, len(content), 7):
        path.write_text(content[:length])
        with refused(path, "is missing, damaged or no Kinetics skeleton"):
            read_clip(path, 0, "a")
