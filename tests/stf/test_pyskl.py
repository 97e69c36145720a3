"""PYSKL's `.pkl`: the real files were not at hand; these are written in their format."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from data.skeletons import annotation, body
from sentences import refused

from stf.datasets import open_corpus
from stf.datasets.clip import Clip, to_layout
from stf.datasets.corpus import Part, read_clips
from stf.datasets.ntu import CLASSES
from stf.skeleton import COCO17, KINETICS18, NTU25

PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)


def pixels(frames: int) -> np.ndarray:
    """(1, T, 17, 2) pixels, in the half precision of PYSKL's files."""
    rng = np.random.default_rng(frames)
    return (rng.random((1, frames, 17, 2)) * (1919, 1079) + 1).astype(np.float16)


def scores(frames: int) -> np.ndarray:
    return np.full((1, frames, 17), 0.75, np.float16)


def in_image() -> dict[str, object]:
    clips = [
        annotation(name, pixels(n), label, scores(n)) for name, n, label in (("a", 5, 0), ("b", 1, 4), ("c", 9, 2))
    ]
    return {"split": {"train1": ["a", "b"], "test1": ["c"]}, "annotations": clips}


def in_space() -> dict[str, object]:
    names = ("S001C002P003R001A010", "S001C001P001R001A001")
    clips = [annotation(name, np.stack([body(6), body(6, x=1)]), int(name[-3:]) - 1) for name in names]
    return {"split": {"xsub_train": [names[1]], "xsub_val": [names[0]]}, "annotations": clips}


def write(path: Path, content: object, protocol: int = 4) -> Path:
    path.write_bytes(pickle.dumps(content, protocol))
    return path


def only_clip(path: Path, **changes: object) -> Clip:
    """The clip that `in_image`'s first becomes with these changes; None takes a field out."""
    content = in_image()
    changed = content["annotations"][0] | changes
    content["annotations"][0] = {key: value for key, value in changed.items() if value is not None}
    return open_corpus(write(path, content)).entries[0].read()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_skeletons_in_space_are_read_as_they_were_written(tmp_path: Path, protocol: int) -> None:
    corpus = open_corpus(write(tmp_path / "ntu60_3danno.pkl", in_space(), protocol))
    assert (corpus.layout, corpus.classes, corpus.origin.name) == (NTU25, CLASSES[:60], "NTU RGB+D 60")
    clip = corpus.entries[0].read()
    assert np.array_equal(clip.joints, np.stack([body(6), body(6, x=1)]))
    assert clip.joints.dtype == np.float32
    assert (clip.name, clip.label, clip.subject, clip.camera, clip.fps) == ("S001C002P003R001A010", 9, 3, 2, 30.0)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_skeletons_in_the_image_become_fractions_of_it_minus_a_half(tmp_path: Path, protocol: int) -> None:
    corpus = open_corpus(write(tmp_path / "hmdb51.pkl", in_image(), protocol))
    assert (corpus.layout, corpus.classes, corpus.origin.name) == (COCO17, tuple("01234"), "hmdb51")
    clip = corpus.entries[0].read()
    assert clip.joints.shape == (1, 5, 17, 3)
    assert np.allclose((clip.joints[..., :2] + 0.5) * (1920, 1080), pixels(5), rtol=1e-5)
    assert (clip.joints[..., 2] == 0.75).all()
    assert (clip.label, clip.subject, clip.camera) == (0, -1, -1)


def test_clips_in_the_image_go_on_into_the_kinetics_layout(tmp_path: Path) -> None:
    clip = open_corpus(write(tmp_path / "a.pkl", in_image())).entries[0].read()
    converted = to_layout(clip, KINETICS18)
    nose = converted.joints[:, :, KINETICS18.index("nose")]
    assert np.array_equal(nose, clip.joints[:, :, COCO17.index("nose")])


def test_joints_of_score_zero_are_missing_and_a_person_of_none_is_not_there(tmp_path: Path) -> None:
    score = np.concatenate([scores(5), 0 * scores(5)])
    score[0, 2, 3] = 0
    clip = only_clip(tmp_path / "a.pkl", keypoint=np.concatenate([pixels(5)] * 2), keypoint_score=score)
    assert clip.joints.shape == (1, 5, 17, 3)
    assert np.argwhere(np.isnan(clip.joints).all(axis=-1)).tolist() == [[0, 2, 3]]


def test_a_person_of_zeros_in_space_is_missing_there_and_a_joint_at_the_origin_is_not(tmp_path: Path) -> None:
    content = in_space()
    joints = content["annotations"][0]["keypoint"]
    joints[0, 3] = 0
    joints[0, 1, 1] = 0
    joints[1] = 0
    clip = open_corpus(write(tmp_path / "a.pkl", content)).entries[0].read()
    assert clip.joints.shape == (1, 6, 25, 3)
    assert np.flatnonzero(np.isnan(clip.joints).any(axis=(0, 2, 3))).tolist() == [3]


