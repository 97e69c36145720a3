"""The inspector on a long labelled video: how soon it is open, how fast it is scrubbed, how soon a what-if is answered.

The video is the demo clip in 1280x720 again and again, with its label record; see `_repeated.py`. Needs a display, or
QT_QPA_PLATFORM=offscreen. Other work on the machine slows all of it. The ratio is the time of a what-if through the
window to that of the same answer without one.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import psutil
from _machine import DEMO, Stopwatch, describe, parser, spread
from _repeated import write_repeated
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from apps.engine import Engine
from apps.inspect import changes
from apps.inspect.model import Inspector
from apps.inspect.opening import Request
from apps.inspect.thinker import Thinker
from apps.inspect.window import InspectWindow
from stf.recogniser import Recogniser

PROMISES = "open in 2 s; 30 updates a second; a what-if within 100 ms (95 %); 1 GB"

OPEN = """
import sys, time
begun = time.perf_counter()
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from apps.engine import Engine
from apps.inspect.model import Inspector
from apps.inspect.opening import Request
from apps.inspect.window import InspectWindow
application = QApplication(["benchmark"])
inspector = Inspector(Engine(sys.argv[2], "cpu"), given=False)
window = InspectWindow(inspector)
window.show()
def painted():
    print(time.perf_counter() - begun, time.process_time(), flush=True)
    QTimer.singleShot(0, window.close)
window.video.painted.connect(painted)
window.open(Request(Path(sys.argv[1])))
application.exec()
inspector.join(30)
"""


def open_in_a_process(record: Path, model: str, repeats: int) -> tuple[list[float], list[float]]:
    """From the start of a process's own code to the first picture, scores and segments: seconds, and of processor."""
    command = [sys.executable, "-c", OPEN, str(record), model]
    said = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(repeats)]
    wall, processor = zip(*(map(float, line.split()) for line in said), strict=True)
    return list(wall), list(processor)


def until(condition: Callable[[], bool]) -> None:
    """Let Qt work until something holds."""
    while not condition():
        application.processEvents()
        time.sleep(0.001)


def known(inspector: Inspector) -> bool:
    """Whether it is known who is where, all over the video."""
    bodies = inspector.subject.bodies if inspector.subject else None
    return bodies is not None and bodies.complete


def scrub(window: InspectWindow, seconds: float) -> tuple[float, float, float]:
    """Drag through all of the time and back: updates and pictures a second, and the longest update in milliseconds."""
    widget, cursor = window.time.focus, window.inspector.cursor
    window.actions_by_name["whole"].trigger()
    application.processEvents()
    pictures: list[float] = []
    window.video.painted.connect(lambda: pictures.append(time.perf_counter()))
    left, width, middle = 110, widget.width() - 120, widget.height() // 2
    QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=QPoint(left, middle))
    took = []
    begun = time.perf_counter()
    while (now := time.perf_counter()) < begun + seconds:
        share = abs((2 * (now - begun) / seconds) % 2 - 1)
        QTest.mouseMove(widget, QPoint(round(left + share * width), middle))
        cursor.go(widget.moment_at(left + share * width) or 0.0)
        application.processEvents()
        took.append(time.perf_counter() - now)
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=QPoint(left, middle))
    window.video.painted.disconnect()
    return len(took) / seconds, len(pictures) / seconds, 1e3 * max(took)


def what_if(inspector: Inspector, times: int) -> list[float]:
    """Milliseconds from a change of the window to its answer."""
    asking, layout = inspector.asking, inspector.subject.layout if inspector.subject else None
    took = []
    limbs = list(layout.limbs.values()) if layout else []
    for number in range(times):
        edit = changes.switch_off(layout, limbs[number % len(limbs)]) if layout and number % 2 else changes.mirror()
        begun = time.perf_counter()
        asking.change((edit,))
        until(lambda edit=edit: asking.answer is not None and asking.answer.edits == (edit,))
        took.append(1e3 * (time.perf_counter() - begun))
        asking.change(())
        until(lambda: asking.answer is not None and not asking.answer.edits)
    return took


