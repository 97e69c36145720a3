"""How probable some classes are over time, as lines."""

from collections.abc import Sequence
from itertools import zip_longest

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QSizePolicy, QWidget

from apps.widgets.colours import qt_colour
from apps.widgets.data import ScoreLine
from realtime.drawing.canvas import person_colour

_WIDTHS = 1.5, 2.5  # pixels, of the line of a class, and of one that is asked about
_STYLES = Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine  # of the first model, and of another
_DOTS = 9, 15  # pixels, of a single window's; a ring around the first model's where both say the same
_MOST = 6  # labels


class ScorePlot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """Lines of probability, the threshold of doubt, and the cursor; time is in line with other widgets.

    Args:
        doubt: the probability below which nobody is sure; drawn as a line.
        left: pixels to the left of the time.
        parent: as of any widget.
    """

    def __init__(self, doubt: float, *, left: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Scores over time")
        self.setMenuEnabled(False)
        self.setMouseEnabled(x=False, y=False)
        self.hideButtons()
        self.setYRange(0, 1, padding=0.03)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(110)
        self.setFrameShape(self.Shape.NoFrame)
        item = self.getPlotItem()
        item.setContentsMargins(0, 2, 2, 2)
        item.layout.setSpacing(0)
        item.getViewBox().setDefaultPadding(0.0)
        item.getAxis("left").setWidth(left)
        item.getAxis("left").setTicks([[(0, "0 %"), (0.5, "50 %"), (1, "100 %")]])
        item.hideAxis("bottom")
        self._doubt = pg.InfiniteLine(doubt, angle=0)
        self._cursor = pg.InfiniteLine(0, angle=90)
        self._lines: list[pg.PlotDataItem] = [self.plot() for _ in range(2 * _MOST)]
        self._legend = item.addLegend(offset=(-4, 2), labelTextSize="8pt", verSpacing=-6, horSpacing=6)
        for line in (self._doubt, self._cursor):
            self.addItem(line, ignoreBounds=True)
        self._sample = pg.PlotDataItem()  # of the other model's lines, for the legend
        self._shown: tuple[ScoreLine, ...] = ()
        self._other = ""
        self._dress()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As wide as there is room."""
        return QSize(480, 110)

    def set_view(self, start: float, end: float) -> None:
        """Have this time in view, in seconds."""
        self.setXRange(start, end, padding=0)

    def set_cursor(self, moment: float) -> None:
        """Draw a line at a moment, in seconds."""
        self._cursor.setValue(moment)

    def set_lines(self, lines: Sequence[ScoreLine], other: str = "") -> None:
        """Show classes, six at most, of one model or of two.

        Args:
            lines: those of one label behind each other, with one colour.
            other: the name of the model whose lines are dashed.
        """
        before = self._key()
        labels = list(dict.fromkeys(line.label for line in lines))[:_MOST]
        self._shown, self._other = tuple(line for line in lines if line.label in labels), other
        for line, item in zip_longest(self._shown, self._lines):
            known = line is not None and np.isfinite(line.values).any()
            times, values = (line.times, line.values) if line and known else (np.empty(0), np.empty(0))
            item.setData(times, values, connect="finite", symbol="o" if len(times) == 1 else None)
        if before != self._key():
            self._dress()
        self.setAccessibleDescription(", ".join(labels))

    def moment_at(self, x: float) -> float:
        """The moment at a place from the left, in pixels."""
        box = self.getPlotItem().getViewBox()
        low, high = box.viewRange()[0]
        return float(min(max(box.mapSceneToView(self.mapToScene(QPointF(x, 1.0).toPoint())).x(), low), high))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Wear the colours of the system."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_shown"):
            self._dress()

    def _dress(self) -> None:
        text = self.palette().windowText().color()
        self.setBackground(self.palette().base().color())
        axis = self.getPlotItem().getAxis("left")
        axis.setPen(text)
        axis.setTextPen(text)
        faint = QColor(text)
        faint.setAlpha(90)
        self._doubt.setPen(pg.mkPen(faint, style=_STYLES[True]))
        self._cursor.setPen(pg.mkPen(text, width=2))
        self._legend.setLabelTextColor(text)
        behind = QColor(self.palette().base().color())
        behind.setAlpha(200)
        self._legend.setBrush(behind)
        self._legend.clear()
        colours: dict[str, QColor] = {}
        for line, item in zip(self._shown, self._lines, strict=False):
            first = line.label not in colours
            colour = colours.setdefault(line.label, qt_colour(person_colour(len(colours))))
            item.setPen(pg.mkPen(colour, width=_WIDTHS[line.asked], style=_STYLES[line.other]))
            item.setSymbolPen(pg.mkPen(colour, width=_WIDTHS[True]))
            item.setSymbolBrush(None if line.other else pg.mkBrush(colour))
            item.setSymbolSize(_DOTS[line.other])
            if first:
                self._legend.addItem(item, line.label)
        if self._other:
            self._sample.setPen(pg.mkPen(text, width=_WIDTHS[False], style=_STYLES[True]))
            self._legend.addItem(self._sample, self._other)

    def _key(self) -> object:
        """What the lines' colours and the legend follow from."""
        return self._other, [(line.label, line.asked, line.other, len(line.times) == 1) for line in self._shown]