@pytest.mark.parametrize(
    ("lists", "name"),
    [
        ({"xsub_train": ["a"], "xsub_val": ["b"]}, "xsub"),
        ({"xset_train": ["a"], "xset_test": ["b"]}, "xset"),
        ({"train": ["a"], "val": ["b"]}, "file"),
        ({"train": ["a"], "test": ["b"], "val": ["c"]}, "file"),
        ({"train2": ["a"], "test2": ["b"]}, "fold2"),
    ],
)
def test_splits_are_the_lists_that_pair_and_leave_out_clips_on_neither(tmp_path: Path, lists, name: str) -> None:
    corpus = open_corpus(write(tmp_path / "a.pkl", in_image() | {"split": lists}))
    assert list(corpus.splits) == [name]
    assert [corpus.split(name)(clip) for clip in read_clips(corpus)] == [Part.TRAIN, Part.TEST, None]


def test_lists_that_pair_with_none_are_no_split(tmp_path: Path) -> None:
    corpus = open_corpus(write(tmp_path / "a.pkl", in_image() | {"split": {"train": ["a"], "test1": ["b"], "x": []}}))
    assert corpus.splits == {}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"keypoint": None}, "has no array keypoint"),
        ({"keypoint": [1, 2]}, "has no array keypoint"),
        ({"keypoint": pixels(5)[0]}, r"shape \(5, 17, 2\), which is not coco17"),
        ({"keypoint": np.ones((1, 5, 18, 2))}, r"shape \(1, 5, 18, 2\), which is not coco17"),
        ({"keypoint": np.zeros((1, 0, 17, 2))}, "damaged array keypoint"),
        ({"keypoint": np.full((1, 5, 17, 2), np.nan)}, "keypoint that is not finite numbers"),
        ({"keypoint": np.full((1, 5, 17, 2), "x")}, "keypoint that is not finite numbers"),
        ({"keypoint_score": None}, "has no array keypoint_score"),
        ({"keypoint_score": scores(4)}, r"scores of shape \(1, 4, 17\)"),
        ({"keypoint_score": scores(5) * np.nan}, "keypoint_score that is not finite"),
        ({"keypoint_score": scores(5) * 0}, "holds nobody"),
        ({"img_shape": None}, "no img_shape"),
        ({"img_shape": (0, 1920)}, "no img_shape"),
        ({"img_shape": "1080p"}, "no img_shape"),
        ({"total_frames": 6}, "keypoints of 5 frames, but another total_frames"),
        ({"label": -1}, "no label from 0 to 4"),
        ({"label": "walk"}, "no label from 0 to 4"),
        ({"label": 10**9}, "no label from 0 to 4"),
    ],
)
def test_a_broken_clip_is_named_with_its_fault_and_the_others_are_read(tmp_path: Path, changes, reason: str) -> None:
    with refused(Path("clip 'a'"), reason):
        only_clip(tmp_path / "a.pkl", **changes)
    assert len([entry.read() for entry in open_corpus(tmp_path / "a.pkl").entries[1:]]) == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda c: c.pop("annotations"), "no list of annotations"),
        (lambda c: c.update(annotations=[]), "no list of annotations"),
        (lambda c: c.pop("split"), "no dict of splits"),
        (lambda c: c.update(split={"train": 3, "val": []}), "a split that is no list of names"),
        (lambda c: c.update(split={"train": [3], "val": []}), "a split that is no list of names"),
        (lambda c: c.update(split={"train": ["a", "b"], "val": ["b"]}), "clip 'b' both in train and in val"),
        (lambda c: c["annotations"].append(3), "number 3.* without a name"),
        (lambda c: c["annotations"].append(c["annotations"][0]), "number 3.* without a name of its own"),
        (lambda c: [clip.pop("keypoint") for clip in c["annotations"]], "no keypoints of shape"),
        (lambda c: [clip.pop("label") for clip in c["annotations"]], "no annotation with a label"),
    ],
)
def test_another_content_is_refused(tmp_path: Path, change: Callable[[dict], object], reason: str) -> None:
    content = in_image()
    change(content)
    path = write(tmp_path / "a.pkl", content)
    with refused(path, reason):
        open_corpus(path)


def test_a_list_or_a_number_is_refused(tmp_path: Path) -> None:
    for content in ([1, 2], 3, np.zeros(3)):
        path = write(tmp_path / "a.pkl", content)
        with refused(path, "no list of annotations"):
            open_corpus(path)


def test_a_pickle_with_code_in_it_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    class Code:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'mark'}",)

    path = write(tmp_path / "a.pkl", in_image() | {"more": Code()})
    with refused(path, r"wants '\w+\.system'; it is refused"):
        open_corpus(path)
    assert not (tmp_path / "mark").exists()


def test_another_file_is_not_taken_for_a_pickle(tmp_path: Path) -> None:
    path = tmp_path / "a.pkl"
    for content in (b"", b"text", b"PK\x03\x04"):
        path.write_bytes(content)
        with refused(path, "no dataset of a known format"):
            open_corpus(path)
