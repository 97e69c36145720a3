"""What the tests of the viewer share: recorded poses at any moment, and cameras that misbehave."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QPoint, QPointF, QSettings, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from apps.engine import Engine
from apps.live.controller import Controller
from apps.live.events import Event
from apps.live.settings import Settings
from apps.live.window import LiveWindow, request_of
from apps.live.wishes import Request
from apps.live.worker import Worker
from realtime.frames import Frame, PoseFrame
from realtime.pose import RecordedPose
from realtime.sources import Source
from realtime.sources.base import Closable
from stf.errors import UserError
from stf.recogniser import Recogniser


class PosesByTime:
    """Recorded poses of whatever moment is asked for, so that a recording can be sought in."""

    def __init__(self, path: Path) -> None:
        with RecordedPose(path) as poses:
            self._frames = list(poses)
        self._times = np.array([frame.time for frame in self._frames])

    core = None

    def estimate(self, frame: Frame) -> PoseFrame:
        nearest = self._frames[int(np.abs(self._times - frame.time).argmin())]
        return PoseFrame(frame.index, frame.time, nearest.persons)

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


@dataclass(frozen=True, slots=True)
class RecordedEngine(Engine):
    """The real recogniser, loaded once, and recorded poses."""

    loaded: Recogniser | None = field(default=None, compare=False)
    poses: Path = Path()

    def recogniser(self) -> Recogniser:
        assert self.loaded
        return self.loaded

    def estimator(self, say: Callable[[str], None]) -> PosesByTime:  # noqa: ARG002
        return PosesByTime(self.poses)


class Camera(Closable):
    """A camera that sees what a video shows; after its last frame it goes on, stalls, or fails."""

    live = True
    duration = frame_count = None
    problem: str | None = None

    def __init__(self, video: Source, then: str = "end") -> None:
        super().__init__()
        self.name = "test camera"
        self.fps, self.size = video.fps, video.size
        self._video = video
        self._then = then

    def __iter__(self) -> Iterator[Frame]:
        for frame in self._video:
            if self._closed.wait(1 / 30):
                return
            yield frame
        if self._then == "fail":
            raise UserError("the test camera broke; mend it")
        if self._then == "stall":
            self.problem = "the test camera has been away since 1.0 s; plug it in again"
            self._closed.wait(2.5)
            self.problem = "the test camera was away"
            for index in range(1000):
                if self._closed.wait(1 / 30):
                    return
                yield Frame(1000 + index, 4 + index / 30, np.zeros((120, 160, 3), np.uint8))


@dataclass
class Viewer:
    """A window with its controller, and everything that happened."""

    window: LiveWindow
    controller: Controller
    store: QSettings
    events: list[Event]

    def wait(self, condition: Callable[[], bool], seconds: float = 30) -> None:
        """Let Qt work until something holds."""
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, (self.controller.state, self.events[-5:])
            let_qt_work(10)

    def wait_for(self, kind: type, count: int = 1, seconds: float = 30) -> Event:
        """Let Qt work until events of a kind have come; the last one."""
        self.wait(lambda: len(self.all(kind)) >= count, seconds)
        return self.all(kind)[-1]

    def all(self, kind: type) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    def trigger(self, name: str) -> None:
        self.window.actions_by_name[name].trigger()


def let_qt_work(milliseconds: int) -> None:
    """Let Qt work for a while, and other threads too: QTest.qWait keeps Python's lock, and starves them."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def move(widget: QWidget, place: QPoint) -> None:
    """Move the pointer over a widget, whatever the platform knows of pointers."""
    no = Qt.MouseButton.NoButton
    at = (QPointF(place), QPointF(widget.mapToGlobal(place)))
    QApplication.sendEvent(widget, QMouseEvent(QEvent.Type.MouseMove, *at, no, no, Qt.KeyboardModifier.NoModifier))


def make_viewer(engine: Engine, folder: Path, opener: Callable[..., Source], cameras: list[int]) -> Viewer:
    """A window that watches nothing yet."""
    settings = Settings(folder=str(folder / "kept"), size=(900, 640))
    store = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
    controller = Controller(Worker(opener, lambda: cameras), request_of(settings, Request(None, engine)))
    window = LiveWindow(controller, settings, store)
    events: list[Event] = []
    controller.happened.connect(events.append)
    window.show()
    return Viewer(window, controller, store, events)
