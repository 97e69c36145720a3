"""The clips of a dataset by what is said of them: a confusion matrix, and a list to walk through."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from apps.inspect.listing import Choice
from apps.inspect.model import Inspector
from apps.widgets.confusion_map import ConfusionMap
from apps.widgets.line import Line

if TYPE_CHECKING:
    from stf.comparison import Comparison, Verdict

_RESULTS = "Results of stf evaluate (*.npz confusion.csv)"
_KINDS = {"differ": "where they differ", "wrong": "mistakes", "all": "all clips"}
_RIGHT = " \N{CHECK MARK}"
_CELLS = 30  # cells of the matrix that are listed by name, the fullest


class ClipsPanel(QWidget):
    """Open results or compare two models over a dataset, choose a cell or a kind of clip, and go from clip to clip.

    Args:
        inspector: has the listing.
    """

    def __init__(self, inspector: Inspector) -> None:
        super().__init__()
        self._inspector = inspector
        self._shown: Sequence[Verdict] = ()
        self.results, self.differ = QPushButton("Results..."), QPushButton("Where they differ")
        self.results.setToolTip("Open what stf evaluate -o wrote (R)")
        self.differ.setToolTip("Ask both models about all clips of this dataset (W)")
        self.results.clicked.connect(self.open_results)
        self.differ.clicked.connect(lambda: inspector.listing.survey(inspector.request, inspector.clips))
        buttons = QHBoxLayout()
        buttons.addWidget(self.results)
        buttons.addWidget(self.differ)
        self.said, self.pointed = QLabel(), Line()
        self.said.setWordWrap(True)
        self.matrix = ConfusionMap()
        self.matrix.pointed.connect(self._point)
        self.matrix.chosen.connect(self._choose_cell)
        self.kind = QComboBox()
        self.kind.setAccessibleName("Which clips")
        self.kind.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.kind.activated.connect(lambda _: inspector.listing.choose(self.kind.currentData()))
        row = QHBoxLayout()
        row.addWidget(QLabel("List"))
        row.addWidget(self.kind, 1)
        self.table = _make_table()
        self.table.cellClicked.connect(self._go)
        self.table.installEventFilter(self)
        below = QWidget()
        lower = QVBoxLayout(below)
        lower.setContentsMargins(0, 0, 0, 0)
        lower.setSpacing(4)
        lower.addWidget(self.pointed)
        lower.addLayout(row)
        lower.addWidget(self.table, 1)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        for widget, room in ((self.matrix, 420), (below, 300)):
            split.addWidget(widget)
            split.setStretchFactor(split.count() - 1, room)
        stack = QVBoxLayout(self)
        stack.setSpacing(4)
        stack.addLayout(buttons)
        stack.addWidget(self.said)
        stack.addWidget(split, 1)
        inspector.listing.changed.connect(self.show_listing)
        inspector.opened.connect(self._mark)
        self.show_listing()

    def open_results(self) -> None:
        """Ask for files that `stf evaluate` wrote, and list what is in them."""
        paths, _ = QFileDialog.getOpenFileNames(self, "Open results of stf evaluate", "", _RESULTS)
        if paths:
            self._inspector.listing.read([Path(path) for path in paths])

    def show_listing(self) -> None:
        """Show what is known, and the clips that are chosen."""
        listing = self._inspector.listing
        found = listing.comparison
        self.said.setText(_summary(found, listing.share, listing.broken))
        self._fill_kinds(found, listing.choice)
        if found:
            classes, choice = found.classes, listing.choice
            self.matrix.set_matrix(classes, found.confusion)
            cell = choice.truth in classes and choice.said in classes
            self.matrix.mark((classes.index(choice.truth), classes.index(choice.said)) if cell else None)
        if listing.listed != self._shown:
            self._shown = listing.listed
            self._fill_table(found)
        self._mark()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Enter in the table inspects the clip."""
        key = event.key() if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress else None
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._go(self.table.currentRow())
            return True
        return super().eventFilter(watched, event)

    def _fill_kinds(self, found: "Comparison | None", choice: Choice) -> None:
        with QSignalBlocker(self.kind):
            self.kind.clear()
            if found is None:
                return
            counts = {"differ": len(found.differing), "wrong": len(found.mistaken), "all": len(found.verdicts)}
            for kind, words in _KINDS.items():
                if kind != "differ" or len(found.models) > 1:
                    self.kind.addItem(f"{words} ({counts[kind]})", Choice(kind))
            for choice_of, words in _cells(found):
                self.kind.addItem(words, choice_of)
            place = next((n for n in range(self.kind.count()) if self.kind.itemData(n) == choice), -1)
            if place < 0 and choice.truth:
                self.kind.addItem(
                    f"true {choice.truth}, said {choice.said} ({len(self._inspector.listing.listed)})", choice
                )
                place = self.kind.count() - 1
            self.kind.setCurrentIndex(place)

    def _fill_table(self, found: "Comparison | None") -> None:
        models = found.models if found else ()
        self.table.setColumnCount(2 + len(models))
        self.table.setHorizontalHeaderLabels(["clip", "true", *models])
        self.table.setRowCount(len(self._shown))
        for row, verdict in enumerate(self._shown):
            said = zip(verdict.said, verdict.confidence, verdict.right, strict=True)
            words = [f"{label} {sure:.0%}{_RIGHT * right}" for label, sure, right in said]
            for column, word in enumerate((verdict.name, verdict.truth, *words)):
                self.table.setItem(row, column, QTableWidgetItem(word))
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)

    def _mark(self) -> None:
        """Show which of the listed clips is inspected."""
        subject = self._inspector.subject
        row = next((n for n, verdict in enumerate(self._shown) if subject and verdict.name == subject.name), -1)
        with QSignalBlocker(self.table):
            if row >= 0:
                self.table.selectRow(row)
            else:
                self.table.clearSelection()

    def _point(self, row: int, column: int) -> None:
        found = self._inspector.listing.comparison
        if found:
            self.pointed.setText(_cell_words(found, row, column))

    def _choose_cell(self, row: int, column: int) -> None:
        found = self._inspector.listing.comparison
        if found:
            self._inspector.listing.choose(Choice("all", found.classes[row], found.classes[column]))

    def _go(self, row: int, _: int = 0) -> None:
        if 0 <= row < len(self._shown):
            self._inspector.listing.wanted.emit(self._shown[row].name)


