"""`Pipeline`: a source's frames in, poses, predictions and segments out, in time.

Four workers, each a thread with a bounded queue before it, so that everything else runs beside the pose estimator
rather than after it:

    reader        source -> frames
    pose          frame -> poses
    skeleton      poses -> people -> skeletons -> windows
    recogniser    windows -> predictions -> segments

Files and cameras run through the same workers. The only difference is what happens when a worker falls behind: a file's
reader waits, so every frame counts; of a camera the newest frame wins, and what was dropped is counted.
"""

import math
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import TracebackType
from typing import Self, TypeVar

import numpy as np
import torch
from jaxtyping import Float32

from realtime import cores
from realtime.body import Body, BodyKeeper
from realtime.camera import Camera
from realtime.frames import Frame, SkeletonFrame, TrackedPose, Window
from realtime.mapping import get_mapping
from realtime.pipeline.batches import Batches, Work
from realtime.pipeline.channel import Channel
from realtime.pipeline.events import Arrival, Event, FrameResult, Posed
from realtime.pipeline.statistics import Statistics
from realtime.pose import PoseEstimator
from realtime.pose.sparse import SparsePose
from realtime.root_motion import RootTracker
from realtime.segments import Segmenter, SegmentSpec
from realtime.smoothing import Smoother
from realtime.sources import Source
from realtime.tracking import Tracker
from realtime.window import Windowers, WindowSpec, seen_since
from stf.prediction import Ongoing, Prediction, Segment
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
        torch_threads: threads of one torch operation in the recogniser's worker; the pose estimator wants the others.

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
        torch_threads: int = 1,
    ) -> None:
        self.statistics = Statistics()
        self._source = source
        self._estimator = estimator
        self.recogniser = recogniser
        self._windowers = Windowers((window or WindowSpec()).shown_to(recogniser))
        self._mapping = get_mapping(recogniser.layout)
        self._keeper = BodyKeeper(body, recogniser.layout) if body else None
        self._roots = RootTracker(camera, scale=body.scale if body else 1.0)
        # A model that is shown the ways people go needs them placed; image coordinates are placed already.
        self.places = recogniser.header.normalisation == "clip" and self._mapping.source == "world"
        self._segmenter = Segmenter(recogniser.classes, segments)
        self._newest_wins = source.live if newest_wins is None else newest_wins
        self._every = every
        self._batch = batch
        self._torch_threads = torch_threads
        self._frames: Channel[Arrival] = Channel(1 if self._newest_wins else 4)
        self._posed: Channel[Posed] = Channel(2)
        self._windows: Channel[Work] = Channel(2 if self._newest_wins else 8)
        self._events: Channel[Event] = Channel(8)
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
        event = self._events.take(timeout)
        if event is None and self.finished and self._failure:
            failure, self._failure = self._failure, None
            raise failure
        return event

    @property
    def finished(self) -> bool:
        """Whether the last event has been handed out."""
        return self._events.exhausted

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
        try:
            begun = time.perf_counter()
            for frame in self._source:
                clock = time.perf_counter()
                self.statistics.stages["decode"].add(clock - begun)
                self._send(self._frames, Arrival(frame, clock))
                begun = time.perf_counter()
        finally:
            self._frames.end()

    def _pose(self) -> None:
        try:
            sparse, clocks = SparsePose(self._estimator, self._every), deque[float]()
            while arrival := self._frames.take():
                clocks.append(arrival.clock)
                begun = time.perf_counter()
                posed = list(sparse.add(arrival.frame))
                self.statistics.stages["pose"].add(time.perf_counter() - begun)
                for frame, found in posed:
                    self._posed.put(Posed(frame, found, clocks.popleft()))
            for frame, found in sparse.flush():
                self._posed.put(Posed(frame, found, clocks.popleft()))
        finally:
            self._frames.close()
            self._posed.end()

    def _skeleton(self) -> None:
        tracker, smoother = Tracker(), Smoother(self._mapping.coordinates)
        statistics = self.statistics
        now = clock = 0.0
        try:
            while posed := self._posed.take():
                begun = time.perf_counter()
                clock, now = posed.clock, posed.frame.time
                people = tracker.update(posed.found)
                skeletons = tuple(self._skeleton_of(person, posed.frame, smoother) for person in people)
                placed = (skeleton.placed() for skeleton in skeletons)
                windows = self._windowers.update(placed if self.places else skeletons, now)
                statistics.stages["skeleton"].add(time.perf_counter() - begun)
                statistics.frames += 1
                statistics.people_frames += bool(people)
                statistics.people = max([statistics.people, *(p.person + 1 for p in people)])
                self._show(FrameResult(posed.frame, posed.found, people, skeletons, clock))
                if windows:
                    self._send(self._windows, Work(windows, now, clock))
                else:
                    self._windows.offer(Work([], now, clock))
        finally:
            self._posed.close()
            self._windows.put(Work(self._windowers.flush(), now, clock))
            self._windows.end()

    def _skeleton_of(self, tracked: TrackedPose, frame: Frame, smoother: Smoother) -> SkeletonFrame:
        """A person's skeleton: mapped, smoothed, given the body's lengths, and where it is."""
        person, pose = tracked.person, tracked.pose
        skeleton = smoother.smooth(self._mapping.map_pose(pose, frame.time, person))
        if self._keeper:
            skeleton = self._keeper.keep(skeleton)
        height, width = frame.image.shape[:2]
        return replace(skeleton, root=self._roots.update(pose, frame.time, person, (width, height)))

    def _recognise(self) -> None:
        torch.set_num_threads(self._torch_threads)
        torch.set_flush_denormal(True)  # of this thread; softmax leaves numbers below 1e-38, on which a CPU is slow
        batches = Batches(self._batch)
        try:
            while work := self._windows.take():
                for batch in batches.add(work):
                    self._decide(batch)
            self._decide(batches.rest())
        finally:
            self._windows.close()
            self._emit(self._segmenter.flush())
            self._events.end()

    def _decide(self, batch: list[Work]) -> None:
        """Recognise the windows of a batch at once, and see what follows from each of them in turn."""
        stages = self.statistics.stages
        begun = time.perf_counter()
        predictions = iter(self._predict([window for work in batch for window in work.windows]))
        done = time.perf_counter()
        if any(work.windows for work in batch):
            stages["recognise"].add(done - begun)
        for work in batch:
            if work.windows:
                stages["latency"].add(done - work.clock)
            for window, prediction in zip(work.windows, predictions, strict=False):
                self._events.put(prediction)
                self._emit(self._segmenter.add(prediction, seen_since(window)))
                self._events.put(Ongoing(prediction.person, self._segmenter.current(prediction.person)))
            self._emit(self._segmenter.advance(work.now))

    def _predict(self, windows: list[Window]) -> list[Prediction]:
        if not windows:
            return []
        scores, focus = self.recogniser.recognise(np.stack([window.joints for window in windows]))
        best = scores.argmax(axis=1)
        return [
            Prediction(w.start, w.end, w.person, s, self.recogniser.classes[b], float(s[b]), f, _position(w.root))
            for w, s, b, f in zip(windows, scores, best, focus, strict=True)
        ]

    def _send(self, channel: Channel[T], item: T) -> None:
        """Hand an item to the next worker: wait for room, or let the oldest one go."""
        if self._newest_wins:
            self.statistics.dropped += channel.replace(item)
        else:
            channel.put(item)

    def _show(self, result: FrameResult) -> None:
        """Hand a frame to whoever iterates: wait, or leave it out where they are behind."""
        if self._newest_wins:
            self._events.offer(result)
        else:
            self._events.put(result)

    def _emit(self, segments: list[Segment]) -> None:
        for segment in segments:
            self._events.put(segment)


def _position(root: Float32[np.ndarray, "3"]) -> tuple[float, float, float] | None:
    """A root as a prediction holds it."""
    x, y, z = map(float, root)
    return None if math.isnan(z) else (x, y, z)
