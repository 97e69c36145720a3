"""The window of the inspector: puts the widgets together and shows them what is known."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QLabel,
    QMainWindow,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from apps.inspect.actions import COMMANDS
from apps.inspect.chores import Progress
from apps.inspect.clips_panel import ClipsPanel
from apps.inspect.commands import Commands
from apps.inspect.compare_panel import ComparePanel
from apps.inspect.graph_panel import GraphPanel
from apps.inspect.labels_panel import LabelsPanel
from apps.inspect.mean_panel import MeanPanel
from apps.inspect.model import Inspector
from apps.inspect.opening import Request
from apps.inspect.painter import Shown
from apps.inspect.time_panel import TimePanel
from apps.inspect.try_panel import TryPanel
from apps.inspect.why_panel import WhyPanel
from apps.live.actions import add_actions
from apps.live.events import Notice
from apps.live.wishes import Look
from apps.widgets.banner import Banner
from apps.widgets.body_view import Bodies, BodyView
from apps.widgets.data import Spot
from apps.widgets.progress import ProgressLine
from apps.widgets.timeline import clock
from apps.widgets.video_view import VideoView
from stf.prediction import Segment

_SIZE = 1280, 900
_EMPTY = "Nothing is open. Open a video, a label record or a dataset, or drop one here."
_CLIPS = 420  # pixels; how wide the list of clips is at first


class InspectWindow(QMainWindow):
    """Everything a person sees; holds no state of its own beyond that.

    Args:
        inspector: does everything.
    """

    def __init__(self, inspector: Inspector) -> None:
        super().__init__()
        self.inspector = inspector
        self.setWindowTitle("STF inspector")
        self.setAcceptDrops(True)
        self.banner, self.video, self.body = Banner(), VideoView(), BodyView()
        self.progress = ProgressLine()
        self.video.set_message(_EMPTY)
        self.body.set_message("Nobody is seen at this moment.")
        self.time = TimePanel(inspector)
        self.why, self.what_if = WhyPanel(inspector), TryPanel(inspector)
        self.labels, self.graph = LabelsPanel(inspector), GraphPanel(inspector)
        self.mean = MeanPanel(inspector)
        self.compare, self.clips = ComparePanel(inspector), ClipsPanel(inspector)
        self._links: Sequence[tuple[int, int, float]] = ()
        self.commands = Commands(self)
        self.actions_by_name = add_actions(self, self.commands.slots, COMMANDS)
        self._lay_out()
        self.clips_dock = self._dock()
        self._connect()
        self.resize(*_SIZE)

    def open(self, request: Request) -> None:
        """Inspect something else."""
        self._status.setText(f"opening {request.source.name}...")
        if self.inspector.subject is None:
            self.video.set_message("Opening...")
        self.inspector.open(request)

    def show_space(self, *, on: bool) -> None:
        """Show the skeleton in space rather than the picture."""
        self.views.setCurrentWidget(self.body if on else self.video)
        self.actions_by_name["space"].setChecked(on)
        self._show_body()

    def show_clips(self, *, on: bool) -> None:
        """Show the confusion and the list of clips."""
        self.clips_dock.setVisible(on)

    def show_panel(self, panel: QWidget) -> None:
        """Turn to the tab of a panel."""
        for number in range(self.tabs.count()):
            if (page := self.tabs.widget(number)) and page.isAncestorOf(panel):
                self.tabs.setCurrentIndex(number)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Files may be dropped."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Inspect what was dropped."""
        urls = [url for url in event.mimeData().urls() if url.isLocalFile()]
        if urls:
            event.acceptProposedAction()
            self.open(Request(Path(urls[0].toLocalFile())))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Stop; nothing waits here."""
        self.inspector.close()
        super().closeEvent(event)

    def _lay_out(self) -> None:
        bar = QToolBar("Tools")
        bar.setMovable(False)
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        names = ("open", "", "back", "play", "forward", "", "last_segment", "next_segment", "next_doubt", "loop", "")
        for name in (*names, "whole", "overlay", "space", "", "figure", "undo", "keys"):
            if name:
                bar.addAction(self.actions_by_name[name])
            else:
                bar.addSeparator()
        self.addToolBar(bar)
        self.views = QStackedWidget()
        self.views.addWidget(self.video)
        self.views.addWidget(self.body)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        panels = {
            "Why": self.why,
            "Try it": self.what_if,
            "Labels": self.labels,
            "Graph": self.graph,
            "Mean": self.mean,
            "Compare": self.compare,
        }
        for name, panel in panels.items():
            area = QScrollArea()
            area.setWidget(panel)
            area.setWidgetResizable(True)
            area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            area.setFrameShape(QScrollArea.Shape.NoFrame)
            self.tabs.addTab(area, name)
        self.tabs.setMinimumWidth(300)
        upper = QSplitter(Qt.Orientation.Horizontal)
        upper.addWidget(self.views)
        upper.addWidget(self.tabs)
        upper.setStretchFactor(0, 1)
        upper.setSizes([876, 404])
        whole = QSplitter(Qt.Orientation.Vertical)
        whole.addWidget(upper)
        whole.addWidget(self.time)
        whole.setStretchFactor(0, 1)
        whole.setSizes([430, 380])
        for split in (upper, whole):
            split.setChildrenCollapsible(False)
        self._status, self._clock = QLabel(), QLabel()
        self.statusBar().addWidget(self._status, 1)
        self.statusBar().addPermanentWidget(self._clock)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.banner)
        column.addWidget(self.progress)
        column.addWidget(whole, 1)
        centre = QWidget()
        centre.setLayout(column)
        self.setCentralWidget(centre)
        self.setMinimumSize(640, 480)

    def _dock(self) -> QDockWidget:
        """What lists clips, beside everything else, once somebody asks for it."""
        dock = QDockWidget("Clips")
        dock.setWidget(self.clips)
        dock.hide()
        dock.visibilityChanged.connect(lambda _: self.actions_by_name["clips"].setChecked(not dock.isHidden()))
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
        self.resizeDocks([dock], [_CLIPS], Qt.Orientation.Horizontal)
        return dock

    def _connect(self) -> None:
        inspector = self.inspector
        inspector.opened.connect(self._open)
        inspector.loaded.connect(self._tell)
        inspector.said.connect(self._say)
        inspector.painter.painted.connect(self._paint)
        inspector.cursor.moved.connect(self._move)
        inspector.asking.grew.connect(self._show_body)
        inspector.asking.answered.connect(self._show_body)
        inspector.chores.progressed.connect(self._tell_progress)
        self.progress.cancelled.connect(inspector.chores.cancel)
        self.video.resized.connect(self._fit)
        self.video.spot_hovered.connect(lambda spot: self._mark(spot.joint if spot else -1))
        self.video.person_clicked.connect(inspector.asking.look_at)
        self.body.joint_hovered.connect(self._mark)
        self.time.joint_hovered.connect(self._point)
        self.time.segment_chosen.connect(self._choose)
        self.graph.linked.connect(self._link)
        self.mean.asked.connect(lambda: self.show_panel(self.mean))

    def _open(self) -> None:
        subject = self.inspector.subject
        if subject is None:
            return
        self.setWindowTitle(f"{subject.name} - STF inspector")
        self.banner.say("")
        if self.inspector.lost:
            self.banner.say(self.inspector.lost, "Find video...", self.actions_by_name["find"].trigger)
        elif subject.note:
            self.banner.say(subject.note)
        self.video.set_picture(None)
        self.video.set_message("The video is not here." if self.inspector.lost else "")
        self.body.set_frame(subject.extent())
        self.show_space(on=subject.record is None)
        self.actions_by_name["space"].setEnabled(subject.record is not None)
        for name in ("next_clip", "last_clip"):
            self.actions_by_name[name].setEnabled(len(self.inspector.clips) > 1)
        self._tell()

    def _tell(self) -> None:
        """Say what is open and who is asked about it."""
        subject, facts = self.inspector.subject, self.inspector.asking.facts
        if subject:
            model = "loading the model..." if facts is None else f"{facts.name}, {facts.modules} modules"
            count = len(self.inspector.segments)
            self._status.setText(f"{subject.name}: {count} segment{'s' * (count != 1)}; {model}")

    def _say(self, notice: Notice) -> None:
        if notice.failed:
            self.banner.say(notice.text)
        self._status.setText(notice.text)
        if self.inspector.subject is None:
            self.video.set_message(_EMPTY)

    def _tell_progress(self, progress: Progress | None) -> None:
        self.progress.setVisible(progress is not None)
        if progress:
            self.progress.show_progress(progress.what, progress.done, progress.total)
            if self.inspector.subject is None:
                self.video.set_message(f"{progress.what}...")

    def _paint(self, shown: Shown | None) -> None:
        if shown:
            self.video.set_picture(shown.picture)

    def _move(self) -> None:
        cursor = self.inspector.cursor
        self._clock.setText(f"{clock(cursor.now, 2)} / {clock(cursor.end)}")
        self.actions_by_name["play"].setChecked(cursor.playing)
        self.actions_by_name["play"].setText("Stop" if cursor.playing else "Play")
        self._show_body()

    def _show_body(self) -> None:
        subject, asking, now = self.inspector.subject, self.inspector.asking, self.inspector.cursor.now
        if subject is None or self.views.currentWidget() is not self.body:
            return
        focus = {} if asking.volume is None else {asking.person: asking.volume.at(np.array([now]))[0]}
        self.body.set_bodies(Bodies(subject.layout, subject.skeletons(now), focus, links=self._links))

    def _link(self, links: Sequence[tuple[int, int, float]]) -> None:
        """Tie joints together on the skeleton in space."""
        self._links = links
        self._show_body()

    def _fit(self, size: QSize) -> None:
        look = self.inspector.painter.look
        self.inspector.painter.draw_as(Look(look.overlay, look.mirror, (size.width(), size.height())))

    def _point(self, joint: int) -> None:
        """The pointer is on a joint's row."""
        self.video.highlight(Spot(self.inspector.asking.person, joint) if joint >= 0 else None)
        self.body.mark(joint)

    def _mark(self, joint: int) -> None:
        """The pointer is on a joint."""
        self.time.focus.mark(joint)

    def _choose(self, segment: Segment) -> None:
        self.inspector.asking.look_at(segment.person)
        self.labels.choose(segment)
        self._status.setText(
            f"{segment.label}, {segment.start:.2f} to {segment.end:.2f} s, confidence {segment.confidence:.0%}"
        )