def _make_table() -> QTableWidget:
    table = QTableWidget(0, 0)
    table.setAccessibleName("Clips")
    table.setToolTip("Click or Enter inspects a clip; Ctrl+Down and Ctrl+Up go to the next and the one before")
    table.verticalHeader().hide()
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setMinimumHeight(100)
    table.verticalHeader().setDefaultSectionSize(22)
    return table


def _summary(found: "Comparison | None", share: float, broken: int) -> str:
    if found is None:
        return "Open what stf evaluate wrote, or choose a model to compare with (A) and list where they differ."
    right = ", ".join(
        f"{model} {sum(verdict.right[number] for verdict in found.verdicts)}"
        for number, model in enumerate(found.models)
    )
    known = f"{len(found.verdicts)} clips" + (f", {share:.0%} of the dataset" if share < 1 else "")
    skipped = f", {broken} broken" if broken else ""
    differ = f"; they differ on {len(found.differing)}" if len(found.models) > 1 else ""
    return f"{known}{skipped}. Right: {right}{differ}."


def _cells(found: "Comparison") -> list[tuple[Choice, str]]:
    """What is most often taken for something else."""
    matrix = found.confusion - np.diag(found.confusion.diagonal())
    order = np.argsort(-matrix, axis=None, kind="stable")[:_CELLS]
    places = [divmod(int(place), len(matrix)) for place in order if matrix.flat[place]]
    return [
        (Choice("all", found.classes[row], found.classes[column]), _cell_words(found, row, column))
        for row, column in places
    ]


def _cell_words(found: "Comparison", row: int, column: int) -> str:
    return f"true {found.classes[row]}, said {found.classes[column]} ({found.confusion[row, column]})"