def alone(record: Path, model: str, times: int) -> list[float]:
    """The same without a window."""
    from apps.inspect.data import Why  # noqa: PLC0415
    from apps.inspect.opening import open_request  # noqa: PLC0415

    thinker = Thinker(Engine(model, "cpu"), given=False)
    opened = open_request(Request(record), lambda: Recogniser.load(model, device="cpu"))
    thinker.load_for(opened.subject)
    bodies = opened.subject.bodies
    while bodies and not bodies.complete:
        bodies.find(1000)
    return [
        thinker.answer(opened.subject, 0, number % 50, Why(), (changes.mirror(),)).took_ms for number in range(times)
    ]


words = parser(__doc__)
words.add_argument(
    "record", type=Path, nargs="?", help="a label record with landmarks, rather than the demo's repeated"
)
words.add_argument("--seconds", type=float, default=600.0, help="how long the video is")
words.add_argument("--times", type=int, default=60, help="how many what-ifs")
arguments = words.parse_args()
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

with TemporaryDirectory() as scratch:
    os.environ["STF_CACHE"], cache = str(Path(scratch) / "cache"), os.environ.get("STF_CACHE")
    record: Path | None = arguments.record
    if record is None:
        demo = Path(scratch) / "demo.mp4"
        demo.write_bytes(DEMO.read_bytes())
        command = [sys.executable, "-m", "apps", "label", str(demo), "-o", scratch, "--format", "npz"]
        environment = {name: value for name, value in os.environ.items() if name != "STF_CACHE"}
        environment |= {"STF_CACHE": cache} if cache else {}
        subprocess.run(command, check=True, capture_output=True, env=environment)
        recogniser = Recogniser.load(arguments.model, device="cpu")
        record = write_repeated(Path(scratch), demo.with_name("demo.stf.json"), recogniser, arguments.seconds)
    describe(record.name, f"{arguments.seconds:.0f} s in 1280x720;", "Qt platform", os.environ["QT_QPA_PLATFORM"])
    print(f"promised: {PROMISES}")
    stopwatch = Stopwatch()
    stopwatch.start()
    wall, processor = open_in_a_process(record, arguments.model, arguments.repeats)
    stopwatch.stop()
    print(
        f"open from a process's start: {spread(wall, 2)} s, {spread(processor, 2)} s of processor time; "
        f"{stopwatch.others:.2f} cores taken by others",
        flush=True,
    )
    application = QApplication(["benchmark"])
    inspector = Inspector(Engine(arguments.model, "cpu"), given=False)
    window = InspectWindow(inspector)
    window.resize(1280, 720)
    window.show()
    until(window.isVisible)
    first: list[float] = []
    window.video.painted.connect(lambda: first.append(time.perf_counter()))
    begun = time.perf_counter()
    window.open(Request(record))
    until(lambda: bool(first))
    print(f"open in a window that is there: {first[0] - begun:.2f} s", flush=True)
    window.video.painted.disconnect()
    window.video.painted.connect(lambda: None)
    until(lambda: inspector.asking.answer is not None)
    for what in ("while who is where is looked up", "after that"):
        stopwatch.start()
        updates, pictures, longest = scrub(window, 10.0)
        stopwatch.stop()
        print(
            f"scrubbing, {what}: {updates:.0f} updates and {pictures:.0f} pictures a second, an update takes at most "
            f"{longest:.0f} ms; {stopwatch.others:.2f} cores taken by others",
            flush=True,
        )
        until(
            lambda: (
                inspector.subject is not None and bool(inspector.subject.bodies and inspector.subject.bodies.complete)
            )
        )
    inspector.cursor.go(2.0)
    until(lambda: inspector.asking.answer is not None and inspector.asking.answer.start < 2.0)
    stopwatch.start()
    took = what_if(inspector, arguments.times)
    stopwatch.stop()
    bare = alone(record, arguments.model, arguments.times)
    print(
        f"what-if: p50 {np.percentile(took, 50):.0f} ms, p95 {np.percentile(took, 95):.0f} ms; the answer alone: "
        f"p50 {np.percentile(bare, 50):.0f}, p95 {np.percentile(bare, 95):.0f} ms; "
        f"{stopwatch.others:.2f} cores taken by others"
    )
    print(f"memory: {psutil.Process().memory_info().rss / 1e6:.0f} MB")
    window.close()
    inspector.join(30)
print(f"ratio: {median(took) / median(bare):.2f}")
