"""The page about a run, and the spans in it that a person should look at first."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from data.records import CLASSES, MOMENTS, make_record, settings, video_facts

from apps.batch.inputs import Failure, Video
from apps.batch.outcome import Done
from apps.batch.page import write_page
from apps.batch.unsure import unsure_spans
from realtime.records import Record
from realtime.records.hashing import hash_file
from realtime.records.schema import WindowFacts
from realtime.records.windows import WindowWriter
from stf.prediction import Prediction, Segment
from stf.skeleton import NTU25

STRIDE = settings().window.stride


def record_with(folder: Path, sure: dict[int, list[float]], segments: tuple[Segment, ...] = ()) -> Record:
    """A record in a folder whose windows are as sure as said, person by person."""
    windows = folder / "walk.stf.npz"
    writer = WindowWriter(windows, len(CLASSES), MOMENTS, NTU25.num_joints)
    for person, confidences in sure.items():
        for number, confidence in enumerate(confidences):
            scores = np.full(len(CLASSES), (1 - confidence) / (len(CLASSES) - 1), np.float32)
            scores[1] = confidence
            focus = np.zeros((MOMENTS, NTU25.num_joints), np.float32)
            end = (number + 1) * STRIDE + 1.0
            writer.write(Prediction(end - 2.0, end, person, scores, CLASSES[1], confidence, focus))
    writer.close()
    made = make_record(folder / "walk.stf.json", segments, video=video_facts(seconds=60.0))
    about = WindowFacts(
        file=windows.name, sha256=hash_file(windows), windows=sum(map(len, sure.values())), moments=MOMENTS
    )
    record = replace(made, facts=made.facts.model_copy(update={"windows": about}))
    record.path.write_text(record.facts.model_dump_json())
    return record


def test_unsure_spans_last_a_second_belong_to_one_person_and_come_worst_first(tmp_path: Path) -> None:
    sure, unsure = 0.9, 0.5
    record = record_with(
        tmp_path,
        {0: [sure] * 4 + [unsure] * 3 + [sure] * 2 + [unsure] * 6 + [sure], 1: [0.3] * 30},
    )
    worst, other = unsure_spans(record)
    assert (worst.person, worst.label) == (1, "clap")
    assert worst.confidence == pytest.approx(0.3)
    assert (worst.start, worst.end) == (pytest.approx(STRIDE / 2), pytest.approx(30.5 * STRIDE))
    assert other.person == 0
    assert other.end - other.start == pytest.approx(6 * STRIDE)
    assert other.doubt == pytest.approx(0.5 * 6 * STRIDE)


def test_the_page_holds_everything_in_itself_whatever_things_are_called(tmp_path: Path) -> None:
    segments = (Segment(1.0, 30.0, 0, "größer & <weiter>", 0.9), Segment(5.0, 6.0, 1, 'say "hi", twice', 0.4))
    record = record_with(tmp_path, {0: [0.2] * 10}, segments)
    odd = Video(tmp_path / "in & out" / "a <b> 'c'.mp4", Path("day 1/a <b> 'c'"))
    done = Done(odd, record.path, 60.0, 1800, 900, 2, segments, notes=("breaks off & <ends>",))
    empty = replace(done, segments=(), people=0, frames_with_people=0, notes=())
    failure = Failure(Path("in/<bad>.mp4"), "it is <not> a video & cannot be one")
    write_page(tmp_path / "report.html", [done, empty], [failure])
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    page = ET.fromstring(
        text.removeprefix("<!doctype html>\n")
        .replace('<meta charset="utf-8">', "")
        .replace('<meta name="viewport" content="width=device-width, initial-scale=1">', "")
        .replace("class=n", 'class="n"')
    )
    assert not [one for one in page.iter() if one.tag in {"script", "link", "img"} or "src" in one.attrib]
    words = " ".join(page.itertext())
    for said in (odd.name.name, failure.reason, "breaks off & <ends>", segments[0].label, "Not labelled", "2 people"):
        assert said in words
    links = [one.get("href") for one in page.iter("a")]
    assert f"in%20%26%20out/a%20%3Cb%3E%20%27c%27.mp4#t={STRIDE / 2:.1f}" in links
    timeline = next(one for one in page.iter("svg") if one.get("aria-label") == "timeline")
    boxes = [one for one in timeline.iter("rect") if one.get("fill-opacity")]
    assert [float(box.get("x")) for box in boxes] == [
        pytest.approx(1000 / 60, abs=0.1),
        pytest.approx(5000 / 60, abs=0.1),
    ]
    assert [float(box.get("y")) for box in boxes] == [0, 22]


def test_damaged_windows_are_said_and_the_page_is_written(tmp_path: Path) -> None:
    record = record_with(tmp_path, {0: [0.2] * 10})
    (tmp_path / "walk.stf.npz").write_bytes(b"no")
    done = Done(Video(tmp_path / "walk.mp4", Path("walk")), record.path, 60.0, 1800, 900, 2, ())
    write_page(tmp_path / "report.html", [done], [])
    assert "is damaged" in (tmp_path / "report.html").read_text()
