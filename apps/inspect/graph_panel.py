"""The adjacency of the module that is asked: as a matrix, as its strongest links by name, and on the skeleton."""

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from apps.inspect.model import Inspector
from apps.widgets.line import Line

if TYPE_CHECKING:
    from stf.explanation import ModuleGraph

_KINDS = {
    "instance": "of this window",
    "learned": "learned",
    "fixed": "fixed",
    "asked": "what the focus asks for",
}
_LISTED = 8


class GraphPanel(QWidget):
    """Shows the graph of the window at the cursor while it can be seen.

    Signals:
        linked: the strongest links, as (source, target, share of the heaviest); none where nothing is shown.

    Args:
        inspector: who is asked.
    """

    linked = Signal(object)

    def __init__(self, inspector: Inspector) -> None:
        super().__init__()
        self._inspector = inspector
        self.graph: ModuleGraph | None = None
        self.kind = QComboBox()
        self.kind.setAccessibleName("Adjacency")
        for name, words in _KINDS.items():
            self.kind.addItem(words, name)
        self.kind.activated.connect(self._show)
        self.title, self.pointed = Line(), Line()
        self.matrix = MatrixView()
        self.matrix.pointed.connect(self._point)
        self.links = QLabel()
        row = QHBoxLayout()
        row.addWidget(QLabel("Adjacency"))
        row.addWidget(self.kind, 1)
        stack = QVBoxLayout(self)
        stack.setSpacing(4)
        stack.addLayout(row)
        for widget, stretch in ((self.title, 0), (self.matrix, 1), (self.pointed, 0), (self.links, 0)):
            stack.addWidget(widget, stretch)
        inspector.graphed.connect(self._take)
        inspector.asking.answered.connect(self._ask)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Ask for what can now be seen."""
        super().showEvent(event)
        self._ask()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """No links are shown where nobody asks for them."""
        super().hideEvent(event)
        self.linked.emit(())

    def _ask(self) -> None:
        if self.isVisible():
            self._inspector.ask_graph()

    def _take(self, graph: "ModuleGraph") -> None:
        self.graph = graph
        self._show()

    def _show(self) -> None:
        graph, kind = self.graph, self.kind.currentData()
        if graph is None or kind not in graph.matrices or not self.isVisible():
            return
        self.title.setText(f"Module {graph.module}, {graph.stream} stream, {graph.label}; from row into column")
        self.matrix.set_matrix(graph.matrices[kind])
        links = graph.strongest(kind, _LISTED)
        names = [name.replace("_", " ") for name in graph.layout.joints]
        words = [f"{names[link.source]} \N{RIGHTWARDS ARROW} {names[link.target]}" for link in links]
        rows = "".join(
            f"<tr><td>{word}&nbsp;&nbsp;</td><td align=right>{link.weight:.3f}</td></tr>"
            for word, link in zip(words, links, strict=True)
        )
        self.links.setText(f"<table>{rows}</table>")
        most = abs(links[0].weight) if links else 1.0
        self.linked.emit([(link.source, link.target, abs(link.weight) / most) for link in links])

    def _point(self, source: int, target: int) -> None:
        graph, kind = self.graph, self.kind.currentData()
        if graph and kind in graph.matrices:
            names = [name.replace("_", " ") for name in graph.layout.joints]
            weight = graph.matrices[kind][source, target]
            self.pointed.setText(f"{names[source]} \N{RIGHTWARDS ARROW} {names[target]}: {weight:.3f}")


class MatrixView(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """A square matrix: weights above zero are red, below blue, none as the ground.

    Signals:
        pointed: row and column under the pointer.
    """

    pointed = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self._size = 0
        self._image = pg.ImageItem()
        self.addItem(self._image)
        self.setAccessibleName("Adjacency matrix")
        self.setAspectLocked(True)
        self.invertY(True)  # noqa: FBT003 - pyqtgraph's own signature
        self.setMenuEnabled(False)
        self.setMouseEnabled(x=False, y=False)
        self.hideButtons()
        self.hideAxis("left")
        self.hideAxis("bottom")
        self.setFrameShape(self.Shape.NoFrame)
        self.setMinimumHeight(150)
        self.scene().sigMouseMoved.connect(self._move)

    def set_matrix(self, matrix: np.ndarray) -> None:
        """Show another matrix."""
        self._size = len(matrix)
        self.setBackground(self.palette().base().color())
        most = float(np.abs(matrix).max()) or 1.0
        strength = np.sqrt(np.abs(matrix) / most)[..., None]  # weights differ widely
        ground = np.array(self.palette().base().color().getRgb()[:3])
        colour = np.where((matrix > 0)[..., None], (213, 94, 0), (0, 114, 178))
        self._image.setImage((ground + strength * (colour - ground)).astype(np.uint8), axisOrder="row-major")

    def _move(self, place: object) -> None:
        point = self.getPlotItem().getViewBox().mapSceneToView(place)
        column, row = int(np.floor(point.x())), int(np.floor(point.y()))
        if 0 <= row < self._size and 0 <= column < self._size:
            self.pointed.emit(row, column)
