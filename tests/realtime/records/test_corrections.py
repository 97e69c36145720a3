"""Corrections of a record: a side file that is added to, line by line."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from data.records import SEGMENTS, make_record, save_record

from realtime.formats.segments_csv import FORMAT, read_segments
from realtime.records import Record
from realtime.records.corrections import Corrections
from stf.errors import UserError
from stf.prediction import Segment


@pytest.fixture
def record(tmp_path: Path) -> Record:
    record = make_record(tmp_path / "walk.stf.json")
    save_record(record)
    return record


def change(corrections: Corrections, number: int, **what: object) -> None:
    one = next(one for one in corrections.every if one.number == number)
    corrections.append(corrections.put(one.model_copy(update=what)))()


def test_without_corrections_the_segments_are_those_of_the_record(record: Record) -> None:
    corrections = Corrections(record)
    assert corrections.segments == sorted(SEGMENTS, key=lambda one: (one.start, one.person))
    assert corrections.changed == 0
    assert not corrections.path.exists()


def test_what_was_corrected_is_there_again_and_the_record_is_left_alone(record: Record) -> None:
    before = record.path.read_bytes()
    corrections = Corrections(record)
    change(corrections, 0, label="clap", end=1.25, confidence=1.0, note="not a wave", teach=True)
    corrections.append(corrections.add(0, {"start": 6.0, "end": 7.0, "label": "jog"}))()
    change(corrections, 1, gone=True)
    again = Corrections(record)
    assert again.every == corrections.every
    assert again.segments[0] == Segment(0.0, 1.25, 0, "clap", 1.0)
    assert [one.note for one in again.every if one.note] == ["not a wave"]
    assert len(again.segments) == len(SEGMENTS)
    assert again.changed == 3
    assert record.path.read_bytes() == before


def test_changes_are_undone_one_by_one_and_so_they_are_after_reopening(record: Record) -> None:
    corrections = Corrections(record)
    change(corrections, 0, label="clap")
    change(corrections, 0, label="jog")
    corrections.append(corrections.add(0, {"start": 6.0, "end": 7.0, "label": "jog"}))()
    for _ in range(3):
        corrections.append(corrections.undo())()
    assert corrections.undo() is None
    assert corrections.segments == Corrections(record).segments == list(Corrections(record).record().segments)
    assert [one.label for one in corrections.segments] == [one.label for one in sorted(SEGMENTS, key=lambda s: s.start)]


def test_a_line_that_was_not_finished_is_left_out(record: Record) -> None:
    corrections = Corrections(record)
    change(corrections, 0, label="clap")
    change(corrections, 0, label="jog")
    corrections.path.write_bytes(corrections.path.read_bytes()[:-20])
    assert Corrections(record).segments[0].label == "clap"


def test_after_an_unfinished_line_more_can_be_added(record: Record) -> None:
    corrections = Corrections(record)
    change(corrections, 0, label="clap")
    change(corrections, 0, label="jog")
    corrections.path.write_bytes(corrections.path.read_bytes()[:-20])
    again = Corrections(record)
    change(again, 3, label="jog")
    assert [one.label for one in Corrections(record).segments if one.start in (0.0, 4.001)] == ["clap", "jog"]


@pytest.mark.parametrize(("content", "said"), [("nothing\n", "line 1"), ('{"number": 0}\n', "line 1")])
def test_what_is_no_file_of_corrections_is_said(record: Record, content: str, said: str) -> None:
    Corrections(record).path.write_text(content)
    with pytest.raises(UserError, match=said):
        Corrections(record)


def test_corrections_of_another_record_are_refused(record: Record) -> None:
    corrections = Corrections(record)
    change(corrections, 0, label="clap")
    corrections.path.write_text(corrections.path.read_text().replace("0123456789abcdef", "f" * 16))
    with pytest.raises(UserError, match="another record"):
        Corrections(record)


def test_corrected_labels_are_exported_and_only_those_to_learn_from_where_asked(record: Record, tmp_path: Path) -> None:
    corrections = Corrections(record)
    change(corrections, 0, label="clap", teach=True)
    FORMAT.write(corrections.record(), tmp_path / "all.csv", lambda: None)
    FORMAT.write(corrections.record(taught=True), tmp_path / "some.csv", lambda: None)
    assert len(read_segments(tmp_path / "all.csv")) == len(SEGMENTS)
    assert [one.label for one in read_segments(tmp_path / "some.csv")] == ["clap"]


KILLED = """
import sys, time
from pathlib import Path
from realtime.records import open_record
from realtime.records.corrections import Corrections
corrections = Corrections(open_record(Path(sys.argv[1])))
for number in range(1000):
    one = corrections.every[0]
    corrections.append(corrections.put(one.model_copy(update={"note": str(number)})))()
    print(number, flush=True)
    time.sleep(0.02)
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_kill_loses_nothing_that_was_written(record: Record) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(record.path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    seen = [int(process.stdout.readline()) for _ in range(10)]
    time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = int(Corrections(record).every[0].note)
    assert kept >= seen[-1]
