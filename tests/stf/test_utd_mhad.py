import re
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat
from sentences import refused

from stf.datasets.clip import Clip
from stf.datasets.corpus import read_clips
from stf.datasets.utd_mhad import CLASSES, IMPORTER, TRAIN_SUBJECTS, read_clip
from stf.skeleton import KINECT20

STORED = [
    *("head", "spine_shoulder", "spine_mid", "spine_base"),
    *("left_shoulder", "left_elbow", "left_wrist", "left_hand"),
    *("right_shoulder", "right_elbow", "right_wrist", "right_hand"),
    *("left_hip", "left_knee", "left_ankle", "left_foot"),
    *("right_hip", "right_knee", "right_ankle", "right_foot"),
]
"""The order of the joints in the files, as published with the dataset."""

DAMAGED = r"is missing, damaged or no \.mat file; fetch it again"


@pytest.fixture(scope="module")
def clips(utd_mhad: Path) -> list[Clip]:
    return list(read_clips(IMPORTER.open(utd_mhad)))


def joint(clip: Clip, name: str) -> np.ndarray:
    return clip.joints[0, :, KINECT20.index(name)]


# The real files


def test_the_dataset_has_861_clips_of_27_classes_by_8_subjects(clips: list[Clip]) -> None:
    assert len(clips) == 861
    assert {clip.label for clip in clips} == set(range(27))
    assert len(CLASSES) == len(set(CLASSES)) == 27
    assert {clip.subject for clip in clips} == set(range(1, 9))
    assert len({clip.name for clip in clips}) == 861
    assert {(clip.fps, clip.layout.name, clip.joints.shape[0]) for clip in clips} == {(30.0, "kinect20", 1)}


def test_odd_subjects_train_431_clips_and_even_ones_test_430(clips: list[Clip]) -> None:
    assert {1, 3, 5, 7} == TRAIN_SUBJECTS
    assert sum(clip.subject in TRAIN_SUBJECTS for clip in clips) == 431


def test_clips_last_41_to_125_frames_and_come_by_action_then_subject_then_trial(clips: list[Clip]) -> None:
    lengths = [clip.joints.shape[1] for clip in clips]
    assert (min(lengths), max(lengths)) == (41, 125)
    numbers = [tuple(map(int, re.findall(r"\d+", clip.name))) for clip in clips]
    assert numbers == sorted(numbers)
    assert [(action - 1, subject) for action, subject, _ in numbers] == [(clip.label, clip.subject) for clip in clips]


def test_people_are_upright_metres_tall_and_stand_before_the_sensor(clips: list[Clip]) -> None:
    for clip in clips:
        feet = np.maximum(joint(clip, "left_foot")[:, 1], joint(clip, "right_foot")[:, 1])
        assert (joint(clip, "head")[:, 1] > feet + 0.4).all(), clip.name
        trunk = np.linalg.norm(joint(clip, "head") - joint(clip, "left_hip"), axis=1)
        assert 0.5 < np.median(trunk) < 0.8, clip.name
        assert 2.5 < joint(clip, "spine_base")[:, 2].mean() < 3.5, clip.name


def test_left_is_at_negative_x_for_people_who_face_the_sensor(clips: list[Clip]) -> None:
    for clip in clips:
        for part in ("shoulder", "hip", "hand"):
            assert joint(clip, f"left_{part}")[0, 0] < joint(clip, f"right_{part}")[0, 0], clip.name


def test_the_right_arm_swipes_waves_throws_and_draws(clips: list[Clip]) -> None:
    right_handed = {"swipe left", "swipe right", "wave", "throw", "draw triangle", "knock", "catch", "tennis swing"}
    for clip in clips:
        if CLASSES[clip.label] in right_handed:
            reach = {side: np.ptp(joint(clip, f"{side}_hand"), axis=0).max() for side in ("left", "right")}
            assert reach["right"] > reach["left"], clip.name


def test_a_swipe_to_the_left_leads_the_hand_to_the_person_s_left(clips: list[Clip]) -> None:
    for label, sign in ((CLASSES.index("swipe left"), -1), (CLASSES.index("swipe right"), 1)):
        paths = [joint(clip, "right_hand") for clip in clips if clip.label == label]
        raised = [path[path[:, 1] > np.quantile(path[:, 1], 0.6)] for path in paths]
        assert sign * np.median([path[-1, 0] - path[0, 0] for path in raised]) > 0.2


# Files written here


def numbered(frames: int) -> np.ndarray:
    """An array (20, 3, T) whose every number is another one."""
    return np.arange(20 * 3 * frames, dtype=float).reshape(20, 3, frames)


def test_joints_are_found_by_name_in_the_order_of_the_files(tmp_path: Path) -> None:
    path = tmp_path / "a12_s3_t4_skeleton.mat"
    savemat(path, {"d_skel": numbered(7)})
    clip = read_clip(path)
    assert (clip.name, clip.label, clip.subject, clip.fps) == ("a12_s3_t4", 11, 3, 30.0)
    assert CLASSES[clip.label] == "bowling"
    assert clip.joints.shape == (1, 7, 20, 3)
    assert clip.joints.dtype == np.float32
    for place, name in enumerate(STORED):
        assert np.array_equal(joint(clip, name), numbered(7)[place].T), name


