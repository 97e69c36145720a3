"""`stf data`: what it says about datasets, sound and broken, real and written here."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from conftest import Command, names

from realtime.opencv import cv2
from stf.datasets import open_corpus
from stf.datasets.corpus import read_clips
from stf.skeleton import KINECT20


def body() -> np.ndarray:
    """Somebody whose bones are 0.2 m long and point anywhere."""
    ways = np.random.default_rng(0).normal(size=(20, 3))
    ways *= 0.2 / np.linalg.norm(ways, axis=1, keepdims=True)

    def place(joint: int) -> np.ndarray:
        return (0, 0, 2) if joint == KINECT20.centre else place(KINECT20.parents[joint]) + ways[joint]

    return np.array([place(joint) for joint in range(20)])


def write_clip(folder: Path, name: str, frames: int = 20, *, label: int = 1, joints: np.ndarray | None = None) -> Path:
    """A clip of somebody who sways, as N-UCLA has them."""
    folder.mkdir(exist_ok=True)
    sway = 0.02 * np.sin(np.arange(frames) / 3)[:, None, None]
    joints = body() + sway if joints is None else joints
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"file_name": name, "skeletons": joints.round(4).tolist(), "label": label}))
    return path


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """Three good clips of two classes, subjects and views."""
    folder = tmp_path / "sound"
    write_clip(folder, "a01_s01_e00_v01", 15)
    write_clip(folder, "a01_s02_e00_v02", 30)
    write_clip(folder, "a12_s10_e00_v03", 60, label=10)
    return folder


@pytest.fixture
def damaged(sound: Path) -> Path:
    """The same with a clip broken in each way, and one that looks wrong."""
    text = write_clip(sound, "a02_s01_e00_v01").read_text()
    (sound / "a02_s01_e00_v01.json").write_text(text[: len(text) // 2])
    (sound / "a02_s01_e01_v01.json").touch()
    (sound / "a02_s01_e02_v01.json").mkdir()
    write_clip(sound, "a02_s01_e03_v01", 1)
    write_clip(sound, "a02_s01_e04_v01", joints=np.zeros((20, 20, 3)))
    write_clip(sound, "a02_s01_e05_v01", joints=np.full((20, 20, 3), np.nan))
    write_clip(sound, "a02_s01_e06_v01", joints=np.zeros((20, 19, 3)))
    write_clip(sound, "a02_s01_e07_v01", label=11)
    jump = np.tile(body(), (20, 1, 1))
    jump[7, KINECT20.index("left_hand")] += 5
    write_clip(sound, "a02_s01_e08_v01", joints=jump)
    return sound


REASONS = {
    "a02_s01_e00_v01": "is missing, damaged",
    "a02_s01_e01_v01": "is missing, damaged",
    "a02_s01_e02_v01": "is missing, damaged",
    "a02_s01_e03_v01": "has one frame only",
    "a02_s01_e04_v01": "every joint at zero",
    "a02_s01_e05_v01": "not finite",
    "a02_s01_e06_v01": r"shape \(20, 19, 3\)",
    "a02_s01_e07_v01": "has label 11",
}


def rows(table: str) -> dict[str, list[str]]:
    """The cells of the rows of all tables, by their first cell that has letters."""
    found = {}
    for line in table.splitlines():
        cells = [cell.strip() for cell in re.split("[│┃]", line)[1:-1]]
        for place, cell in enumerate(cells):
            if re.search("[a-z]", cell):
                found.setdefault(cell, cells[place + 1 :])
                break
    return found


# check


def test_a_sound_dataset_is_clean(stf: Command, sound: Path) -> None:
    outcome = stf("data", "check", sound)
    assert (outcome.code, outcome.out, outcome.err) == (0, "3 clips: 3 good, 0 suspicious, 0 broken\n", "")


def test_broken_clips_are_named_one_by_one_with_the_reason_and_suspicious_ones_told_apart(
    stf: Command, damaged: Path
) -> None:
    outcome = stf("data", "check", damaged)
    assert (outcome.code, outcome.err) == (1, "")
    *lines, suspicious, total = outcome.out.splitlines()
    assert len(lines) == len(REASONS)
    for line, (name, reason) in zip(lines, REASONS.items(), strict=True):
        assert re.match(f"broken: .*{name}.*{reason}", line)
    assert re.match("suspicious: clip 'a02_s01_e08_v01': .*bone.*; left_hand jumps by", suspicious)
    assert total == "12 clips: 3 good, 1 suspicious, 8 broken"


def test_what_is_suspicious_alone_is_not_broken(stf: Command, damaged: Path) -> None:
    for name in REASONS:
        path = damaged / f"{name}.json"
        path.rmdir() if path.is_dir() else path.unlink()
    outcome = stf("data", "check", damaged)
    assert outcome.code == 0
    assert outcome.out.endswith("4 clips: 3 good, 1 suspicious, 0 broken\n")


def test_copies_are_named_and_those_on_the_other_side_of_the_split_counted(stf: Command, sound: Path) -> None:
    first = json.loads((sound / "a01_s01_e00_v01.json").read_text())["skeletons"]
    for name in ("a01_s02_e00_v01", "a01_s02_e00_v03"):
        write_clip(sound, name, joints=np.array(first))
    outcome = stf("data", "check", sound)
    assert outcome.code == 0
    assert "'a01_s02_e00_v01': the same joints as 'a01_s01_e00_v01'\n" in outcome.out
    assert (
        "'a01_s02_e00_v03': the same joints as 'a01_s01_e00_v01', on the other side of split cross-view" in outcome.out
    )
    ending = "learned by heart: 1\n5 clips: 3 good, 2 suspicious, 0 broken\n"
    assert outcome.out.endswith(f"clips that are on both sides of split cross-view, to be {ending}")


# convert


def test_a_converted_dataset_says_the_same_about_itself_and_checks_clean(
    stf: Command, sound: Path, tmp_path: Path
) -> None:
    outcome = stf("data", "convert", sound, "-o", "out/store")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == f"3 clips of Northwestern-UCLA in {Path('out/store')}{os.sep}\n"
    assert names(tmp_path / "out") == {"store"}
    assert stf("data", "info", "out/store").out == stf("data", "info", sound).out
    assert stf("data", "check", "out/store").out == "3 clips: 3 good, 0 suspicious, 0 broken\n"


def test_a_broken_clip_ends_a_conversion_and_nothing_is_left(stf: Command, damaged: Path, tmp_path: Path) -> None:
    sentence = stf("data", "convert", damaged, "-o", "store").sentence
    assert "a02_s01_e00_v01" in sentence
    assert "--skip-broken" in sentence
    assert names(tmp_path) == {"sound"}


def test_what_a_conversion_leaves_out_is_named_and_the_rest_is_clean(
    stf: Command, damaged: Path, tmp_path: Path
) -> None:
    outcome = stf("data", "convert", damaged, "-o", "store", "--skip-broken")
    assert outcome.code == 0
    *broken, total = outcome.out.splitlines()
    assert len(broken) == len(REASONS)
    assert all(name in line for name, line in zip(REASONS, broken, strict=True))
    assert total.endswith(", 8 broken ones left out")
    assert [clip.name[-3:] for clip in read_clips(open_corpus(tmp_path / "store"))] == ["v01", "v02", "v01", "v03"]
    assert stf("data", "check", "store").code == 0


def test_the_layout_is_converted_where_that_is_wanted(stf: Command, sound: Path, tmp_path: Path) -> None:
    assert stf("data", "convert", sound, "-o", "store", "--layout", "ntu25").code == 0
    assert open_corpus(tmp_path / "store").layout.name == "ntu25"
    assert "ntu25: 25 joints" in stf("data", "info", "store").out


def test_nothing_is_overwritten(stf: Command, sound: Path, tmp_path: Path) -> None:
    stf("data", "convert", sound, "-o", "store")
    before = (tmp_path / "store" / "clips.npy").read_bytes()
    assert "store is there already" in stf("data", "convert", sound, "-o", "store").sentence
    assert "is there already" in stf("data", "convert", sound, "-o", sound).sentence
    assert (tmp_path / "store" / "clips.npy").read_bytes() == before


def test_a_full_disk_is_one_sentence_and_leaves_nothing(stf: Command, sound: Path, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="no system of POSIX")
    for number in range(60):
        write_clip(sound, f"a01_s03_e{number:02d}_v01", 60)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        sentence = stf("data", "convert", sound, "-o", "store").sentence
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "stf: store cannot be written" in sentence
    assert names(tmp_path) == {"sound"}


# info


def test_info_counts_clips_by_class_and_side_of_the_usual_split(stf: Command, sound: Path) -> None:
    outcome = stf("data", "info", sound)
    assert (outcome.code, outcome.err) == (0, "")
    said = rows(outcome.out)
    assert said["dataset"] == ["Northwestern-UCLA"]
    assert said["weights trained on it"] == ["stay here"]
    assert said["frames"] == ["15 to 60, median 30"]
    assert said["seconds"] == ["1.0 to 4.0, median 2.0"]
    assert (said["subjects"], said["cameras"]) == (["1-2, 10"], ["1-3"])
    assert "split cross-view" in outcome.out
    assert said["pick up with one hand"] == ["2", "2", "0", "1.5"]
    assert said["carry"] == ["1", "0", "1", "4.0"]
    assert said["throw"] == ["0", "0", "0", ""]
    assert said["all"] == ["3", "2", "1", ""]


def test_info_counts_by_the_split_asked_for(stf: Command, sound: Path) -> None:
    outcome = stf("data", "info", sound, "--split", "cross-subject")
    assert "split cross-subject" in outcome.out
    assert (
        "no split 'cross-eyed'; known are cross-view, cross-subject"
        in stf("data", "info", sound, "--split", "cross-eyed").sentence
    )


def test_info_counts_broken_clips_and_says_what_names_them(stf: Command, damaged: Path) -> None:
    outcome = stf("data", "info", damaged)
    assert outcome.code == 0
    assert rows(outcome.out)["clips"] == ["4, and 8 broken"]
    assert f"stf data check {damaged}" in outcome.out


def test_where_every_clip_is_broken_info_says_so(stf: Command, tmp_path: Path) -> None:
    write_clip(tmp_path / "bad", "a01_s01_e00_v01", 1)
    outcome = stf("data", "info", "bad", "--sheet", "sheet.png")
    assert outcome.code == 0
    assert rows(outcome.out)["clips"] == ["0, and 1 broken"]
    assert names(tmp_path) == {"bad"}
    assert "no clip of Northwestern-UCLA" in stf("data", "convert", "bad", "-o", "out", "--skip-broken").sentence


def test_the_contact_sheet_has_a_row_for_each_class_with_clips(stf: Command, sound: Path, tmp_path: Path) -> None:
    outcome = stf("data", "info", sound, "--sheet", "sheets/small.png")
    assert outcome.out.endswith(f"contact sheet in {Path('sheets/small.png')}\n")
    assert names(tmp_path / "sheets") == {"small.png"}
    one = cv2.imread(str(tmp_path / "sheets" / "small.png"))
    write_clip(sound, "a05_s01_e00_v01", label=5)
    stf("data", "info", sound, "--sheet", "sheets/small.png")
    two = cv2.imread(str(tmp_path / "sheets" / "small.png"))
    assert (two.shape[0] - one.shape[0]) * 2 == one.shape[0] - 48


def test_a_sheet_that_is_no_png_is_refused_before_any_work(stf: Command, sound: Path, tmp_path: Path) -> None:
    assert "must be a .png file" in stf("data", "info", sound, "--sheet", "sheet.gif").sentence
    assert names(tmp_path) == {"sound"}


# Bad input


@pytest.mark.parametrize("command", [["info"], ["check"], ["convert", "-o", "out"]])
def test_what_is_no_dataset_is_one_sentence(command: list[str], stf: Command, tmp_path: Path, sound: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    assert "no dataset nowhere" in stf("data", *command, "nowhere").sentence
    assert "no dataset of a known format" in stf("data", *command, "empty").sentence
    assert "no dataset of a known format" in stf("data", *command, "file").sentence
    assert "no dataset format 'ntu61'" in stf("data", *command, sound, "--format", "ntu61").sentence
    assert "holds no UTD-MHAD skeletons" in stf("data", *command, sound, "--format", "utd_mhad").sentence


def test_an_unknown_layout_and_one_that_does_not_fit_are_one_sentence(
    stf: Command, sound: Path, tmp_path: Path
) -> None:
    assert "no skeleton layout 'ntu52'" in stf("data", "convert", sound, "-o", "out", "--layout", "ntu52").sentence
    assert "no conversion" in stf("data", "convert", sound, "-o", "out", "--layout", "kinetics18").sentence
    assert names(tmp_path) == {"sound"}


def test_a_truncated_store_is_one_sentence(stf: Command, sound: Path, tmp_path: Path) -> None:
    stf("data", "convert", sound, "-o", "store")
    joints = tmp_path / "store" / "joints.npy"
    joints.write_bytes(joints.read_bytes()[:-4])
    for command in ("info", "check"):
        assert "convert the dataset again" in stf("data", command, "store").sentence


# The real files


def test_utd_mhad_is_clean_and_n_ucla_has_two_clips_of_one_frame_and_copies_across_its_split(
    stf: Command, utd_mhad: Path, nucla: Path
) -> None:
    outcome = stf("data", "check", utd_mhad)
    assert (outcome.code, outcome.out) == (0, "861 clips: 861 good, 0 suspicious, 0 broken\n")
    outcome = stf("data", "check", nucla)
    assert outcome.code == 1
    assert outcome.out.count("has one frame only") == outcome.out.count("broken: ") == 2
    assert "both sides of split cross-view, to be learned by heart: 94\n" in outcome.out
    assert outcome.out.endswith("1484 clips: 1367 good, 115 suspicious, 2 broken\n")


def test_utd_mhad_has_27_classes_of_16_training_and_test_clips_but_for_three(stf: Command, utd_mhad: Path) -> None:
    said = rows(stf("data", "info", utd_mhad).out)
    assert said["all"] == ["861", "431", "430", ""]
    assert said["draw x"][:3] == ["31", "15", "16"]
    assert said["weights trained on it"] == ["may be given away"]
