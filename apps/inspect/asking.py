"""`Asking`: the question about the window at the cursor and about all others, and what is answered."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from apps.inspect.cursor import Cursor
from apps.inspect.data import Answer, Edit, ModelFacts, Track, Why
from apps.inspect.subject import RecordSubject, Subject
from apps.inspect.thinker import Thinker
from apps.inspect.volume import Volume, recorded_volume
from apps.inspect.work import Work
from apps.live.events import Notice

_FRAMES = 60  # looked at in one go, before somebody who waits gets a turn
_WINDOWS = 4  # asked about in one go


class Asking(QObject):
    """Does one thing after the other, in the order in which somebody waits for it.

    First comes the newest question about the window at the cursor, then who is where, then the focus of all windows
    from the one nearest to the cursor on.

    Signals:
        answered: there is another answer about the window at the cursor, or none.
        grew: more is known of who is where, or of the focus over time; or something else is asked.
        edited: the window is changed in another way.
        failed: a `Notice` of why there is no answer.

    Args:
        thinker: has the model.
        work: the thread in which it is asked.
        cursor: the moment that is asked about.

    Attributes:
        subject: what is asked about.
        facts: what can be asked of the model; None until it is loaded.
        person: who is asked about.
        why: what is asked.
        edits: what was changed of the window before it is asked about, the newest last.
        answer: about the window at the cursor; None while there is none.
        volume: the focus over time.
    """

    answered = Signal()
    grew = Signal()
    edited = Signal()
    failed = Signal(object)

    def __init__(self, thinker: Thinker, work: Work, cursor: Cursor) -> None:
        super().__init__()
        self.subject: Subject | None = None
        self.facts: ModelFacts | None = None
        self.person = 0
        self.why = Why()
        self.edits: tuple[Edit, ...] = ()
        self.answer: Answer | None = None
        self.volume: Volume | None = None
        self._thinker = thinker
        self._work = work
        self._cursor = cursor
        self._busy = False
        self._wanted = self._started = False
        self._hopeless = False  # the volume cannot be had
        cursor.moved.connect(self._follow)

    def begin(self, subject: Subject | None) -> None:
        """Ask about something else, for which the model is not ready yet."""
        self.subject, self.facts, self.edits, self._started = subject, None, (), False
        if subject:
            self.person = next(iter(subject.persons), 0)
            if not {self.why.label, self.why.contrast} <= {None, *subject.classes}:
                self.why = Why()
            self._scope()
        else:
            self.answer = self.volume = None

    def start(self) -> None:
        """Begin to look up who is where."""
        self._started = True
        self._go_on()

    def load(self, facts: ModelFacts) -> None:
        """The model is ready."""
        self.facts = facts
        self.ask()

    @property
    def track(self) -> Track | None:
        """All windows of the person; of a clip with the scores that asking has brought about so far."""
        if self.subject is None:
            return None
        track = self.subject.track(self.person)
        asked = self.volume.scores() if self.volume and not self.subject.answered else None
        return track if asked is None else replace(track, scores=asked)

    @property
    def window(self) -> int | None:
        """The number of the window at the cursor."""
        return self.subject.track(self.person).nearest(self._cursor.now) if self.subject else None

    def wonder(self, why: Why) -> None:
        """Ask something else."""
        if why != self.why:
            self.why = why
            self._scope()
            self.ask()

    def look_at(self, person: int) -> None:
        """Ask about somebody else."""
        if person != self.person:
            self.person, self.edits = person, ()
            self._scope()
            self.ask()

    def change(self, edits: tuple[Edit, ...]) -> None:
        """Ask about the window with these changes."""
        if edits != self.edits:
            self.edits = edits
            self.edited.emit()
            self.ask()

    def ask(self) -> None:
        """Ask about the window at the cursor, as soon as nothing else is under way."""
        self._wanted = True
        self._go_on()

    @property
    def recorded(self) -> bool:
        """Whether the focus over time is the one of the record, for which nothing need be asked."""
        return self.why == Why() and self.subject is not None and self.subject.answered

    @property
    def share(self) -> float:
        """How much of the focus over time is known."""
        return self.volume.share if self.volume else 0.0

    def _follow(self) -> None:
        window, track = self.window, self.track
        if window is None or track is None:
            return
        shown = self.answer
        if shown is None or (shown.start, shown.end) != (track.start[window], track.end[window]):
            self.ask()

    def _scope(self) -> None:
        self.answer, self._hopeless = None, False
        subject = self.subject
        recorded = isinstance(subject, RecordSubject) and self.recorded
        self.volume = recorded_volume(subject, self.person) if isinstance(subject, RecordSubject) and recorded else None
        self.answered.emit()
        self.grew.emit()

    def _go_on(self) -> None:
        """Do what comes next, if nothing is under way."""
        subject = self.subject
        if self._busy or subject is None or not self._started:
            return
        chosen = self._next(subject)
        if chosen is None:
            return
        self._busy = True
        work, then = chosen
        asked = subject, self.person, self.why

        def done(result: Any) -> None:  # noqa: ANN401 - whatever the work gives
            self._busy = False
            if asked == (self.subject, self.person, self.why):
                then(result)
            self._go_on()

        def failed(notice: Notice) -> None:
            self._busy = False
            if asked == (self.subject, self.person, self.why):
                self._hopeless = True
                self.failed.emit(notice)
            self._go_on()

        self._work.do(work, done, failed)

    def _next(self, subject: Subject) -> tuple[Callable[[], Any], Callable[[Any], None]] | None:
        """What to do, and who takes what comes of it."""
        person, why, window, thinker = self.person, self.why, self.window, self._thinker
        bodies, volume = subject.bodies, self.volume
        if self.facts and self._wanted and window is not None and subject.ready(person, window):
            self._wanted = False
            edits = self.edits
            return lambda: thinker.answer(subject, person, window, why, edits), self._show
        if bodies and not bodies.complete:
            return lambda: bodies.find(_FRAMES), self._grow
        if self.facts is None or self._hopeless or window is None or not subject.ready(person, window):
            return None
        if volume is None:
            return lambda: thinker.begin(subject, person, why), self._take
        missing = volume.missing(self._cursor.now, _WINDOWS)
        if not missing or self.recorded:
            return None
        return lambda: thinker.fill(subject, person, why, volume, missing), self._grow

    def _show(self, answer: Answer) -> None:
        self.answer = answer
        self.answered.emit()
        self._follow()  # the cursor may have gone on, or come back, meanwhile

    def _take(self, volume: Volume) -> None:
        self.volume = volume
        self.grew.emit()

    def _grow(self, _: None) -> None:
        self.grew.emit()