def test_a_folder_is_read_by_number_one_clip_at_a_time_without_what_else_lies_there(tmp_path: Path) -> None:
    for name in ("a10_s1_t1", "a2_s10_t1", "a2_s9_t2", "a2_s9_t1"):
        savemat(tmp_path / f"{name}_skeleton.mat", {"d_skel": numbered(2)})
    (tmp_path / "a2_s9_t1_inertial.mat").write_bytes(b"something else")
    (tmp_path / "SOURCE.md").write_text("where it is from")
    (tmp_path / "a11_s1_t1_skeleton.mat").write_bytes(b"broken")
    clips = read_clips(IMPORTER.open(tmp_path))
    assert [next(clips).name for _ in range(4)] == ["a2_s9_t1", "a2_s9_t2", "a2_s10_t1", "a10_s1_t1"]
    with refused(tmp_path / "a11_s1_t1_skeleton.mat", DAMAGED):
        next(clips)


@pytest.mark.parametrize(
    "name",
    [
        "a1_s1_t1_inertial.mat",
        "a1_s1_skeleton.mat",
        "skeleton.mat",
        "xa1_s1_t1_skeleton.mat",
        "a1_s1_t1_skeleton.mat.bak",
        "a0_s1_t1_skeleton.mat",
        "a28_s1_t1_skeleton.mat",
    ],
)
def test_wrong_name_is_refused(tmp_path: Path, name: str) -> None:
    with (tmp_path / name).open("wb") as file:
        savemat(file, {"d_skel": numbered(5)})
    with refused(tmp_path / name, r"not named like .*aA_sS_tT_skeleton\.mat"):
        read_clip(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"d_iner": numbered(5)}, "holds no variable d_skel"),
        ({}, "holds no variable d_skel"),
        ({"d_skel": numbered(5)[:19]}, r"\(19, 3, 5\).*\(20, 3, frames\)"),
        ({"d_skel": numbered(5).transpose(2, 0, 1)}, r"\(5, 20, 3\).*\(20, 3, frames\)"),
        ({"d_skel": numbered(5)[0]}, r"\(3, 5\).*\(20, 3, frames\)"),
        ({"d_skel": np.zeros((20, 3, 0))}, r"\(20, 3, 0\).*\(20, 3, frames\)"),
        ({"d_skel": np.full((20, 3, 5), "metres", object)}, r"object.*\(20, 3, frames\)"),
        ({"d_skel": numbered(5) * 1j}, r"complex128.*\(20, 3, frames\)"),
        ({"d_skel": "a skeleton"}, r"\(20, 3, frames\)"),
        ({"d_skel": {"joints": numbered(5)}}, r"\(20, 3, frames\)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_file_without_a_skeleton_in_it_is_refused(tmp_path: Path, content: dict[str, object], reason: str) -> None:
    path = tmp_path / "a1_s1_t1_skeleton.mat"
    savemat(path, content)
    with refused(path, reason):
        read_clip(path)


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("length", [0, 1, 19, 20, 126, 127, 129, 135, 136, 200, 1000, -1])
def test_truncated_file_is_refused(tmp_path: Path, length: int, compressed: bool) -> None:
    path = tmp_path / "a1_s1_t1_skeleton.mat"
    savemat(path, {"d_skel": np.random.default_rng(0).random((20, 3, 50))}, do_compression=compressed)
    path.write_bytes(path.read_bytes()[:length])
    with refused(path, DAMAGED):
        read_clip(path)


def test_damaged_file_is_refused_wherever_the_damage_is(tmp_path: Path) -> None:
    path = tmp_path / "a1_s1_t1_skeleton.mat"
    savemat(path, {"d_skel": np.random.default_rng(0).random((20, 3, 50))}, do_compression=True)
    whole = path.read_bytes()
    for place in range(136, len(whole), 499):  # after the header; the content has a checksum
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        with refused(path, DAMAGED):
            read_clip(path)


@pytest.mark.parametrize("content", [b"hello\n" * 100, bytes(range(256)) * 4, b"\x89HDF\r\n\x1a\n" + bytes(600)])
def test_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a1_s1_t1_skeleton.mat"
    path.write_bytes(content)
    with refused(path, DAMAGED):
        read_clip(path)


def test_file_that_is_not_there_or_is_a_folder_is_refused(tmp_path: Path) -> None:
    missing, folder = tmp_path / "a1_s1_t1_skeleton.mat", tmp_path / "a1_s1_t2_skeleton.mat"
    folder.mkdir()
    for path in (missing, folder):
        with refused(path, DAMAGED):
            read_clip(path)


def test_folder_without_skeletons_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a1_s1_t1_inertial.mat").touch()
    for folder in (tmp_path, tmp_path / "nowhere", tmp_path / "a1_s1_t1_inertial.mat"):
        with refused(folder, "holds no UTD-MHAD skeletons"):
            list(read_clips(IMPORTER.open(folder)))
