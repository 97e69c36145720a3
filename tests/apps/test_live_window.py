"""The window of `stf live` with the real pipeline behind it: what is kept, keys, cameras, every control."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest
from conftest import DEMO, Labelled, names

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt needs libraries of the system that are not here", exc_type=ImportError
)

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QDialog, QFileDialog, QInputDialog, QWidget
from viewing import Camera, Viewer, let_qt_work, move

from apps.live.actions import COMMANDS
from apps.live.events import (
    CameraFound,
    CamerasFound,
    Ended,
    Notice,
    Opened,
    Shown,
)
from apps.live.settings import load_settings
from realtime.formats.segments_csv import read_segments
from realtime.formats.windows_jsonl import read_predictions
from realtime.frames import Frame
from realtime.sources import open_source
from stf.prediction import Prediction

Maker = Callable[..., Viewer]


def test_what_is_recorded_can_be_watched_again_with_its_labels(
    make_viewer: Maker, labelled: Labelled, tmp_path: Path
) -> None:
    viewer = make_viewer()
    viewer.controller.open(str(labelled.video))
    viewer.wait_for(Shown)
    viewer.trigger("record")
    assert viewer.controller.recording
    viewer.wait_for(Ended)
    viewer.trigger("record")
    notice = viewer.wait_for(Notice)
    assert not notice.failed, notice
    (raw,) = [path for path in (tmp_path / "kept").glob("*.mp4") if "annotated" not in path.name]
    assert names(raw.parent) == {
        f"{raw.stem}{ending}" for ending in (".mp4", ".annotated.mp4", ".windows.jsonl", ".segments.csv")
    }
    windows = read_predictions(raw.with_suffix(".windows.jsonl"))
    assert 0 <= windows[0].start < 2
    assert "clap" in {segment.label for segment in read_segments(raw.with_suffix(".segments.csv"))}
    with open_source(raw) as again, open_source(raw.with_name(f"{raw.stem}.annotated.mp4")) as annotated:
        assert again.frame_count == annotated.frame_count > 100
    viewer.events.clear()
    viewer.controller.open(str(raw))
    viewer.wait_for(Shown)


def test_a_folder_that_cannot_be_written_is_said(running: Viewer, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file")
    running.trigger("record")
    running.wait(lambda: any(notice.failed for notice in running.all(Notice)))
    assert "kept" in running.window.banner.text
    assert not running.controller.recording
    assert running.window.actions_by_name["record"].text() == "Record"


def test_a_recording_that_fails_for_whatever_reason_is_said_and_is_over(running: Viewer, tmp_path: Path) -> None:
    running.trigger("record")
    running.controller._worker.recorder.write(Frame(0, 0.0, np.zeros(3, np.uint8)), ())  # nothing of which is a picture
    running.wait(lambda: any(notice.failed for notice in running.all(Notice)))
    assert "please report it" in running.window.banner.text
    assert not running.controller.recording
    assert names(tmp_path / "kept") == set()


def test_a_snapshot_is_kept_and_the_result_copied(running: Viewer, tmp_path: Path) -> None:
    running.wait_for(Prediction)
    running.trigger("snapshot")
    running.wait_for(Notice)
    (png,) = (tmp_path / "kept").glob("*.png")
    with open_source(png) as picture:
        assert picture.size == running.window.video.picture.image.shape[1::-1]
    running.trigger("copy")
    assert labelled_name(running) in QGuiApplication.clipboard().text()


def labelled_name(viewer: Viewer) -> str:
    return f"{viewer.controller.opened.name} at "


def test_a_looped_file_begins_again_and_settings_survive(running: Viewer) -> None:
    running.trigger("loop")
    running.controller.seek(5.5)
    running.events.clear()
    running.wait_for(Ended)
    running.events.clear()
    assert running.wait_for(Shown).time < 1
    running.window.panel._threshold.setValue(0.6)
    running.events.clear()
    opened = running.wait_for(Opened)
    assert opened.threshold == pytest.approx(0.6)
    running.window.close()
    kept = load_settings(running.store)
    assert (kept.loop, kept.threshold, kept.size) == (True, 0.6, (900, 640))


def no_dialogs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever would be asked for a file chooses none: a native dialog would wait for a person."""
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("", False))


