"""The window of `stf live`, on Qt's offscreen platform: what it shows, and that it always closes."""

import os
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from conftest import Labelled

from realtime.frames import Frame
from realtime.opencv import cv2
from realtime.pipeline import Pipeline
from realtime.pose import RecordedPose
from realtime.sources import Source, open_source
from realtime.sources.base import Closable
from stf.recogniser import Recogniser

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt needs libraries of the system that are not here", exc_type=ImportError
)

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from apps.live_window import LiveWindow, Pace, show

application = QApplication.instance() or QApplication(["tests"])


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser.load(device="cpu")


@pytest.fixture
def pipeline(labelled: Labelled, recogniser: Recogniser) -> Iterator[Pipeline]:
    with RecordedPose(labelled.poses) as poses, Pipeline(open_source(labelled.video), poses, recogniser) as pipeline:
        yield pipeline


class Camera(Closable):
    """A camera that sees what a video shows; after its last frame it stalls, or goes away."""

    live = True
    name = "camera"
    problem = duration = frame_count = None

    def __init__(self, video: Source, *, stalls: bool) -> None:
        super().__init__()
        self._video = video
        self._stalls = stalls
        self.fps, self.size = video.fps, video.size

    def __iter__(self) -> Iterator[Frame]:
        for frame in self._video:
            if self._closed.wait(1 / 30):
                return
            yield frame
        if self._stalls:
            self._closed.wait()


def grab(window: LiveWindow) -> np.ndarray:
    """(H, W, 3) of what the window shows."""
    image = window.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def open_window(pipeline: Pipeline, *, paced: bool = True) -> LiveWindow:
    window = LiveWindow(pipeline, paced=paced)
    window.resize(480, 480)
    window.show()
    pipeline.start()
    return window


def test_it_shows_the_picture_with_the_person_drawn_in_between_black_bars(
    pipeline: Pipeline, labelled: Labelled
) -> None:
    window = open_window(pipeline)
    QTest.qWait(3500)
    shown = grab(window)
    window.close()
    assert not shown[:55].any()
    assert not shown[-55:].any()
    with open_source(labelled.video) as video:
        plain = (cv2.resize(frame.image[..., ::-1], (480, 360), interpolation=cv2.INTER_AREA) for frame in video)
        changes = [np.abs(picture.astype(int) - shown[60:420]).max(axis=2) > 60 for picture in plain]
    assert 0.005 < min(change.mean() for change in changes) < 0.1
    assert window.failure is None


def test_a_file_is_shown_at_its_own_pace_and_closes_at_its_end(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = []
    monkeypatch.setattr(
        LiveWindow, "_show", lambda _window, result: shown.append((time.monotonic(), result.frame.time))
    )
    show(pipeline, title="test", paced=True)
    clock, moments = np.array(shown).T
    assert len(shown) == 180
    assert np.all(np.diff(moments) > 0)
    late = (clock - clock[0]) - (moments - moments[0])
    assert late.min() > -0.001
    assert np.median(late) < 0.1


def test_of_a_camera_the_newest_frame_is_shown(
    labelled: Labelled, recogniser: Recogniser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A window that takes 0.2 s to draw must not show what a camera saw long ago."""
    shown = []

    def draw(_window: LiveWindow, result) -> None:
        shown.append(result.frame.index - pipeline.statistics.frames)
        time.sleep(0.2)

    monkeypatch.setattr(LiveWindow, "_show", draw)
    with RecordedPose(labelled.poses) as poses, open_source(labelled.video) as video:
        pipeline = Pipeline(Camera(video, stalls=False), poses, recogniser)
        show(pipeline, title="test", paced=False)
    assert len(shown) > 5
    assert min(shown[1:]) >= -3


@pytest.mark.parametrize("key", [Qt.Key.Key_Q, Qt.Key.Key_Escape])
def test_q_and_escape_close_it_and_end_every_worker(key: Qt.Key, pipeline: Pipeline) -> None:
    window = open_window(pipeline)
    QTest.qWait(300)
    begun = time.monotonic()
    QTest.keyClick(window, key)
    assert time.monotonic() - begun < 1.5
    assert not window.isVisible()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("stf_")]


def test_it_closes_while_the_camera_has_stalled(labelled: Labelled, recogniser: Recogniser) -> None:
    with open_source(labelled.video, end=0.3) as video, RecordedPose(labelled.poses) as poses:
        pipeline = Pipeline(Camera(video, stalls=True), poses, recogniser)
        QTimer.singleShot(1000, lambda: [w.close() for w in application.topLevelWidgets()])
        begun = time.monotonic()
        show(pipeline, title="test", paced=False)
    assert 0.9 < time.monotonic() - begun < 2.5


def test_what_ends_the_pipeline_is_raised_after_the_window_has_closed(
    recogniser: Recogniser, labelled: Labelled
) -> None:
    with open_source(labelled.video, start=3.0) as other, RecordedPose(labelled.poses) as poses:
        broken = Pipeline(other, poses, recogniser)
        with pytest.raises(Exception, match="another video"):
            show(broken, title="test", paced=True)


def test_a_late_frame_does_not_hurry_those_after_it_and_jitter_does_not_add_up() -> None:
    pace = Pace()
    assert pace.wait_for(0.0, 100.0) == 0
    assert pace.wait_for(1.0, 100.9) == pytest.approx(0.1)
    assert pace.wait_for(1.0, 101.05) == pytest.approx(-0.05)
    assert pace.wait_for(2.0, 101.9) == pytest.approx(0.1)
    assert pace.wait_for(2.0, 105.0) == 0
    assert pace.wait_for(3.0, 105.5) == pytest.approx(0.5)
