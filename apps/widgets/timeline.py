"""The last minute: who did what when, one row per person; a segment can be chosen to be seen again."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from apps.widgets.colours import colour_of
from apps.widgets.data import Span
from stf.prediction import Segment

_ROW = 30  # pixels: a bar and the label below it
_BAR = 10
_AXIS = 18
_MOST_ROWS = 4
_NAMES = 64  # pixels; the column that says whose row it is


class Timeline(QWidget):
    """Coloured, labelled segments; a click, or the arrow keys and Enter, choose one.

    Signals:
        chosen: the `Segment`.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._span = Span()
        self._cursor: Segment | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Timeline of the last minute")

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A row for each person, two at least."""
        return QSize(480, min(max(len(self._people()), 2), _MOST_ROWS) * _ROW + _AXIS)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """The same, but narrow."""
        return QSize(160, self.sizeHint().height())

    def set_span(self, span: Span) -> None:
        """Show another minute."""
        rows = len(self._people())
        self._span = span
        if len(self._people()) != rows:
            self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        """Draw the rows, their segments and the time below."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        text = self.palette().windowText().color()
        self._draw_axis(painter)
        people = self._people()
        if not people:
            painter.setPen(text)
            area = self.rect().adjusted(0, 0, 0, -_AXIS)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, "Actions of the last minute appear here.")
            return
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        for row, person in enumerate(people):
            painter.setPen(text)
            painter.drawText(QRectF(8, row * _ROW, _NAMES, _ROW), middle, f"person {person + 1}")
            painter.fillRect(QRectF(0, row * _ROW + 4, 4, _ROW - 8), colour_of(person))
        painter.setClipRect(QRectF(self._left(), 0, self.width(), self.height()))
        for segment in self._span.segments:
            self._draw(painter, segment, over=True)
        for segment in self._span.ongoing:
            self._draw(painter, segment, over=False)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Choose the segment that was clicked."""
        segment = self._at(event.position())
        if segment and event.button() == Qt.MouseButton.LeftButton:
            self._choose(segment)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Move with the arrow keys, choose with Enter."""
        order = sorted(self._span.segments, key=lambda segment: (segment.start, segment.person))
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in steps and order:
            step = steps[Qt.Key(event.key())]
            place = order.index(self._cursor) + step if self._cursor in order else -1
            self._cursor = order[min(max(place, 0), len(order) - 1) if place != -1 or step < 0 else -1]
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._cursor in order and self._cursor:
            self._choose(self._cursor)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Say in full what a segment is whose label may be cut."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            segment = self._at(QPointF(event.pos()))
            words = f"{_said(segment)}\nClick to see it again." if segment else ""
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def _choose(self, segment: Segment) -> None:
        self._cursor = segment
        self.setAccessibleDescription(_said(segment))
        self.chosen.emit(segment)
        self.update()

    def _people(self) -> list[int]:
        span = self._span
        return sorted({segment.person for segment in (*span.segments, *span.ongoing)})[-_MOST_ROWS:]

    def _left(self) -> int:
        return min(_NAMES + 12, self.width() // 3)

    def _rect(self, segment: Segment) -> QRectF | None:
        """Where a segment is; None where it is not shown."""
        people = self._people()
        if segment.person not in people:
            return None
        span, left = self._span, self._left()
        scale = (self.width() - left - 2) / span.seconds
        start, end = (left + scale * (moment - span.now + span.seconds) for moment in (segment.start, segment.end))
        return QRectF(start, people.index(segment.person) * _ROW + 2, max(end - start, 4.0), _BAR)

    def _at(self, place: QPointF) -> Segment | None:
        for segment in self._span.segments:
            rect = self._rect(segment)
            if rect and rect.adjusted(0, -2, 0, _ROW - _BAR).contains(place) and place.x() >= self._left():
                return segment
        return None

    def _draw(self, painter: QPainter, segment: Segment, *, over: bool) -> None:
        rect = self._rect(segment)
        if rect is None:
            return
        colour, text = colour_of(segment.person), self.palette().windowText().color()
        chosen = over and segment == self._cursor
        painter.setBrush(colour if over else Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(text if chosen else colour, 2 if chosen else 1))
        if not over:  # what may still change has no filling and a dashed rim
            painter.setPen(QPen(colour, 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(rect.adjusted(1, 0, -1, 0), 3, 3)
        painter.setPen(text)
        start = max(rect.left(), self._left())
        words = QRectF(start + 1, rect.bottom(), self._label_end(segment) - start - 4, _ROW - _BAR - 2)
        label = painter.fontMetrics().elidedText(segment.label, Qt.TextElideMode.ElideRight, int(words.width()))
        if len(label) > 2:
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, label)

    def _label_end(self, segment: Segment) -> float:
        """How far right the label may go: to where the same person's next one begins."""
        later = [
            rect.left()
            for other in (*self._span.segments, *self._span.ongoing)
            if other.person == segment.person and other.start > segment.start and (rect := self._rect(other))
        ]
        return min(later, default=float(self.width()))

    def _draw_axis(self, painter: QPainter) -> None:
        span, left = self._span, self._left()
        painter.setPen(self.palette().windowText().color())
        font = painter.font()
        font.setPointSizeF(max(7.0, font.pointSizeF() - 1.5))
        painter.save()
        painter.setFont(font)
        top = self.height() - _AXIS
        painter.drawLine(left, top, self.width(), top)
        for ago in range(0, int(span.seconds) + 1, 10 if span.seconds > 30 else 5):
            x = left + (self.width() - left - 2) * (1 - ago / span.seconds)
            painter.drawLine(QPointF(x, top), QPointF(x, top + 4))
            words = "now" if ago == 0 else f"-{ago} s"
            width = painter.fontMetrics().horizontalAdvance(words)
            painter.drawText(QPointF(min(max(x - width / 2, left), self.width() - width - 2), self.height() - 3), words)
        painter.restore()


def _said(segment: Segment) -> str:
    return (
        f"person {segment.person + 1}: {segment.label}, {segment.start:.1f} s to {segment.end:.1f} s, "
        f"confidence {segment.confidence:.0%}"
    )
