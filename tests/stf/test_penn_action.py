from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat
from sentences import refused

from stf.datasets import open_corpus
from stf.datasets.clip import Clip, to_layout
from stf.datasets.corpus import Corpus, Part, read_clips
from stf.datasets.penn_action import CLASSES, FPS, HIDDEN, IMPORTER, official_part, read_clip
from stf.errors import UserError
from stf.skeleton import KINETICS18, PENN13

DAMAGED = r"is missing, damaged or no \.mat file; fetch it again"


@pytest.fixture(scope="module")
def corpus(penn_action: Path) -> Corpus:
    return open_corpus(penn_action)


@pytest.fixture(scope="module")
def clips(corpus: Corpus) -> list[Clip]:
    """Every 20th clip, which is some of every class."""
    return [entry.read() for entry in corpus.entries[::20]]


def joint(clip: Clip, name: str) -> np.ndarray:
    return clip.joints[0, :, clip.layout.index(name)]


# The real files


def test_the_dataset_has_2326_clips_of_15_classes(corpus: Corpus, clips: list[Clip]) -> None:
    assert len(corpus.entries) == len({entry.name for entry in corpus.entries}) == 2326
    assert len(CLASSES) == len(set(CLASSES)) == 15
    assert {clip.label for clip in clips} == set(range(15))


def test_the_official_split_trains_on_1258_clips_and_tests_on_1068(corpus: Corpus, penn_action: Path) -> None:
    parts = [official_part(penn_action / "labels" / f"{entry.name}.mat") for entry in corpus.entries]
    assert (parts.count(Part.TRAIN), parts.count(Part.TEST)) == (1258, 1068)
    split = corpus.split("official")
    assert [split(entry.read()) for entry in corpus.entries[::300]] == parts[::300]


def test_joints_lie_in_the_image_and_heads_above_hips_of_those_who_stand(clips: list[Clip]) -> None:
    standing = {"bowl", "clean and jerk", "golf swing", "jump rope", "jumping jacks", "tennis serve", "baseball swing"}
    for clip in clips:
        if clip.name != "1021":  # its places do not fit the size given for its images
            assert np.nanmax(np.abs(clip.joints[..., :2])) < 0.51, clip.name
        if CLASSES[clip.label] in standing:
            hips = np.nanmean([joint(clip, "left_hip")[:, 1], joint(clip, "right_hip")[:, 1]], axis=0)
            assert np.nanmedian(joint(clip, "head")[:, 1] - hips) < 0, clip.name


def test_people_strum_with_the_right_hand_which_is_at_image_left(clips: list[Clip]) -> None:
    guitars = [clip for clip in clips if CLASSES[clip.label] == "strum guitar"]
    for clip in guitars:
        travel = {
            side: np.nansum(np.abs(np.diff(joint(clip, f"{side}_wrist")[:, :2], axis=0))) for side in ("left", "right")
        }
        assert travel["right"] > travel["left"], clip.name
        across = joint(clip, "left_shoulder")[:, 0] - joint(clip, "right_shoulder")[:, 0]
        assert (across[~np.isnan(across)] > 0).all(), clip.name


def test_a_person_upright_is_as_tall_against_their_width_in_any_format_of_image(clips: list[Clip]) -> None:
    ratios = []
    for clip in clips:
        if CLASSES[clip.label] == "jumping jacks":
            shoulders = np.abs(joint(clip, "right_shoulder")[:, 0] - joint(clip, "left_shoulder")[:, 0])
            torso = np.abs(joint(clip, "right_shoulder")[:, 1] - joint(clip, "right_hip")[:, 1])
            ratios.append(np.nanmedian(shoulders / torso))
    assert 0.45 < np.median(ratios) < 0.85


# Files written here


def label(frames: int = 4, **changes: Any) -> dict[str, Any]:
    """The variables of a label file: an image of 200 x 100 pixels, all joints visible at different places."""
    places = 10.0 + np.arange(frames * 13).reshape(frames, 13)
    whole = {
        "x": 2 * places,
        "y": places,
        "visibility": np.ones((frames, 13), np.uint8),
        "dimensions": np.array([[100, 200, frames]], np.uint16),
        "action": "tennis_serve",
        "train": 1,
    }
    return {name: value for name, value in (whole | changes).items() if value is not None}


def written(folder: Path, content: dict[str, Any], name: str = "0007.mat") -> Path:
    savemat(folder / name, content)
    return folder / name


def test_places_are_measured_from_the_middle_in_units_of_the_longer_side(tmp_path: Path) -> None:
    clip = read_clip(written(tmp_path, label()))
    assert (clip.name, CLASSES[clip.label], clip.fps, clip.layout) == ("0007", "tennis serve", FPS, PENN13)
    assert clip.joints.shape == (1, 4, 13, 3)
    assert clip.joints.dtype == np.float32
    for place, name in enumerate(PENN13.joints):
        x = (2 * (10 + place) - 100) / 200
        y = (10 + place - 50) / 200
        assert np.allclose(joint(clip, name)[0], [x, y, 1], atol=1e-6), name


