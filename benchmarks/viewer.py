"""The viewer beside the same pipeline without a window: frames a second, capture to screen, how long anything blocks.

The demo clip plays as a 30 fps camera: every frame at its moment, whether or not anybody is ready. Needs a display, or
QT_QPA_PLATFORM=offscreen, or `xvfb-run`. Other work on the machine slows both sides; the ratio is of one run.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import psutil
from _camera import ClockCamera
from _machine import DEMO, Stopwatch, describe, parser, spread
from PySide6.QtCore import QElapsedTimer, QEventLoop, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from apps.engine import Engine
from apps.live.controller import Controller
from apps.live.events import Opened, Shown
from apps.live.settings import Settings
from apps.live.window import LiveWindow, request_of
from apps.live.wishes import Request
from apps.live.worker import Worker
from realtime.pipeline import FrameResult, Pipeline
from realtime.pose import MediaPipePose
from realtime.sources import Source, open_source
from stf.checkpoint import DEFAULT_MODEL
from stf.recogniser import Recogniser

BEAT_MS = 5
PROMISES = (
    "fps >= 0.95 of the pipeline's; capture to screen p95 <= 200 ms; blocked <= 50 ms; paint <= 8 ms; up in 1.5 s"
)

UP = f"""
import time
begun = time.perf_counter()
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
import apps.live.window as module
def up(self, event, shown=module.LiveWindow.showEvent):
    shown(self, event)
    print(time.perf_counter() - begun, time.process_time(), flush=True)
    QTimer.singleShot(0, self.close)
module.LiveWindow.showEvent = up
from apps.live.command import run_window
from apps.engine import Engine
run_window("0", Engine("{DEFAULT_MODEL}"), model=None, people=None)
"""


def pipeline_fps(video: Path, seconds: float, recogniser: Recogniser) -> float:
    """Frames a second that come out of the pipeline when nobody draws them."""
    with MediaPipePose() as estimator, Pipeline(ClockCamera(video, seconds), estimator, recogniser) as pipeline:
        clocks = [event.clock for event in pipeline if isinstance(event, FrameResult)]
    return (len(clocks) - 1) / (clocks[-1] - clocks[0])


class Watched:
    """A viewer, and what is measured of it.

    Attributes:
        shown: when each picture came to the interface.
        screen: milliseconds from capture to screen of each picture that was painted.
        painting: milliseconds each of these took to paint, and of processor time.
        beats: milliseconds between two beats of the interface thread's heart.
    """

    def __init__(self, opener: Callable[..., Source], engine: Engine, folder: Path) -> None:
        self.shown: list[float] = []
        self.screen: list[float] = []
        self.painting: list[tuple[float, float]] = []
        self.beats: list[float] = []
        settings = Settings()
        self.controller = Controller(Worker(opener, list), request_of(settings, Request(None, engine)))
        store = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
        self.window = LiveWindow(self.controller, settings, store)
        self.window.resize(1500, 950)
        self.controller.happened.connect(self._take)
        self._paint = self.window.video.paintEvent
        self.window.video.paintEvent = self._time_paint
        self._newest: Shown | None = None
        self.window.show()
        self._clock = QElapsedTimer()
        self._clock.start()
        self._heart = QTimer()
        self._heart.timeout.connect(self._beat)
        self._heart.start(BEAT_MS)

    def _take(self, event: object) -> None:
        if isinstance(event, Shown):
            self.shown.append(time.perf_counter())
            self._newest = event

    def _time_paint(self, event: object) -> None:
        begun, processor = time.perf_counter(), time.thread_time()
        self._paint(event)
        done = time.perf_counter()
        self.painting.append((1e3 * (done - begun), 1e3 * (time.thread_time() - processor)))
        if self._newest and self._newest.clock:
            self.screen.append(1e3 * (done - self._newest.clock))
            self._newest = None

    def _beat(self) -> None:
        self.beats.append(self._clock.nsecsElapsed() / 1e6)
        self._clock.restart()

    def forget(self) -> None:
        """Begin to measure anew."""
        for values in (self.shown, self.screen, self.painting, self.beats):
            values.clear()

    def fps(self) -> float:
        """Pictures a second that came to the interface."""
        return (len(self.shown) - 1) / (self.shown[-1] - self.shown[0])


def wait(condition: Callable[[], bool]) -> None:
    """Let Qt work until something holds."""
    loop, timer = QEventLoop(), QTimer()
    timer.timeout.connect(lambda: loop.quit() if condition() else None)
    timer.start(10)
    loop.exec()


def window_up(repeats: int) -> tuple[list[float], list[float]]:
    """From the start of a process's own code to its window: seconds on the wall, and of processor time."""
    command = [sys.executable, "-c", UP]
    said = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(repeats)]
    wall, processor = zip(*(map(float, line.split()) for line in said), strict=True)
    return list(wall), list(processor)


