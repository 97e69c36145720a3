"""`stf evaluate --against`: records compared with labels that people made."""

import csv
from pathlib import Path

import pytest
from conftest import Command, names
from data.records import make_record, save_record, video_facts

from realtime.formats import FORMATS
from realtime.opencv import cv2
from stf.prediction import Segment

FOUND = (Segment(0.0, 1.0, 0, "wave", 0.9), Segment(1.0, 2.0, 0, "jog", 0.8))
TRUE = (Segment(0.0, 1.0, 0, "wave", 1.0), Segment(1.0, 2.0, 0, "clap", 1.0), Segment(2.0, 3.0, 0, "jog", 1.0))


def record(folder: Path, name: str = "walk", segments: tuple[Segment, ...] = FOUND) -> Path:
    folder.mkdir(exist_ok=True)
    return save_record(make_record(folder / f"{name}.stf.json", segments, video=video_facts(frames=301)))


def labels(path: Path, segments: tuple[Segment, ...] = TRUE) -> Path:
    form = FORMATS[path.suffix[1:]]
    form.write(make_record(path.with_suffix(".stf.json"), segments), path, lambda: None)
    return path


def figures(table: str, video: str) -> list[float]:
    row = next(line for line in table.splitlines() if f" {video} " in line)
    return [float(cell) for cell in row.split("│")[2:-1]]


@pytest.mark.parametrize("kind", ["eaf", "csv", "srt", "vtt"])
def test_what_a_person_corrected_is_compared_with_the_record(kind: str, stf: Command, tmp_path: Path) -> None:
    """One of two is right and three were to be found: F1 2/5; orders w j and w c j; 2 of 3 s."""
    true = labels(tmp_path / f"true.{kind}")
    outcome = stf("evaluate", record(tmp_path / "out"), "--against", true)
    assert (outcome.code, outcome.err) == (0, "")
    assert figures(outcome.out, "walk") == pytest.approx([40.0, 40.0, 40.0, 66.7, 100 / 3], abs=0.5)


def test_tables_and_a_picture_of_the_confusion_are_written(stf: Command, tmp_path: Path) -> None:
    assert stf("evaluate", record(tmp_path / "out"), "--against", labels(tmp_path / "t.csv"), "-o", "figures").code == 0
    assert names(tmp_path / "figures") == {"segments.csv", "confusion.csv", "confusion.png"}
    rows = list(csv.reader((tmp_path / "figures" / "confusion.csv").read_text().splitlines()))
    assert rows[0] == ["true \\ said", "clap", "jog", "wave", "none of these"]
    assert rows[1] == ["clap", "0", "100", "0", "0"]
    assert rows[2] == ["jog", "0", "0", "0", "100"]
    assert rows[3] == ["wave", "0", "0", "100", "0"]
    assert cv2.imread(str(tmp_path / "figures" / "confusion.png")) is not None
    header, walk, whole = csv.reader((tmp_path / "figures" / "segments.csv").read_text().splitlines())
    assert header == ["video", "f1_10", "f1_25", "f1_50", "edit", "accuracy"]
    assert walk[1:] == whole[1:]


def test_several_records_find_their_labels_in_a_folder(stf: Command, tmp_path: Path) -> None:
    one, two = record(tmp_path / "out"), record(tmp_path / "out", "run", TRUE)
    (tmp_path / "true").mkdir()
    labels(tmp_path / "true" / "walk.eaf")
    labels(tmp_path / "true" / "run.srt")
    outcome = stf("evaluate", one, two, "--against", "true")
    assert outcome.code == 0
    assert figures(outcome.out, "run")[:4] == [100.0] * 4
    assert figures(outcome.out, "all")[0] == pytest.approx(100 * 8 / 11, abs=0.1)
    sentence = stf("evaluate", one, two, "--against", "true/walk.eaf").sentence
    assert "give a folder with those of every record's" in sentence
    labels(tmp_path / "true" / "run.vtt")
    assert "there is run.srt, run.vtt" in stf("evaluate", two, "--against", "true").sentence


def test_one_true_person_is_everybody_who_was_found(stf: Command, tmp_path: Path) -> None:
    """Somebody who left the picture and came back has two ids."""
    twice = (TRUE[0], Segment(1.0, 2.0, 1, "clap", 0.7), Segment(2.0, 3.0, 2, "jog", 0.7))
    outcome = stf("evaluate", record(tmp_path / "out", segments=twice), "--against", labels(tmp_path / "true.csv"))
    assert figures(outcome.out, "walk")[:4] == [100.0] * 4


def test_several_true_people_are_compared_one_by_one(stf: Command, tmp_path: Path) -> None:
    two = (TRUE[0], Segment(0.0, 1.0, 1, "clap", 1.0))
    swapped = (Segment(0.0, 1.0, 0, "clap", 1.0), Segment(0.0, 1.0, 1, "wave", 1.0))
    outcome = stf("evaluate", record(tmp_path / "out", segments=swapped), "--against", labels(tmp_path / "t.eaf", two))
    assert figures(outcome.out, "walk")[:4] == [0.0] * 4


def test_labels_that_the_recogniser_does_not_know_are_named(stf: Command, tmp_path: Path) -> None:
    true = labels(tmp_path / "true.csv", (Segment(0.0, 1.0, 0, "wvae", 1.0),))
    outcome = stf("evaluate", record(tmp_path / "out"), "--against", true)
    assert "its recogniser does not know wvae" in outcome.out


def test_what_cannot_be_compared_is_one_sentence(stf: Command, tmp_path: Path) -> None:
    one, true = record(tmp_path / "out"), labels(tmp_path / "true.csv")
    (tmp_path / "empty").mkdir()
    for arguments, said in (
        ((one,), "say what to measure on"),
        ((one, "--against", true, "--data", "x"), "give one of the two"),
        ((one, "--against", "none.csv"), "none.csv cannot be read"),
        ((one, "--against", "empty"), "empty must hold one file of labels of 'walk'"),
        ((true, "--against", true), "not a label record"),
        ((one, "--against", true, "-o", "empty"), "empty is there already"),
    ):
        assert said in stf("evaluate", *arguments).sentence
    assert names(tmp_path / "empty") == set()