def test_a_hidden_joint_keeps_its_place_and_one_in_the_corner_is_missing(tmp_path: Path) -> None:
    content = label()
    content["visibility"][1, [3, 5]] = 0
    content["x"][1, 5] = content["y"][1, 5] = 0.75
    content["x"][2, 4] = content["y"][2, 4] = 0.75  # visible, so it is there
    joints = read_clip(written(tmp_path, content)).joints[0]
    assert np.allclose(joints[1, 3], [(26 * 2 - 100) / 200, (26 - 50) / 200, HIDDEN], atol=1e-6)
    assert np.isnan(joints[1, 5]).all()
    assert np.isnan(joints).sum() == 3
    assert joints[2, 4, 2] == 1


def test_whole_pixels_in_unsigned_bytes_are_read_like_any_others(tmp_path: Path) -> None:
    whole = label()
    small = {axis: whole[axis].astype(np.uint8) for axis in ("x", "y")}
    plain = read_clip(written(tmp_path, whole)).joints
    assert np.array_equal(read_clip(written(tmp_path, whole | small, "0008.mat")).joints, plain)


def test_in_kinetics18_the_head_is_the_nose_and_eyes_and_ears_are_missing(tmp_path: Path) -> None:
    clip = read_clip(written(tmp_path, label()))
    converted = to_layout(clip, KINETICS18)
    assert (converted.layout, converted.label, converted.name) == (KINETICS18, clip.label, "0007")
    assert np.array_equal(joint(converted, "nose"), joint(clip, "head"))
    for name in KINETICS18.joints:
        if name in PENN13.joints:
            assert np.array_equal(joint(converted, name), joint(clip, name)), name
    for name in ("left_eye", "right_eye", "left_ear", "right_ear"):
        assert np.isnan(joint(converted, name)).all()


def test_in_kinetics18_the_neck_is_between_the_shoulders_or_at_the_only_one(tmp_path: Path) -> None:
    content = label()
    shoulders = PENN13.indices("left_shoulder", "right_shoulder")
    content["visibility"][1, shoulders] = 0
    for frame, lost in ((2, shoulders[:1]), (3, shoulders)):
        content["visibility"][frame, lost] = 0
        content["x"][frame, lost] = content["y"][frame, lost] = 0.75
    clip = read_clip(written(tmp_path, content))
    neck = joint(to_layout(clip, KINETICS18), "neck")
    left, right = joint(clip, "left_shoulder"), joint(clip, "right_shoulder")
    assert np.allclose(neck[0], (left[0] + right[0]) / 2)
    assert np.allclose(neck[1], (left[1] + right[1]) / 2)
    assert neck[1, 2] == HIDDEN
    assert np.allclose(neck[2], [*right[2, :2], 0.5])
    assert np.isnan(neck[3]).all()


def test_the_folder_of_labels_is_found_also_from_above(tmp_path: Path) -> None:
    folder = tmp_path / "labels"
    folder.mkdir()
    for name, train in (("0010.mat", -1), ("0002.mat", 1)):
        written(folder, label(train=train), name)
    (tmp_path / "README.md").write_text("what this is")
    for path in (tmp_path, folder):
        corpus = open_corpus(path)
        assert corpus.origin.name == "Penn Action"
        assert not corpus.origin.shippable
        clips = list(read_clips(corpus))
        assert [clip.name for clip in clips] == ["0002", "0010"]
        assert list(map(corpus.split("official"), clips)) == [Part.TRAIN, Part.TEST]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"x": None}, "no variable x"),
        ({"visibility": None, "action": None}, "no variable visibility, action"),
        ({"x": np.zeros((4, 12))}, r"\(4, 12\), \(4, 13\) and \(4, 13\).*\(frames, 13\)"),
        ({"y": np.zeros((3, 13))}, r"\(3, 13\).*\(frames, 13\)"),
        ({axis: np.zeros((0, 13)) for axis in ("x", "y", "visibility")}, r"\(0, 13\).*\(frames, 13\)"),
        ({"y": np.full((4, 13), np.nan)}, "not finite"),
        ({"x": np.full((4, 13), 1j)}, "not finite"),
        ({"dimensions": np.array([[0, 200, 4]])}, "how high and wide"),
        ({"dimensions": np.zeros((0, 0))}, "how high and wide"),
        ({"action": "juggle_knives"}, "'juggle knives'.*none of the 15"),
        ({"action": ""}, "''.*none of the 15"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_file_without_a_usable_label_is_refused(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    path = written(tmp_path, label(**changes))
    with refused(path, reason):
        read_clip(path)


@pytest.mark.parametrize("train", [None, 0, "yes", np.ones(2)])
def test_a_clip_on_neither_side_of_the_split_is_refused(tmp_path: Path, train: object) -> None:
    path = written(tmp_path, label(train=train))
    with refused(path, "train"):
        official_part(path)


@pytest.mark.parametrize("length", [0, 100, 200, 700, -1])
def test_truncated_or_absent_file_is_refused(tmp_path: Path, length: int) -> None:
    path = written(tmp_path, label())
    path.write_bytes(path.read_bytes()[:length])
    with refused(path, DAMAGED):
        read_clip(path)
    path.unlink()
    with refused(path, DAMAGED):
        read_clip(path)


def test_folder_without_labels_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a1_s1_t1_skeleton.mat").touch()
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UserError, match="holds no labels of Penn Action"):
            IMPORTER.open(folder)
