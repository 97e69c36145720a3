"""`Recognition`: windows in, and out what people do in them and, from one to the next, when."""

import math
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from jaxtyping import Float32

from realtime.frames import Window
from realtime.pipeline.batches import Batches, Work
from realtime.pipeline.events import Event
from realtime.pipeline.statistics import Statistics
from realtime.segments import Segmenter, SegmentSpec
from realtime.window import seen_since
from stf.prediction import Ongoing, Prediction, Segment
from stf.recogniser import Recogniser


class Recognition:
    """Batches of windows are recognised side by side and decided upon in their order.

    Args:
        recogniser: says what the people do.
        segments: how predictions become segments.
        statistics: told how long it takes.
        batch: windows that are recognised at a time.
        side_by_side: batches that are, each in a thread.
        torch_threads: threads of one torch operation in each of these.
    """

    def __init__(
        self,
        recogniser: Recogniser,
        segments: SegmentSpec | None,
        statistics: Statistics,
        *,
        batch: int,
        side_by_side: int,
        torch_threads: int,
    ) -> None:
        self._recogniser = recogniser
        self._segmenter = Segmenter(recogniser.classes, segments)
        self._stages = statistics.stages
        self._batches = Batches(batch)
        self._side_by_side = side_by_side
        self._torch_threads = torch_threads

    def events(self, works: Iterable[Work]) -> Iterator[list[Event]]:
        """What follows from each batch in turn, until no work is left."""
        begun: deque[tuple[list[Work], Future[list[Prediction]] | None]] = deque()
        with ThreadPoolExecutor(self._side_by_side, "stf_predict", self._prepare) as pool:
            for work in works:
                for batch in self._batches.add(work):
                    begun.append((batch, self._begin(batch, pool)))
                    while len(begun) >= self._side_by_side:
                        yield self._decide(*begun.popleft())
            rest = self._batches.rest()
            begun.append((rest, self._begin(rest, pool)))
            while begun:
                yield self._decide(*begun.popleft())

    def flush(self) -> list[Segment]:
        """The segments that are still open, which no window will change any more."""
        return self._segmenter.flush()

    def _prepare(self) -> None:
        """Make a thread ready to recognise."""
        torch.set_num_threads(self._torch_threads)
        torch.set_flush_denormal(True)  # of this thread; softmax leaves numbers below 1e-38, on which a CPU is slow

    def _begin(self, batch: list[Work], pool: ThreadPoolExecutor) -> Future[list[Prediction]] | None:
        windows = [window for work in batch for window in work.windows]
        return pool.submit(self._predict, windows) if windows else None

    def _predict(self, windows: list[Window]) -> list[Prediction]:
        begun = time.perf_counter()
        scores, focus = self._recogniser.recognise(np.stack([window.joints for window in windows]))
        best = scores.argmax(axis=1)
        predictions = [
            Prediction(w.start, w.end, w.person, s, self._recogniser.classes[b], float(s[b]), f, _position(w.root))
            for w, s, b, f in zip(windows, scores, best, focus, strict=True)
        ]
        self._stages["recognise"].add(time.perf_counter() - begun)
        return predictions

    def _decide(self, batch: list[Work], recognised: Future[list[Prediction]] | None) -> list[Event]:
        """What follows from each prediction of a batch in turn, once they are there."""
        predictions = iter(recognised.result() if recognised else ())
        done, events = time.perf_counter(), list[Event]()
        for work in batch:
            if work.windows:
                self._stages["latency"].add(done - work.clock)
            for window, prediction in zip(work.windows, predictions, strict=False):
                ended = self._segmenter.add(prediction, seen_since(window))
                events += (prediction, *ended, Ongoing(prediction.person, self._segmenter.current(prediction.person)))
            events += self._segmenter.advance(work.now)
        return events


def _position(root: Float32[np.ndarray, "3"]) -> tuple[float, float, float] | None:
    """A root as a prediction holds it."""
    x, y, z = map(float, root)
    return None if math.isnan(z) else (x, y, z)
