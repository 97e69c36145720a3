"""`stf data build-default` as a person starts it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from conftest import Command

from calibration.everyday.merge import MERGED
from stf.datasets.clip import Clip
from stf.datasets.store import write_store
from stf.skeleton import NTU25


def test_what_is_missing_is_said_in_a_sentence_and_nothing_is_left(stf: Command, tmp_path: Path) -> None:
    (tmp_path / "data" / "utd_mhad").mkdir(parents=True)
    sentence = stf("data", "build-default", "data", "-o", "out").sentence
    assert "data lacks hdm05_11, precog16, ui_prmd, cmu_subset" in sentence
    assert not list(tmp_path.glob("out/*"))


def test_a_file_where_the_folder_should_be_stays_as_it_is(stf: Command, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("somebody's notes")
    assert "out/clean cannot be written" in stf("data", "build-default", "data", "-o", "out").sentence
    assert (tmp_path / "out").read_text() == "somebody's notes"


def test_without_shots_there_is_nothing_to_make_stores_of(stf: Command, tmp_path: Path) -> None:
    clip = Clip(np.ones((1, 30, 25, 3), np.float32), 30, NTU25, label=0, subject=101, name="a")
    write_store(tmp_path / "out" / "clean", MERGED, [clip])
    assert "out/shots holds no shots" in stf("data", "build-default", "data", "-o", "out", "--rounds", 0).sentence
    assert not (tmp_path / "out" / "seen").exists()


def test_clean_clips_of_another_list_of_labels_are_refused(stf: Command, tmp_path: Path) -> None:
    clip = Clip(np.ones((1, 30, 25, 3), np.float32), 30, NTU25, label=0, subject=101, name="a")
    write_store(tmp_path / "out" / "clean", replace(MERGED, classes=("wave",)), [clip])
    sentence = stf("data", "build-default", "data", "-o", "out").sentence
    assert "out/clean has other labels than this program; remove it, and it is made anew" in sentence
