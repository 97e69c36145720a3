"""The worker's thread: loads models, opens sources, runs sessions, and puts what happens into an outbox."""

import gc
import logging
from collections.abc import Callable
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal

from apps.engine import Engine, camera_of
from apps.live.events import Ended, Event, Notice, Opened, Shown, State, StateChanged
from apps.live.memory import Memory
from apps.live.wishes import Request, Wishes
from realtime import cores
from realtime.pose import PoseEstimator
from realtime.sources import Source, list_cameras, open_source
from stf.errors import UserError

if TYPE_CHECKING:
    from apps.live.recorder import Recorder
    from stf.recogniser import Recogniser

DEMO = Path(str(files("apps"))) / "assets" / "demo.mp4"
_NO_CAMERA = "no camera was found, so this is the demo clip; plug one in and choose it under Source, or open a video"
_WAITING = 1000  # events that may wait for the interface
_LOG = logging.getLogger("stf")


class Opener(Protocol):
    """Opens a source, as `open_source` does."""

    def __call__(self, spec: str, *, start: float) -> Source: ...  # noqa: D102


class Outbox(QObject):
    """Events on their way to the interface: of pictures the newest, of everything else all, in order.

    Signals:
        filled: there is something to drain, said once until it is drained.
    """

    filled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()
        self._events: list[Event] = []
        self._shown: Shown | None = None
        self._said = False

    def put(self, event: Event) -> None:
        """Take an event, from any thread."""
        with self._lock:
            if isinstance(event, Shown):
                self._shown = event
            elif len(self._events) < _WAITING:
                self._events.append(event)
            if isinstance(event, Opened):
                self._shown = None  # it is of the source before
            said, self._said = self._said, True
        if not said:
            self.filled.emit()

    @property
    def behind(self) -> bool:
        """Whether a picture still waits, so that another one would take its place unseen."""
        with self._lock:
            return self._shown is not None

    def drain(self) -> list[Event]:
        """Everything that waits, the picture last."""
        with self._lock:
            events, self._events = self._events, []
            if self._shown:
                events.append(self._shown)
            self._shown, self._said = None, False
        return events


class Worker:
    """Does what `wishes` say, one source after the other; models stay loaded from one to the next.

    Args:
        opener: how sources are opened.
        cameras: which cameras there are.

    Attributes:
        wishes: what to do.
        outbox: what happened.
        memory: the last minute.
        recogniser: the one in use, once it is loaded.
        recorder: the recording going on, if any.
    """

    def __init__(self, opener: Opener = open_source, cameras: Callable[[], list[int]] = list_cameras) -> None:
        self.wishes = Wishes()
        self.outbox = Outbox()
        self.memory = Memory()
        self.recogniser: Recogniser | None = None
        self.recorder: Recorder | None = None
        self._opener = opener
        self._cameras = cameras
        self._engine: Engine | None = None
        self._estimator: PoseEstimator | None = None
        self._thread = Thread(target=self._run, name="stf-viewer", daemon=True)

    def start(self) -> None:
        """Begin; once, in the interface's thread."""
        cores.take_short_turns()  # this thread's, and those of all that work for it
        self._thread.start()

    def join(self, timeout: float) -> bool:
        """Wait until the thread has ended; whether it has."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (request := self.wishes.take()) is not None:
            try:
                self._watch(request)
            except UserError as error:
                self._change(State.FAULTED, str(error))
            except Exception as error:  # noqa: BLE001 - said in the window, which stays open
                _LOG.exception("the viewer's worker failed")
                kind = type(error).__name__
                self._change(State.FAULTED, f"the program failed ({kind}: {error}); try again, and please report it")
            else:
                self._change(State.STOPPED)
        if self._estimator:
            self._estimator.close()

    def _watch(self, request: Request) -> None:
        self._change(State.STARTING, "starting")
        from apps.live.session import Outlets, Session  # noqa: PLC0415 - torch; the window is up before that is loaded
        from realtime.pipeline import Pipeline  # noqa: PLC0415
        from realtime.segments import SegmentSpec  # noqa: PLC0415
        from realtime.window import WindowSpec  # noqa: PLC0415

        body = request.engine.person()
        recogniser, estimator = self._load(request.engine)
        if self.wishes.leaving:
            return
        spec, note = self._choose(request.source)
        self._change(State.STARTING, f"opening {spec}")
        unknown = recogniser.header.unknown
        segments = SegmentSpec.above(unknown.below) if unknown and unknown.below else SegmentSpec()
        if request.threshold is not None:
            segments = SegmentSpec.above(request.threshold)
        window = WindowSpec() if request.stride is None else WindowSpec(stride=request.stride)
        window = window.shown_to(recogniser)
        with ExitStack() as stack:
            source = stack.enter_context(self._opener(spec, start=request.start))
            self.wishes.on_leaving(source.close)
            camera = camera_of(source, spec, request.engine)
            pipeline = stack.enter_context(
                Pipeline(source, estimator, recogniser, window=window, segments=segments, camera=camera, body=body)
            )
            self.memory.clear()
            cores.leave(estimator.core)  # this thread draws
            self.outbox.put(
                Opened(
                    spec,
                    source.name,
                    source.live,
                    None if source.duration is None else source.duration + request.start,
                    source.fps,
                    recogniser.classes,
                    recogniser.layout,
                    segments.enter,
                    window.seconds,
                    note,
                    estimator.core,
                )
            )
            self._change(State.RUNNING, source.name)
            outlets = Outlets(self.outbox.put, self.memory, lambda: self.outbox.behind, lambda: self.recorder)
            session = Session(pipeline, source, self.wishes, outlets, Path(request.engine.model).stem)
            ended = session.run()
            if not ended:
                self._change(State.STOPPING)
            pipeline.close()
            if ended:
                self._change(State.STOPPED, f"{source.name} has ended")
                self.outbox.put(Ended(source.problem or ""))
                session.linger()

    def _load(self, engine: Engine) -> "tuple[Recogniser, PoseEstimator]":
        """The recogniser and the pose estimator, loaded where they differ from those in use."""
        known = self._engine
        if self.recogniser is None or known is None or (known.model, known.device) != (engine.model, engine.device):
            self._change(State.STARTING, f"loading the recogniser {engine.model}")
            self.recogniser = engine.recogniser()
        if self._estimator is None or known is None or _pose(known) != _pose(engine):
            self._change(State.STARTING, f"loading the pose model {engine.pose_model}")
            if self._estimator:
                self._estimator.close()
                self._estimator = None
            self._estimator = engine.estimator(lambda sentence: self._change(State.STARTING, sentence))
            # Half a million objects stay; to look through them for garbage stops every thread for a tenth of a second.
            gc.freeze()
        self._engine = engine
        return self.recogniser, self._estimator

    def _choose(self, source: str | None) -> tuple[str, str]:
        """What to open, and what to say about that choice."""
        if source is not None:
            return source, ""
        self._change(State.STARTING, "looking for a camera")
        cameras = self._cameras()
        return (str(cameras[0]), "") if cameras else (str(DEMO), _NO_CAMERA)

    def _change(self, state: State, text: str = "") -> None:
        self.outbox.put(StateChanged(state, text))

    def notice(self, notice: Notice) -> None:
        """Tell the person something, from any thread."""
        self.outbox.put(notice)


def _pose(engine: Engine) -> tuple[object, ...]:
    return engine.pose_model, engine.pose_delegate, engine.people
