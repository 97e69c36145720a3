"""The window: puts the widgets together, shows them what happens, and tells the controller what the person wants."""

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from PySide6.QtCore import QSettings, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QMainWindow, QSplitter, QToolBar, QVBoxLayout, QWidget

from apps.live.actions import add_actions
from apps.live.commands import Commands
from apps.live.controller import Controller
from apps.live.events import CamerasFound, Ended, Event, Notice, Opened, Shown, State, StateChanged, Trouble
from apps.live.player import Player
from apps.live.reading import Panel
from apps.live.replay import Replay
from apps.live.settings import Settings, save_settings
from apps.live.settings_panel import SettingsPanel
from apps.live.source_menu import SourceMenu
from apps.live.wishes import Request
from apps.widgets.banner import Banner
from apps.widgets.colours import colour_of
from apps.widgets.data import Span, Spot, Vitals
from apps.widgets.focus_map import FocusMap
from apps.widgets.score_bars import ScoreBars
from apps.widgets.status import Status
from apps.widgets.timeline import Timeline
from apps.widgets.video_view import VideoView
from stf.prediction import Segment

_TICK_MS = 100  # between two looks at what changes slowly
_NARROW = 720  # pixels; a narrower window shows no panel beside the picture
_FLAT = 420  # pixels; a less high one no timeline