def memory(viewer: Watched, video: Path, minutes: int) -> list[float]:
    """Megabytes that the process held at most in each minute of watching a video again and again."""
    process, most = psutil.Process(), []
    viewer.controller.loop = True
    viewer.controller.open(str(video))
    for minute in range(minutes):
        held = 0.0
        for _ in range(60):
            second = time.perf_counter() + 1
            wait(lambda second=second: time.perf_counter() > second)
            held = max(held, process.memory_info().rss / 1e6)
        most.append(held)
        viewer.forget()
        print(f"minute {minute + 1}: {held:.1f} MB", flush=True)
    return most


words = parser(__doc__)
words.add_argument("video", type=Path, nargs="?", default=DEMO)
words.add_argument("--seconds", type=float, default=20.0, help="how long the camera runs each time")
words.add_argument("--switches", type=int, default=50, help="how often another source is opened")
words.add_argument("--minutes", type=int, default=0, help="of looped video to watch at the end, for the memory")
arguments = words.parse_args()

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
describe(arguments.video.name, "as a camera;", "Qt platform", os.environ["QT_QPA_PLATFORM"])
print(f"promised: {PROMISES}")
wall, processor = window_up(arguments.repeats)
print(f"window up: {spread(wall, 2)} s, {spread(processor, 2)} s of processor time", flush=True)

application = QApplication(["benchmark"])
recogniser = Recogniser.load(arguments.model, device="cpu")
stopwatch = Stopwatch()
seconds = arguments.seconds


def opener(spec: str, *, start: float = 0.0) -> Source:
    """A camera, or the file."""
    return ClockCamera(arguments.video, 3600.0) if spec == "camera" else open_source(spec, start=start)


with TemporaryDirectory() as scratch:
    viewer = Watched(opener, Engine(arguments.model), Path(scratch))
    ratios = []
    for _ in range(arguments.repeats):
        stopwatch.start()
        bare = pipeline_fps(arguments.video, seconds, recogniser)
        viewer.controller.open("camera")
        wait(lambda: len(viewer.shown) > 10)
        viewer.forget()
        begun = time.perf_counter()
        wait(lambda begun=begun: time.perf_counter() > begun + seconds)
        with_window = viewer.fps()
        stopwatch.stop()
        ratios.append(with_window / bare)
        paint, processor_ms = zip(*viewer.painting, strict=True)
        image = viewer.window.video.picture.image if viewer.window.video.picture else np.zeros((0, 0, 3))
        print(
            f"{with_window:.1f} fps with the window, {bare:.1f} without: {ratios[-1]:.2f}; capture to screen p50 "
            f"{np.percentile(viewer.screen, 50):.0f} ms, p95 {np.percentile(viewer.screen, 95):.0f} ms; "
            f"interface thread blocked p99 {np.percentile(viewer.beats, 99):.0f} ms, at most {max(viewer.beats):.0f} "
            f"ms; paint p50 {np.percentile(paint, 50):.1f} ms, p95 {np.percentile(paint, 95):.1f} ms, of "
            f"processor time {median(processor_ms):.1f} ms, at {image.shape[1]}x{image.shape[0]}; "
            f"{stopwatch.others:.2f} cores taken by others",
            flush=True,
        )
        viewer.controller.stop()
        viewer.forget()

    process = psutil.Process()
    opened: list[object] = []
    viewer.controller.happened.connect(lambda event: opened.append(event) if isinstance(event, Opened) else None)
    before = (0, 0)
    for number in range(arguments.switches):
        viewer.shown.clear()
        viewer.controller.open("camera" if number % 2 else str(arguments.video))
        wait(lambda number=number: len(opened) > number and len(viewer.shown) > 2)
        if number == 1:
            before = threading.active_count(), process.num_fds()
    after = threading.active_count(), process.num_fds()
    print(
        f"{arguments.switches} source switches: threads and handles {before} -> {after} after the second and the last"
    )
    if arguments.minutes:
        first, *later = memory(viewer, arguments.video, arguments.minutes)
        print(f"memory: {first:.1f} MB in the first minute, at most {max(later):.1f} MB later; promised: 30 MB more")
    viewer.window.close()
    viewer.controller.join()
print(f"ratio: {median(ratios):.2f}")
