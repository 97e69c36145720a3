"""Two models side by side: what both say of the window at the cursor, as it is or changed."""

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from apps.inspect.data import Answer
from apps.inspect.model import Inspector
from apps.widgets.data import Pair
from apps.widgets.line import Line
from apps.widgets.pair_bars import PairBars

_NONE = "no other model"
_EACH, _ROWS = 4, 5  # classes of each model, and of both together


class ComparePanel(QWidget):
    """Choose another model; its scores are shown beside the first one's, its focus below.

    Args:
        inspector: who is asked.
    """

    def __init__(self, inspector: Inspector) -> None:
        super().__init__()
        self._inspector = inspector
        self.model = QComboBox()
        self.model.setAccessibleName("Against")
        self.model.setToolTip("The model to compare with (A)")
        self.model.addItem(_NONE, "")
        self.model.activated.connect(lambda _: inspector.rival.choose(self.model.currentData()))
        self.file = QPushButton("File...")
        self.file.setToolTip("Compare with a checkpoint that is a file")
        self.file.clicked.connect(self._open_file)
        grid = QGridLayout()
        grid.addWidget(QLabel("Against"), 0, 0)
        grid.addWidget(self.model, 0, 1)
        grid.addWidget(self.file, 0, 2)
        grid.setColumnStretch(1, 1)
        self.said, self.shown, self.note = QLabel(), Line(), QLabel()
        for label in (self.said, self.note):
            label.setWordWrap(True)
        self.bars = PairBars(_ROWS)
        self.bars.chosen.connect(self._choose)
        stack = QVBoxLayout(self)
        stack.setSpacing(4)
        stack.addLayout(grid)
        for widget in (self.said, self.shown, self.bars, self.note):
            stack.addWidget(widget)
        stack.addStretch(1)
        inspector.opened.connect(self.show_answers)
        inspector.rival.changed.connect(self._show_model)
        for asking in (inspector.asking, inspector.rival.asking):
            asking.answered.connect(self.show_answers)
            asking.edited.connect(self.show_answers)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Offer the shipped models; what knows them is not loaded before."""
        super().showEvent(event)
        from stf.checkpoint import shipped_models  # noqa: PLC0415 - torch, for which the window does not wait

        for name in shipped_models():
            self._offer(name)

    def show_answers(self) -> None:
        """Show what both say of the window at the cursor."""
        first, second = self._inspector.asking, self._inspector.rival.asking
        one, other = first.answer, second.answer
        if first.facts is None or second.facts is None or one is None or other is None:
            waiting = "" if not self._inspector.rival.model else f"{self._inspector.rival.model} is asked..."
            self.said.setText(waiting or "Choose a model to ask the same, side by side.")
            self.shown.setText("")
            self.note.setText("")
            self.bars.set_pairs(("", ""), ())
            return
        names = first.facts.short, second.facts.short
        if names[0] == names[1]:
            names = first.facts.name, second.facts.name
        self.said.setText(agreement((one, other), (first.facts.classes, second.facts.classes), names))
        self.shown.setText(_windows(one, other))
        self.note.setText(f"{names[1]}: {note}" if (note := self._inspector.rival.note) else "")
        self.bars.set_pairs(names, pairs_of((one, other), (first.facts.classes, second.facts.classes)))

    def _show_model(self) -> None:
        """Another model has been chosen, here or on the command line."""
        self._offer(self._inspector.rival.model)
        with QSignalBlocker(self.model):
            self.model.setCurrentIndex(self.model.findData(self._inspector.rival.model))
        self.show_answers()

    def _offer(self, model: str) -> None:
        if self.model.findData(model) < 0:
            self.model.addItem(model, model)

    def _open_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Compare with", "", "Checkpoints (*.safetensors)")
        if path:
            self._inspector.rival.choose(path)

    def _choose(self, label: str) -> None:
        asking, subject = self._inspector.asking, self._inspector.subject
        if subject and label and label not in subject.classes:
            self.note.setText(f"The first model has no class '{label}', so it cannot be asked why.")
        else:
            asking.wonder(replace(asking.why, label=label or None))


def agreement(answers: tuple[Answer, Answer], classes: tuple[tuple[str, ...], ...], names: tuple[str, ...]) -> str:
    """What both say, in a sentence."""
    best = [int(answer.scores.argmax()) for answer in answers]
    said = [names_of[number] for names_of, number in zip(classes, best, strict=True)]
    sure = [f"{answer.scores[number]:.0%}" for answer, number in zip(answers, best, strict=True)]
    if said[0] == said[1]:
        return f"Both say {said[0]} ({sure[0]} and {sure[1]})."
    return f"They differ: {names[0]} says {said[0]} ({sure[0]}), {names[1]} says {said[1]} ({sure[1]})."


def pairs_of(answers: tuple[Answer, Answer], classes: tuple[tuple[str, ...], ...]) -> list[Pair]:
    """The classes that either holds most probable, those first that one is surest of, with the explained one.

    Labels are the same by name.
    """
    chosen: dict[str, float] = {}
    for answer, names in zip(answers, classes, strict=True):
        for number in np.argsort(-answer.scores, kind="stable")[:_EACH].tolist():
            chosen[names[number]] = max(chosen.get(names[number], 0.0), float(answer.scores[number]))
    first = answers[0]

    def read(label: str, *, before: bool) -> tuple[float | None, float | None]:
        one, other = (
            float((answer.before if before else answer.scores)[names.index(label)])
            if label in names and not (before and not answer.edits)
            else None
            for answer, names in zip(answers, classes, strict=True)
        )
        return one, other

    order = sorted(chosen, key=lambda label: -chosen[label])[:_ROWS]
    if first.label not in order:
        order[-1] = first.label
    return [Pair(one, read(one, before=False), read(one, before=True), one == first.label) for one in order]


def _windows(one: Answer, other: Answer) -> str:
    """Which window each was shown."""
    spans = [f"{answer.start:.2f} to {answer.end:.2f} s" for answer in (one, other)]
    if spans[0] == spans[1]:
        return f"Window from {spans[0]}"
    return f"Window from {spans[0]}; the other is shown {spans[1]}"