class LiveWindow(QMainWindow):
    """Everything a person sees; holds no state of its own beyond that.

    Args:
        controller: does everything.
        settings: what to begin with.
        store: where settings are kept.
    """

    def __init__(self, controller: Controller, settings: Settings, store: QSettings) -> None:
        super().__init__()
        self.controller = controller
        self.settings = settings
        self._store = store
        self._shown: Shown | None = None
        self._news = False
        self.setWindowTitle("STF")
        self.setAcceptDrops(True)
        self.banner, self.video, self.bars, self.focus = Banner(), VideoView(), ScoreBars(), FocusMap()
        self.timeline, self.status = Timeline(), Status()
        self.replay = Replay(self.video)
        shipped = [path.stem for path in sorted((Path(str(files("stf"))) / "weights").glob("*.safetensors"))]
        self.panel = SettingsPanel(settings, [str(controller.request.engine.model), *shipped])
        self.commands = Commands(self)
        self.actions_by_name = add_actions(self, self.commands.slots)
        self.menu_of_sources = SourceMenu(controller, self.actions_by_name, self)
        back, pause, forward = (self.actions_by_name[name] for name in ("back", "pause", "forward"))
        self.player = Player(back, pause, forward)
        self._lay_out()
        self._connect()
        self.video.set_message("Starting...")
        self.commands.apply(settings)
        self.resize(*settings.size)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(_TICK_MS)

    def request(self) -> Request:
        """What is watched, as the settings now say."""
        return request_of(self.settings, self.controller.request)

    def take(self, event: Event) -> None:
        """Show what happened; what is said of people with the next tick."""
        self._news = True
        match event:
            case Shown():
                self._show_picture(event)
            case StateChanged():
                self._show_state(event)
            case Opened():
                self._show_source(event)
            case Ended():
                self.commands.show_paused(paused=True)
                self.banner.say(event.note)
            case Trouble():
                self.video.set_stale(stale=bool(event.text))
                self.banner.say(event.text)
            case Vitals():
                self.status.set_vitals(event)
            case Notice():
                if event.failed:
                    self.commands.show_recording()
                    self.banner.say(event.text)
                else:
                    self.status.set_state(event.text)
            case CamerasFound():
                self.commands.take_cameras(event)
            case _:
                pass

    def show_panel(self, panel: Panel) -> None:
        """Show what is said of somebody."""
        person = panel.person
        self._who.setText("Nobody yet" if person is None else f"Person {person + 1}: {panel.doing}")
        self.bars.set_scores(panel.scores, panel.threshold, colour_of(person or 0))
        if not self.replay.playing:
            self.focus.set_window(panel.focus)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Leave out what there is no room for."""
        super().resizeEvent(event)
        self._side.setVisible(self.width() >= _NARROW)
        self.timeline.setVisible(self.height() >= _FLAT)
        self.replay.settle()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Files and addresses may be dropped."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Watch what was dropped."""
        urls = event.mimeData().urls()
        if urls:
            event.acceptProposedAction()
            self.commands.watch(urls[0].toLocalFile() if urls[0].isLocalFile() else urls[0].toString())

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Keep the settings and stop; nothing waits here."""
        self._timer.stop()
        self.replay.end()
        size = (self.width(), self.height())
        save_settings(self._store, replace(self.settings, size=size) if not self.isFullScreen() else self.settings)
        self.controller.close()
        super().closeEvent(event)

    def _lay_out(self) -> None:
        bar = QToolBar("Tools")
        bar.setMovable(False)
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        source = bar.addAction("Source")
        source.setMenu(self.menu_of_sources)
        source.setToolTip("What to watch: cameras, files, addresses")
        button = bar.widgetForAction(source)
        if button is not None:
            button.setProperty("popupMode", 2)  # the whole button opens the menu
            button.setAccessibleName("Source")
        names = ("pause", "record", "snapshot", "copy", "", "overlay", "mirror", "loop", "", "settings", "keys")
        for name in names:
            if name:
                bar.addAction(self.actions_by_name[name])
            else:
                bar.addSeparator()
        self.addToolBar(bar)
        main = _column(self.banner, self.video, self.player, self.timeline, tall=self.video)
        self._who = QLabel()
        self._side = _column(self.panel, self._who, self.bars, self.focus, tall=self.focus, margin=8)
        self._side.setMinimumWidth(240)
        self.panel.hide()
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(main)
        split.addWidget(self._side)
        split.setStretchFactor(0, 1)
        split.setChildrenCollapsible(False)
        split.setSizes([860, 320])
        self.setCentralWidget(_column(split, self.status, tall=split))
        self.setMinimumSize(320, 260)

    def _connect(self) -> None:
        self.controller.happened.connect(self.take)
        self.video.painted.connect(self._painted)
        self.video.resized.connect(self._fit)
        self.video.spot_hovered.connect(self._point_at)
        self.video.person_clicked.connect(self.commands.select)
        self.focus.joint_hovered.connect(self._mark)
        self.bars.chosen.connect(lambda number: self.commands.explain(number if number >= 0 else None))
        self.timeline.chosen.connect(self._see_again)
        self.player.sought.connect(self.controller.seek)
        self.panel.changed.connect(self.commands.change)
        self.replay.moved.connect(self._follow_replay)

    def _tick(self) -> None:
        """Show what changes slowly."""
        reading = self.controller.reading
        if reading and self._news:
            self._news = False
            self.timeline.set_span(reading.span)
            self.show_panel(reading.panel)
            if not self.replay.playing and self._shown:
                self.focus.set_now(self._shown.time)

    def _show_picture(self, shown: Shown) -> None:
        self._shown = shown
        self.video.set_picture(shown.picture)
        self.player.set_time(shown.time)

    def _show_state(self, change: StateChanged) -> None:
        state = change.state
        says_it = change.text and state is not State.FAULTED  # the banner does
        self.status.set_state(f"{state.value}: {change.text}" if says_it else state.value, busy=state is State.STARTING)
        if state is State.FAULTED:
            self.video.set_stale(stale=True)
            if self.controller.opened is None:
                self._show_nothing()
            self.banner.say(change.text, "Try again", self.controller.retry)
        elif state is State.STARTING:
            self.banner.say("")
            self.video.set_message(f"{change.text}...".capitalize() if change.text else "")

    def _show_source(self, opened: Opened) -> None:
        self.replay.end()
        self.video.set_stale(stale=False)
        self.setWindowTitle(f"{opened.name} - STF")
        self.banner.say(opened.note)
        self.player.set_duration(None if opened.live else opened.duration)
        self.commands.show_paused(paused=self.controller.paused)
        self.commands.show_recording()
        self.panel.set_window(opened.window)

    def _show_nothing(self) -> None:
        """Nothing could be opened: what was said of something else is not to be taken for it."""
        self.setWindowTitle("STF")
        self.video.set_picture(None)
        self.video.set_message("Open a video, or drop one here.")
        self.player.set_duration(None)
        self.timeline.set_span(Span())
        self.show_panel(Panel())

    def _painted(self) -> None:
        if self._shown:
            self.controller.mark_painted(self._shown)

    def _fit(self, size: QSize) -> None:
        self.controller.draw_as(replace(self.controller.look, size=(size.width(), size.height())))

    def _point_at(self, spot: Spot | None) -> None:
        reading = self.controller.reading
        self.focus.mark(spot.joint if spot and reading and spot.person == reading.person else -1)

    def _mark(self, joint: int) -> None:
        reading = self.controller.reading
        person = reading.person if reading else None
        self.video.highlight(Spot(person, joint) if joint >= 0 and person is not None else None)

    def _see_again(self, segment: Segment) -> None:
        opened = self.controller.opened
        if opened and not self.replay.play(segment, self.controller.memory, opened.layout, self.controller.look):
            self.status.set_state(
                f"{segment.label} at {segment.start:.1f} s cannot be shown again; it was too long ago"
            )

    def _follow_replay(self, moment: float) -> None:
        segment, opened = self.replay.segment, self.controller.opened
        if moment < 0 or segment is None or opened is None:
            self.focus.set_cursor(None)
            return
        window = self.commands.focus_of(segment, moment, opened)
        if window:
            self.focus.set_window(window)
            self.focus.set_cursor(moment)


def _column(*widgets: QWidget, tall: QWidget, margin: int = 0) -> QWidget:
    """Widgets one below the other, of which one takes the room that is left."""
    column = QVBoxLayout()
    column.setContentsMargins(margin, 0, margin, 0)
    column.setSpacing(4)
    for widget in widgets:
        column.addWidget(widget, int(widget is tall))
    whole = QWidget()
    whole.setLayout(column)
    return whole


def request_of(settings: Settings, request: Request) -> Request:
    """What to watch, as the settings say it is to be watched."""
    engine = replace(request.engine, model=settings.model or request.engine.model, people=settings.people)
    return replace(request, engine=engine, stride=settings.stride or None, threshold=settings.threshold or None)
