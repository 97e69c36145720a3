"""A picture of each state of the viewer: `python -m apps.live.screenshots -o FOLDER`, without a screen or a camera."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtCore import QPoint, QSettings
from PySide6.QtWidgets import QApplication

from apps.engine import Engine
from apps.live.controller import Controller
from apps.live.events import CameraFound, CamerasFound, Explained, Opened, State, Trouble
from apps.live.settings import Settings
from apps.live.window import LiveWindow, request_of
from apps.live.wishes import Overlay, Request
from apps.live.worker import DEMO, Worker
from apps.photographer import Photographer, prepare
from realtime.frames import Frame
from realtime.opencv import cv2
from realtime.sources import Source, VideoFile, open_source
from realtime.sources.base import Closable
from stf.checkpoint import DEFAULT_MODEL


class Unplugged(Closable):
    """A camera that sees the demo clip for two seconds and is gone then."""

    live, name, duration, frame_count, fps = True, "camera 0", None, None, 30.0
    problem: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self._video = VideoFile(DEMO, end=2.0)
        self.size = self._video.size

    def __iter__(self) -> Iterator[Frame]:
        with self._video as frames:
            for frame in frames:
                if self._closed.wait(1 / 30):
                    return
                yield frame
        self.problem = "camera 0 has been away since 2.0 s; plug it in again, it is tried again by itself"
        self._closed.wait()


class LivePhotographer(Photographer):
    """Drives a viewer.

    Args:
        application: the one there is.
        folder: where the pictures go.
        scratch: a folder for settings.
    """

    def __init__(self, application: QApplication, folder: Path, scratch: Path) -> None:
        store = QSettings(str(scratch / "settings.ini"), QSettings.Format.IniFormat)
        settings = Settings(folder=str(scratch))
        request = request_of(settings, Request(None, Engine(DEFAULT_MODEL)))
        self.controller = Controller(Worker(_open, list), request)
        self.window = LiveWindow(self.controller, settings, store)
        self.seen: list[object] = []
        self.controller.happened.connect(self.seen.append)
        super().__init__(application, self.window, folder)

    def reach(self, moment: float) -> None:
        """Let the demo play up to a moment, and stand still there."""
        self.until(lambda: self.controller.now >= moment)
        self.window.actions_by_name["pause"].trigger()
        self.rest(1.0)

    def trigger(self, *names: str) -> None:
        """Do commands."""
        for name in names:
            self.window.actions_by_name[name].trigger()
            self.rest(0.2)


def take_playing(photographer: LivePhotographer) -> None:
    """The demo, what is said of it, and other ways to draw it."""
    window, controller = photographer.window, photographer.controller
    photographer.shoot("starting")
    controller.open(None)
    photographer.until(lambda: any(isinstance(event, Opened) for event in photographer.seen))
    photographer.reach(0.5)
    photographer.shoot("no-camera")
    photographer.trigger("pause")
    photographer.reach(10.6)
    window.banner.say("")
    photographer.shoot("demo")
    photographer.trigger("settings", "details")
    photographer.rest(0.6)
    photographer.shoot("settings-and-details")
    photographer.trigger("settings", "details", "class")
    photographer.until(lambda: any(isinstance(event, Explained) for event in photographer.seen))
    photographer.shoot("another-class")
    photographer.trigger("back_out")
    for overlay in (Overlay.HEAT, Overlay.SKELETON, Overlay.OFF):
        photographer.trigger("overlay")
        photographer.shoot(f"overlay-{overlay.value}")
    photographer.trigger("overlay")
    segment = window.controller.reading.span.segments[0] if window.controller.reading else None
    window.timeline.chosen.emit(segment)
    photographer.rest(1.0)
    photographer.shoot("replay")
    photographer.trigger("back_out")


def take_around(photographer: LivePhotographer) -> None:
    """What lies over the window, its sizes and its colours."""
    window = photographer.window
    window.menu_of_sources.popup(window.mapToGlobal(QPoint(4, 28)))
    photographer.rest(1.5)  # it looks for cameras, of which there may be none here
    picture = window.video.picture
    thumbnail = None if picture is None else cv2.resize(picture.image, (96, 72))
    cameras = (CameraFound(0, "0: Integrated Camera", thumbnail), CameraFound(2, "2: C920 (in use)", None))
    window.menu_of_sources.set_cameras(CamerasFound(cameras))
    photographer.shoot("sources")
    window.menu_of_sources.close()
    photographer.trigger("keys")
    photographer.shoot("keys")
    photographer.trigger("keys")
    for name, size in (("tiny", (320, 260)), ("small", (640, 480)), ("large", (1900, 1100)), ("usual", (1180, 760))):
        photographer.resize(*size)
        if name != "usual":
            photographer.shoot(name)
    photographer.in_the_dark("dark")
    photographer.trigger("pause")


def take_trouble(photographer: LivePhotographer) -> None:
    """What goes wrong."""
    controller = photographer.controller
    controller.open("unplugged")
    photographer.until(lambda: any(isinstance(event, Trouble) for event in photographer.seen))
    photographer.shoot("unplugged")
    controller.open("no-such-video.mp4")
    photographer.until(lambda: controller.state is State.FAULTED)
    photographer.shoot("failed")


def _open(spec: str, *, start: float = 0.0) -> Source:
    return Unplugged() if spec == "unplugged" else open_source(spec, start=start)


def main() -> None:
    """Take the pictures."""
    application, folder = prepare(__doc__)
    with TemporaryDirectory() as scratch:
        photographer = LivePhotographer(application, folder, Path(scratch))
        for part in (take_playing, take_around, take_trouble):
            part(photographer)
        photographer.window.close()
        photographer.controller.join()


if __name__ == "__main__":
    main()
