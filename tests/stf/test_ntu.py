"""NTU RGB+D: the real files are given out on request and were not at hand; these are written in their format."""

from pathlib import Path

import numpy as np
import pytest
from data.skeletons import body, whole, write_missing, write_ntu
from hypothesis import given
from hypothesis import strategies as st
from sentences import refused

from stf.datasets import open_corpus
from stf.datasets.clip import Clip
from stf.datasets.corpus import BrokenClipError, OnBroken, Part, read_clips
from stf.datasets.ntu import CLASSES, IMPORTER, TRAIN_SUBJECTS, parse_name, read_clip
from stf.skeleton import NTU25

NAME = "S001C002P003R001A010.skeleton"


def clip(name: str) -> Clip:
    """A clip called `name`, with what the name says."""
    sample = parse_name(name)
    assert sample
    return Clip(np.zeros((1, 1, 25, 3), np.float32), 30, NTU25, sample.action - 1, sample.subject, name, sample.camera)


def corpus_of(folder: Path, *names: str, missing: tuple[str, ...] = ()) -> Path:
    for name in names:
        write_ntu(folder / f"{name}.skeleton", {"1": whole(body(3))}, 3)
    write_missing(folder, missing)
    return folder


# Joints


@given(frames=st.integers(1, 12), scale=st.sampled_from([1e-6, 1.0, 1e4]))
def test_joints_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, frames: int, scale: float
) -> None:
    joints = body(frames) * np.float32(scale)
    read = read_clip(write_ntu(tmp_path_factory.mktemp("ntu") / NAME, {"72057594037944738": whole(joints)}, frames))
    assert read.joints.dtype == np.float32
    assert np.array_equal(read.joints, joints[None])


def test_the_name_says_label_subject_and_camera(tmp_path: Path) -> None:
    read = read_clip(write_ntu(tmp_path / NAME, {"1": whole(body(3))}, 3))
    assert (read.name, read.label, read.subject, read.camera) == ("S001C002P003R001A010", 9, 3, 2)
    assert (read.fps, read.layout, CLASSES[read.label]) == (30.0, NTU25, "clap")


def test_there_are_120_class_names_and_53_training_subjects() -> None:
    assert len(CLASSES) == len(set(CLASSES)) == 120
    assert CLASSES[42] == "fall"
    assert CLASSES[59] == "walk apart"
    assert CLASSES[60] == "put on headphones"
    assert len(TRAIN_SUBJECTS) == 53
    assert sum(subject <= 40 for subject in TRAIN_SUBJECTS) == 20


def test_frames_without_a_person_are_missing(tmp_path: Path) -> None:
    joints = body(20)
    seen = {frame: joints[frame] for frame in range(20) if frame not in {0, 7, 19}}
    read = read_clip(write_ntu(tmp_path / NAME, {"1": seen}, 20)).joints
    assert read.shape == (1, 20, 25, 3)
    assert np.flatnonzero(np.isnan(read).all(axis=(0, 2, 3))).tolist() == [0, 7, 19]
    assert np.isfinite(read).all(axis=(0, 2, 3)).sum() == 17


def test_of_many_bodies_the_two_that_move_most_are_kept_who_moves_more_first(tmp_path: Path) -> None:
    bodies = {str(n): body(20, sway=sway, x=n) for n, sway in enumerate((0.02, 0.3, 0.01, 0.2, 0.05, 0.1))}
    read = read_clip(write_ntu(tmp_path / NAME, {n: whole(joints) for n, joints in bodies.items()}, 20))
    assert np.array_equal(read.joints, np.stack([bodies["1"], bodies["3"]]))


def test_a_person_stays_the_same_though_the_bodies_change_places_in_the_file(tmp_path: Path) -> None:
    first, second = body(20, sway=0.3), body(20, sway=0.1, x=1)
    late = {frame: joints for frame, joints in enumerate(second) if frame >= 5}
    early = {frame: joints for frame, joints in enumerate(first) if frame < 15}
    read = read_clip(write_ntu(tmp_path / NAME, {"2": late, "1": early}, 20)).joints
    assert np.array_equal(read[0, :15], first[:15])
    assert np.array_equal(read[1, 5:], second[5:])
    assert np.isnan(read[0, 15:]).all()
    assert np.isnan(read[1, :5]).all()


def test_somebody_found_again_under_another_id_is_one_person(tmp_path: Path) -> None:
    joints = body(40)
    bodies = {"1": whole(joints[:18]), "2": whole(joints[20:], 20)}
    read = read_clip(write_ntu(tmp_path / NAME, bodies, 40)).joints
    assert read.shape[0] == 1
    assert np.array_equal(read[0, :18], joints[:18])
    assert np.array_equal(read[0, 20:], joints[20:])


