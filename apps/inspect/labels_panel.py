"""Correcting labels: a list of segments, what the chosen one is, and files made of them."""

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QGridLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from apps.inspect.model import Inspector
from apps.live.events import Notice
from apps.widgets.line import Line
from realtime.formats import FORMATS
from realtime.records.corrections import Correction
from stf.prediction import Segment

_COLUMNS = ("from", "to", "who", "label", "")


class LabelsPanel(QWidget):
    """Everything that is changed here is written to the side file at once; the record stays as it is.

    Args:
        inspector: has the corrections.
    """

    def __init__(self, inspector: Inspector) -> None:
        super().__init__()
        self._inspector = inspector
        self._shown: list[Correction] = []
        self.table = QTableWidget(0, len(_COLUMNS))
        self.table.setAccessibleName("Segments")
        self.table.setHorizontalHeaderLabels(_COLUMNS)
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setMinimumHeight(110)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        self.table.itemSelectionChanged.connect(self._choose)
        self.label = QComboBox()
        self.label.setEditable(True)
        self.label.setAccessibleName("Label")
        self.start, self.end = _moment("From"), _moment("To")
        self.note = QLineEdit()
        self.note.setPlaceholderText("a note")
        self.note.setAccessibleName("Note")
        self.teach = QCheckBox("to be learned from")
        self.buttons = {
            name: QPushButton(name)
            for name in ("Starts here", "Ends here", "Change", "Add", "Remove", "Undo", "Export...")
        }
        grid = QGridLayout()
        grid.setSpacing(3)
        for row, words, widgets in (
            (0, "Label", (self.label,)),
            (1, "From", (self.start, self.buttons["Starts here"])),
            (2, "To", (self.end, self.buttons["Ends here"])),
            (3, "Note", (self.note,)),
        ):
            grid.addWidget(QLabel(words), row, 0)
            for column, widget in enumerate(widgets, 1):
                grid.addWidget(widget, row, column, 1, 3 - len(widgets))
        grid.addWidget(self.teach, 4, 1, 1, 2)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(2, 1)
        below = QGridLayout()
        below.setSpacing(3)
        for number, name in enumerate(("Change", "Add", "Remove", "Undo", "Export...")):
            below.addWidget(self.buttons[name], number // 3, number % 3)
        self.said = Line()
        stack = QVBoxLayout(self)
        stack.setSpacing(4)
        stack.addWidget(self.table, 1)
        stack.addLayout(grid)
        stack.addLayout(below)
        stack.addWidget(self.said)
        self._connect()

    def choose(self, segment: Segment) -> None:
        """Choose a segment, but stay where the cursor is."""
        found = (row for row, one in enumerate(self._shown) if one.segment == segment)
        if (row := next(found, None)) is not None:
            with QSignalBlocker(self.table):
                self.table.selectRow(row)
            self._fill(self._shown[row])

    @property
    def chosen(self) -> Correction | None:
        """The segment that is chosen."""
        row = self.table.currentRow()
        return self._shown[row] if self.table.selectedItems() and 0 <= row < len(self._shown) else None

    def show_segments(self) -> None:
        """Show the segments as they are now; the chosen one stays so."""
        corrections = self._inspector.corrections
        number = self.chosen.number if self.chosen else None
        self._shown = corrections.every if corrections else []
        with QSignalBlocker(self.table):
            self.table.setRowCount(len(self._shown))
            for row, one in enumerate(self._shown):
                marks = "\N{BLACK STAR}" * one.teach + "\N{PENCIL}" * bool(one.note)
                words = (f"{one.start:.2f}", f"{one.end:.2f}", str(one.person + 1), one.label, marks)
                for column, word in enumerate(words):
                    self.table.setItem(row, column, QTableWidgetItem(word))
                if one.number == number:
                    self.table.selectRow(row)
            if number not in {one.number for one in self._shown}:
                self.table.clearSelection()
        self.setEnabled(corrections is not None)
        changed = corrections.changed if corrections else 0
        if corrections is None:
            self.said.setText("Only labels of videos can be corrected.")
        elif changed:
            self.said.setText(f"{changed} corrected, kept in {corrections.path.name}")
        else:
            self.said.setText("Nothing is corrected.")

    def _connect(self) -> None:
        inspector = self._inspector
        inspector.opened.connect(self._open)
        inspector.changed.connect(self.show_segments)
        self.buttons["Starts here"].clicked.connect(lambda: self.start.setValue(inspector.cursor.now))
        self.buttons["Ends here"].clicked.connect(lambda: self.end.setValue(inspector.cursor.now))
        self.buttons["Change"].clicked.connect(self._change)
        self.buttons["Add"].clicked.connect(self._add)
        self.buttons["Remove"].clicked.connect(self._remove)
        self.buttons["Undo"].clicked.connect(inspector.undo_correction)
        menu = QMenu(self)
        for name in FORMATS:
            if name != "npz":
                menu.addAction(name).triggered.connect(lambda _checked=False, name=name: self._export(name))
        menu.addAction("clips to be learned from").triggered.connect(lambda: self._export("clips", taught=True))
        self.buttons["Export..."].setMenu(menu)

    def _open(self) -> None:
        subject = self._inspector.subject
        self.label.clear()
        self.label.addItems(sorted(subject.classes) if subject else [])
        self.table.clearSelection()
        self.show_segments()

    def _choose(self) -> None:
        one = self.chosen
        if one:
            self._fill(one)
            self._inspector.asking.look_at(one.person)
            self._inspector.cursor.go(one.start)

    def _fill(self, one: Correction) -> None:
        self.label.setCurrentText(one.label)
        self.start.setValue(one.start)
        self.end.setValue(one.end)
        self.note.setText(one.note)
        self.teach.setChecked(one.teach)

    def _entered(self) -> dict[str, object] | None:
        """What was entered; None where that is no segment, which is said."""
        start, end, label = self.start.value(), self.end.value(), self.label.currentText().strip()
        wrong = "a label is needed" if not label else "" if start < end else f"it ends at {end:.2f} s, before it starts"
        if wrong:
            self._inspector.said.emit(Notice(f"that is no segment: {wrong}", failed=True))
            return None
        words = {"label": label, "note": self.note.text().strip(), "teach": self.teach.isChecked()}
        return {"start": start, "end": end, **words}

    def _change(self) -> None:
        one, entered = self.chosen, self._entered()
        if one is None:
            self._inspector.said.emit(Notice("no segment is chosen: click one, or add what was entered", failed=True))
        elif entered:
            plain = all(getattr(one, name) == entered[name] for name in ("start", "end", "label"))
            confidence = one.confidence if plain else 1.0
            self._inspector.correct(one.model_copy(update={**entered, "confidence": confidence}))

    def _add(self) -> None:
        entered = self._entered()
        if entered:
            self._inspector.add_segment(entered)

    def _remove(self) -> None:
        one = self.chosen
        if one is None:
            self._inspector.said.emit(Notice("no segment is chosen, so none is removed: click one", failed=True))
        else:
            self._inspector.correct(one.model_copy(update={"gone": True}))

    def _export(self, name: str, *, taught: bool = False) -> None:
        path = QFileDialog.getExistingDirectory(self, "Export to a folder")
        if path:
            self._inspector.export(FORMATS[name], Path(path), taught=taught)


def _moment(name: str) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setDecimals(2)
    box.setRange(0.0, 1e6)
    box.setSuffix(" s")
    box.setSingleStep(0.1)
    box.setAccessibleName(name)
    box.setAlignment(Qt.AlignmentFlag.AlignRight)
    return box
