from pathlib import Path

import numpy as np
import pytest
from anatomy import forward, in_ntu25, reach
from sentences import refused

from stf.datasets import open_corpus
from stf.datasets.clip import Clip
from stf.datasets.corpus import BrokenClipError, Corpus, OnBroken, Part, read_clips
from stf.datasets.precog import CLASSES, FPS, IMPORTER, NO_STRIKE, read_pauses, read_segment, read_stream
from stf.errors import UserError
from stf.skeleton import KINECT20

HEADER = (
    "HipCenter; Spine; ShoulderCenter; Head; ShoulderLeft; ElbowLeft; WristLeft; HandLeft; ShoulderRight; ElbowRight; "
    "WristRight; HandRight; HipLeft; KneeLeft; AnkleLeft; FootLeft; HipRight; KneeRight; AnkleRight; FootRight"
)
"""The first line of every file, as published."""


@pytest.fixture(scope="module")
def corpus(precog: Path) -> Corpus:
    return open_corpus(precog)


@pytest.fixture(scope="module")
def clips(corpus: Corpus) -> list[Clip]:
    """The segments of one stream in four, that of subject 9 or 10 among them."""
    streams = {f"Seq{sequence}_{subject}" for sequence in range(1, 7) for subject in (1, 4, 9, 12)}
    return [entry.read() for entry in corpus.entries if entry.name.partition("[")[0] in streams]


# The real files


def test_the_dataset_has_363_segments_of_which_ten_show_nobody(corpus: Corpus) -> None:
    assert len(corpus.entries) == len({entry.name for entry in corpus.entries}) == 363
    odd = sum(int(entry.name.partition("[")[0].partition("_")[2]) % 2 for entry in corpus.entries)
    assert (odd, 363 - odd) == (181, 182)
    empty = [entry for entry in corpus.entries if entry.name.startswith(("Seq2_10[", "Seq4_10["))]
    assert len(empty) == 10
    for entry in empty:
        with pytest.raises(BrokenClipError, match="shows nobody"):
            entry.read()


def test_left_is_at_negative_x_when_a_strike_begins_and_people_look_at_the_sensor(clips: list[Clip]) -> None:
    facing = []
    for clip in clips:
        track = in_ntu25(clip)
        facing.append(track["left_shoulder"][0, 0] < track["right_shoulder"][0, 0] and forward(track)[0, 2] < 0)
        assert track["head"][0, 1] > track["spine_base"][0, 1] + 0.4, clip.name
        assert 1.5 < track["spine_base"][0, 2] < 4, clip.name
    assert np.mean(facing) > 0.95


@pytest.mark.parametrize("name", [name for name in CLASSES if "left" in name or "right" in name])
def test_a_strike_is_done_with_the_limb_in_its_name(clips: list[Clip], name: str) -> None:
    side, other = ("left", "right") if "left" in name else ("right", "left")
    tip = "hand" if "punch" in name else "ankle"
    strikes = [clip for clip in clips if CLASSES[clip.label] == name and clip.joints.shape[1] > 10]
    assert len(strikes) >= 10
    assert np.mean([reach(clip, f"{side}_{tip}") > reach(clip, f"{other}_{tip}") for clip in strikes]) > 0.8


def test_pauses_between_strikes_are_half_a_second_and_longer_and_have_no_label(precog: Path) -> None:
    pauses = list(read_pauses(precog))
    assert len(pauses) == 113
    assert all(pause.label == NO_STRIKE and pause.seconds >= 0.6 for pause in pauses)
    assert {pause.subject for pause in pauses} == set(range(1, 13))


# Files written here


def numbered(frames: int) -> np.ndarray:
    """(T, 20, 3) whose every number is another one."""
    return np.arange(1.0, 1 + frames * 60).reshape(frames, 20, 3)


def written(folder: Path, labels: list[int], joints: np.ndarray | None = None, name: str = "Seq3_7.csv") -> Path:
    rows = zip(numbered(len(labels)) if joints is None else joints, labels, strict=True)
    lines = [";".join([*(" ".join(map(str, joint)) for joint in row), str(label)]) for row, label in rows]
    (folder / name).write_text("\n".join([HEADER, *lines]) + "\n")
    return folder / name


