"""The last minute: who did what when, one row per person; a segment can be chosen to be seen again."""

import math
from collections.abc import Iterator, Sequence
from operator import attrgetter

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from apps.widgets.colours import clear_pixmap, colour_of
from apps.widgets.data import Span
from stf.prediction import Segment

_ROW = 30  # pixels: a bar and the label below it
_BAR = 10
_AXIS = 18
_MOST_ROWS = 4
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800)  # seconds between two named moments
_NAMES = 64  # pixels; the column that says whose row it is


class Timeline(QWidget):
    """Coloured, labelled segments; a click, or the arrow keys and Enter, choose one.

    Signals:
        chosen: the `Segment`.

    Args:
        parent: as of any widget.
        left: pixels to the left of the time, where it is to be in line with others.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None, *, left: int | None = None) -> None:
        super().__init__(parent)
        self._margin = left
        self._moment: float | None = None
        self._loop: tuple[float, float] | None = None
        self._span = Span()
        self._people: list[int] = []  # whose rows there are
        self._next: dict[Segment, float] = {}  # when the same person's next segment begins
        self._cursor: Segment | None = None
        self._drawn: QPixmap | None = None  # all but the moment, until it changes
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Timeline of the last minute")

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A row for each person, two at least."""
        return QSize(480, min(max(len(self._people), 2), _MOST_ROWS) * _ROW + _AXIS)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """The same, but narrow."""
        return QSize(160, self.sizeHint().height())

    def set_span(self, span: Span) -> None:
        """Show another minute; nothing is done where it would look the same."""
        if self._looks_like(span):
            return
        segments = sorted((*span.segments, *span.ongoing), key=attrgetter("start"))
        people = sorted({segment.person for segment in segments})[-_MOST_ROWS:]
        self._span = span
        self._next = {one: later.start for one, later in _followed(segments)}
        if len(people) != len(self._people):
            self.updateGeometry()
        self._people = people
        self._change()

    def set_moment(self, moment: float | None) -> None:
        """Draw a line at a moment, in seconds; None for none."""
        self._moment = moment
        self.update()

    def set_loop(self, loop: tuple[float, float] | None) -> None:
        """Show that a stretch of time, in seconds, is looped; None for none."""
        self._loop = loop
        self._change()

    def choose(self, segment: Segment | None) -> None:
        """Put a rim around a segment, as a click does; None for none."""
        self._cursor = segment
        self._change()

    def moment_at(self, x: float) -> float:
        """The moment at a place, in seconds; beyond the axis that of its end."""
        span, left = self._span, self._left()
        share = (x - left) / max(self.width() - left - 2, 1)
        return span.now - span.seconds * (1 - min(max(share, 0.0), 1.0))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        """Draw the moment over what is drawn anew only where it has changed: a long video has many segments."""
        if self._drawn is None:
            self._drawn = self._draw_all()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._drawn)
        if self._moment is not None and (x := self._place_of(self._moment)) >= self._left():
            painter.setPen(QPen(self.palette().windowText().color(), 2))
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height() - _AXIS))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Places change."""
        super().resizeEvent(event)
        self._change()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Letters and colours may change."""
        super().changeEvent(event)
        self._change()

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
            self._change()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._cursor in order and self._cursor:
            self._choose(self._cursor)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Say in full what a segment is whose label may be cut."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            segment = self._at(QPointF(event.pos()))
            again = "" if self._span.absolute else "\nClick to see it again."
            words = f"{_said(segment)}{again}" if segment else ""
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def _choose(self, segment: Segment) -> None:
        self._cursor = segment
        self.setAccessibleDescription(_said(segment))
        self.chosen.emit(segment)
        self._change()

    def _change(self) -> None:
        """Draw everything anew."""
        self._drawn = None
        self.update()

    def _looks_like(self, span: Span) -> bool:
        """Whether another minute shows the same, less than a pixel aside."""
        now = self._span
        return (
            (span.seconds, span.absolute) == (now.seconds, now.absolute)
            and abs(span.now - now.now) / span.seconds * self.width() < 1
            and span.segments == now.segments
            and [(one.person, one.label) for one in span.ongoing] == [(one.person, one.label) for one in now.ongoing]
        )

    def _left(self) -> int:
        return min(_NAMES + 12, self.width() // 3) if self._margin is None else self._margin

    def _place_of(self, moment: float) -> float:
        """Where a moment is, in pixels."""
        span, left = self._span, self._left()
        return left + (self.width() - left - 2) / span.seconds * (moment - span.now + span.seconds)

    def _rect(self, segment: Segment) -> QRectF | None:
        """Where a segment is; None where it is not shown."""
        people = self._people
        start, end = self._place_of(segment.start), self._place_of(segment.end)
        if segment.person not in people or end < 0 or start > self.width():
            return None
        return QRectF(start, people.index(segment.person) * _ROW + 2, max(end - start, 4.0), _BAR)

    def _at(self, place: QPointF) -> Segment | None:
        for segment in self._span.segments:
            rect = self._rect(segment)
            if rect and rect.adjusted(0, -2, 0, _ROW - _BAR).contains(place) and place.x() >= self._left():
                return segment
        return None

    def _draw_all(self) -> QPixmap:
        """The rows, their segments and the time below."""
        drawn = clear_pixmap(self.size(), self.devicePixelRatio())
        painter = QPainter(drawn)
        painter.setFont(self.font())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        text = self.palette().windowText().color()
        self._draw_axis(painter)
        people = self._people
        if self._loop:
            first, last = (self._place_of(moment) for moment in self._loop)
            shade = self.palette().highlight().color()
            shade.setAlpha(70)
            painter.fillRect(QRectF(first, 0, last - first, self.height() - _AXIS), shade)
        if not people:
            painter.setPen(text)
            area = self.rect().adjusted(0, 0, 0, -_AXIS)
            hint = "Nothing was found." if self._span.absolute else "Actions of the last minute appear here."
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, hint)
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
        painter.end()
        return drawn

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
        following = self._next.get(segment)
        return float(self.width()) if following is None else min(self._place_of(following), float(self.width()))

    def _draw_axis(self, painter: QPainter) -> None:
        span, left = self._span, self._left()
        painter.setPen(self.palette().windowText().color())
        font = painter.font()
        font.setPointSizeF(max(7.0, font.pointSizeF() - 1.5))
        painter.save()
        painter.setFont(font)
        top = self.height() - _AXIS
        painter.drawLine(left, top, self.width(), top)
        for moment, words in _ticks(span):
            x = self._place_of(moment)
            painter.drawLine(QPointF(x, top), QPointF(x, top + 4))
            width = painter.fontMetrics().horizontalAdvance(words)
            painter.drawText(QPointF(min(max(x - width / 2, left), self.width() - width - 2), self.height() - 3), words)
        painter.restore()


