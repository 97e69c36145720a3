"""The bar under a recording: where it stands, and going elsewhere."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

_TICKS = 10  # a second


class Player(QWidget):
    """Hidden for cameras.

    Signals:
        sought: the moment that was asked for, in seconds.
    """

    sought = Signal(float)

    def __init__(self, back: QAction, pause: QAction, forward: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 8, 2)
        marks = {"\N{LEFTWARDS ARROW}": back, "": pause, "\N{RIGHTWARDS ARROW}": forward}
        for mark, action in marks.items():
            button = QToolButton()
            button.setDefaultAction(action)
            if mark:
                button.setText(mark)
            button.setAccessibleName(action.text())
            row.addWidget(button)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setAccessibleName("Position in the recording")
        self._slider.setToolTip("Go to another moment (PgUp, PgDown, Home)")
        self._slider.setMinimumWidth(60)
        self._slider.actionTriggered.connect(self._seek)
        self._slider.sliderReleased.connect(self._seek)
        row.addWidget(self._slider, 1)
        self._clock = QLabel()
        row.addWidget(self._clock)
        self._duration = 0.0
        self.hide()

    def set_duration(self, seconds: float | None) -> None:
        """Show the bar for a recording of this length; hide it for None."""
        self._duration = seconds or 0.0
        self.setVisible(seconds is not None)
        self._slider.setRange(0, round(self._duration * _TICKS))
        self._slider.setPageStep(5 * _TICKS)

    def set_time(self, seconds: float) -> None:
        """Show where the recording stands."""
        if self.isVisible() and not self._slider.isSliderDown():
            self._slider.setValue(round(seconds * _TICKS))
            self._clock.setText(f"{_clock(seconds)} / {_clock(self._duration)}")

    def _seek(self, _action: int = 0) -> None:
        if not self._slider.isSliderDown():
            self.sought.emit(self._slider.sliderPosition() / _TICKS)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{seconds % 60:04.1f}"
