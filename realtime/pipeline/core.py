"""`Pipeline`: a source's frames in, poses, predictions and segments out, in time.

Four workers, each a thread with a bounded queue before it, so that everything else runs beside the pose estimator
rather than after it:

    reader        source -> frames
    pose          frame -> poses
    skeleton      poses -> people -> skeletons -> windows
    recogniser    windows -> predictions -> segments

Files and cameras run through the same workers. The only difference is what happens when a worker falls behind: a file's
reader waits, so every frame counts; of a camera the newest frame wins, and what was dropped is counted.

Workers hand each other lists: of one frame, or of many where poses are known already and handing over would take most
of the time. What comes out is the same to the last bit.
"""

import math
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self, TypeVar

from realtime import cores
from realtime.body import Body
from realtime.camera import Camera
from realtime.pipeline.batches import Work
from realtime.pipeline.channel import Channel
from realtime.pipeline.events import Arrival, Event, Posed
from realtime.pipeline.following import Follower
from realtime.pipeline.recognition import Recognition
from realtime.pipeline.statistics import Statistics
from realtime.pose import PoseEstimator
from realtime.pose.sparse import SparsePose
from realtime.segments import SegmentSpec
from realtime.sources import Source
from realtime.window import WindowSpec
from stf.recogniser import Recogniser

T = TypeVar("T")

_SWITCH_SECONDS = 0.0001
"""How long one thread may keep the interpreter from another. The pose estimator hands every frame to a thread of its
own and needs the interpreter twice a frame; at Python's 5 ms it can wait for most of the time it takes to compute."""


