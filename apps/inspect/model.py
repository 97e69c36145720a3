"""`Inspector`: owns what is inspected and says what has changed; knows no widgets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from apps.engine import Engine
from apps.inspect.asking import Asking
from apps.inspect.averaging import Averaging
from apps.inspect.chores import Chores
from apps.inspect.cursor import Cursor
from apps.inspect.data import ModelFacts
from apps.inspect.jumps import find_doubt, find_segment
from apps.inspect.keeping import export, keep
from apps.inspect.labelling import Labelling
from apps.inspect.listing import Listing
from apps.inspect.opening import Opened, Request, Unlabelled
from apps.inspect.painter import Painter
from apps.inspect.rival import Rival
from apps.inspect.subject import Subject
from apps.inspect.thinker import Thinker
from apps.inspect.work import Work
from apps.live.events import Notice
from realtime.formats import Format
from realtime.records.corrections import Correction, Corrections
from stf.prediction import Segment

if TYPE_CHECKING:
    from stf.explanation import Explanation

T = TypeVar("T")

_VIEW = 20.0  # seconds in view at first
_WRITING = 10.0  # seconds to wait for corrections to be on the disk
_PATIENCE = 1.0  # seconds to wait for a thread after the window has gone


class Inspector(QObject):
    """Lives in the interface thread and never waits: what takes time is done in threads, and said when it is done.

    Signals:
        opened: there is another subject.
        loaded: the model can be asked.
        changed: the segments are others.
        trusted: a `Trust`, of the answer at the cursor.
        graphed: a `stf.explanation.ModuleGraph`, of the window at the cursor.
        said: a `Notice`, of what was done or could not be.

    Args:
        engine: the model.
        given: whether the person named it.

    Attributes:
        cursor: the moment that is shown.
        asking: the question and the answers.
        painter: draws pictures.
        chores: what takes its time, and can be cancelled.
        averaging: makes means.
        rival: another model that is asked the same.
        listing: what is said of all clips of a dataset.
        subject: what is inspected; None before the first.
        lost: what is wrong with its video; empty where nothing is.
        corrections: of its labels; None where there is no record.
        clips: the names of all clips, where it is one of a dataset.
        request: what was asked for last.
    """

    opened = Signal()
    loaded = Signal()
    changed = Signal()
    trusted = Signal(object)
    graphed = Signal(object)
    said = Signal(object)

    def __init__(self, engine: Engine, *, given: bool) -> None:
        super().__init__()
        self.subject: Subject | None = None
        self.lost = ""
        self.corrections: Corrections | None = None
        self.clips: Sequence[str] = ()
        self.request: Request | None = None
        self._fresh = False  # it has just been opened, and waits for its first picture
        self._left: Subject | None = None  # what is to be closed at the end
        self.cursor = Cursor()
        self._thinker = Thinker(engine, given=given)
        self._work = Work("stf-inspector")
        self._disk = Work("stf-inspector-disk")
        self._files = Work("stf-inspector-files")
        self.asking = Asking(self._thinker, self._work, self.cursor)
        self.painter = Painter()
        self.chores = Chores()
        self.averaging = Averaging(self._thinker, self._work, self._files, self.asking, self.chores)
        self._labelling = Labelling(engine, self.chores)
        self._labelling.labelled.connect(self._open_labelled)
        parts = (self._work, self._disk, self._files, self._labelling, self.asking, self.averaging, self.painter)
        self.rival = Rival(engine, self._work, self.cursor, self.asking)
        self.listing = Listing(self._work, self._thinker, self.asking, self.rival)
        self.listing.wanted.connect(self.go_to_clip)
        self.opened.connect(self.rival.leave)
        self.loaded.connect(self.rival.begin)
        for part in (*parts, self.rival, self.listing):
            part.failed.connect(self.said)
        self.painter.painted.connect(self._settle)
        self.painter.failed.connect(self._settle)
        self.cursor.moved.connect(self._paint)
        self.asking.grew.connect(self._paint)

    def open(self, request: Request) -> None:
        """Inspect something else; what was inspected stays until that is there."""
        self.request = request
        self._work.do(lambda: self._thinker.open(request), self._begin)

    def next_clip(self, step: int) -> None:
        """Inspect the next clip of the dataset, or the one before."""
        if self.request and self.subject and self.subject.name in self.clips:
            self.go_to_clip(self.clips[(self.clips.index(self.subject.name) + step) % len(self.clips)])

    def go_to_clip(self, name: str) -> None:
        """Inspect another clip of the dataset."""
        if self.request and name in self.clips:
            self.open(replace(self.request, clip=name))
        else:
            words = f"'{name}' is not a clip of what is open; open the dataset that it is of (Ctrl+Shift+O)"
            self.said.emit(Notice(words, failed=True))

    @property
    def segments(self) -> list[Segment]:
        """Who does what when."""
        if self.corrections:
            return self.corrections.segments
        return list(self.subject.segments) if self.subject else []

    @property
    def segment(self) -> Segment | None:
        """What the person who is asked about does at the cursor."""
        now, person = self.cursor.now, self.asking.person
        return next((one for one in self.segments if one.person == person and one.start <= now < one.end), None)

    def next_segment(self, step: int) -> Segment | None:
        """Go to where the person's next segment begins, or the one before."""
        cursor = self.cursor
        found = find_segment(self.segments, self.asking.person, cursor.now, cursor.step / 2, step)
        if found:
            cursor.go(found.start)
        return found

    def next_doubt(self, step: int) -> float | None:
        """Go to the next window of which the model is not sure, or the last one before; its confidence.

        Windows in a row count as one doubt; the cursor goes to the least sure of them.
        """
        track = self.asking.track
        if track is None or not len(track.start):
            return None
        place = find_doubt(track, self.cursor.now, self.cursor.step, step)
        if place is None:
            return None
        self.cursor.go(float(track.middles[place]))
        return float(track.scores[place].max())

    def doubt_focus(self) -> None:
        """Find out whether the focus at the cursor can be trusted; `trusted` says."""
        answer = self.asking.answer
        if answer:
            self._work.do(lambda: self._thinker.trust(answer), self.trusted.emit)

    def ask_graph(self) -> None:
        """Ask for the adjacency of the module that is asked; `graphed` says."""
        answer = self.asking.answer
        if answer:
            self._work.do(lambda: self._thinker.graph(answer), self.graphed.emit)

    @property
    def span(self) -> tuple[float, float]:
        """What files are about: the marked span, else the segment at the cursor, else the window at the cursor."""
        if self.cursor.loop:
            return self.cursor.loop
        if segment := self.segment:
            return segment.start, segment.end
        track, window = self.asking.track, self.asking.window
        if track is None or window is None:
            return self.cursor.start, self.cursor.end
        return max(float(track.start[window]), self.cursor.start), min(float(track.end[window]), self.cursor.end)

    def explain(self, then: Callable[["Explanation"], None]) -> None:
        """Ask the question about the span."""
        subject, person, span, why = self.subject, self.asking.person, self.span, self.asking.why
        if subject:
            self._work.do(lambda: self._thinker.explain(subject, person, span, why), then)

    def keep(self, path: Path, found: "Explanation") -> None:
        """Write an answer in the format that the file's name ends in."""
        subject, segments, person = self.subject, self.segments, self.asking.person

        def make() -> Path | None:
            with self.chores.chore() as chore:
                return keep(path, found, subject, segments, person, chore) if subject else None
            return None

        def told(written: Path | None) -> None:
            self.said.emit(Notice(f"wrote {written}" if written else f"{path.name} is not written: it was cancelled"))

        self.write(make, told)

    def write(self, make: Callable[[], T], done: Callable[[T], None]) -> None:
        """Make a file, which takes its time, in a thread that nothing else waits for."""
        self._files.do(make, done)

    def correct(self, correction: Correction) -> None:
        """Let a segment be this; that is on the disk a moment later."""
        if self.corrections:
            self._keep(self.corrections, self.corrections.put(correction))

    def add_segment(self, what: Mapping[str, object]) -> None:
        """Add a segment of the person who is asked about; `what` are fields of a `Correction`."""
        if self.corrections:
            self._keep(self.corrections, self.corrections.add(self.asking.person, what))

    def undo_correction(self) -> None:
        """Take the newest correction back."""
        undone = self.corrections.undo() if self.corrections else None
        if self.corrections and undone:
            self._keep(self.corrections, undone)
        else:
            self.said.emit(Notice("there is no correction to take back"))

    def export(self, form: Format, folder: Path, *, taught: bool = False) -> None:
        """Write the segments as they are corrected, under the name of the video."""
        corrections, video = self.corrections, self.subject.video if self.subject else None
        if corrections is None:
            return
        record = replace(corrections.record(taught=taught), video_at=video)
        make = partial(export, record, form, folder, taught=taught)
        self.write(make, lambda path: self.said.emit(Notice(f"wrote {path}")))

    def _keep(self, corrections: Corrections, changed: Correction) -> None:
        self._disk.do(corrections.append(changed), lambda _: None)
        self.changed.emit()
        self._paint()

    def close(self) -> None:
        """End everything; `join` waits for it."""
        self.cursor.play(on=False)
        self.chores.close()
        self._left, self.subject = self.subject, None
        self.asking.begin(None)
        self.rival.leave()
        self.listing.stop()
        for part in (self._work, self._disk, self._files, self._labelling, self.painter):
            part.end()

    def join(self, patience: float = _PATIENCE) -> bool:
        """After `close`: wait for the threads; whether they ended."""
        ended = self._disk.join(_WRITING) & self.painter.join(patience) & self._work.join(patience)
        ended &= self._files.join(patience) & self._labelling.join(patience)
        if ended and self._left:
            self._left.close()
        return ended

    def _open_labelled(self, done: Unlabelled) -> None:
        if self.request and self.request.source == done.video:
            self.open(self.request)
        else:
            self.said.emit(Notice(f"{done.video.name} is labelled; open it to inspect it"))

    def _begin(self, opened: Opened | Unlabelled) -> None:
        if isinstance(opened, Unlabelled):
            self._labelling.begin(opened)
            return
        before, self.subject = self.subject, opened.subject
        self.lost, self.clips, self.corrections = opened.lost, opened.clips, opened.corrections
        subject = opened.subject
        self.asking.begin(subject)
        if before:
            self.painter.leave(lambda: self._work.do(before.close, lambda _: None))
        self.cursor.reset(subject.start, subject.end, subject.step, _VIEW)
        self._fresh = True
        self.opened.emit()

    def _settle(self, _: object) -> None:
        """There is a first picture, or none to wait for: now what takes longer, and would have held it up."""
        subject, fresh, self._fresh = self.subject, self._fresh, False
        if subject and fresh:
            self.asking.start()
            self._work.do(lambda: (subject, self._thinker.load_for(subject)), self._load)

    def _load(self, loaded: tuple[Subject, ModelFacts]) -> None:
        subject, facts = loaded
        if subject is self.subject:
            self.asking.load(facts)
            self.loaded.emit()

    def _paint(self) -> None:
        if self.subject:
            self.painter.want(self.subject, self.cursor.now, self.segments, self.asking.person, self.asking.volume)
