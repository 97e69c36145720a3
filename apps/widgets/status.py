"""How it is going: rates, latency and what was dropped in one line, and every stage in a table."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from apps.widgets.data import Stage, Vitals

_ROOMY = 560  # pixels


class Status(QWidget):
    """One line, and a table that can be opened above it.

    Signals:
        details_toggled: whether the table is open.
    """

    details_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = QLabel()
        self._state.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._busy.setFixedSize(80, 8)
        self._busy.setTextVisible(False)
        self._busy.setAccessibleName("Working")
        self._busy.hide()
        self._line = QLabel()
        self._line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._line.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._more = QToolButton()
        self._more.setText("Details")
        self._more.setCheckable(True)
        self._more.setToolTip("How long each stage takes (D)")
        self._more.setAccessibleName("Details of the speed")
        self._more.toggled.connect(self._open)
        self._table = QWidget()
        self._stages: Sequence[Stage] = ()
        self._cells = QGridLayout(self._table)
        self._cells.setContentsMargins(8, 0, 8, 4)
        self._table.hide()
        row = QHBoxLayout()
        row.addWidget(self._busy)
        row.addWidget(self._state, 2)
        row.addWidget(self._line, 5)
        row.addWidget(self._more)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 2, 8, 2)
        column.setSpacing(2)
        column.addWidget(self._table)
        column.addLayout(row)

    def set_state(self, words: str, *, busy: bool = False) -> None:
        """What the viewer is doing, and whether it is still under way."""
        self._busy.setVisible(busy)
        self._state.setText(words)
        self._state.setToolTip(words)

    @property
    def state(self) -> str:
        """What the viewer is doing."""
        return self._state.text()

    def set_vitals(self, vitals: Vitals) -> None:
        """Show other figures."""
        parts = [f"{vitals.source_fps:.0f} fps in, {vitals.inference_fps:.0f} analysed"]
        if vitals.screen_ms:
            parts.append(f"to screen {vitals.screen_ms[0]:.0f} ms (95 %: {vitals.screen_ms[1]:.0f})")
        parts += [f"{vitals.dropped} dropped", f"{vitals.model} on {vitals.device}"]
        self._line.setText("  \N{MIDDLE DOT}  ".join(parts))
        self._line.setToolTip(self._line.text())
        self._stages = vitals.stages
        if self._more.isChecked():
            self._fill()

    def toggle_details(self) -> None:
        """Open or close the table."""
        self._more.toggle()

    def _open(self, opened: bool) -> None:
        self._fill()
        self._table.setVisible(opened)
        self.details_toggled.emit(opened)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Leave the figures out where there is no room for them."""
        super().resizeEvent(event)
        self._line.setVisible(self.width() >= _ROOMY)

    def _fill(self) -> None:
        rows = [("stage", "median", "95 %")]
        rows += [(stage.name, f"{stage.median_ms:.1f} ms", f"{stage.high_ms:.1f} ms") for stage in self._stages]
        for row, words in enumerate(rows):
            for column, word in enumerate(words):
                item = self._cells.itemAtPosition(row, column)
                label = item.widget() if item else None
                if not isinstance(label, QLabel):
                    label = QLabel()
                    align = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
                    self._cells.addWidget(label, row, column, align)
                label.setText(word)
        self._cells.setColumnStretch(3, 1)