class Pipeline:
    """Iterate over it for its events (`Event`), or start and poll it; a context manager.

    Args:
        source: where frames come from; the pipeline closes it.
        estimator: finds people in frames; stays open.
        recogniser: says what the people do.
        window: how motion is cut into windows, as far as the recogniser takes them (`WindowSpec.shown_to`).
        segments: how predictions become segments.
        camera: what takes the pictures, to say where people are; by default one that sees 60 degrees across the longer
            side.
        body: whose bone lengths every skeleton is to have; nobody's by default.
        newest_wins: drop what is outdated rather than wait; by default for live sources only.
        every: estimate poses in every n-th frame only, and put people on straight lines between; for recordings.
        batch: recognise that many windows at a time, which is faster and lets the first of them wait; for recordings.
        chunk: frames that workers hand each other at a time; for recordings without pictures.
        recognisers: how many batches are recognised side by side, each in a thread; no effect on what comes out.
        torch_threads: threads of one torch operation in each of these; the pose estimator wants the others.

    Raises:
        UserError: if the recogniser's layout cannot be had from the estimator's landmarks, or is not the body's.

    Attributes:
        statistics: what happened so far; read it at any time.
        recogniser: the one given.
        places: whether it is shown where people are, rather than only how they hold themselves.
    """

    def __init__(
        self,
        source: Source,
        estimator: PoseEstimator,
        recogniser: Recogniser,
        *,
        window: WindowSpec | None = None,
        segments: SegmentSpec | None = None,
        camera: Camera | None = None,
        body: Body | None = None,
        newest_wins: bool | None = None,
        every: int = 1,
        batch: int = 1,
        chunk: int = 1,
        recognisers: int = 1,
        torch_threads: int = 1,
    ) -> None:
        self.statistics = Statistics()
        self._source = source
        self._estimator = estimator
        self.recogniser = recogniser
        self._follower = Follower(recogniser, window, camera, body)
        self.places = self._follower.places
        self._recognition = Recognition(
            recogniser,
            segments,
            self.statistics,
            batch=batch,
            side_by_side=recognisers,
            torch_threads=torch_threads,
        )
        self._newest_wins = source.live if newest_wins is None else newest_wins
        self._every = every
        self._chunk = 1 if self._newest_wins else chunk
        self._frames: Channel[list[Arrival]] = Channel(1 if self._newest_wins else 4)
        self._posed: Channel[list[Posed]] = Channel(2)
        self._windows: Channel[Work] = Channel(2 if self._newest_wins else 8)
        self._events: Channel[Sequence[Event]] = Channel(8)
        self._coming: deque[Event] = deque()
        self._failure: BaseException | None = None
        self._workers = [
            threading.Thread(target=self._guard, args=(work,), name=f"stf{work.__name__}", daemon=True)
            for work in (self._read, self._pose, self._skeleton, self._recognise)
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Event]:
        """Start the workers and yield events until the source ends; once.

        Raises:
            Exception: as `poll`.
        """
        self.start()
        try:
            while (event := self.poll()) is not None:
                yield event
        finally:
            self.close()

    def start(self) -> None:
        """Start the workers; once."""
        sys.setswitchinterval(_SWITCH_SECONDS)
        for worker in self._workers:
            worker.start()

    def poll(self, timeout: float = math.inf) -> Event | None:
        """The next event, waiting up to `timeout` seconds for it; None when there is none, or no more.

        A failure of a worker is raised after everything that was complete before it has been handed out.

        Raises:
            Exception: what ended a worker, a `UserError` of the source or the estimator among others.
        """
        if not self._coming:
            self._coming.extend(self._events.take(timeout) or ())
        if self._coming:
            return self._coming.popleft()
        if self.finished and self._failure:
            failure, self._failure = self._failure, None
            raise failure
        return None

    @property
    def finished(self) -> bool:
        """Whether the last event has been handed out."""
        return not self._coming and self._events.exhausted

    def stop(self) -> None:
        """End the source now; what is under way is completed and yielded. May be called from a signal handler."""
        self._source.close()

    def close(self) -> None:
        """Stop the workers, within a second, and close the source; what is under way is lost."""
        self._source.close()
        for channel in (self._frames, self._posed, self._windows, self._events):
            channel.close()
        for worker in self._workers:
            if worker.is_alive():
                worker.join(timeout=1.0)

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            (cores.keep_to if work == self._pose else cores.leave)(self._estimator.core)
            work()
        except BaseException as error:  # noqa: BLE001 - handed on to whoever iterates
            self._failure = self._failure or error

    def _read(self) -> None:
        chunk: list[Arrival] = []
        try:
            begun = time.perf_counter()
            for frame in self._source:
                clock = time.perf_counter()
                self.statistics.stages["decode"].add(clock - begun)
                chunk.append(Arrival(frame, clock))
                if len(chunk) == self._chunk:
                    self._send(self._frames, chunk)
                    chunk = []
                begun = time.perf_counter()
        finally:
            if chunk:
                self._send(self._frames, chunk)
            self._frames.end()

    def _pose(self) -> None:
        try:
            sparse, clocks = SparsePose(self._estimator, self._every), deque[float]()
            while chunk := self._frames.take():
                self._find(chunk, sparse, clocks)
            if posed := [Posed(frame, found, clocks.popleft()) for frame, found in sparse.flush()]:
                self._posed.put(posed)
        finally:
            self._frames.close()
            self._posed.end()

    def _find(self, chunk: list[Arrival], sparse: SparsePose, clocks: deque[float]) -> None:
        """Find people in frames, and hand on those of which it is then known; also where one of them fails."""
        posed: list[Posed] = []
        try:
            for arrival in chunk:
                clocks.append(arrival.clock)
                begun = time.perf_counter()
                found = list(sparse.add(arrival.frame))
                self.statistics.stages["pose"].add(time.perf_counter() - begun)
                posed += (Posed(frame, poses, clocks.popleft()) for frame, poses in found)
        finally:
            if posed:
                self._posed.put(posed)

    def _skeleton(self) -> None:
        statistics = self.statistics
        now = clock = 0.0
        try:
            while posed := self._posed.take():
                begun = time.perf_counter()
                results, works = self._follower.follow(posed)
                statistics.stages["skeleton"].add(time.perf_counter() - begun)
                statistics.frames += len(results)
                statistics.people_frames += sum(bool(result.people) for result in results)
                statistics.people = max([statistics.people, *(p.person + 1 for r in results for p in r.people)])
                self._show(results)
                for work in works:
                    if work.windows:
                        self._send(self._windows, work)
                if not works[-1].windows:
                    self._windows.offer(works[-1])
                clock, now = posed[-1].clock, posed[-1].frame.time
        finally:
            self._posed.close()
            self._windows.put(Work(self._follower.flush(), now, clock))
            self._windows.end()

    def _recognise(self) -> None:
        try:
            for events in self._recognition.events(iter(self._windows.take, None)):
                self._emit(events)
        finally:
            self._windows.close()
            self._emit(self._recognition.flush())
            self._events.end()

    def _send(self, channel: Channel[T], item: T) -> None:
        """Hand an item to the next worker: wait for room, or let the oldest one go."""
        if self._newest_wins:
            self.statistics.dropped += channel.replace(item)
        else:
            channel.put(item)

    def _show(self, results: Sequence[Event]) -> None:
        """Hand frames to whoever iterates: wait, or leave them out where they are behind."""
        if self._newest_wins:
            self._events.offer(results)
        else:
            self._events.put(results)

    def _emit(self, events: Sequence[Event]) -> None:
        if events:
            self._events.put(events)
