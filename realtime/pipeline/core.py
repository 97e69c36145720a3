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
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import groupby
from types import TracebackType
from typing import Self, TypeVar

import numpy as np
import torch
from jaxtyping import Float32

from realtime import cores
from realtime.body import Body, BodyKeeper
from realtime.camera import Camera
from realtime.frames import SkeletonFrame, TrackedPose
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
        self._chunk = 1 if self._newest_wins else chunk
        self._recognisers = recognisers
        self._torch_threads = torch_threads
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
        tracker, smoother = Tracker(), Smoother(self._mapping.coordinates)
        now = clock = 0.0
        try:
            while chunk := self._posed.take():
                for _, group in groupby(chunk, key=lambda one: one.frame.image.shape):
                    self._follow([*group], tracker, smoother)
                clock, now = chunk[-1].clock, chunk[-1].frame.time
        finally:
            self._posed.close()
            self._windows.put(Work(self._windowers.flush(), now, clock))
            self._windows.end()

    def _follow(self, posed: list[Posed], tracker: Tracker, smoother: Smoother) -> None:
        """See who is where in frames of one size, and cut windows."""
        begun = time.perf_counter()
        people = [tracker.update(one.found) for one in posed]
        skeletons = self._skeletons_of(posed, people, smoother)
        works = []
        for one, seen in zip(posed, skeletons, strict=True):
            placed = (skeleton.placed() for skeleton in seen)
            windows = self._windowers.update(placed if self.places else seen, one.frame.time)
            works.append(Work(windows, one.frame.time, one.clock))
        statistics = self.statistics
        statistics.stages["skeleton"].add(time.perf_counter() - begun)
        statistics.frames += len(posed)
        statistics.people_frames += sum(map(bool, people))
        statistics.people = max([statistics.people, *(p.person + 1 for persons in people for p in persons)])
        self._show(
            [
                FrameResult(one.frame, one.found, persons, seen, one.clock)
                for one, persons, seen in zip(posed, people, skeletons, strict=True)
            ]
        )
        for work in works:
            if work.windows:
                self._send(self._windows, work)
        if not works[-1].windows:
            self._windows.offer(works[-1])

    def _skeletons_of(
        self, posed: list[Posed], people: list[tuple[TrackedPose, ...]], smoother: Smoother
    ) -> list[tuple[SkeletonFrame, ...]]:
        """Everybody's skeletons, frame by frame: mapped, smoothed, given the body's lengths, and where they are."""
        height, width = posed[0].frame.image.shape[:2]
        poses = [one.pose for persons in people for one in persons]
        mapped = zip(*self._mapping.map_poses(poses), self._roots.find(poses, (width, height)), strict=True)
        skeletons = []
        for one, persons in zip(posed, people, strict=True):
            seen = []
            for tracked, (joints, visibility, root) in zip(persons, mapped, strict=False):
                skeleton = smoother.smooth(SkeletonFrame(one.frame.time, tracked.person, joints, visibility))
                if self._keeper:
                    skeleton = self._keeper.keep(skeleton)
                seen.append(replace(skeleton, root=self._roots.follow(root, one.frame.time, tracked.person)))
            skeletons.append(tuple(seen))
        return skeletons

    def _recognise(self) -> None:
        batches, begun = Batches(self._batch), deque[tuple[list[Work], Future[tuple[list[Prediction], float]]]]()
        try:
            with ThreadPoolExecutor(self._recognisers, "stf_predict", self._prepare) as pool:
                while work := self._windows.take():
                    for batch in batches.add(work):
                        begun.append((batch, pool.submit(self._predict, batch)))
                        while len(begun) >= self._recognisers:
                            self._decide(*begun.popleft())
                begun.append((rest := batches.rest(), pool.submit(self._predict, rest)))
                while begun:
                    self._decide(*begun.popleft())
        finally:
            self._windows.close()
            self._emit(self._segmenter.flush())
            self._events.end()

    def _prepare(self) -> None:
        """Make a thread ready to recognise."""
        torch.set_num_threads(self._torch_threads)
        torch.set_flush_denormal(True)  # of this thread; softmax leaves numbers below 1e-38, on which a CPU is slow

    def _predict(self, batch: list[Work]) -> tuple[list[Prediction], float]:
        """Recognise the windows of a batch at once; also how many seconds that took."""
        windows = [window for work in batch for window in work.windows]
        if not windows:
            return [], 0.0
        begun = time.perf_counter()
        scores, focus = self.recogniser.recognise(np.stack([window.joints for window in windows]))
        best = scores.argmax(axis=1)
        predictions = [
            Prediction(w.start, w.end, w.person, s, self.recogniser.classes[b], float(s[b]), f, _position(w.root))
            for w, s, b, f in zip(windows, scores, best, focus, strict=True)
        ]
        return predictions, time.perf_counter() - begun

    def _decide(self, batch: list[Work], recognised: Future[tuple[list[Prediction], float]]) -> None:
        """See what follows from each prediction of a batch in turn, once they are there."""
        predicted, seconds = recognised.result()
        stages, done = self.statistics.stages, time.perf_counter()
        if predicted:
            stages["recognise"].add(seconds)
        predictions = iter(predicted)
        for work in batch:
            if work.windows:
                stages["latency"].add(done - work.clock)
            for window, prediction in zip(work.windows, predictions, strict=False):
                self._events.put([prediction])
                self._emit(self._segmenter.add(prediction, seen_since(window)))
                self._events.put([Ongoing(prediction.person, self._segmenter.current(prediction.person))])
            self._emit(self._segmenter.advance(work.now))

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

    def _emit(self, segments: Sequence[Segment]) -> None:
        if segments:
            self._events.put(segments)


def _position(root: Float32[np.ndarray, "3"]) -> tuple[float, float, float] | None:
    """A root as a prediction holds it."""
    x, y, z = map(float, root)
    return None if math.isnan(z) else (x, y, z)
