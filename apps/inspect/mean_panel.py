"""What the model looks at on average, on a skeleton and as joints over time."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QGridLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from apps.inspect.averaging import Mean
from apps.inspect.keeping import CHOICES
from apps.inspect.model import Inspector
from apps.live.events import Notice
from apps.widgets.body_view import Bodies, BodyView
from apps.widgets.data import FocusWindow
from apps.widgets.focus_map import FocusMap
from apps.widgets.time_mouse import TimeMouse

if TYPE_CHECKING:
    from stf.explanation import Explanation

_JOINTS = 4  # named


class MeanPanel(QWidget):
    """Asks for a mean, and shows the newest one; a drag over its joints goes through its time.

    Signals:
        asked: a mean was asked for.

    Args:
        inspector: who is asked.

    Attributes:
        mean: what is shown; None before the first.
    """

    asked = Signal()

    def __init__(self, inspector: Inspector) -> None:
        super().__init__()
        self._inspector = inspector
        self.mean: Mean | None = None
        self.buttons = {name: QPushButton(name) for name in ("This span", "Everything", "The class", "Save...")}
        tips = (
            "The mean focus over the marked span, or this segment (G)",
            "The mean focus over all windows of this person (Shift+G)",
            "The mean focus over all clips of a class (Ctrl+G)",
            "Save this mean",
        )
        calls = (self.over_span, self.over_all, self.over_class, self._save)
        grid = QGridLayout()
        grid.setSpacing(3)
        for column, (button, tip, call) in enumerate(zip(self.buttons.values(), tips, calls, strict=True)):
            button.setToolTip(tip)
            button.setAccessibleDescription(tip)
            button.clicked.connect(call)
            grid.addWidget(button, 0, column)
        self.said = QLabel(
            "What does the model look at? Ask for the mean over a span, over everything or over a class."
        )
        self.said.setWordWrap(True)
        self.body, self.focus = BodyView(), FocusMap()
        self.body.set_message("The skeleton that is most like the mean appears here.")
        for widget, height in ((self.body, 150), (self.focus, 190)):
            widget.setMinimumHeight(height)
            widget.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)  # as much as there is
        self.focus.joint_hovered.connect(self.body.mark)
        self.body.joint_hovered.connect(self.focus.mark)
        self._mouse = TimeMouse(self.focus, self.focus.moment_at)
        self._mouse.sought.connect(self._go)
        stack = QVBoxLayout(self)
        stack.setSpacing(4)
        stack.addLayout(grid)
        stack.addWidget(self.said)
        stack.addWidget(self.body, 1)
        stack.addWidget(self.focus, 1)
        self.buttons["Save..."].setEnabled(False)
        inspector.averaging.averaged.connect(self.show_mean)
        inspector.opened.connect(self._open)

    def over_span(self) -> None:
        """Ask for the mean over the marked span, or the segment at the cursor."""
        first, last = self._inspector.span

        def show(found: "Explanation") -> None:
            self.show_mean(Mean(found, f"{first:.1f} to {last:.1f} s of {found.name.partition(' (')[0]}"))

        self.asked.emit()
        self._inspector.explain(show)

    def over_all(self) -> None:
        """Ask for the mean over all windows of the person."""
        if label := self._label():
            self.asked.emit()
            self._inspector.averaging.over_windows(label)

    def over_class(self) -> None:
        """Ask for the mean over the clips of a class."""
        request, subject = self._inspector.request, self._inspector.subject
        if request is None or subject is None or subject.record is not None:
            words = "only a dataset has clips of a class: open one (Ctrl+Shift+O), and ask again"
            self._inspector.said.emit(Notice(words, failed=True))
        elif label := self._label():
            self.asked.emit()
            self._inspector.averaging.over_class(request, label)

    def show_mean(self, mean: Mean) -> None:
        """Show a mean at its strongest moment."""
        self.mean = mean
        found = mean.found
        joints = found.focus[0].mean(axis=0)
        order = np.argsort(-joints, kind="stable")[:_JOINTS]
        most = ", ".join(f"{found.layout.joints[joint].replace('_', ' ')} {joints[joint]:.2f}" for joint in order)
        why = f"Why {found.label}" + (f" and not {found.contrast}?" if found.contrast else "?")
        shown = f"; shown on {found.name}" if found.clips > 1 else ""
        score = f"{found.label} {found.score(found.label):.0%}"
        self.said.setText(f"<b>{why}</b> Mean over {mean.words}{shown}. {score}. Most in: {most}.")
        unit = "%" if found.clips > 1 else "s"
        first, last = (float(moment) for moment in _moments(found)[[0, -1]])
        self.focus.set_window(FocusWindow(why, found.focus[0], first, last, found.layout, unit))
        self.focus.set_now(last)
        self.body.set_frame(found.joints)
        self.buttons["Save..."].setEnabled(True)
        self._show(int(found.focus[0].sum(axis=1).argmax()))

    def _label(self) -> str:
        """The class to explain where none is chosen: what is done at the cursor, or what the model takes it for."""
        asking, subject, segment = self._inspector.asking, self._inspector.subject, self._inspector.segment
        if asking.why.label:
            return asking.why.label
        if segment and subject and segment.label in subject.classes:
            return segment.label
        if asking.answer:
            return asking.answer.label
        self._inspector.said.emit(Notice("choose the class to explain, in the tab Why", failed=True))
        return ""

    def _go(self, moment: float) -> None:
        if self.mean:
            self._show(int(np.abs(_moments(self.mean.found) - moment).argmin()))

    def _show(self, moment: int) -> None:
        if self.mean:
            found = self.mean.found
            self.focus.set_cursor(float(_moments(found)[moment]))
            people = range(len(found.joints))
            joints = {person: found.joints[person, moment] for person in people}
            self.body.set_bodies(
                Bodies(found.layout, joints, {person: found.focus[person, moment] for person in people})
            )

    def _save(self) -> None:
        if self.mean:
            name = f"{self.mean.found.label}.png"
            path, _ = QFileDialog.getSaveFileName(self, "Save this mean", name, CHOICES)
            if path:
                self._inspector.keep(Path(path), self.mean.found)

    def _open(self) -> None:
        self.buttons["The class"].setEnabled(self._inspector.subject is None or self._inspector.subject.record is None)


def _moments(found: "Explanation") -> Float[np.ndarray, " T"]:
    """Seconds; of a mean over clips per cent of each."""
    return found.times * 100 if found.clips > 1 else found.times
