"""Records what is seen: the raw video, the annotated one, and the labels, which appear together when it ends."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from queue import Empty, Full, Queue
from threading import Event, Thread

from apps.live.errands import attempt
from apps.live.events import Notice
from realtime.drawing import Annotation, draw_people
from realtime.formats import FORMATS
from realtime.formats.base import in_order
from realtime.formats.segments_csv import write_segments
from realtime.formats.windows_jsonl import PredictionWriter
from realtime.frames import Frame
from realtime.segments import Segmenter, SegmentSpec
from realtime.sinks.video import VideoWriter
from stf.prediction import Prediction
from stf.recogniser import Recogniser

_WAITING = 32  # frames that may wait for the encoder; the next one is left out and counted


class Recorder:
    """Writes in a thread of its own, from `start` until `stop`.

    Times in the labels count from the first frame that was recorded, as in the video. Windows that reach back before
    it are left out.

    Args:
        video: where the raw video goes; the other files are named after it.
        recogniser: names classes and joints.
        spec: how predictions become segments.
        done: told, from the recorder's thread, how it ended.
    """

    def __init__(self, video: Path, recogniser: Recogniser, spec: SegmentSpec, done: Callable[[Notice], None]) -> None:
        self.video = video
        self._recogniser = recogniser
        self._spec = spec
        self._done = done
        self._queue: Queue[tuple[Frame, Sequence[Annotation]] | Prediction] = Queue(_WAITING)
        self._stopped = Event()
        self._missed = 0
        self._thread = Thread(target=self._run, name="stf-recorder", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def write(self, frame: Frame, people: Sequence[Annotation]) -> None:
        """Take a frame; never waits."""
        self._offer((frame, people))

    def hear(self, prediction: Prediction) -> None:
        """Take a prediction; never waits."""
        self._offer(prediction)

    def stop(self) -> None:
        """End; the files are there once `done` is told."""
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        """Whether it takes no more, be it because it could not go on."""
        return self._stopped.is_set()

    def join(self, timeout: float) -> None:
        """Wait until the files are there."""
        self._thread.join(timeout)

    def _offer(self, item: tuple[Frame, Sequence[Annotation]] | Prediction) -> None:
        if not self._stopped.is_set():
            try:
                self._queue.put_nowait(item)
            except Full:
                self._missed += 1

    def _run(self) -> None:
        notice = attempt(self._record)
        self._stopped.set()
        self._done(notice)

    def _record(self) -> Notice:
        annotated_video, windows_file, segments_file = (
            self.video.with_name(f"{self.video.stem}{FORMATS[name].ending}") for name in ("mp4", "jsonl", "csv")
        )
        segmenter = Segmenter(self._recogniser.classes, self._spec)
        first: float | None = None
        frames = 0
        with ExitStack() as files:
            raw = files.enter_context(VideoWriter(self.video, threads=1))
            annotated = files.enter_context(VideoWriter(annotated_video, threads=1))
            windows = files.enter_context(
                PredictionWriter(windows_file, self._recogniser.classes, self._recogniser.layout)
            )
            found = []
            while (item := self._next()) is not None:
                if isinstance(item, Prediction):
                    if first is not None and item.start >= first:
                        moved = replace(item, start=item.start - first, end=item.end - first)
                        windows.write(moved)
                        found += segmenter.add(moved)
                    continue
                frame, people = item
                first = frame.time if first is None else first
                raw.write(frame.image, frame.time)
                image = frame.image.copy()
                draw_people(image, people)
                annotated.write(image, frame.time)
                frames += 1
            write_segments(segments_file, in_order(found + segmenter.flush()))
        left_out = f"; {self._missed} frames were left out because the disk or the encoder was behind"
        return Notice(f"recorded {frames} frames to {self.video}{left_out if self._missed else ''}")

    def _next(self) -> tuple[Frame, Sequence[Annotation]] | Prediction | None:
        """The next thing to write; None once it was stopped and everything is written."""
        while True:
            try:
                return self._queue.get(timeout=0.1)
            except Empty:
                if self._stopped.is_set():
                    return None
