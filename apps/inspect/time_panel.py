"""Segments, scores and focus over the same time, with one cursor through all three."""

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from apps.batch.unsure import UNSURE
from apps.inspect.asking import Asking
from apps.inspect.model import Inspector
from apps.inspect.score_lines import Scored, score_lines
from apps.widgets.data import FocusWindow, Span
from apps.widgets.focus_map import FocusMap
from apps.widgets.score_plot import ScorePlot
from apps.widgets.time_mouse import TimeMouse
from apps.widgets.timeline import Timeline

_LEFT = 104  # pixels to the left of the time
_COLUMN = 2  # pixels; how fine the focus is drawn


class TimePanel(QWidget):
    """Shows what an inspector knows; a drag over any of it moves the cursor.

    Signals:
        joint_hovered: the number of the joint under the pointer in the focus, -1 once it has left.
        segment_chosen: the `Segment` that was clicked.

    Args:
        inspector: what is shown.
    """

    joint_hovered = Signal(int)
    segment_chosen = Signal(object)

    def __init__(self, inspector: Inspector) -> None:
        super().__init__()
        self._inspector = inspector
        self.timeline = Timeline(left=_LEFT)
        self.timeline.setAccessibleName("Segments over time")
        self.plot = ScorePlot(UNSURE, left=_LEFT)
        self.focus = FocusMap(left=_LEFT)
        self.other = FocusMap(left=_LEFT)
        self.other.setAccessibleName("Focus of the other model: joints over time")
        self.other.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for widget, stretch in ((self.timeline, 0), (self.plot, 0), (self.focus, 1), (self.other, 1)):
            column.addWidget(widget, stretch)
        self.focus.joint_hovered.connect(self.joint_hovered)
        self.timeline.chosen.connect(self.segment_chosen)
        for widget in (self.timeline, self.plot, self.focus, self.other):
            watched = self.plot.viewport() if widget is self.plot else widget
            mouse = TimeMouse(watched, widget.moment_at)
            mouse.sought.connect(self._seek)
            mouse.marked.connect(lambda first, last: inspector.cursor.set_loop((first, last)))
            mouse.zoomed.connect(inspector.cursor.zoom)
            mouse.panned.connect(self._pan)
        inspector.cursor.moved.connect(self._move)
        inspector.cursor.viewed.connect(self.show_all)
        inspector.asking.grew.connect(self.show_all)
        inspector.asking.answered.connect(self._show_scores)
        inspector.changed.connect(self.show_all)
        for signal in (inspector.rival.changed, inspector.rival.asking.grew):
            signal.connect(self._show_scores)
            signal.connect(self._show_focus)

    def show_all(self) -> None:
        """Show what is in view."""
        cursor = self._inspector.cursor
        start, end = cursor.view
        self.timeline.set_span(Span(self._inspector.segments, (), end, end - start, absolute=True))
        self.timeline.set_loop(cursor.loop)
        self.plot.set_view(start, end)
        self._show_scores()
        self._show_focus()
        self._move()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Show as much as there is room for."""
        super().resizeEvent(event)
        self._show_focus()

    def _move(self) -> None:
        now = self._inspector.cursor.now
        self.timeline.set_moment(now)
        self.plot.set_cursor(now)
        self.focus.set_cursor(now)
        self.other.set_cursor(now)

    def _seek(self, moment: float) -> None:
        self._inspector.cursor.play(on=False)
        self._inspector.cursor.go(moment)

    def _pan(self, share: float) -> None:
        start, end = self._inspector.cursor.view
        self._inspector.cursor.pan(share * (end - start))

    def _show_scores(self) -> None:
        first, rival = self._inspector.asking, self._inspector.rival.asking
        models = [
            Scored(track, asking.subject.classes)
            for asking in (first, rival)
            if asking.subject and (track := asking.track) and len(track.start)
        ]
        compared = rival.facts.short if rival.facts else ""
        self.plot.set_lines(score_lines(models, first.why, self._inspector.cursor.view), compared)

    def _show_focus(self) -> None:
        first, rival = self._inspector.asking, self._inspector.rival
        subject, facts = rival.asking.subject, rival.asking.facts
        shown = subject is not None and facts is not None
        self.other.setVisible(shown)
        self._show_map(self.focus, first, shown)
        if shown:
            self._show_map(self.other, rival.asking, shown)

    def _show_map(self, focus: FocusMap, asking: Asking, named: bool) -> None:
        subject, facts, cursor = asking.subject, asking.facts, self._inspector.cursor
        if subject is None:
            focus.set_window(None)
            return
        start, end = cursor.view
        times = np.linspace(start, end, max((focus.width() - _LEFT) // _COLUMN, 2))
        volume = asking.volume
        values = (
            np.zeros((len(times), subject.layout.num_joints), np.float32)
            if volume is None
            else np.nan_to_num(volume.at(times))
        )
        known = "as recorded" if asking.recorded else f"{asking.share:.0%} of the windows asked"
        whose = f"{facts.short}: " if named and facts else ""
        words = asking.why.words
        title = f"{whose}{words[:1].upper()}{words[1:]}? Person {asking.person + 1}, {known}"
        focus.set_window(FocusWindow(title, values, start, end, subject.layout))
        focus.set_now(end)
