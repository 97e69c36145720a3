"""Correcting labels in the inspector, and what is taken away from it."""

import csv
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt needs libraries of the system that are not here", exc_type=ImportError
)

from inspecting import Inspecting
from PySide6.QtQml import QJSEngine
from PySide6.QtWidgets import QFileDialog

from apps.inspect.labels_panel import LabelsPanel
from realtime.formats.segments_csv import read_segments
from realtime.opencv import cv2
from realtime.records import open_record
from realtime.records.corrections import Corrections
from stf.datasets import open_corpus

if TYPE_CHECKING:
    from conftest import Labelled

Maker = Callable[..., Inspecting]


@pytest.fixture
def own(make_inspecting: Maker, labelled: "Labelled", tmp_path: Path) -> Inspecting:
    """A copy of the labelled video, to be corrected."""
    folder = Path(shutil.copytree(labelled.folder, tmp_path / "labels"))
    shutil.copy(labelled.video, tmp_path / "short.mp4")
    inspecting = make_inspecting()
    inspecting.open(folder / "short.stf.json", video=tmp_path / "short.mp4")
    inspecting.window.tabs.setCurrentIndex(2)
    inspecting.wait(lambda: inspecting.asking.answer is not None)
    return inspecting


def panel_of(inspecting: Inspecting) -> LabelsPanel:
    return inspecting.window.labels


def kept(inspecting: Inspecting) -> Corrections:
    """What another program would find now."""
    return Corrections(open_record(inspecting.inspector.subject.record.path))


def test_a_label_and_a_boundary_are_corrected_everywhere_and_kept_beside_the_record(own: Inspecting) -> None:
    panel, path = panel_of(own), own.inspector.subject.record.path
    before = path.read_bytes()
    panel.table.selectRow(0)
    assert own.cursor.now == pytest.approx(own.inspector.segments[0].start, abs=1e-6)
    panel.label.setCurrentText("cross arms")
    own.cursor.go(2.5)
    panel.buttons["Ends here"].click()
    panel.note.setText("arms, not hands")
    panel.teach.setChecked(True)
    panel.buttons["Change"].click()
    segment = own.inspector.segments[0]
    assert (segment.label, segment.end, segment.confidence) == ("cross arms", pytest.approx(2.5), 1.0)
    assert own.window.time.timeline._span.segments[0].label == "cross arms"
    own.wait(lambda: kept(own).changed == 1)
    assert kept(own).every[0].note == "arms, not hands"
    assert path.read_bytes() == before
    panel.buttons["Undo"].click()
    assert own.inspector.segments[0].label == "clap"
    own.wait(lambda: kept(own).changed == 0)


def test_segments_are_added_and_removed_and_come_back_when_the_record_is_opened_again(
    own: Inspecting, make_inspecting: Maker, tmp_path: Path
) -> None:
    panel = panel_of(own)
    count = len(own.inspector.segments)
    panel.label.setCurrentText("my own action")
    panel.start.setValue(3.5)
    panel.end.setValue(4.25)
    panel.buttons["Add"].click()
    panel.table.selectRow(0)
    panel.buttons["Remove"].click()
    assert len(own.inspector.segments) == count
    own.wait(lambda: kept(own).changed == 2)
    again = make_inspecting()
    again.open(tmp_path / "labels" / "short.stf.json", video=tmp_path / "short.mp4")
    assert again.inspector.segments == own.inspector.segments
    assert "my own action" in [segment.label for segment in again.inspector.segments]


@pytest.mark.parametrize("button", ["Change", "Remove"])
def test_without_a_chosen_segment_it_is_said_that_there_is_none(own: Inspecting, button: str) -> None:
    panel_of(own).table.clearSelection()
    panel_of(own).end.setValue(1.0)
    panel_of(own).buttons[button].click()
    assert "o segment is chosen" in own.window.banner.text


def test_a_segment_that_ends_before_it_starts_is_refused(own: Inspecting) -> None:
    panel = panel_of(own)
    panel.start.setValue(2.0)
    panel.end.setValue(1.0)
    panel.buttons["Add"].click()
    assert "before it starts" in own.window.banner.text
    assert own.inspector.corrections.changed == 0


