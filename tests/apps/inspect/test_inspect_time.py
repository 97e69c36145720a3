"""The inspector's one time: what is opened, and that picture, scores, focus and segments follow the cursor."""

import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt needs libraries of the system that are not here", exc_type=ImportError
)

from inspecting import Inspecting
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from apps.inspect.pictures import Pictures
from realtime.records import open_record
from realtime.sources import open_source

if TYPE_CHECKING:
    from conftest import Labelled

Maker = Callable[..., Inspecting]


def test_picture_scores_focus_and_segments_follow_one_cursor(inspecting: Inspecting) -> None:
    inspecting.cursor.go(2.0)
    inspecting.wait(lambda: bool(inspecting.painted) and abs(inspecting.painted[-1].time - 2.0) < 0.04)
    assert inspecting.painted[-1].picture.joints.keys() == {0}
    panel = inspecting.window.time
    assert panel.plot._cursor.value() == panel.timeline._moment == panel.focus._cursor == 2.0
    assert inspecting.inspector.segment.label == "clap"
    track = inspecting.asking.track
    assert abs(track.middles[inspecting.asking.window] - 2.0) <= 0.14
    inspecting.wait_for_answer()
    assert inspecting.asking.answer.scores == pytest.approx(track.scores[inspecting.asking.window], abs=1e-3)


def test_the_scores_of_an_answer_are_those_of_the_record(inspecting: Inspecting) -> None:
    track = inspecting.asking.track
    for window in (0, 4, len(track.start) - 1):
        inspecting.cursor.go(float(track.middles[window]))
        inspecting.wait_for_answer()
        assert inspecting.asking.answer.scores == pytest.approx(track.scores[window], abs=2e-3)


def test_a_drag_over_the_time_moves_the_cursor_and_one_with_shift_marks_a_span(inspecting: Inspecting) -> None:
    for widget in (inspecting.window.time.focus, inspecting.window.time.timeline):
        QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=QPoint(700, 8))
        assert inspecting.cursor.now == pytest.approx(widget.moment_at(700), abs=0.02)
        QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=QPoint(700, 8))
    viewport = inspecting.window.time.plot.viewport()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=QPoint(400, 40))
    assert inspecting.cursor.now == pytest.approx(inspecting.window.time.focus.moment_at(400), abs=0.05)
    inspecting.cursor.set_loop((1.0, 2.0))
    assert inspecting.window.time.timeline._loop == (1.0, 2.0)


def test_frames_are_stepped_and_segments_and_doubts_are_jumped_to(inspecting: Inspecting) -> None:
    inspecting.trigger("forward")
    assert inspecting.cursor.now == pytest.approx(1 / 30, abs=1e-3)
    inspecting.trigger("back")
    assert inspecting.cursor.now == 0
    starts = [segment.start for segment in inspecting.inspector.segments]
    for start in starts:
        inspecting.trigger("next_segment")
        assert inspecting.cursor.now == pytest.approx(start, abs=1e-6)
    inspecting.trigger("next_segment")
    assert "no later segment" in inspecting.said[-1].text
    inspecting.trigger("beginning")
    inspecting.trigger("next_doubt")
    track = inspecting.asking.track
    assert track.scores[track.nearest(inspecting.cursor.now)].max() < 0.6


def test_time_runs_in_a_loop_and_stands_still_at_the_end(inspecting: Inspecting) -> None:
    cursor = inspecting.cursor
    cursor.go(1.9)
    inspecting.trigger("loop")
    assert cursor.loop == (inspecting.inspector.segment.start, inspecting.inspector.segment.end)
    cursor.set_loop((1.0, 1.3))
    inspecting.trigger("play")
    seen = []
    cursor.moved.connect(lambda: seen.append(cursor.now))
    inspecting.wait(lambda: len(seen) > 5 and any(b < a for a, b in pairwise(seen)))
    assert all(1.0 <= moment <= 1.3 for moment in seen[2:])
    cursor.set_loop(None)
    cursor.go(cursor.end - 0.1)
    inspecting.wait(lambda: not cursor.playing)
    assert cursor.now == cursor.end


