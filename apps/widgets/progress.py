"""How far something has come that takes its time, and a button to cancel it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from apps.widgets.line import Line


class ProgressLine(QWidget):
    """Hidden while nothing is under way.

    Signals:
        cancelled: the person wants it no more.
    """

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._what = Line()
        self.bar = QProgressBar()
        self.bar.setFixedHeight(14)
        self.bar.setAccessibleName("Progress")
        self.button = QPushButton("Cancel")
        self.button.setAccessibleName("Cancel what is under way")
        self.button.clicked.connect(self.cancelled)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 8, 2)
        for widget, stretch in ((self._what, 2), (self.bar, 3), (self.button, 0)):
            row.addWidget(widget, stretch)
        self.hide()

    @property
    def text(self) -> str:
        """What is under way; empty where nothing is."""
        return "" if self.isHidden() else self._what.text()

    def show_progress(self, what: str, done: int, total: int | None) -> None:
        """Show how much of something is done; of an unknown total only that it goes on."""
        self._what.setText(what)
        self.bar.setRange(0, total or 0)
        self.bar.setValue(done)
        self.bar.setFormat(f"{done} of {total}" if total else "")
        self.setAccessibleName(what)
        self.show()