def test_corrected_labels_are_exported_and_those_to_learn_from_as_clips(
    own: Inspecting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (out := tmp_path / "out").mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(out))
    panel = panel_of(own)
    menu = {action.text(): action for action in panel.buttons["Export..."].menu().actions()}
    menu["clips to be learned from"].trigger()
    own.wait(lambda: "o segment is marked" in own.window.banner.text)
    panel.table.selectRow(0)
    panel.label.setCurrentText("cross arms")
    panel.teach.setChecked(True)
    panel.buttons["Change"].click()
    for name, written in (("csv", "short.segments.csv"), ("clips to be learned from", "short.clips")):
        menu[name].trigger()
        own.wait(lambda written=written: any(written in notice.text for notice in own.said))
    assert read_segments(out / "short.segments.csv")[0].label == "cross arms"
    corpus = open_corpus(out / "short.clips")
    (clip,) = [entry.read() for entry in corpus.entries]
    assert corpus.classes[clip.label] == "cross arms"


def test_a_side_file_that_cannot_be_written_is_said_and_nothing_is_lost(own: Inspecting) -> None:
    own.inspector.corrections.path.mkdir()
    panel = panel_of(own)
    panel.table.selectRow(0)
    panel.label.setCurrentText("cross arms")
    panel.buttons["Change"].click()
    own.wait(lambda: "cannot be written" in own.window.banner.text)
    assert own.inspector.segments[0].label == "cross arms"


def save(own: Inspecting, path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    said = len(own.said)
    own.trigger("figure")
    own.wait(lambda: len(own.said) > said)
    return path


def test_a_span_is_saved_as_figure_drawing_table_and_arrays(
    own: Inspecting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.cursor.set_loop((1.0, 3.0))
    assert cv2.imread(str(save(own, tmp_path / "a.png", monkeypatch))).shape[1] > 1500
    assert save(own, tmp_path / "a.svg", monkeypatch).read_text().lstrip().startswith("<?xml")
    with np.load(save(own, tmp_path / "a.npz", monkeypatch), allow_pickle=False) as arrays:
        focus, times = arrays["focus"][0], arrays["times"]
    assert times[[0, -1]] == pytest.approx([1.0, 3.0], abs=0.05)
    header, *rows = csv.reader(save(own, tmp_path / "a.csv", monkeypatch).read_text().splitlines())
    assert header[:2] == ["time", "spine_base"]
    np.testing.assert_allclose(np.array(rows, float)[:, 1:], focus, atol=1e-4)
    save(own, tmp_path / "a.doc", monkeypatch)
    assert "must end in" in own.window.banner.text


DOM = """
var elements = {};
var pen = new Proxy({}, {get: (o, n) => n in o ? o[n] : () => {}, set: (o, n, v) => { o[n] = v; return true; }});
var window = {devicePixelRatio: 1};
var document = {body: {}, getElementById: id => elements[id] = elements[id] || {getContext: () => pen}};
var getComputedStyle = () => ({color: "black"});
"""


def test_a_page_of_a_span_needs_nothing_outside_it_and_its_slider_goes_through_time(
    own: Inspecting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.cursor.go(2.0)
    page = save(own, tmp_path / "clap.html", monkeypatch).read_text(encoding="utf-8")
    assert not re.findall(r'(?:src|href)="(?!data:)[^"]', page)
    scripts = dict(re.findall(r'<script type="[a-z/]+" id="(\w+)">(.*?)</script>', page, re.DOTALL))
    code = re.search(r"<script>(.*?)</script>", page, re.DOTALL)[1]
    data = json.loads(scripts["data"])
    segment = own.inspector.segment
    assert data["times"][0] == pytest.approx(segment.start, abs=0.05)
    assert np.array(data["focus"]).shape == (len(data["times"]), 25)
    assert len(data["pictures"]) > 10
    engine = QJSEngine()
    fill = "".join(
        f"document.getElementById({json.dumps(k)}).textContent = {json.dumps(v)};" for k, v in scripts.items()
    )
    result = engine.evaluate(f"{DOM}{fill}{code}; slider.value = 30; slider.oninput(); elements.now.textContent")
    assert not result.isError(), result.toString()
    assert result.toString() == f"{data['times'][30]:.2f} s"
    assert engine.evaluate("elements.picture.src").toString().startswith("data:image/jpeg;base64,")


def test_a_clip_of_a_dataset_is_saved_but_its_label_is_not_corrected(
    make_inspecting: Maker, utd_mhad: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspecting = make_inspecting()
    inspecting.open(utd_mhad, "a1_s2_t1")
    inspecting.wait_for_answer()
    assert not panel_of(inspecting).isEnabled()
    page = save(inspecting, tmp_path / "clip.html", monkeypatch).read_text(encoding="utf-8")
    assert '"pictures": []' in page