def test_the_columns_are_those_of_kinect_v1() -> None:
    kinect = {"HipCenter": "spine_base", "Spine": "spine_mid", "ShoulderCenter": "spine_shoulder", "Head": "head"}
    for column, joint in zip(HEADER.split("; "), KINECT20.joints, strict=True):
        side = "left" if column.endswith("Left") else "right"
        assert joint == kinect.get(column, f"{side}_{column.removesuffix(side.title()).lower()}")


def test_a_clip_is_a_run_of_one_strike_and_bears_stream_and_frames_in_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "CSV"
    folder.mkdir()
    path = written(folder, [0, 1, 1, 0, 0, 4, 4, 4, 8])
    written(folder, [2], name="Seq3_10.csv")
    for place in (tmp_path, folder):
        corpus = open_corpus(place)
        clips = list(read_clips(corpus))
        assert [clip.name for clip in clips] == ["Seq3_7[1:3]", "Seq3_7[5:8]", "Seq3_7[8:9]", "Seq3_10[0:1]"]
        assert [CLASSES[clip.label] for clip in clips] == [
            *("right punch", "front left kick", "elbow strike", "left punch")
        ]
        assert [clip.subject for clip in clips] == [7, 7, 7, 10]
        assert list(map(corpus.split("cross-subject"), clips)) == [Part.TRAIN] * 3 + [Part.TEST]
    assert clips[1].fps == FPS
    assert clips[1].joints.dtype == np.float32
    assert np.array_equal(clips[1].joints[0], numbered(9)[5:8].astype(np.float32))
    assert np.array_equal(read_segment(path, 5, 8).joints, clips[1].joints)


def test_a_stream_is_read_whole_with_the_label_of_every_frame(tmp_path: Path) -> None:
    joints = numbered(5)
    joints[2] = 0
    clip, labels = read_stream(written(tmp_path, [0, 1, 1, 0, 8], joints))
    assert (clip.name, clip.label, clip.subject) == ("Seq3_7", -1, 7)
    assert labels.tolist() == [NO_STRIKE, 0, 0, NO_STRIKE, 7]
    assert np.isnan(clip.joints[0, 2]).all()
    assert np.isnan(clip.joints).sum() == 60


def test_a_broken_stream_does_not_hide_the_others(tmp_path: Path) -> None:
    written(tmp_path, [1, 1])
    (tmp_path / "Seq1_1.csv").write_text(HEADER)
    written(tmp_path, [3], np.zeros((1, 20, 3)), "Seq1_2.csv")
    corpus = open_corpus(tmp_path)
    said: list[BrokenClipError] = []
    clips = read_clips(corpus, on_broken=OnBroken.SKIP, report=said.append)
    assert [clip.name for clip in clips] == ["Seq3_7[0:2]"]
    assert "Seq1_1.csv is empty" in str(said[0])
    assert "Seq1_2.csv shows nobody" in str(said[1])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda _: "", "empty or no stream"),
        (lambda _: HEADER, "empty or no stream"),
        (lambda text: text[len(HEADER) :], "empty or no stream"),
        (lambda text: text[:-200], "without 20 joints"),
        (lambda text: text[:-2] + "9\n", "label '9'; 0 to 8"),
        (lambda text: text[:-2] + "\n", "label ''"),
        (lambda text: text.replace("1.0 2.0 3.0", "1.0 2.0"), "without 20 joints of 3"),
        (lambda text: text.replace("1.0 2.0 3.0", "1.0 2.0 x"), "without 20 joints of 3"),
        (lambda text: text.replace("1.0 2.0 3.0", "1.0 2.0 nan"), "not finite"),
    ],
)
def test_damaged_stream_is_refused(tmp_path: Path, change, reason: str) -> None:
    path = written(tmp_path, [0, 1])
    path.write_text(change(path.read_text()))
    with refused(path, reason):
        read_stream(path)


def test_what_is_no_stream_is_refused(tmp_path: Path) -> None:
    other, absent, binary = (tmp_path / name for name in ("notes.csv", "Seq1_1.csv", "Seq1_2.csv"))
    other.write_text(HEADER)
    binary.write_bytes(bytes(range(256)))
    for path, reason in ((other, "not named"), (absent, "missing"), (binary, "damaged")):
        with refused(path, reason):
            read_stream(path)
    for folder in (tmp_path / "nowhere", tmp_path / "notes.csv"):
        with pytest.raises(UserError, match="holds no streams of PRECOG"):
            IMPORTER.open(folder)
