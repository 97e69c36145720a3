"""The most probable classes as bars, of which one can be chosen to be explained."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from apps.widgets.data import Score

_ROW = 30  # pixels


class ScoreBars(QWidget):
    """A bar for each class, best first; a click, or the arrow keys and Enter, choose the one to explain.

    Signals:
        chosen: the number of the class that was chosen, or -1 where the one explained was chosen again.
    """

    chosen = Signal(int)

    def __init__(self, rows: int = 5, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = rows
        self._scores: tuple[Score, ...] = ()
        self._threshold = 0.0
        self._colour = QColor(0, 114, 178)
        self._cursor = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Most probable actions")
        self.setToolTip(
            "Click an action to see which joints and moments spoke for it; click it again for the top one.\n"
            "The mark on each bar is the threshold above which an action is named."
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A row for each bar."""
        return QSize(280, self._rows * _ROW)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Wide enough for a percentage and some letters."""
        return QSize(160, self._rows * _ROW)

    def set_scores(self, scores: Sequence[Score], threshold: float, colour: QColor) -> None:
        """Show other scores.

        Args:
            scores: best first.
            threshold: the probability above which a label counts, marked on each bar.
            colour: of the bars.
        """
        if (tuple(scores[: self._rows]), threshold, colour) == (self._scores, self._threshold, self._colour):
            return
        self._scores = tuple(scores[: self._rows])
        self._threshold = threshold
        self._colour = colour
        self._cursor = min(self._cursor, max(len(self._scores) - 1, 0))
        self.setAccessibleDescription(", ".join(f"{score.label} {score.probability:.0%}" for score in self._scores))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        """Draw the bars."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        text = self.palette().windowText().color()
        if not self._scores:
            painter.setPen(text)
            hint = "Scores appear about two seconds after a person does."
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, hint)
            return
        for row, score in enumerate(self._scores):
            self._draw_row(painter, row, score, text)
        if self._threshold > 0:
            x = self.width() * self._threshold
            painter.setPen(QPen(text, 2))
            for row in range(len(self._scores)):
                painter.drawLine(QPointF(x, (row + 1) * _ROW - 9), QPointF(x, (row + 1) * _ROW - 2))
        if self.hasFocus():
            painter.setPen(QPen(text, 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(0.5, self._cursor * _ROW + 0.5, self.width() - 1, _ROW - 2))

    def _draw_row(self, painter: QPainter, row: int, score: Score, text: QColor) -> None:
        top = row * _ROW
        area = QRectF(0, top + 2, self.width(), _ROW - 5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().alternateBase())
        painter.drawRoundedRect(area, 4, 4)
        bar = QRectF(area.left(), area.bottom() - 4, max(4.0, area.width() * score.probability), 4)
        painter.setBrush(self._colour)
        painter.drawRoundedRect(bar, 2, 2)
        painter.setPen(text)
        if score.before is not None:
            x = area.left() + area.width() * score.before
            painter.drawLine(QPointF(x, area.bottom() - 7), QPointF(x, area.bottom()))
        font = self.font()
        font.setBold(score.explained)
        painter.setFont(font)
        percent = f"{score.probability:.0%}"
        changed = score.before is not None and f"{score.before:.0%}" != percent
        if changed:
            percent = f"{score.before:.0%} \N{RIGHTWARDS ARROW} {percent}"
        width = painter.fontMetrics().horizontalAdvance(percent if changed else "100%") + 8
        words = area.adjusted(8, 0, -width - 4, -4)
        label = f"\N{BLACK RIGHT-POINTING SMALL TRIANGLE} {score.label}" if score.explained else score.label
        label = painter.fontMetrics().elidedText(label, Qt.TextElideMode.ElideRight, int(words.width()))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(words, middle | Qt.AlignmentFlag.AlignLeft, label)
        painter.drawText(area.adjusted(0, 0, -8, -4), middle | Qt.AlignmentFlag.AlignRight, percent)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Choose the class that was clicked."""
        row = int(event.position().y() // _ROW)
        if event.button() == Qt.MouseButton.LeftButton and 0 <= row < len(self._scores):
            self._cursor = row
            self._choose()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Move with the arrow keys, choose with Enter."""
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.key() in steps and self._scores:
            self._cursor = min(max(self._cursor + steps[Qt.Key(event.key())], 0), len(self._scores) - 1)
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._scores:
            self._choose()
        else:
            super().keyPressEvent(event)

    def _choose(self) -> None:
        score = self._scores[self._cursor]
        self.chosen.emit(-1 if score.explained else score.number)
        self.update()
