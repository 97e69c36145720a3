"""A confusion matrix of which a cell can be chosen."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from apps.widgets.colours import qt_colour
from realtime.drawing.canvas import ink_on

_NAMES = 100  # pixels at the left
_CELL = 26  # pixels at most
_COUNTED = 10  # pixels; a smaller cell has no room for its count
_NAMED = 8  # pixels; a smaller cell has no room for a name beside it
_STEPS = {Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0), Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1)}
_RIGHT, _WRONG = QColor(0, 114, 178), QColor(213, 94, 0)


class ConfusionMap(QWidget):
    """Counts of clips, a row for each true class and a column for each that is said; the shade is the share of the row.

    Signals:
        pointed: row and column under the pointer, or where the arrow keys went.
        chosen: row and column of the cell that was clicked, or chosen by Enter.
    """

    pointed = Signal(int, int)
    chosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._classes: tuple[str, ...] = ()
        self._matrix = np.zeros((0, 0), np.int64)
        self._cursor = 0, 0
        self._marked: tuple[int, int] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Confusion matrix")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Room for some thirty classes."""
        return QSize(420, 420)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Room for the names, and to point at a cell."""
        return QSize(240, 240)

    def set_matrix(self, classes: Sequence[str], matrix: Int[np.ndarray, "K K"]) -> None:
        """Show another matrix, a row and a column for each class."""
        self._classes, self._matrix = tuple(classes), matrix
        self._cursor = min(self._cursor[0], max(len(matrix) - 1, 0)), min(self._cursor[1], max(len(matrix) - 1, 0))
        self.setAccessibleDescription(f"{int(matrix.trace())} of {int(matrix.sum())} right")
        self.update()

    def mark(self, cell: tuple[int, int] | None) -> None:
        """Put a frame around the cell that is looked at; None for none."""
        self._marked = cell
        if cell:
            self._cursor = cell
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        """Draw names, shades and counts."""
        count, size = len(self._classes), self._cell()
        if not count:
            return
        painter = QPainter(self)
        ink, ground = self.palette().windowText().color(), self.palette().base().color()
        painter.fillRect(QRectF(_NAMES, _NAMES, count * size, count * size), ground)
        font = painter.font()
        font.setPixelSize(int(min(max(size - 2, 7), 12)))
        painter.setFont(font)
        totals = self._matrix.sum(axis=1).clip(min=1)
        for row, column in np.argwhere(self._matrix).tolist():
            number, area = int(self._matrix[row, column]), self._area(row, column)
            colour = _mixed(ground, _RIGHT if row == column else _WRONG, 0.15 + 0.85 * number / totals[row])
            painter.fillRect(area, colour)
            if size >= _COUNTED:
                painter.setPen(qt_colour(ink_on((colour.blue(), colour.green(), colour.red()))))
                painter.drawText(area, Qt.AlignmentFlag.AlignCenter, str(number))
        self._draw_grid(painter, ink, count, size)
        for cell, style in ((self._marked, Qt.PenStyle.SolidLine), (self._cursor, Qt.PenStyle.DotLine)):
            if cell and (cell is self._marked or self.hasFocus()):
                painter.setPen(QPen(ink, 2, style))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(self._area(*cell))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Say what the pointer is on."""
        if cell := self._at(event.position()):
            self.pointed.emit(*cell)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Choose what was clicked."""
        cell = self._at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and cell:
            self._cursor = cell
            self.chosen.emit(*cell)
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Move with the arrow keys, choose with Enter."""
        key = event.key()
        if key in _STEPS and self._classes:
            last = len(self._classes) - 1
            row, column = (
                min(max(at + step, 0), last) for at, step in zip(self._cursor, _STEPS[Qt.Key(key)], strict=True)
            )
            self._cursor = row, column
            self.pointed.emit(row, column)
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._classes:
            self.chosen.emit(*self._cursor)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Keep the arrow keys, which mean something else in the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _STEPS:
            event.accept()
            return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Letters and colours may change."""
        super().changeEvent(event)
        self.update()

    def _draw_grid(self, painter: QPainter, ink: QColor, count: int, size: float) -> None:
        """The diagonal, and the names of rows and columns."""
        faint = QColor(ink)
        faint.setAlpha(110)
        painter.setPen(QPen(faint, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for number in range(count):
            painter.drawRect(self._area(number, number))
        painter.drawRect(QRectF(_NAMES, _NAMES, count * size, count * size))
        painter.setPen(ink)
        painter.drawText(
            QRectF(0, 0, _NAMES - 4, _NAMES - 4),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom | Qt.TextFlag.TextWordWrap,
            "said \N{RIGHTWARDS ARROW}\ntrue \N{DOWNWARDS ARROW}",
        )
        if size < _NAMED:
            return
        metrics = painter.fontMetrics()
        for number, name in enumerate(self._classes):
            words = metrics.elidedText(name, Qt.TextElideMode.ElideRight, _NAMES - 8)
            beside = QRectF(0, _NAMES + number * size, _NAMES - 4, size)
            painter.drawText(beside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
            painter.save()
            painter.translate(_NAMES + (number + 0.5) * size, _NAMES - 4)
            painter.rotate(-90)
            above = QRectF(0, -size, _NAMES - 4, 2 * size)
            painter.drawText(above, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
            painter.restore()

    def _cell(self) -> float:
        """Pixels of a cell."""
        return min((min(self.width(), self.height()) - _NAMES - 2) / max(len(self._classes), 1), _CELL)

    def _area(self, row: int, column: int) -> QRectF:
        size = self._cell()
        return QRectF(_NAMES + column * size, _NAMES + row * size, size, size)

    def _at(self, place: QPointF) -> tuple[int, int] | None:
        size, count = self._cell(), len(self._classes)
        row, column = int((place.y() - _NAMES) // size), int((place.x() - _NAMES) // size)
        return (row, column) if 0 <= row < count and 0 <= column < count else None


def _mixed(one: QColor, other: QColor, share: float) -> QColor:
    """A colour so far from one to another."""
    first, second = ((c.redF(), c.greenF(), c.blueF()) for c in (one, other))
    return QColor.fromRgbF(*(a + share * (b - a) for a, b in zip(first, second, strict=True)))
