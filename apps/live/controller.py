"""The controller: owns the worker and what is known, takes wishes, and says what happens; knows nothing of widgets."""

import time
from collections import deque
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal

from apps.live.errands import Errands
from apps.live.events import Ended, Event, Explained, Notice, Opened, Shown, State, StateChanged
from apps.live.memory import Memory
from apps.live.reading import Reading
from apps.live.wishes import Look, Request
from apps.live.worker import Worker
from apps.widgets.data import Vitals
from realtime import cores
from realtime.frames import Image
from realtime.opencv import cv2
from stf.atomic import output_file, write_errors
from stf.prediction import Ongoing, Prediction, Segment

if TYPE_CHECKING:
    from apps.live.recorder import Recorder

_PATIENCE = 1.0  # seconds to wait for a thread after the window has gone; it may be deep in an import or a driver
_WRITING = 10.0  # seconds to wait for a recording to be whole


class Controller(QObject):
    """What the window, or a test, drives the viewer by; lives in the interface thread and never waits.

    Signals:
        happened: every `apps.live.events.Event`, in order; queued from the worker's thread to this one.

    Args:
        worker: not started yet.
        request: what `open` starts from: the engine, the stride, the threshold.

    Attributes:
        request: what is or was watched last.
        state: what the worker is doing.
        opened: the source being watched; None before the first.
        reading: what is known of the people in it.
        loop: whether a recording begins again at its end.
    """

    happened = Signal(object)

    def __init__(self, worker: Worker, request: Request) -> None:
        super().__init__()
        self.request = request
        self.state = State.STOPPED
        self.opened: Opened | None = None
        self.reading: Reading | None = None
        self.loop = False
        self._worker = worker
        self._now = 0.0
        self._ended = False
        self._opening = False
        self._latencies: deque[float] = deque(maxlen=300)
        self._finishing: list[Recorder] = []
        post = worker.outbox.put
        self._explainer: Errands[Event] = Errands("stf-explainer", post, most=1)
        self._errands: Errands[Event] = Errands("stf-errands", post, most=16)
        worker.outbox.filled.connect(self._drain, Qt.ConnectionType.QueuedConnection)
        worker.start()

    @property
    def memory(self) -> Memory:
        """The last minute."""
        return self._worker.memory

    @property
    def errands(self) -> Errands[Event]:
        """Does what takes time, in a thread of its own."""
        return self._errands

    def open(self, source: str | None, start: float = 0.0) -> None:
        """Watch something else; None for the first camera, or the demo where there is none."""
        self.stop_recording()
        self._worker.wishes.let_glow(None)
        self.request = replace(self.request, source=source, start=start)
        self._now, self._ended, self._opening = start, False, True
        self._worker.wishes.watch(self.request)

    def change(self, request: Request) -> None:
        """Go on with other settings, a recording where it stands."""
        if request != self.request:
            self.request = request
            self.seek(self._now)

    def retry(self) -> None:
        """Try again what failed."""
        self.open(self.request.source)

    def stop(self) -> None:
        """Watch nothing; a camera is free for others then."""
        self.stop_recording()
        self._worker.wishes.stop()

    @property
    def now(self) -> float:
        """The moment that is shown, in seconds on the source's clock."""
        return self._now

    @property
    def recorded(self) -> bool:
        """Whether a recording is being watched, in which there is a forward and a back."""
        return self.opened is not None and not self.opened.live

    @property
    def paused(self) -> bool:
        """Whether the picture stands still."""
        return self._worker.wishes.paused

    def pause(self, *, paused: bool) -> None:
        """Let the picture stand still or go on; a recording at its end begins again."""
        if not paused and self._ended and self.recorded:
            self._worker.wishes.pause(paused=False)
            self.seek(0.0)
        else:
            self._worker.wishes.pause(paused=paused)

    def step(self, frames: int) -> None:
        """Stand still one frame further, or back."""
        if not self.recorded or self.opened is None:
            return
        if frames > 0 and not self._ended:
            self._worker.wishes.step()
        else:
            self._worker.wishes.pause(paused=True)
            self.seek(self._now + (frames - 0.5) / (self.opened.fps or 30.0))

    def seek(self, seconds: float) -> None:
        """Go to another moment of a recording."""
        source = self.opened.source if self.opened and self.request.source is None else self.request.source
        start = 0.0
        if self.recorded and self.opened:
            start = min(max(seconds, 0.0), max((self.opened.duration or np.inf) - 0.1, 0.0))
        self.open(source, start)

    def skip(self, seconds: float) -> None:
        """Go some way forward or back in a recording."""
        if self.recorded:
            self.seek(self._now + seconds)

    def draw_as(self, look: Look) -> None:
        """Draw the picture in another way."""
        self._worker.wishes.draw_as(look)

    @property
    def look(self) -> Look:
        """How the picture is drawn."""
        return self._worker.wishes.look

    def choose(self, number: int | None) -> None:
        """Explain this class rather than the top one; None for the top one."""
        if self.reading:
            self.reading.chosen = number
            self._worker.wishes.let_glow(None)
            self._explain()

    def record(self, folder: Path) -> None:
        """Record raw video, annotated video and labels, until told to stop."""
        recogniser, opened = self._worker.recogniser, self.opened
        if self.recording or recogniser is None or opened is None:
            return
        from apps.live.recorder import Recorder  # noqa: PLC0415 - torch
        from realtime.segments import SegmentSpec  # noqa: PLC0415

        spec = SegmentSpec.above(opened.threshold)
        recorder = Recorder(folder / f"{_stamp()}.mp4", recogniser, spec, self._worker.notice)
        recorder.start()
        self._worker.recorder = recorder

    @property
    def recording(self) -> bool:
        """Whether a recording is under way."""
        return self._worker.recorder is not None

    def stop_recording(self) -> None:
        """End the recording, if there is one; a notice says where it is."""
        recorder, self._worker.recorder = self._worker.recorder, None
        if recorder:
            recorder.stop()
            self._finishing.append(recorder)

    def save_picture(self, image: Image, folder: Path) -> None:
        """Save a picture as PNG; a notice says where it is."""
        path = folder / f"{_stamp()}.png"

        def save() -> Notice:
            with output_file(path) as temporary, write_errors(path):
                temporary.write_bytes(cv2.imencode(".png", image)[1].tobytes())
            return Notice(f"saved {path}")

        self._errands.do(save)

    def mark_painted(self, shown: Shown) -> None:
        """A picture has reached the screen."""
        if shown.clock is not None:
            self._latencies.append(time.perf_counter() - shown.clock)

    def close(self) -> None:
        """End everything; `join` waits for it."""
        self.stop_recording()
        self._worker.wishes.end()
        self._explainer.end()
        self._errands.end()

    def join(self, patience: float = _PATIENCE) -> bool:
        """After `close`, and once the window has gone: wait for the threads; whether they ended."""
        for recorder in self._finishing:
            recorder.join(_WRITING)
        return all(thread.join(patience) for thread in (self._explainer, self._errands, self._worker))

    def _drain(self) -> None:
        for event in self._worker.outbox.drain():
            if not (self._opening and isinstance(event, Shown)):  # a last picture of the source before
                self.happened.emit(self._digest(event))

    def _digest(self, event: Event) -> Event:
        """Take note of an event; what others are to be told of it."""
        match event:
            case StateChanged():
                if event.state is State.FAULTED and self.state is State.STARTING:
                    self.opened = self.reading = None
                self.state = event.state
            case Opened():
                same = self.opened is not None and self.opened.classes == event.classes
                chosen = self.reading.chosen if self.reading and same else None
                self.opened, self.reading, self._opening = event, Reading(event, chosen), False
                self._latencies.clear()
                cores.leave(event.core)
            case Ended():
                self._end()
            case Shown():
                self._now = event.time
                if self.reading:
                    self.reading.pass_time(event.time, event.people)
            case Vitals() if self._latencies:
                middle, high = np.percentile(self._latencies, (50, 95)) * 1e3
                return replace(event, screen_ms=(float(middle), float(high)))
            case Prediction() | Ongoing() | Segment() | Explained():
                self._hear(event)
            case Notice() if self._worker.recorder and self._worker.recorder.stopped:
                self.stop_recording()
            case _:
                pass
        return event

    def _end(self) -> None:
        self._ended = True
        if self.loop and self.recorded:
            self.seek(0.0)

    def _hear(self, event: Prediction | Ongoing | Segment | Explained) -> None:
        if self.reading:
            self.reading.take(event)
            if isinstance(event, Explained) and event.number == self.reading.chosen:
                self._worker.wishes.let_glow(replace(event.prediction, focus=event.focus))
            if isinstance(event, Prediction) and event.person == self.reading.person:
                self._explain()

    def _explain(self) -> None:
        """Ask for the focus of the class that was chosen, of the newest window of who is looked at."""
        reading, recogniser = self.reading, self._worker.recogniser
        if reading is None or recogniser is None:
            return
        prediction, number, memory = reading.prediction, reading.chosen, self.memory
        if prediction is None or number is None:
            return

        def explain() -> Explained | None:
            joints = memory.joints(prediction, len(prediction.focus))
            if joints is None:
                return None
            return Explained(prediction, number, recogniser.explain(joints[None], np.array([number]))[0])

        self._explainer.do(explain)


def _stamp() -> str:
    """A file name that tells when, and sorts."""
    return datetime.now().astimezone().strftime("stf-%Y%m%d-%H%M%S-%f")[:-3]
