"""What each command of the window does."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QInputDialog

from apps.live.actions import CheatSheet
from apps.live.events import CamerasFound, Opened, State
from apps.live.settings import Settings
from apps.live.wishes import Overlay
from apps.live.worker import DEMO
from apps.widgets.data import FocusWindow
from stf.prediction import Segment

if TYPE_CHECKING:
    from apps.live.window import LiveWindow

_FILES = "Videos and images (*.mp4 *.mov *.mkv *.avi *.webm *.m4v *.jpg *.jpeg *.png);;All files (*)"


class Commands:
    """The slots of the actions.

    Args:
        window: whose widgets they use.

    Attributes:
        slots: what each command of `apps.live.actions.COMMANDS` calls.
    """

    def __init__(self, window: "LiveWindow") -> None:
        self._window = window
        self._controller = window.controller
        self._wants_camera = False
        self._sheet: CheatSheet | None = None
        controller = self._controller
        self.slots: Mapping[str, Callable[[], None]] = {
            "open": self._open_file,
            "folder": self._open_folder,
            "address": self._open_address,
            "camera": self._next_camera,
            "demo": lambda: self.watch(str(DEMO)),
            "retry": controller.retry,
            "stop": self._stop,
            "pause": self._pause,
            "forward": lambda: self._step(1),
            "back": lambda: self._step(-1),
            "later": lambda: controller.skip(5.0),
            "earlier": lambda: controller.skip(-5.0),
            "beginning": lambda: controller.seek(0.0) if controller.recorded else None,
            "loop": lambda: self._keep(replace(window.settings, loop=not window.settings.loop)),
            "overlay": self._next_overlay,
            "mirror": lambda: self._keep(replace(window.settings, mirror=not window.settings.mirror)),
            "person": self._next_person,
            "class": self._next_class,
            "back_out": self._back_out,
            "record": self._record,
            "snapshot": self._snapshot,
            "copy": self._copy,
            "settings": lambda: window.panel.setVisible(window.panel.isHidden()),
            "details": window.status.toggle_details,
            "full": self._fill_screen,
            "keys": self._show_keys,
            "quit": self._quit,
        }

    def apply(self, settings: Settings) -> None:
        """Let settings that need nothing to be opened again take effect, and show them."""
        actions = self._window.actions_by_name
        actions["overlay"].setText(f"Overlay: {settings.overlay.value}")
        actions["mirror"].setChecked(settings.mirror)
        actions["loop"].setChecked(settings.loop)
        self._controller.loop = settings.loop
        self._controller.draw_as(replace(self._controller.look, overlay=settings.overlay, mirror=settings.mirror))

    def change(self, settings: Settings) -> None:
        """Take the settings of the panel, which concern the models."""
        window = self._window
        self._keep(
            replace(
                window.settings,
                model=settings.model,
                people=settings.people,
                stride=settings.stride,
                threshold=settings.threshold,
                folder=settings.folder,
            )
        )
        self._controller.change(window.request())

    def watch(self, source: str) -> None:
        """Watch something else."""
        self._controller.pause(paused=False)
        self._controller.open(source)

    def select(self, person: int) -> None:
        """Show scores and focus of this person."""
        if self._controller.reading:
            self._controller.reading.select(person)
            self._refresh()

    def explain(self, number: int | None) -> None:
        """Show the focus of this class; None for the top one."""
        self._controller.choose(number)
        self._refresh()

    def take_cameras(self, found: CamerasFound) -> None:
        """Offer cameras, or go to the next one where that was asked for."""
        self._window.menu_of_sources.set_cameras(found)
        if not self._wants_camera:
            return
        self._wants_camera = False
        opened = self._controller.opened
        now = int(opened.source) if opened and opened.live and opened.source.isdecimal() else -1
        indices = [camera.index for camera in found.cameras]
        if indices:
            self.watch(str(next((index for index in indices if index > now), indices[0])))
        else:
            self._window.banner.say("no camera was found; plug one in, or stop the program that uses it")

    def focus_of(self, segment: Segment, moment: float, opened: Opened) -> FocusWindow | None:
        """The focus of a segment's person around one of its moments, as it was said then."""
        said = self._controller.memory.prediction_at(segment.person, moment)
        if said is None:
            return None
        return FocusWindow(f"Why {said.label}? (replay)", said.focus, said.start, said.end, opened.layout)

    def show_paused(self, *, paused: bool) -> None:
        """Let the button say whether the picture stands still."""
        action = self._window.actions_by_name["pause"]
        action.setChecked(paused)
        action.setText("Play" if paused else "Pause")
        opened = self._controller.opened
        if opened and self._controller.state in {State.RUNNING, State.STOPPED}:
            self._window.status.set_state(f"{'paused' if paused else 'running'}: {opened.name}")

    def show_recording(self) -> None:
        """Let the button say whether a recording is under way."""
        action = self._window.actions_by_name["record"]
        action.setChecked(self._controller.recording)
        action.setText("\N{BLACK CIRCLE} Recording" if self._controller.recording else "Record")

    def _keep(self, settings: Settings) -> None:
        self._window.settings = settings
        self.apply(settings)

    def _refresh(self) -> None:
        if self._controller.reading:
            self._window.show_panel(self._controller.reading.panel)

    def _open_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self._window, "Open a video", "", _FILES)
        if path:
            self.watch(path)

    def _open_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self._window, "Open a folder of images")
        if path:
            self.watch(path)

    def _open_address(self) -> None:
        address, chosen = QInputDialog.getText(self._window, "Open an address", "rtsp, rtmp or http address:")
        if chosen and address.strip():
            self.watch(address.strip())

    def _next_camera(self) -> None:
        self._wants_camera = True
        self._window.menu_of_sources.look()
        self._window.status.set_state("looking for cameras", busy=True)

    def _stop(self) -> None:
        self._controller.stop()
        self._window.video.set_stale(stale=True)
        self.show_recording()

    def _pause(self) -> None:
        paused = self._window.actions_by_name["pause"].isChecked()
        self._controller.pause(paused=paused)
        self.show_paused(paused=paused)

    def _step(self, frames: int) -> None:
        self._controller.step(frames)
        self.show_paused(paused=self._controller.paused)

    def _next_overlay(self) -> None:
        overlays = list(Overlay)
        following = overlays[(overlays.index(self._window.settings.overlay) + 1) % len(overlays)]
        self._keep(replace(self._window.settings, overlay=following))

    def _next_person(self) -> None:
        if self._controller.reading:
            self._controller.reading.select_next()
            self._refresh()

    def _next_class(self) -> None:
        scores = self._controller.reading.panel.scores if self._controller.reading else ()
        if scores:
            now = next(place for place, score in enumerate(scores) if score.explained)
            self.explain(scores[(now + 1) % len(scores)].number)

    def _back_out(self) -> None:
        if self._window.replay.playing:
            self._window.replay.end()
        elif self._window.isFullScreen():
            self._fill_screen()
        else:
            self.explain(None)

    def _record(self) -> None:
        if self._controller.recording:
            self._controller.stop_recording()
        else:
            self._controller.record(self._window.settings.output)
        self.show_recording()

    def _snapshot(self) -> None:
        picture = self._window.video.picture
        if picture:
            self._controller.save_picture(picture.image, self._window.settings.output)

    def _copy(self) -> None:
        if self._controller.reading and (summary := self._controller.reading.panel.summary):
            QGuiApplication.clipboard().setText(summary)
            self._window.status.set_state("copied the result")

    def _fill_screen(self) -> None:
        self._window.setWindowState(self._window.windowState() ^ Qt.WindowState.WindowFullScreen)
        self._window.actions_by_name["full"].setChecked(self._window.isFullScreen())

    def _quit(self) -> None:
        self._window.close()

    def _show_keys(self) -> None:
        if self._sheet is None:
            self._sheet = CheatSheet(self._window)
        self._sheet.setVisible(not self._sheet.isVisible())
