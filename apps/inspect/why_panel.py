"""The question, and what is answered about the window at the cursor."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from apps.batch.unsure import UNSURE
from apps.inspect.data import Answer, Trust, Why
from apps.inspect.model import Inspector
from apps.widgets.colours import colour_of, qt_colour
from apps.widgets.data import Score
from apps.widgets.line import Line
from apps.widgets.score_bars import ScoreBars
from realtime.drawing.canvas import person_colour

_TOP = "the top class"
_NOTHING = "nothing in particular"
_ALL = "all"


class WhyPanel(QWidget):
    """Choose a class, what to tell it from, a module, a stream and a person; see the scores.

    Args:
        inspector: who is asked.
    """

    def __init__(self, inspector: Inspector) -> None:
        super().__init__()
        self._inspector = inspector
        names = ("Why", "and not", "Module", "Stream", "Person")
        self.label, self.contrast, self.module, self.stream, self.person = boxes = [QComboBox() for _ in names]
        grid = QGridLayout()
        places = ((0, 0, 3), (1, 0, 3), (2, 0, 1), (2, 2, 1), (3, 0, 3))
        for name, box, (row, column, wide) in zip(names, boxes, places, strict=True):
            box.setAccessibleName(name)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            grid.addWidget(QLabel(name), row, column)
            grid.addWidget(box, row, column + 1, 1, wide)
            box.activated.connect(self._wonder)
        self.said = Line()
        self.bars = ScoreBars()
        self.bars.chosen.connect(self._choose)
        self.trust = QPushButton("Can it be trusted?")
        self.trust.setToolTip("Take cells away in the order of the focus, and in random orders (T)")
        self.trust.clicked.connect(inspector.doubt_focus)
        self.curves = TrustPlot()
        stack = QVBoxLayout(self)
        stack.setSpacing(4)
        stack.addLayout(grid)
        for widget in (self.said, self.bars, self.trust, self.curves):
            stack.addWidget(widget)
        stack.addStretch(1)
        inspector.opened.connect(self._open)
        inspector.loaded.connect(self._load)
        inspector.asking.grew.connect(self._show_question)
        inspector.asking.answered.connect(self.show_answer)
        inspector.cursor.moved.connect(self._move)
        inspector.trusted.connect(self.curves.show_trust)

    def show_answer(self) -> None:
        """Show the scores of the window at the cursor: as asked, or as recorded where nobody has answered yet."""
        asking, subject = self._inspector.asking, self._inspector.subject
        answer, track, window = asking.answer, asking.track, asking.window
        self.trust.setEnabled(answer is not None)
        if subject is None or track is None or window is None:
            self.said.setText("Nobody is seen here.")
            self.bars.set_scores((), 0, colour_of(0))
            return
        if answer is None:
            scores, before, label = track.scores[window], None, asking.why.label
            start, end, how = float(track.start[window]), float(track.end[window]), "as recorded"
        else:
            scores, label, start, end = answer.scores, answer.label, answer.start, answer.end
            before = answer.before if answer.edits else None
            changes = f"{len(answer.edits)} change{'s' * (len(answer.edits) != 1)}, " if answer.edits else ""
            how = f"{changes}answered in {answer.took_ms:.0f} ms"
        self.said.setText(f"Window from {start:.2f} to {end:.2f} s, {how}")
        if np.isnan(scores).any():
            self.bars.set_scores((), 0, colour_of(0))
            return
        self.bars.set_scores(scores_of(scores, before, subject.classes, label), UNSURE, colour_of(asking.person))
        if not _about(answer, self.curves.about):
            self.curves.show_trust(None)

    def _move(self) -> None:
        if self._inspector.asking.answer is None:
            self.show_answer()

    def _choose(self, number: int) -> None:
        subject = self._inspector.subject
        if subject:
            why = self._inspector.asking.why
            self._inspector.asking.wonder(replace(why, label=subject.classes[number] if number >= 0 else None))

    def _wonder(self) -> None:
        asking = self._inspector.asking
        module = self.module.currentData()
        asking.wonder(Why(self.label.currentData(), self.contrast.currentData(), module, self.stream.currentData()))
        asking.look_at(self.person.currentData())

    def _open(self) -> None:
        subject = self._inspector.subject
        if subject is None:
            return
        names = sorted(subject.classes)
        _fill(self.label, [(_TOP, None), *((name, name) for name in names)])
        _fill(self.contrast, [(_NOTHING, None), *((name, name) for name in names)])
        _fill(self.person, [(f"person {person + 1}", person) for person in subject.persons])
        for box in (self.module, self.stream):
            _fill(box, [("...", None)])
        self._show_question()
        self.show_answer()

    def _load(self) -> None:
        facts = self._inspector.asking.facts
        if facts:
            numbers = range(1, facts.modules + 1)
            _fill(self.module, [(f"{facts.shown} (usual)", None), *((str(number), number) for number in numbers)])
            _fill(self.stream, [(_ALL, None), *((name, name) for name in facts.streams)])
            self._show_question()

    def _show_question(self) -> None:
        asking = self._inspector.asking
        chosen = (asking.why.label, asking.why.contrast, asking.why.module, asking.why.stream, asking.person)
        for box, value in zip((self.label, self.contrast, self.module, self.stream, self.person), chosen, strict=True):
            box.setCurrentIndex(max(box.findData(value), 0))


class TrustPlot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """How probable a class stays when cells go, or becomes when they come, in the order of the focus and at random.

    Attributes:
        about: the window that the curves are of; None where there are none.
    """

    def __init__(self) -> None:
        super().__init__()
        self.about: Answer | None = None
        self.setAccessibleName("Deletion and insertion")
        self.setMenuEnabled(False)
        self.setMouseEnabled(x=False, y=False)
        self.hideButtons()
        self.setFixedHeight(170)
        self.setFrameShape(self.Shape.NoFrame)
        self.setXRange(0, 1, padding=0.02)
        self.setYRange(0, 1, padding=0.02)
        self.getAxis("left").setTicks([[(0, "0 %"), (0.5, "50 %"), (1, "100 %")]])
        self.getAxis("bottom").setTicks([[(0, "0 %"), (0.5, "half of the joints at moments"), (1, "all")]])
        self._legend = self.addLegend(offset=(-4, 4), labelTextSize="8pt", verSpacing=-6)
        self.hide()

    def show_trust(self, trust: Trust | None) -> None:
        """Show the curves; None for none."""
        self.about = trust.answer if trust else None
        self.setVisible(trust is not None)
        if trust is None:
            return
        self.clear()
        self._legend.clear()
        text = self.palette().windowText().color()
        self.setBackground(self.palette().base().color())
        for axis in ("left", "bottom"):
            self.getAxis(axis).setPen(text)
            self.getAxis(axis).setTextPen(text)
        self._legend.setLabelTextColor(text)
        for number, (kind, pair) in enumerate(trust.curves.items()):
            for values, order in zip(pair, ("focus", "random"), strict=True):
                style = Qt.PenStyle.SolidLine if order == "focus" else Qt.PenStyle.DashLine
                pen = pg.mkPen(qt_colour(person_colour(number + 1)), width=2, style=style)
                area = float(np.trapezoid(values, trust.shares))
                self.plot(trust.shares, values, pen=pen, name=f"{kind}, {order}: {area:.2f}")

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Wear the colours of the system with the next curves."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and not self.isHidden():
            self.setBackground(self.palette().base().color())


def scores_of(scores: np.ndarray, before: np.ndarray | None, classes: Sequence[str], label: str | None) -> list[Score]:
    """The classes that are most probable, or were, best first; the one that is asked about among them."""
    most = scores if before is None else np.maximum(scores, before)
    chosen = np.argsort(-most, kind="stable")[:5]
    order = chosen[np.argsort(-scores[chosen], kind="stable")].tolist()
    asked = classes.index(label) if label in classes else order[0]
    if asked not in order:
        order[-1] = asked
    was = [None if before is None else float(before[number]) for number in order]
    return [
        Score(number, classes[number], float(scores[number]), number == asked, old)
        for number, old in zip(order, was, strict=True)
    ]


def _about(answer: Answer | None, other: Answer | None) -> bool:
    return answer is not None and other is not None and (answer.start, answer.label) == (other.start, other.label)


def _fill(box: QComboBox, items: Sequence[tuple[str, object]]) -> None:
    box.clear()
    for words, value in items:
        box.addItem(words, value)