@pytest.mark.parametrize("noise", [whole(body(11, sway=0.9, x=2)), whole(body(30, sway=0.9, x=2, wide=True))])
def test_bodies_seen_briefly_or_wider_than_a_person_are_dropped_however_much_they_move(tmp_path: Path, noise) -> None:
    joints = body(30)
    read = read_clip(write_ntu(tmp_path / NAME, {"noise": noise, "person": whole(joints)}, 30))
    assert np.array_equal(read.joints, joints[None])


def test_the_only_body_is_kept_even_if_it_is_brief_and_wide(tmp_path: Path) -> None:
    joints = body(1, wide=True)
    assert np.array_equal(read_clip(write_ntu(tmp_path / NAME, {"1": whole(joints)}, 1)).joints, joints[None])


# The dataset


def test_up_to_action_60_it_is_ntu_60_with_its_splits_and_beyond_it_ntu_120_with_the_others(tmp_path: Path) -> None:
    small = open_corpus(corpus_of(tmp_path, "S001C001P001R001A060", "S001C001P001R001A001"))
    assert (small.origin.name, len(small.classes), list(small.splits)) == (
        "NTU RGB+D 60",
        60,
        ["cross-subject", "cross-view"],
    )
    assert [entry.name[-4:] for entry in small.entries] == ["A001", "A060"]
    large = open_corpus(corpus_of(tmp_path, "S018C001P008R001A061"))
    assert (large.origin.name, len(large.classes), list(large.splits)) == (
        "NTU RGB+D 120",
        120,
        ["cross-subject", "cross-setup"],
    )
    assert not large.origin.shippable


@pytest.mark.parametrize(
    ("split", "name", "part"),
    [
        ("cross-subject", "S001C001P038R001A061", Part.TRAIN),
        ("cross-subject", "S001C001P103R001A061", Part.TRAIN),
        ("cross-subject", "S001C001P003R001A061", Part.TEST),
        ("cross-subject", "S001C001P106R001A061", Part.TEST),
        ("cross-setup", "S032C001P001R001A061", Part.TRAIN),
        ("cross-setup", "S001C001P001R001A061", Part.TEST),
        ("cross-view", "S001C001P001R001A001", Part.TEST),
        ("cross-view", "S001C002P001R001A001", Part.TRAIN),
        ("cross-view", "S001C003P001R001A001", Part.TRAIN),
    ],
)
def test_splits_are_the_published_ones(tmp_path: Path, split: str, name: str, part: Part) -> None:
    assert open_corpus(corpus_of(tmp_path, name)).split(split)(clip(name)) is part


def test_skeletons_are_found_in_a_folder_of_folders_and_none_twice(tmp_path: Path) -> None:
    for inner, name in (("a", "S001C001P001R001A001"), ("b", "S001C001P001R001A002")):
        (tmp_path / inner).mkdir()
        write_ntu(tmp_path / inner / f"{name}.skeleton", {"1": whole(body(3))}, 3)
    write_missing(tmp_path / "a", [])
    assert len(list(read_clips(open_corpus(tmp_path)))) == 2
    write_ntu(tmp_path / "S001C001P001R001A002.skeleton", {"1": whole(body(3))}, 3)
    with refused(tmp_path, r"S001C001P001R001A002\.skeleton twice"):
        open_corpus(tmp_path)


def test_samples_on_the_list_of_missing_skeletons_are_broken_with_that_reason(tmp_path: Path) -> None:
    names = ("S001C001P001R001A001", "S001C001P001R001A002")
    corpus = open_corpus(corpus_of(tmp_path, *names, missing=(names[1],)))
    reasons: list[BrokenClipError] = []
    clips = list(read_clips(corpus, on_broken=OnBroken.SKIP, report=reasons.append))
    assert [clip.name for clip in clips] == [names[0]]
    assert [str(reason) for reason in reasons] == [
        f"{tmp_path / names[1]}.skeleton is on its authors' list of samples with missing skeletons"
    ]


def test_either_list_serves_ntu_60_but_only_its_own_ntu_120(tmp_path: Path) -> None:
    corpus_of(tmp_path, "S001C001P001R001A001").joinpath("NTU_RGBD120_samples_with_missing_skeletons.txt").unlink()
    with refused(tmp_path, r"lacks .*NTU_RGBD_samples.*fetch it from .* beside the skeletons"):
        open_corpus(tmp_path)
    write_missing(tmp_path, [], "RGBD")
    assert len(open_corpus(tmp_path).entries) == 1
    write_ntu(tmp_path / "S018C001P001R001A061.skeleton", {"1": whole(body(3))}, 3)
    with refused(tmp_path, "lacks .*NTU_RGBD120_samples"):
        open_corpus(tmp_path)


