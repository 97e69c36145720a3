"""The mouse on anything that shows time from left to right: seek, mark a span, zoom, pan."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

_NOTCH = 120  # eighths of a degree


class TimeMouse(QObject):
    """Watches a widget: a drag seeks, a drag with Shift marks a span; the wheel zooms, with Shift or sideways it pans.

    The widget gets its events all the same.

    Signals:
        sought: a moment in seconds.
        marked: seconds from and to; the same where the drag has only begun.
        zoomed: the factor by which more time is to be in view, and the moment that stays where it is.
        panned: the share of what is in view by which to go on.

    Args:
        widget: whose events these are.
        moment_at: the moment at a place from the widget's left, in pixels; None where there is none.
    """

    sought = Signal(float)
    marked = Signal(float, float)
    zoomed = Signal(float, float)
    panned = Signal(float)

    def __init__(self, widget: QWidget, moment_at: Callable[[float], float | None]) -> None:
        super().__init__(widget)
        self._moment_at = moment_at
        self._from: float | None = None
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: ARG002, N802 - Qt's name
        """See what the mouse does."""
        if isinstance(event, QWheelEvent):
            self._turn(event)
            return True
        if isinstance(event, QMouseEvent):
            self._drag(event)
        return False

    def _drag(self, event: QMouseEvent) -> None:
        moment = self._moment_at(event.position().x())
        if moment is None:
            return
        if event.type() == QEvent.Type.MouseButtonPress and event.button() == Qt.MouseButton.LeftButton:
            self._from = moment if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else None
            if self._from is None:
                self.sought.emit(moment)
        elif event.type() == QEvent.Type.MouseMove and event.buttons() & Qt.MouseButton.LeftButton:
            if self._from is None:
                self.sought.emit(moment)
            else:
                self.marked.emit(min(self._from, moment), max(self._from, moment))

    def _turn(self, event: QWheelEvent) -> None:
        turned = event.angleDelta()
        sideways = turned.x() or (turned.y() if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 0)
        moment = self._moment_at(event.position().x())
        if sideways:
            self.panned.emit(-0.1 * sideways / _NOTCH)
        elif moment is not None:
            self.zoomed.emit(0.8 ** (turned.y() / _NOTCH), moment)