def _followed(segments: Sequence[Segment]) -> Iterator[tuple[Segment, Segment]]:
    """Each segment, of segments in order of time, with the next one of the same person that begins later."""
    following: dict[int, Segment] = {}
    for segment in reversed(segments):
        after = following.get(segment.person)
        if after is not None and after.start > segment.start:
            yield segment, after
        following[segment.person] = segment


def _ticks(span: Span) -> list[tuple[float, str]]:
    """The moments that are named on the axis."""
    if not span.absolute:
        every = 10 if span.seconds > 30 else 5
        agos = range(0, int(span.seconds) + 1, every)
        return [(span.now - ago, f"-{ago} s" if ago else "now") for ago in agos]
    step = next((step for step in _STEPS if span.seconds <= 10 * step), _STEPS[-1])
    first, last = math.ceil((span.now - span.seconds) / step), math.floor(span.now / step)
    return [(number * step, clock(number * step, 0 if step >= 1 else 1)) for number in range(first, last + 1)]


def clock(seconds: float, digits: int = 1) -> str:
    """A moment of a recording in minutes and seconds."""
    width = 3 + digits if digits else 2
    return f"{int(seconds) // 60}:{seconds % 60:0{width}.{digits}f}"


def _said(segment: Segment) -> str:
    return (
        f"person {segment.person + 1}: {segment.label}, {segment.start:.1f} s to {segment.end:.1f} s, "
        f"confidence {segment.confidence:.0%}"
    )
