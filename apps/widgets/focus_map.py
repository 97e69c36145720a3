"""The focus of one window: joints, grouped by limb, over time."""

from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from apps.widgets.colours import clear_pixmap, focus_image
from apps.widgets.data import FocusWindow

_LINE = 18  # pixels; height of the line of text above and below the map
_SMALLEST = 11  # pixels; a row less high has no room for its name
_GAP = 3  # pixels between limbs


class FocusMap(QWidget):
    """A heatmap of joints over time that moves with the video; pointing at it names the joint and the value.

    Signals:
        joint_hovered: the number of the joint under the pointer, -1 once it has left.

    Args:
        parent: as of any widget.
        left: pixels to the left of the map, where it is to be in line with others; by default what the names need.
    """

    joint_hovered = Signal(int)

    def __init__(self, parent: QWidget | None = None, *, left: int | None = None) -> None:
        super().__init__(parent)
        self._margin = left
        self._window: FocusWindow | None = None
        self._image = QImage()
        self._rows: list[int] = []  # the joint of each row
        self._limbs: list[tuple[str, int, int]] = []  # name, first row, rows
        self._left: float | None = None  # where the map begins, for as long as the names stay
        self._names: QPixmap | None = None  # of joints and limbs, and black where the map is
        self._map: QPixmap | None = None  # as large as it is shown: every frame moves it, few change it
        self._now = 0.0
        self._cursor: float | None = None
        self._pointer: QPointF | None = None
        self._hovered = -1
        self._marked = -1
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Focus: joints over time")

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Room for the names of 25 joints."""
        return QSize(280, 400)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Room for the limbs."""
        return QSize(160, 150)

    def set_window(self, window: FocusWindow | None) -> None:
        """Show another window."""
        if window and (self._window is None or window.layout is not self._window.layout):
            self._rows = [joint for limb in window.layout.limbs.values() for joint in limb]
            ends = np.cumsum([len(limb) for limb in window.layout.limbs.values()]).tolist()
            self._limbs = [
                (name, end - len(limb), len(limb))
                for (name, limb), end in zip(window.layout.limbs.items(), ends, strict=True)
            ]
            self._forget()
        same = window is not None and self._window is not None and window.values is self._window.values
        self._window = window
        if window and not same:
            self._image, self._map = focus_image(np.ascontiguousarray(window.values.T[self._rows])), None
            self._now = window.end
            self.setAccessibleDescription(self._strongest(window))
        self.update()

    def set_now(self, now: float) -> None:
        """Move the right edge to a moment of the video, in seconds."""
        if self._window:
            self._now = now
            self.update()

    def moment_at(self, x: float) -> float | None:
        """The moment at a place, in seconds; beyond the map that of its edge. None where there is no map."""
        window, area = self._window, self._area()
        if window is None:
            return None
        share = min(max((x - area.x()) / area.width(), 0.0), 1.0)
        return self._now - (window.end - window.start) * (1 - share)

    def set_cursor(self, moment: float | None) -> None:
        """Draw a line at a moment, in seconds; None for none."""
        self._cursor = moment
        self.update()

    def mark(self, joint: int) -> None:
        """Put a frame around a joint's row; -1 for none."""
        if joint != self._marked:
            self._marked = joint
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        """Draw the title, the map, and what the pointer is on."""
        painter = QPainter(self)
        text = self.palette().windowText().color()
        painter.setPen(text)
        if self._window is None:
            hint = "Which joints and moments speak for an action appears here."
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, hint)
            return
        font = painter.font()
        font.setPointSizeF(max(7.0, font.pointSizeF() - 1.5))
        painter.setFont(font)
        area = self._area()
        self._write(painter, QRectF(0, 0, self.width(), _LINE), self._window.title)
        if self._names is None:
            self._names = self._draw_names(area, font)
        if self._map is None:
            self._map = self._draw_map(area)
        painter.drawPixmap(0, 0, self._names)
        painter.setClipRect(area)
        painter.drawPixmap(QPointF(area.x() + self._shift(area), area.y()), self._map)
        painter.setClipping(False)
        shown = self._pointed()
        marked = self._marked if shown is None else shown[0]
        if marked >= 0:
            row = self._row_rect(self._rows.index(marked), area)
            painter.setPen(QPen(Qt.GlobalColor.white, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(row.adjusted(0, 0, -1, -1))
        if self._cursor is not None and area.left() <= (x := self._place_of(self._cursor, area)) <= area.right():
            for colour, width in ((Qt.GlobalColor.black, 3), (Qt.GlobalColor.white, 1)):
                painter.setPen(QPen(colour, width))
                painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.setPen(text)
        below = QRectF(0, self.height() - _LINE, self.width(), _LINE)
        self._write(painter, below, self._said(shown, marked), self._time(self._now))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Say which joint the pointer is on."""
        self._point(event.position())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Places change."""
        super().resizeEvent(event)
        self._forget()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Letters and colours may change."""
        super().changeEvent(event)
        self._forget()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """The pointer is on no joint."""
        self._point(None)
        super().leaveEvent(event)

    def _forget(self) -> None:
        """Draw everything anew the next time."""
        self._left = self._names = self._map = None

    def _point(self, place: QPointF | None) -> None:
        self._pointer = place
        pointed = self._pointed()
        joint = -1 if pointed is None else pointed[0]
        if joint != self._hovered:
            self._hovered = joint
            self.joint_hovered.emit(joint)
        self.update()

    def _pointed(self) -> tuple[int, float, float] | None:
        """The joint, the moment and the value under the pointer."""
        window, pointer = self._window, self._pointer
        if window is None or pointer is None:
            return None
        area = self._area()
        row = next((r for r in range(len(self._rows)) if self._row_rect(r, area).contains(pointer)), None)
        if row is None:
            return None
        span = window.end - window.start
        time = self.moment_at(pointer.x()) or 0.0
        moment = round((time - window.start) / span * (len(window.values) - 1))
        joint = self._rows[row]
        value = float(window.values[moment, joint]) if 0 <= moment < len(window.values) else 0.0
        return joint, time, value

    def _place_of(self, moment: float, area: QRectF) -> float:
        """Where a moment is, in pixels."""
        span = self._window.end - self._window.start if self._window else 1.0
        return area.right() - (self._now - moment) / span * area.width()

    def _said(self, pointed: tuple[int, float, float] | None, marked: int) -> str:
        window = self._window
        if window is None:
            return ""
        if pointed:
            joint, time, value = pointed
            return f"{self._name(joint)} at {self._time(time)}: {value:.2f}"
        if marked >= 0:
            return f"{self._name(marked)}: {window.values[:, marked].mean():.2f} on average"
        return self._time(self._now - (window.end - window.start))

    def _strongest(self, window: FocusWindow) -> str:
        mean = window.values.mean(axis=0)
        return f"{window.title}; strongest: {', '.join(self._name(int(j)) for j in np.argsort(-mean)[:3])}"

    def _name(self, joint: int) -> str:
        layout = self._window.layout if self._window else None
        return layout.joints[joint].replace("_", " ") if layout else ""

    def _short(self, row: int, limb: str) -> str:
        """A row's joint without the side, which is in the limb's name."""
        return self._name(self._rows[row]).removeprefix(limb.partition(" ")[0]).strip()

    def _time(self, moment: float) -> str:
        unit = self._window.unit if self._window else "s"
        return f"{moment:.1f} {unit}" if unit == "s" else f"{moment:.0f} {unit}"

    def _area(self) -> QRectF:
        """Where the map is."""
        if self._left is None:
            needed = min(self._widest() + 8, self.width() // 3)
            self._left = float(needed if self._margin is None else self._margin)
        left = self._left
        height = max(self.height() - 2 * _LINE - 2, 1)
        return QRectF(left, _LINE + 1, max(self.width() - left - 1, 1), height)

    def _widest(self) -> int:
        """Pixels of the longest name."""
        letters = self.fontMetrics()
        wide = [letters.horizontalAdvance(name) for name, _, _ in self._limbs]
        for name, first, count in self._limbs:
            beside = _LINE if " " in name else 0  # the limb's own name, upright
            wide += [letters.horizontalAdvance(self._short(row, name)) + beside for row in range(first, first + count)]
        return max(wide, default=0)

    def _row_rect(self, row: int, area: QRectF) -> QRectF:
        number = next(n for n, (_, first, count) in enumerate(self._limbs) if first <= row < first + count)
        height = (area.height() - _GAP * (len(self._limbs) - 1)) / len(self._rows)
        return QRectF(area.x(), area.y() + row * height + number * _GAP, area.width(), height)

    def _blocks(self, area: QRectF) -> Iterator[tuple[QRectF, int, int]]:
        """Where each limb is, its first row, and how many it has."""
        for _, first, count in self._limbs:
            top, last = self._row_rect(first, area), self._row_rect(first + count - 1, area)
            yield QRectF(area.x(), top.y(), area.width(), last.bottom() - top.y()), first, count

    def _shift(self, area: QRectF) -> float:
        """How far to the right of the video's moment the window ends, in pixels."""
        window = self._window
        span = window.end - window.start if window else 0.0
        return (window.end - self._now) / span * area.width() if window and span > 0 else 0.0

    def _draw_map(self, area: QRectF) -> QPixmap:
        """The limbs one below the other."""
        drawn = clear_pixmap(area.size().toSize(), self.devicePixelRatio())
        painter = QPainter(drawn)
        for block, first, count in self._blocks(area):
            rows = QRectF(0, first, self._image.width(), count)
            painter.drawImage(block.translated(-area.topLeft()), self._image, rows)
        painter.end()
        return drawn

    def _draw_names(self, area: QRectF, font: QFont) -> QPixmap:
        """The names of limbs and joints, as they stand beside the map, and its black ground."""
        names = clear_pixmap(self.size(), self.devicePixelRatio())
        painter = QPainter(names)
        for block, _, _ in self._blocks(area):
            painter.fillRect(block, Qt.GlobalColor.black)
        painter.setFont(font)
        painter.setPen(self.palette().windowText().color())
        tall = self._row_rect(0, area).height() >= _SMALLEST
        for (name, _, _), (block, first, count) in zip(self._limbs, self._blocks(area), strict=True):
            for row in range(first, first + count) if tall else ():
                place = self._row_rect(row, area)
                self._write(painter, QRectF(0, place.y(), area.x() - 6, place.height()), "", self._short(row, name))
            if not tall:
                self._write(painter, QRectF(0, block.y(), area.x() - 6, block.height()), "", name)
            if tall and " " in name:
                painter.save()
                painter.translate(2, block.center().y())
                painter.rotate(-90)
                half = block.height() / 2
                self._write(painter, QRectF(-half, 0, 2 * half, 14), name, centre=True)
                painter.restore()
        painter.end()
        return names

    @staticmethod
    def _write(painter: QPainter, area: QRectF, left: str, right: str = "", *, centre: bool = False) -> None:
        """Text at the left and at the right of an area, the left one cut where there is not room for both."""
        metrics = painter.fontMetrics()
        room = int(area.width()) - (metrics.horizontalAdvance(right) + 8 if right and left else 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        sides = Qt.AlignmentFlag.AlignHCenter if centre else Qt.AlignmentFlag.AlignLeft
        if left:
            painter.drawText(area, middle | sides, metrics.elidedText(left, Qt.TextElideMode.ElideRight, room))
        if right:
            words = metrics.elidedText(right.strip(), Qt.TextElideMode.ElideRight, int(area.width()))
            painter.drawText(area, middle | Qt.AlignmentFlag.AlignRight, words)
