"""One source being watched: the pipeline's events become pictures at the source's own pace, and figures."""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from apps.live.events import Event, Shown, Trouble
from apps.live.memory import Memory
from apps.live.recorder import Recorder
from apps.live.render import Scene, render
from apps.live.wishes import Turn, Wishes
from apps.widgets.data import Stage, Vitals
from realtime.drawing import Annotation, focus_at, focus_on_landmarks
from realtime.frames import TrackedPose
from realtime.pipeline import FrameResult, Pipeline
from realtime.sources import Source
from stf.prediction import Ongoing, Prediction, Segment

_TICK = 0.05  # seconds to wait for an event at most
_SILENCE = 1.0  # seconds without a picture after which a live source is in trouble
_REPORT = 0.5  # seconds between two reports
_LATE = 0.2  # seconds


class Pace:
    """Lets a recording's frames pass no faster than they were taken; one far behind does not hurry those after it."""

    def __init__(self) -> None:
        self._began: float | None = None

    def due(self, moment: float, now: float) -> float:
        """When a frame is to be shown.

        Args:
            moment: seconds on the recording's clock.
            now: seconds on the clock on the wall.

        Returns:
            Seconds on the clock on the wall; not after `now` where the frame is late.
        """
        if self._began is None or now - moment > self._began + _LATE:
            self._began = now - moment
        return self._began + moment


class Rates:
    """How many a second, over the last seconds, of things that are counted."""

    def __init__(self) -> None:
        self._counts: deque[tuple[float, int, int]] = deque(maxlen=6)

    def update(self, now: float, first: int, second: int) -> tuple[float, float]:
        """Take two counts, and say how fast each grows."""
        self._counts.append((now, first, second))
        began, *then = self._counts[0]
        elapsed = max(now - began, 1e-9)
        return ((first - then[0]) / elapsed, (second - then[1]) / elapsed) if len(self._counts) > 1 else (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where a session's results go.

    Attributes:
        post: takes every event.
        memory: takes what can be shown again.
        behind: whether the screen has not yet shown the last picture.
        recorder: the recording going on, if any; asked anew for every frame.
    """

    post: Callable[[Event], None]
    memory: Memory
    behind: Callable[[], bool]
    recorder: Callable[[], Recorder | None]


class Session:
    """Runs a pipeline until its source ends or something else is to be watched; in the worker's thread.

    Args:
        pipeline: not started yet; closed by whoever made it.
        source: the pipeline's.
        wishes: what the person wants.
        outlets: where the results go.
        model: the name of the recogniser.
    """

    def __init__(self, pipeline: Pipeline, source: Source, wishes: Wishes, outlets: Outlets, model: str) -> None:
        self._pipeline = pipeline
        self._source = source
        self._wishes = wishes
        self._outlets = outlets
        self._model = model
        self._pace = Pace()
        self._rates = Rates()
        self._said: dict[int, Prediction] = {}
        self._doing: dict[int, Segment | None] = {}
        self._last: FrameResult | None = None
        self._heard = time.monotonic()
        self._reported = -math.inf
        self._troubled = False
        self._unseen = False

    def run(self) -> bool:
        """Hand out what the pipeline yields.

        Returns:
            Whether the source came to its end.

        Raises:
            Exception: what ended the pipeline.
        """
        self._pipeline.start()
        while not self._wishes.leaving:
            event = self._pipeline.poll(timeout=_TICK)
            if event is None and self._pipeline.finished:
                return True
            if event is None and self._source.live:
                self._watch_silence()
            elif isinstance(event, FrameResult):
                if not self._take(event):
                    return False
            elif event is not None:
                self._tell(event)
            self._report()
        return False

    def linger(self) -> None:
        """Keep the last picture as the person wants it drawn, until something else is to be watched."""
        if self._unseen:
            self._redraw()
        while (turn := self._wishes.hold()) is not Turn.LEAVE:
            if turn is Turn.REDRAW:
                self._redraw()

    def _take(self, result: FrameResult) -> bool:
        """Show a frame when it is due; False where it is to be shown no more."""
        if not self._source.live and self._last is not None:
            while True:
                turn = self._wishes.hold(self._pace.due(result.frame.time, time.monotonic()))
                if turn is not Turn.REDRAW:
                    break
                self._redraw()
            if turn is Turn.LEAVE:
                return False
        self._heard = time.monotonic()
        if self._troubled:
            self._troubled = False
            self._outlets.post(Trouble())
        frame = result.frame
        skeletons = tuple(s.placed() for s in result.skeletons) if self._pipeline.places else result.skeletons
        self._outlets.memory.see(frame.time, frame.image, result.people, skeletons)
        if recorder := self._outlets.recorder():
            recorder.write(frame, self._annotations(result))
        if self._source.live and self._wishes.paused and self._last is not None:
            if self._wishes.redraw_wanted():
                self._redraw()
            return True
        self._last = result
        self._unseen = self._outlets.behind() and not self._wishes.paused
        if not self._unseen:  # drawing takes time, and nobody would see it
            self._draw(result, result.clock if self._source.live else None)
        return True

    def _tell(self, event: Prediction | Ongoing | Segment) -> None:
        match event:
            case Prediction():
                self._said[event.person] = event
                self._outlets.memory.hear(event)
                if recorder := self._outlets.recorder():
                    recorder.hear(event)
            case Ongoing():
                self._doing[event.person] = event.segment
            case Segment():
                pass
        self._outlets.post(event)

    def _annotations(self, result: FrameResult) -> list[Annotation]:
        return [self._annotation(person, result.frame.time) for person in result.people]

    def _annotation(self, tracked: TrackedPose, time: float) -> Annotation:
        said, doing = self._said.get(tracked.person), self._doing.get(tracked.person)
        if said is None:
            return Annotation(tracked)
        recogniser, chosen = self._pipeline.recogniser, self._wishes.explained
        glowing = chosen if chosen and chosen.person == tracked.person else said
        focus = focus_on_landmarks(focus_at(glowing, time), recogniser.layout)
        if doing is None:
            return Annotation(tracked, focus=focus)
        probability = float(said.scores[recogniser.classes.index(doing.label)])
        return Annotation(tracked, doing.label, probability, focus)

    def _draw(self, result: FrameResult, clock: float | None) -> None:
        scene = Scene(result.frame.image, self._annotations(result), self._pipeline.recogniser.layout)
        picture = render(scene, self._wishes.look)
        people = tuple(tracked.person for tracked in result.people)
        self._outlets.post(Shown(picture, result.frame.time, clock, people))

    def _redraw(self) -> None:
        self._unseen = False
        if self._last:
            self._draw(self._last, None)

    def _watch_silence(self) -> None:
        """Say so when a camera gives no picture."""
        if self._wishes.redraw_wanted():
            self._redraw()
        if time.monotonic() - self._heard > _SILENCE and not self._troubled and self._last is not None:
            self._troubled = True
            sentence = self._source.problem or f"{self._source.name} gives no picture; it is tried again by itself"
            self._outlets.post(Trouble(sentence))

    def _report(self) -> None:
        now = time.monotonic()
        if now < self._reported + _REPORT:
            return
        self._reported = now
        statistics, recogniser = self._pipeline.statistics, self._pipeline.recogniser
        coming, analysed = self._rates.update(now, statistics.stages["decode"].count, statistics.frames)
        stages = [
            Stage(name, times.percentile_ms(50), times.percentile_ms(95)) for name, times in statistics.stages.items()
        ]
        device = str(recogniser.device)
        self._outlets.post(Vitals(coming, analysed, statistics.dropped, None, device, self._model, tuple(stages)))