def test_every_key_does_what_the_cheat_sheet_says_and_no_two_commands_share_one(
    running: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_dialogs(monkeypatch)
    keys = [key for command in COMMANDS.values() for key in command.keys]
    assert len(keys) == len(set(keys))
    done = []
    for name, action in running.window.actions_by_name.items():
        action.triggered.connect(lambda _checked=False, name=name: done.append(name))
    running.window.activateWindow()
    running.wait(running.window.isActiveWindow)
    for name, command in COMMANDS.items():
        for key in command.keys if name != "quit" else ():
            combination = QKeySequence(key)[0]
            QTest.keyClick(running.window, combination.key(), combination.keyboardModifiers())
            assert done[-1:] == [name], key
            for dialog in running.window.findChildren(QDialog):
                dialog.hide()
    QTest.keyClick(running.window, Qt.Key.Key_Q)
    assert done[-1] == "quit"
    assert not running.window.isVisible()


def test_cameras_are_offered_by_name_and_picture_and_the_chosen_one_is_opened(make_viewer: Maker) -> None:
    opened = []

    def opener(spec: str, start: float) -> Camera:
        opened.append(spec)
        return Camera(open_source(DEMO, start=start, end=0.2))

    menu = (viewer := make_viewer(opener)).window.menu_of_sources
    menu.set_cameras(CamerasFound((CameraFound(0, "0: built in", np.zeros((72, 96, 3), np.uint8)),)))
    menu.set_cameras(CamerasFound((CameraFound(1, "1: other", None), CameraFound(3, "3: third", None))))
    assert [action.text() for action in menu.actions()[:2]] == ["1: other", "3: third"]
    menu.actions()[1].trigger()
    viewer.wait_for(Opened)
    assert opened == ["3"]
    menu.set_cameras(CamerasFound(()))
    assert "No camera was found" in menu.actions()[0].text()


def test_the_key_for_the_next_camera_says_so_where_there_is_none(running: Viewer) -> None:
    running.trigger("camera")
    running.wait_for(CamerasFound)
    if not running.all(CamerasFound)[-1].cameras:
        assert "No camera was found" in running.window.banner.text


def test_every_control_has_a_name(running: Viewer) -> None:
    controls = running.window.findChildren(QAbstractButton) + running.window.findChildren(QComboBox)
    named = (running.window.video, running.window.bars, running.window.focus, running.window.timeline)
    for control in (*controls, *named):
        text = control.text() if isinstance(control, QAbstractButton) else ""
        if control.objectName() != "qt_toolbar_ext_button" and control.isVisible():
            assert control.accessibleName() or text, control


def test_two_hundred_random_clicks_and_keys_raise_nothing(running: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    """pytest-qt fails the test for every exception in a slot."""
    no_dialogs(monkeypatch)
    random = Random(7)
    keys = [key for name, command in COMMANDS.items() if name != "quit" for key in command.keys]
    keys += ["Up", "Down", "Left", "Right", "Return", "Tab"]
    for _ in range(200):
        widgets = [w for w in running.window.findChildren(QWidget) if w.isVisible() and w.width() > 2]
        widget = random.choice(widgets)
        if random.random() < 0.5:
            combination = QKeySequence(random.choice(keys))[0]
            QTest.keyClick(running.window.focusWidget() or running.window, combination.key())
        elif not isinstance(widget, QComboBox) and widget.objectName() != "qt_toolbar_ext_button":
            point = QPoint(random.randrange(widget.width()), random.randrange(widget.height()))
            if not is_menu_button(widget):
                move(widget, point)
                QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=point)
        let_qt_work(5)
        if popup := QApplication.activePopupWidget():
            popup.close()
    assert running.window.isVisible()


def is_menu_button(widget: QWidget) -> bool:
    """A menu would wait for a person."""
    return widget.accessibleName() == "Source"
