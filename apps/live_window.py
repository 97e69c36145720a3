"""A plain window for `stf live`: the picture with skeletons, labels and focus."""

import time

from PySide6.QtCore import QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication

from apps.picture_window import PictureWidget
from realtime.drawing import Annotation, draw_people, focus_at, focus_on_landmarks
from realtime.frames import TrackedPose
from realtime.pipeline import FrameResult, Pipeline
from stf.prediction import Prediction

_POLL_MS = 5
_LATE = 0.2  # seconds


def show(pipeline: Pipeline, *, title: str, paced: bool) -> None:
    """Show a pipeline's frames until it ends or the window is closed (q or Escape).

    Args:
        pipeline: not started yet.
        title: of the window.
        paced: show frames no faster than they were taken, as for a file.

    Raises:
        Exception: what ended the pipeline, if not its source.
    """
    application = QApplication.instance() or QApplication([title])
    window = LiveWindow(pipeline, paced=paced)
    window.setWindowTitle(title)
    window.show()
    pipeline.start()
    application.exec()
    if window.failure:
        raise window.failure


class Pace:
    """Lets a recording's frames pass no faster than they were taken; one far behind does not hurry those after it."""

    def __init__(self) -> None:
        self._began: float | None = None

    def wait_for(self, moment: float, now: float) -> float:
        """How long to wait before showing a frame.

        Args:
            moment: seconds on the recording's clock.
            now: seconds on the clock on the wall.

        Returns:
            Seconds; zero or less where the frame is due.
        """
        if self._began is None or now - moment > self._began + _LATE:
            self._began = now - moment
        return self._began + moment - now


class LiveWindow(PictureWidget):
    """Draws each frame with what was last said of the people in it; never waits for the pipeline.

    Args:
        pipeline: polled every few milliseconds, closed with the window.
        paced: show frames no faster than they were taken; otherwise the newest one there is.

    Attributes:
        failure: what ended the pipeline, if not its source.
    """

    def __init__(self, pipeline: Pipeline, *, paced: bool) -> None:
        super().__init__()
        self.failure: Exception | None = None
        self._pipeline = pipeline
        self._pace = Pace() if paced else None
        self._said: dict[int, Prediction] = {}
        self._next: FrameResult | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._poll)
        self._timer.start(_POLL_MS)

    def _poll(self) -> None:
        """Take what the pipeline has and show the frame that is due; close after the last one."""
        try:
            self._take()
        except Exception as error:  # noqa: BLE001 - shown to the person by whoever opened the window
            self.failure = error
        if self._next and (not self._pace or self._pace.wait_for(self._next.frame.time, time.monotonic()) <= 0):
            self._show(self._next)
            self._next = None
        elif not self._next and (self.failure or self._pipeline.finished):
            self.close()

    def _take(self) -> None:
        """Take events up to the next frame or, without a pace, up to the newest frame."""
        while not (self._next and self._pace) and (event := self._pipeline.poll(timeout=0)):
            match event:
                case FrameResult():
                    self._next = event
                case Prediction():
                    self._said[event.person] = event

    def _show(self, result: FrameResult) -> None:
        picture = result.frame.image.copy()
        draw_people(picture, [self._annotation(person) for person in result.people])
        self.set_picture(picture)

    def _annotation(self, tracked: TrackedPose) -> Annotation:
        said = self._said.get(tracked.person)
        if said is None:
            return Annotation(tracked)
        focus = focus_on_landmarks(focus_at(said, said.end), self._pipeline.recogniser.layout)
        return Annotation(tracked, said.label, said.confidence, focus)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Stop with the window."""
        self._timer.stop()
        self._pipeline.close()
        super().closeEvent(event)
        QApplication.quit()