def test_pictures_come_in_any_order_as_they_come_in_a_row(labelled: "Labelled") -> None:
    with open_source(labelled.video) as source:
        frames = [(frame.time, frame.image[::8, ::8].copy()) for frame in source]
    pictures = Pictures(labelled.video)
    for number in (0, 1, 2, 60, 59, 170, 10, 100, 101, 20):
        found = pictures.at(frames[number][0] + 0.01)
        assert found.time == pytest.approx(frames[number][0], abs=1e-3)
        assert (found.image[::8, ::8] == frames[number][1]).all()
    assert pictures.at(1e6).time == pytest.approx(frames[-1][0], abs=1e-3)
    assert pictures.at(-1).time == 0
    pictures.close()


def test_who_is_where_is_kept_for_the_next_time(make_inspecting: Maker, labelled: "Labelled", tmp_path: Path) -> None:
    first = make_inspecting()
    first.open(labelled.folder / "short.stf.json")
    first.wait(lambda: any((tmp_path / "cache" / "inspect").glob("*/bodies.npz")))
    second = make_inspecting()
    second.open(labelled.folder / "short.stf.json")
    kept, found = second.inspector.subject, first.inspector.subject
    assert kept.bodies.complete
    assert (kept.skeletons(3.0)[0] == found.skeletons(3.0)[0]).all()
    np.testing.assert_array_equal(kept.windows(0, [2]), found.windows(0, [2]))


def test_a_video_is_opened_by_the_record_beside_it(
    make_inspecting: Maker, labelled: "Labelled", tmp_path: Path
) -> None:
    for path in (labelled.video, *labelled.folder.iterdir()):
        shutil.copy(path, tmp_path)
    inspecting = make_inspecting()
    inspecting.open(tmp_path / "short.mp4")
    assert inspecting.window.banner.text == ""  # though the record says where the video was, seen from there
    assert inspecting.inspector.subject.name == "short.mp4"


def test_a_video_that_moved_is_asked_for_and_another_one_is_refused(
    make_inspecting: Maker, labelled: "Labelled", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in labelled.folder.iterdir():
        shutil.copy(path, tmp_path)
    moved = Path(shutil.copy(labelled.video, tmp_path / "elsewhere.mp4"))
    other = tmp_path / "other.mp4"
    other.write_bytes(labelled.video.read_bytes()[:-1])
    inspecting = make_inspecting()
    inspecting.open(tmp_path / "short.stf.json")
    assert "say where it is" in inspecting.window.banner.text
    assert not inspecting.window.banner._button.isHidden()
    for choice, said in ((other, "another video"), (moved, "")):
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, choice=choice: (str(choice), ""))
        inspecting.until_opened(lambda: inspecting.trigger("find"))
        assert said in inspecting.window.banner.text
    inspecting.cursor.go(1.0)
    inspecting.wait(lambda: any(abs(shown.time - 1.0) < 0.04 for shown in inspecting.painted))
    assert inspecting.window.banner.text == ""


def test_a_record_without_landmarks_is_shown_and_says_what_it_lacks(
    make_inspecting: Maker, labelled: "Labelled", tmp_path: Path
) -> None:
    for path in labelled.folder.iterdir():
        if "poses" not in path.name:
            shutil.copy(path, tmp_path)
    inspecting = make_inspecting()
    inspecting.open(tmp_path / "short.stf.json", video=labelled.video)
    assert "--format npz" in inspecting.window.banner.text
    inspecting.wait(lambda: bool(inspecting.painted))
    assert len(inspecting.asking.track.start) == open_record(tmp_path / "short.stf.json").facts.windows.windows
    assert np.isfinite(inspecting.asking.volume.at(np.array([2.0]))).all()


@pytest.mark.parametrize(
    ("name", "said"), [("none.mp4", "is no file"), ("text.mp4", "text.mp4"), ("x.stf.json", "not a label")]
)
def test_what_cannot_be_opened_is_said_and_what_was_open_stays(
    inspecting: Inspecting, tmp_path: Path, name: str, said: str
) -> None:
    if name != "none.mp4":
        (tmp_path / name).write_text("nothing")
    before = inspecting.inspector.subject
    inspecting.open(tmp_path / name)
    assert said in inspecting.window.banner.text
    assert inspecting.inspector.subject is before
    assert inspecting.window.isVisible()
