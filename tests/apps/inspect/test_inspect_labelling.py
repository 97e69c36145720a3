"""Labelling a video from within the inspector."""

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt needs libraries of the system that are not here", exc_type=ImportError
)

from conftest import DEMO, copy_video, names, our_threads
from inspecting import Inspecting
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent

from apps.engine import Engine
from apps.inspect.model import Inspector
from apps.inspect.opening import Request
from apps.inspect.window import InspectWindow
from stf.checkpoint import DEFAULT_MODEL


@pytest.fixture
def inspecting(qapp: object) -> Iterator[Inspecting]:  # noqa: ARG001 - before there is a window
    """An empty window with the real engine."""
    inspector = Inspector(Engine(DEFAULT_MODEL, "cpu"), given=False)
    inspecting = Inspecting(InspectWindow(inspector), inspector)
    yield inspecting
    inspecting.window.close()
    assert inspector.join(patience=20)
    assert not our_threads()


@pytest.fixture
def unlabelled(tmp_path: Path, pose_model: Path) -> Path:  # noqa: ARG001 - fetched before
    """Two seconds of the demo clip in a folder of its own."""
    folder = tmp_path / "videos"
    folder.mkdir()
    copy_video(DEMO, folder / "short.mp4", 60)
    return folder / "short.mp4"


def drop(inspecting: Inspecting, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    none = Qt.MouseButton.NoButton
    event = QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, none, Qt.KeyboardModifier.NoModifier)
    inspecting.window.dropEvent(event)


def test_a_video_that_is_dropped_is_labelled_and_opened_while_the_window_goes_on(
    inspecting: Inspecting, unlabelled: Path
) -> None:
    told = []
    inspecting.inspector.chores.progressed.connect(told.append)
    drop(inspecting, unlabelled)
    inspecting.wait(lambda: "Labelling short.mp4" in inspecting.window.progress.text)
    inspecting.trigger("space")
    assert inspecting.window.views.currentWidget() is inspecting.window.body
    inspecting.wait(lambda: inspecting.inspector.subject is not None, 250)
    assert any(progress and progress.total == 60 and 0 < progress.done <= 60 for progress in told)
    inspecting.wait(inspecting.window.progress.isHidden)
    assert names(unlabelled.parent) == {"short.mp4", "short.stf.json", "short.stf.npz", "short.poses.npz"}
    inspecting.cursor.go(1.0)
    inspecting.wait(lambda: any(abs(shown.time - 1.0) < 0.04 for shown in inspecting.painted))
    assert inspecting.window.banner.text == ""


def test_labelling_can_be_cancelled_and_ends_with_the_window(inspecting: Inspecting, unlabelled: Path) -> None:
    inspecting.window.open(Request(unlabelled))
    inspecting.wait(lambda: "Labelling" in inspecting.window.progress.text)
    inspecting.trigger("cancel")
    inspecting.wait(lambda: any("it was cancelled" in notice.text for notice in inspecting.said), 5)
    inspecting.wait(inspecting.window.progress.isHidden)
    inspecting.window.open(Request(unlabelled))
    inspecting.wait(lambda: "Labelling" in inspecting.window.progress.text)
    inspecting.window.close()
    assert inspecting.inspector.join(5)
    assert names(unlabelled.parent) == {"short.mp4"}