def test_a_list_cut_off_is_refused(tmp_path: Path) -> None:
    corpus_of(tmp_path, "S001C001P001R001A001")
    path = write_missing(tmp_path, ["S001C001P001R001A002", "S001C001P001R001A003"])
    whole_list = path.read_text()
    for text in (whole_list[:-5], "", "S001C001P001R001A002\n"):
        path.write_text(text)
        with refused(path, "names, and its first line does not say so"):
            open_corpus(tmp_path)


def test_a_folder_without_skeletons_is_refused(tmp_path: Path) -> None:
    with refused(tmp_path, "holds no NTU skeletons"):
        IMPORTER.open(tmp_path)


# Broken files


@pytest.mark.parametrize(
    "name",
    ["S001C001P001R001.skeleton", "S001C001P001R001A121.skeleton", "S001C001P001R001A000.skeleton", "a"],
)
def test_a_wrong_name_is_refused(tmp_path: Path, name: str) -> None:
    with refused(write_ntu(tmp_path / name, {"1": whole(body(3))}, 3), "not named like an NTU skeleton"):
        read_clip(tmp_path / name)


def test_a_file_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    path = write_ntu(tmp_path / NAME, {"1": whole(body(2)), "2": whole(body(2, x=1))}, 2)
    lines = path.read_text().splitlines()
    for count in range(len(lines)):
        path.write_text("\n".join(lines[:count]))
        with refused(path, "is no whole NTU skeleton"):
            read_clip(path)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("\n25\n", "\n24\n", "24 joints, 25 are needed"),
        (" 0.2 0.03 0.97 -0.04 2\n", "\n", "7 numbers, 11 are needed"),
    ],
)
def test_too_few_joints_or_numbers_are_refused(tmp_path: Path, old: str, new: str, reason: str) -> None:
    path = write_ntu(tmp_path / NAME, {"1": whole(body(2))}, 2)
    path.write_text(path.read_text().replace(old, new))
    with refused(path, reason):
        read_clip(path)


@pytest.mark.parametrize(("old", "new"), [(" 253.1", ""), ("253.1", "NaN"), ("0.01 -0.25", "nan -inf")])
def test_what_is_not_a_coordinate_does_not_matter(tmp_path: Path, old: str, new: str) -> None:
    path = write_ntu(tmp_path / NAME, {"1": whole(body(2))}, 2)
    path.write_text(path.read_text().replace(old, new))
    assert np.array_equal(read_clip(path).joints, body(2)[None])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_joints_that_are_not_finite_are_refused(tmp_path: Path, value: float) -> None:
    joints = body(3)
    joints[1, 4, 2] = value
    path = write_ntu(tmp_path / NAME, {"1": whole(joints)}, 3)
    with refused(path, "joints that are not finite"):
        read_clip(path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "'' for a number of frames"),
        ("0\n", "no frames"),
        ("-1\n", "'-1' for a number of frames"),
        ("many\n", "'many' for a number of frames"),
        ("3\n0\n0\n0\n", "holds 3 frames and nobody in them"),
        ("1\n0\n0\n", "goes on after its 1 frames"),
        ("999999999999\n", "for a number of frames"),
    ],
)
def test_text_that_is_no_skeleton_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / NAME
    path.write_text(text)
    with refused(path, reason):
        read_clip(path)


def test_words_for_numbers_and_a_body_twice_in_a_frame_are_refused(tmp_path: Path) -> None:
    path = write_ntu(tmp_path / NAME, {"1": whole(body(1)), "2": whole(body(1))}, 1)
    text = path.read_text()
    path.write_text(text.replace("\n2 0 1", "\n1 0 1"))
    with refused(path, "body 1 is twice in frame 0"):
        read_clip(path)
    path.write_text(text.replace(repr(float(body(1)[0, 3, 1])), "left"))
    with refused(path, "something else than numbers"):
        read_clip(path)


@pytest.mark.parametrize("content", [b"\xff\xfe" * 50, None])
def test_a_file_that_is_no_text_or_is_not_there_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / NAME
    if content is not None:
        path.write_bytes(content)
    with refused(path, "is missing, damaged or no text"):
        read_clip(path)
