"""Classes with two bars each, one for each of two models; a class can be chosen to be explained."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from apps.widgets.colours import qt_colour
from apps.widgets.data import Pair
from realtime.drawing.canvas import person_colour

_HEAD = 22  # pixels; what the bars stand for
_ROW = 46
_BAR = 10
_FILLS = Qt.BrushStyle.SolidPattern, Qt.BrushStyle.BDiagPattern
_COLOURS = qt_colour(person_colour(1)), qt_colour(person_colour(0))


class PairBars(QWidget):
    """Two bars for each class, the first model's filled and above the second's, which is hatched.

    Signals:
        chosen: the name of the class that was clicked, or chosen by the arrow keys and Enter; empty where it was the
            one explained.

    Args:
        rows: how many classes are shown at most.
        parent: as of any widget.
    """

    chosen = Signal(str)

    def __init__(self, rows: int = 5, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = rows
        self._models = ("", "")
        self._pairs: tuple[Pair, ...] = ()
        self._cursor = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("What two models say")
        self.setToolTip("Click an action to ask both models why; click it again for the top one.")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A row for each class."""
        return QSize(280, _HEAD + self._rows * _ROW)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Wide enough for bars and percentages."""
        return QSize(160, _HEAD + self._rows * _ROW)

    def set_pairs(self, models: tuple[str, str], pairs: Sequence[Pair]) -> None:
        """Show what models, by name, say of classes."""
        self._models, self._pairs = models, tuple(pairs[: self._rows])
        self._cursor = min(self._cursor, max(len(self._pairs) - 1, 0))
        said = (f"{pair.label} {_percent(pair, 0)}, {_percent(pair, 1)}" for pair in self._pairs)
        self.setAccessibleDescription(f"{' and '.join(models)}: {'; '.join(said)}" if pairs else "")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        """Draw the bars."""
        if not self._pairs:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        half = self.width() / 2
        for number, name in enumerate(self._models):
            area = QRectF(number * half, 0, half, _HEAD)
            self._fill(painter, QRectF(area.x() + 2, (_HEAD - _BAR) / 2, 16, _BAR), number)
            self._write(painter, area.adjusted(24, 0, -4, 0), name)
        for row, pair in enumerate(self._pairs):
            self._draw_row(painter, QRectF(0, _HEAD + row * _ROW, self.width(), _ROW - 3), pair)
        if self.hasFocus():
            painter.setPen(QPen(self._ink(), 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(0.5, _HEAD + self._cursor * _ROW + 0.5, self.width() - 1, _ROW - 4))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Choose the class that was clicked."""
        row = int((event.position().y() - _HEAD) // _ROW)
        if event.button() == Qt.MouseButton.LeftButton and 0 <= row < len(self._pairs):
            self._cursor = row
            self._choose()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Move with the arrow keys, choose with Enter."""
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.key() in steps and self._pairs:
            self._cursor = min(max(self._cursor + steps[Qt.Key(event.key())], 0), len(self._pairs) - 1)
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._pairs:
            self._choose()
        else:
            super().keyPressEvent(event)

    def _choose(self) -> None:
        pair = self._pairs[self._cursor]
        self.chosen.emit("" if pair.explained else pair.label)

    def _draw_row(self, painter: QPainter, area: QRectF, pair: Pair) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().alternateBase())
        painter.drawRoundedRect(area, 4, 4)
        font = self.font()
        font.setBold(pair.explained)
        painter.setFont(font)
        label = f"\N{BLACK RIGHT-POINTING SMALL TRIANGLE} {pair.label}" if pair.explained else pair.label
        self._write(painter, QRectF(area.x() + 6, area.y(), area.width() - 12, 18), label)
        painter.setFont(self.font())
        words = [_percent(pair, number) for number in range(2)]
        wide = max(painter.fontMetrics().horizontalAdvance(word) for word in (*words, "100%")) + 12
        for number, word in enumerate(words):
            top = area.y() + 18 + number * (_BAR + 2)
            room = QRectF(area.x() + 6, top, area.width() - wide - 8, _BAR)
            value, before = pair.probabilities[number], pair.before[number]
            if value is not None:
                self._fill(painter, QRectF(room.x(), top, max(room.width() * value, 2), _BAR), number)
            if before is not None:
                painter.setPen(QPen(self._ink(), 2))
                x = room.x() + room.width() * before
                painter.drawLine(QPointF(x, top - 1), QPointF(x, top + _BAR + 1))
            place = QRectF(room.right() + 2, top - 3, wide, _BAR + 6)
            self._write(painter, place.adjusted(0, 0, -4, 0), word, Qt.AlignmentFlag.AlignRight)

    def _fill(self, painter: QPainter, area: QRectF, number: int) -> None:
        """A bar of one of the models: by pattern and colour."""
        colour = QColor(_COLOURS[number])
        painter.setPen(QPen(colour, 1))
        painter.setBrush(QBrush(colour, _FILLS[number]))
        painter.drawRect(area)

    def _write(
        self, painter: QPainter, area: QRectF, words: str, side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft
    ) -> None:
        painter.setPen(self._ink())
        words = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(area.width()))
        painter.drawText(area, side | Qt.AlignmentFlag.AlignVCenter, words)

    def _ink(self) -> QColor:
        return self.palette().windowText().color()


def _percent(pair: Pair, number: int) -> str:
    value, before = pair.probabilities[number], pair.before[number]
    if value is None:
        return "not known"
    now = f"{value:.0%}"
    if before is None or f"{before:.0%}" == now:
        return now
    return f"{before:.0%} \N{RIGHTWARDS ARROW} {now}"
