"""Walking through the clips of a dataset: from a confusion, and by where two models differ."""

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt needs libraries of the system that are not here", exc_type=ImportError
)

from conftest import Command
from inspecting import Inspecting
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot
from test_data import write_clip
from untrained import write_random

from apps.engine import Engine
from stf.comparison import ask_clips, compare
from stf.datasets import open_corpus
from stf.datasets.nucla import CLASSES
from stf.recogniser import Recogniser
from stf.skeleton import KINECT20

Maker = Callable[..., Inspecting]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three classes by three subjects before one camera; one clip more is broken."""
    for subject in (1, 2, 3):
        for label in (1, 5, 6):
            write_clip(tmp_path / "data", f"a{label:02}_s{subject:02}_e00_v03", 12 + 9 * subject * label, label=label)
    return tmp_path / "data"


@pytest.fixture
def models(tmp_path: Path) -> tuple[Path, Path]:
    return write_random(tmp_path / "one.safetensors", KINECT20, CLASSES), write_random(
        tmp_path / "two.safetensors", KINECT20, CLASSES, seed=1
    )


def name_of(inspecting: Inspecting) -> str:
    return inspecting.inspector.subject.name


def test_clips_of_which_two_models_say_different_things_are_listed_and_walked_through(
    make_inspecting: Maker, data: Path, models: tuple[Path, Path], qtbot: QtBot
) -> None:
    (data / "a01_s09_e00_v03.json").write_text("{")
    inspecting = make_inspecting(Engine(models[0], "cpu"))
    listing, panel = inspecting.inspector.listing, inspecting.window.clips
    inspecting.open(data)
    inspecting.trigger("differ")
    inspecting.wait(lambda: "no two models" in inspecting.window.banner.text)
    inspecting.inspector.rival.choose(str(models[1]))
    inspecting.wait(lambda: inspecting.inspector.rival.asking.answer is not None)
    inspecting.trigger("differ")
    inspecting.wait(lambda: listing.share == 1.0)
    clips = [entry.read() for entry in open_corpus(data).entries if "s09" not in entry.name]
    truths = [CLASSES[clip.label] for clip in clips]
    asked = [ask_clips(Recogniser.load(model, device="cpu"), model.stem, clips, truths) for model in models]
    assert listing.comparison.verdicts == compare(asked).verdicts
    assert listing.broken == 1
    assert "1 broken" in panel.said.text()
    names = [verdict.name for verdict in listing.comparison.differing]
    assert len(names) > 2
    assert [panel.table.item(row, 0).text() for row in range(panel.table.rowCount())] == names
    panel.table.setCurrentCell(1, 0)
    qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    inspecting.wait(lambda: name_of(inspecting) == names[1])
    inspecting.trigger("next_listed")
    inspecting.wait(lambda: name_of(inspecting) == names[2])
    inspecting.trigger("last_listed")
    inspecting.wait(lambda: name_of(inspecting) == names[1])
    assert panel.table.currentRow() == 1
    inspecting.wait(lambda: inspecting.inspector.rival.asking.answer is not None)


def test_a_cell_of_the_confusion_of_stf_evaluate_lists_its_clips(
    make_inspecting: Maker,
    data: Path,
    models: tuple[Path, Path],
    stf: Command,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert stf("evaluate", models[0], "--data", data, "-o", "results").code == 0
    table = tmp_path / "results" / "confusion.csv"
    inspecting = make_inspecting(Engine(models[0], "cpu"))
    listing, panel = inspecting.inspector.listing, inspecting.window.clips
    inspecting.open(data)
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(table)], ""))
    inspecting.trigger("results")
    inspecting.wait(lambda: listing.comparison is not None)
    assert inspecting.window.actions_by_name["clips"].isChecked()
    counts = {row.split(",")[0]: row.split(",")[1:] for row in table.read_text().splitlines()}
    found = listing.comparison
    row, column = next(
        (row, column)
        for row, column in zip(*found.confusion.nonzero(), strict=True)
        if found.confusion[row, column] > 1
    )
    truth, label = found.classes[row], found.classes[column]
    area = panel.matrix._area(row, column).center().toPoint()
    qtbot.mouseClick(panel.matrix, Qt.MouseButton.LeftButton, pos=QPoint(area.x(), area.y()))
    assert len(listing.listed) == int(counts[truth][CLASSES.index(label)])
    assert all(verdict.truth == truth and verdict.said == (label,) for verdict in listing.listed)
    assert panel.kind.currentText() == f"true {truth}, said {label} ({len(listing.listed)})"
    names = [verdict.name for verdict in listing.listed]
    inspecting.trigger("next_listed")
    inspecting.wait(lambda: name_of(inspecting) in names)
    before = name_of(inspecting)
    inspecting.trigger("next_listed")
    inspecting.wait(lambda: name_of(inspecting) == names[(names.index(before) + 1) % len(names)])
    qtbot.keyClick(panel.matrix, Qt.Key.Key_Right)
    assert "true" in panel.pointed.text()
    qtbot.keyClick(panel.matrix, Qt.Key.Key_Return)
    assert listing.choice.truth == truth


def test_results_that_are_of_no_use_here_are_said(
    make_inspecting: Maker, data: Path, models: tuple[Path, Path], stf: Command, tmp_path: Path
) -> None:
    assert stf("evaluate", models[0], "--data", data, "-o", "results").code == 0
    inspecting = make_inspecting(Engine(models[0], "cpu"))
    listing, banner = inspecting.inspector.listing, inspecting.window.banner
    inspecting.trigger("next_listed")
    inspecting.open(data)
    for path, words in ((tmp_path / "none", "here are no results"), (data, "here are no predictions")):
        listing.read([path])
        inspecting.wait(lambda words=words: words in banner.text)
    for file in data.glob("*s01*"):
        file.unlink()
    inspecting.open(data)
    listing.read([tmp_path / "results"])
    inspecting.wait(lambda: listing.comparison is not None)
    listing.wanted.emit("a01_s01_e00_v03")
    assert "'a01_s01_e00_v03' is not a clip of what is open" in banner.text
    assert inspecting.window.isVisible()
