"""What if: the window at the cursor changed, and what the model then says."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from apps.batch.unsure import UNSURE
from apps.inspect import changes
from apps.inspect.data import Edit
from apps.inspect.model import Inspector
from apps.inspect.why_panel import scores_of
from apps.widgets.body_view import Bodies, BodyView
from apps.widgets.colours import colour_of
from apps.widgets.line import Line
from apps.widgets.score_bars import ScoreBars

_JOINT = Qt.ItemDataRole.UserRole


class TryPanel(QWidget):
    """Switch limbs and joints off, or change the whole window; scores before and after stand beside each other.

    Args:
        inspector: who is asked.
    """

    def __init__(self, inspector: Inspector) -> None:
        super().__init__()
        self._inspector = inspector
        self.joints = QTreeWidget()
        self._items: list[QTreeWidgetItem] = []
        self.joints.setHeaderHidden(True)
        self.joints.setAccessibleName("Joints that move")
        self.joints.setToolTip("What has no tick stands still where it is on average")
        self.joints.itemChanged.connect(self._toggle)
        self.body = BodyView()
        self.body.set_message("The window as it is asked about appears here.")
        self.body.joint_clicked.connect(self._click)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.joints)
        split.addWidget(self.body)
        split.setSizes([150, 180])
        split.setMinimumHeight(190)
        self.buttons = {
            "Mirror": changes.mirror,
            "Freeze": self._freeze,
            "Turn left": lambda: changes.rotate(30),
            "Turn right": lambda: changes.rotate(-30),
            "Slower": lambda: changes.slow_down(1.5),
            "Faster": lambda: changes.slow_down(0.67),
            "Swap people": changes.swap_people,
        }
        grid = QGridLayout()
        grid.setSpacing(3)
        for number, (name, make) in enumerate(self.buttons.items()):
            button = QPushButton(name)
            button.clicked.connect(lambda _checked=False, make=make: self._change(make))
            grid.addWidget(button, number // 4, number % 4)
        self.done = Line()
        undo, restore = QPushButton("Undo"), QPushButton("As it was")
        undo.setToolTip("Take the newest change back (Ctrl+Z)")
        undo.clicked.connect(lambda: inspector.asking.change(inspector.asking.edits[:-1]))
        restore.clicked.connect(lambda: inspector.asking.change(()))
        below = QHBoxLayout()
        for widget, stretch in ((self.done, 1), (undo, 0), (restore, 0)):
            below.addWidget(widget, stretch)
        self.bars = ScoreBars()
        stack = QVBoxLayout(self)
        stack.setSpacing(4)
        stack.addWidget(split, 1)
        stack.addLayout(grid)
        stack.addLayout(below)
        stack.addWidget(self.bars)
        inspector.opened.connect(self._open)
        inspector.asking.answered.connect(self.show_answer)
        inspector.asking.edited.connect(self.show_answer)
        inspector.cursor.moved.connect(self._show_body)

    def show_answer(self) -> None:
        """Show what is changed, and what the model says of it."""
        asking, subject = self._inspector.asking, self._inspector.subject
        answer = asking.answer
        self._show_ticks()
        words = ", then ".join(edit.words for edit in asking.edits)
        took = f" ({answer.took_ms:.0f} ms)" if answer and answer.edits else ""
        self.done.setText(f"{words}{took}" if words else "Nothing is changed.")
        if answer and subject:
            before = answer.before if answer.edits else None
            scores = scores_of(answer.scores, before, subject.classes, answer.label)
            self.bars.set_scores(scores, UNSURE, colour_of(asking.person))
            known = np.where((answer.joints == 0).all(axis=3, keepdims=True), np.nan, answer.joints)
            self.body.set_frame(known)
        else:
            self.bars.set_scores((), 0, colour_of(0))
        self._show_body()

    def _show_body(self) -> None:
        """The window as it is asked about, at the cursor."""
        asking, subject, now = self._inspector.asking, self._inspector.subject, self._inspector.cursor.now
        answer = asking.answer
        if answer is None or subject is None or not self.isVisible():
            self.body.set_bodies(None)
            return
        share = (now - answer.start) / (answer.end - answer.start)
        moment = round(min(max(share, 0.0), 1.0) * (len(answer.focus) - 1))
        joints = answer.joints[:, moment]
        known = np.where((joints == 0).all(axis=2, keepdims=True), np.nan, joints)
        person = subject.persons.index(answer.person) if len(known) > 1 and answer.person in subject.persons else 0
        bodies = dict(enumerate(known)) if len(known) > 1 else {answer.person: known[0]}
        shown = person if len(known) > 1 else answer.person
        off = changes.switched_off(asking.edits)
        self.body.set_bodies(Bodies(subject.layout, bodies, {shown: answer.focus[moment]}, off))

    def _open(self) -> None:
        subject = self._inspector.subject
        if subject is None:
            return
        blocked = QSignalBlocker(self.joints)
        self.joints.clear()
        self._items = []
        for limb, joints in subject.layout.limbs.items():
            top = QTreeWidgetItem(self.joints, [limb])
            top.setData(0, _JOINT, list(joints))
            self._items.append(top)
            for joint in joints:
                item = QTreeWidgetItem(top, [subject.layout.joints[joint].replace("_", " ")])
                item.setData(0, _JOINT, [joint])
                self._items.append(item)
        blocked.unblock()
        self.show_answer()

    def _show_ticks(self) -> None:
        off = changes.switched_off(self._inspector.asking.edits)
        states = Qt.CheckState
        with QSignalBlocker(self.joints):
            for item in self._items:
                joints = item.data(0, _JOINT)
                gone = off.intersection(joints)
                every = len(gone) == len(joints)
                state = states.Unchecked if every else states.PartiallyChecked if gone else states.Checked
                item.setCheckState(0, state)

    def _toggle(self, item: QTreeWidgetItem) -> None:
        self._switch(item.data(0, _JOINT), on=item.checkState(0) == Qt.CheckState.Checked)

    def _click(self, joint: int) -> None:
        self._switch([joint], on=joint in changes.switched_off(self._inspector.asking.edits))

    def _switch(self, joints: list[int], *, on: bool) -> None:
        asking, subject = self._inspector.asking, self._inspector.subject
        if subject is None:
            return
        if on:
            asking.change(changes.switched_on(asking.edits, subject.layout, joints))
        else:
            rest = set(joints) - changes.switched_off(asking.edits)
            asking.change((*asking.edits, changes.switch_off(subject.layout, rest)))

    def _freeze(self) -> Edit:
        """The marked span, or all of the window from the cursor on."""
        cursor, answer = self._inspector.cursor, self._inspector.asking.answer
        span = cursor.loop or (cursor.now, answer.end if answer else cursor.end)
        return changes.freeze(*span)

    def _change(self, make: Callable[[], Edit]) -> None:
        asking = self._inspector.asking
        asking.change((*asking.edits, make()))
