"""The picture at the cursor, with the people in it and what spoke for what they are said to do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32
from PySide6.QtCore import QObject, Signal

from apps.inspect.pictures import Pictures
from apps.inspect.subject import Subject
from apps.inspect.volume import Volume
from apps.inspect.work import Work
from apps.live.render import Scene, render
from apps.live.wishes import Look
from apps.widgets.data import Picture
from realtime.drawing import Annotation, focus_on_landmarks
from realtime.frames import Image, TrackedPose
from stf.prediction import Segment

_PATIENCE = 0.02  # seconds to decode towards a moment before an earlier picture is shown


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture and the moment it is of."""

    time: float
    picture: Picture


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to be drawn."""

    subject: Subject
    moment: float
    segments: Sequence[Segment]
    person: int
    volume: Volume | None
    look: Look


@dataclass(frozen=True, slots=True)
class _Drawn:
    shown: Shown | None
    image: Image | None
    exact: bool


class Painter(QObject):
    """Draws the newest wish, whatever was wished for meanwhile; pictures come while a far moment is decoded towards.

    Signals:
        painted: a `Shown`; None where there is no picture.
        failed: a `Notice` of why there is none.
    """

    painted = Signal(object)
    failed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.look = Look()
        self._wish: _Wish | None = None
        self._stale = False
        self._busy = False
        self._pictures: tuple[Subject, Pictures | None] | None = None
        self._work = Work("stf-inspector-pictures")
        self._work.failed.connect(self._fail)

    def want(
        self, subject: Subject, moment: float, segments: Sequence[Segment], person: int, volume: Volume | None
    ) -> None:
        """Draw this next."""
        self._wish = _Wish(subject, moment, segments, person, volume, self.look)
        self._stale = True
        self._draw()

    def draw_as(self, look: Look) -> None:
        """Draw in another way."""
        if look != self.look:
            self.look = look
            if self._wish:
                self._wish = replace(self._wish, look=look)
                self._stale = True
                self._draw()

    def leave(self, then: Callable[[], None]) -> None:
        """Call this when what was being drawn until now is done."""
        self._work.do(lambda: None, lambda _: then())

    def end(self) -> None:
        """Draw nothing more."""
        self._wish, self._stale = None, False
        self._work.do(lambda: self._open(None), lambda _: None)
        self._work.end()

    def join(self, timeout: float) -> bool:
        """Wait until the thread has ended; whether it has."""
        return self._work.join(timeout)

    def _draw(self) -> None:
        wish = self._wish
        if wish is None or self._busy or not self._stale:
            return
        self._busy, self._stale = True, False
        self._work.do(lambda: self._paint(wish), self._show)

    def _show(self, drawn: _Drawn) -> None:
        self._busy = False
        self._stale |= not drawn.exact
        if self._wish:
            self.painted.emit(drawn.shown)
        self._draw()

    def _fail(self, notice: object) -> None:
        self._busy = False
        self.failed.emit(notice)

    # In the thread

    def _open(self, subject: Subject | None) -> Pictures | None:
        if self._pictures and self._pictures[0] is subject:
            return self._pictures[1]
        if self._pictures and self._pictures[1]:
            self._pictures[1].close()
        self._pictures = None
        if subject is None:
            return None
        pictures = Pictures(subject.video) if subject.video else None
        self._pictures = subject, pictures
        return pictures

    def _paint(self, wish: _Wish) -> _Drawn:
        subject = wish.subject
        pictures = self._open(subject)
        if subject.bodies is None and pictures is None:
            return _Drawn(None, None, exact=True)
        people: list[TrackedPose] = []
        frame = pictures.at(wish.moment, _PATIENCE) if pictures else None
        moment = frame.time if frame else wish.moment
        if subject.bodies:
            people = subject.bodies.people_at(moment)
        if frame is None and not people:
            return _Drawn(None, None, exact=True)
        image = frame.image if frame else np.zeros((480, 640, 3), np.uint8)
        drawn = [annotate(one, wish.segments, moment, subject, wish.person, wish.volume) for one in people]
        scene = Scene(image, drawn, subject.layout)
        exact = frame is None or wish.moment - moment < 1.5 * subject.step or moment >= subject.end - subject.step
        return _Drawn(Shown(moment, render(scene, wish.look)), image, exact)


def annotate(
    tracked: TrackedPose,
    segments: Sequence[Segment],
    moment: float,
    subject: Subject,
    person: int,
    volume: Volume | None,
) -> Annotation:
    """What to draw of somebody: what they are said to do at a moment, and the focus of who is asked about."""
    own = (one for one in segments if one.person == tracked.person and one.start <= moment < one.end)
    segment = next(own, None)
    focus: Float32[np.ndarray, 33] | None = None
    if tracked.person == person and volume:
        values = volume.at(np.array([moment]))[0]
        if np.isfinite(values).any():
            focus = focus_on_landmarks(values, subject.layout)
    if segment is None:
        return Annotation(tracked, focus=focus)
    return Annotation(tracked, segment.label, segment.confidence, focus)
