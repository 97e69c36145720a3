"""What the model looks at on average: over a segment, over a video, over a class of a dataset."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt needs libraries of the system that are not here", exc_type=ImportError
)

from inspecting import Inspecting
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from viewing import RecordedEngine

from apps.inspect.data import Why
from stf.datasets import open_corpus
from stf.datasets.corpus import Part, find_split, read_clips
from stf.explanation import Question, average, explain
from stf.recogniser import Recogniser

Maker = Callable[..., Inspecting]


def test_the_mean_over_a_segment_is_what_the_library_says_of_it(inspecting: Inspecting) -> None:
    inspecting.cursor.go(2.0)
    inspecting.wait_for_answer()
    inspecting.trigger("mean_span")
    panel, segment = inspecting.window.mean, inspecting.inspector.segment
    inspecting.wait(lambda: panel.mean is not None)
    assert inspecting.window.tabs.currentWidget().widget() is panel
    clip = inspecting.inspector.subject.span(0, segment.start, segment.end)
    found = explain(Recogniser.load(device="cpu"), clip, Question())
    np.testing.assert_allclose(panel.mean.found.focus, found.focus, atol=1e-4)
    assert f"{segment.start:.1f} to {segment.end:.1f} s" in panel.said.text()


def test_the_mean_over_a_video_waits_for_all_windows_and_can_be_cancelled(inspecting: Inspecting) -> None:
    panel = inspecting.window.mean
    inspecting.asking.wonder(Why("clap", "wave"))
    inspecting.trigger("mean_all")
    inspecting.wait(lambda: "short.mp4" in inspecting.window.progress.text)
    inspecting.trigger("cancel")
    inspecting.wait(inspecting.window.progress.isHidden)
    assert panel.mean is None
    inspecting.trigger("mean_all")
    inspecting.wait(lambda: panel.mean is not None)
    count = len(inspecting.asking.track.start)
    assert f"{count} windows of short.mp4" in panel.said.text()
    found, volume = panel.mean.found, inspecting.asking.volume
    assert found.focus.max() == pytest.approx(1)
    probable = inspecting.asking.track.scores[:, found.classes.index("clap")]
    mean = np.average(volume._table["focus"] / 255, axis=0, weights=probable)
    np.testing.assert_allclose(found.focus[0], mean / mean.max(), atol=1e-3)
    assert np.isfinite(found.joints).any()
    shown = float(re.search(r"at (\d+\.\d) s", found.name)[1])
    clap = next(segment for segment in inspecting.inspector.segments if segment.label == "clap")
    assert clap.start - 2 < shown < clap.end


@pytest.fixture
def few(utd_mhad: Path, tmp_path: Path) -> Path:
    """Twelve clips of UTD-MHAD: two subjects of the test side and one of the other, two actions, two times."""
    names = {f"a{action}_s{subject}_t{time}" for action in (3, 4) for subject in (1, 2, 4) for time in (1, 2)}
    folder = tmp_path / "UTD-MHAD"
    for path in utd_mhad.rglob("*.mat"):
        if path.name.split("_skeleton")[0] in names:
            target = folder / path.relative_to(utd_mhad)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(path)
    return folder


def test_the_mean_over_a_class_is_over_its_clips_of_the_test_side_and_is_saved_as_a_film(
    make_inspecting: Maker, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recogniser = Recogniser.load("utd-mhad-27", device="cpu")
    inspecting = make_inspecting(RecordedEngine("utd-mhad-27", "cpu", loaded=recogniser))
    inspecting.open(few, "a3_s2_t1")
    inspecting.wait_for_answer()
    inspecting.trigger("mean_class")
    panel = inspecting.window.mean
    inspecting.wait(lambda: panel.mean is not None)
    corpus = open_corpus(few)
    split, side = find_split(corpus, None)
    clips = [clip for clip in read_clips(corpus) if corpus.classes[clip.label] == "wave" and side(clip) is Part.TEST]
    assert len(clips) == 4
    expected = average([explain(recogniser, clip, Question("wave")) for clip in clips])
    np.testing.assert_allclose(panel.mean.found.focus, expected.focus, atol=1e-4)
    assert panel.mean.found.name == expected.name
    for words in ("4 clips of 'wave'", split, expected.name):
        assert words in panel.said.text()
    QTest.mousePress(panel.focus, Qt.MouseButton.LeftButton, pos=QPoint(panel.focus.width() - 1, 40))
    assert panel.focus._cursor == pytest.approx(100)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "wave.gif"), ""))
    panel.buttons["Save..."].click()
    inspecting.wait((tmp_path / "wave.gif").exists)


def test_the_mean_over_a_class_can_be_cancelled_and_ends_with_the_window(make_inspecting: Maker, few: Path) -> None:
    recogniser = Recogniser.load("utd-mhad-27", device="cpu")
    inspecting = make_inspecting(RecordedEngine("utd-mhad-27", "cpu", loaded=recogniser))
    inspecting.open(few, "a3_s2_t1")
    inspecting.wait_for_answer()
    for end in (inspecting.window.progress.button.click, inspecting.window.close):
        inspecting.trigger("mean_class")
        inspecting.wait(lambda: bool(inspecting.window.progress.text))
        end()
    assert inspecting.inspector.join(10)
    assert inspecting.window.mean.mean is None


def test_a_video_has_no_clips_of_a_class_which_is_said(inspecting: Inspecting) -> None:
    inspecting.trigger("mean_class")
    assert "nly a dataset has clips of a class" in inspecting.window.banner.text
