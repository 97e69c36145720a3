"""What the model looks at on average: over a span, over all of a video or a clip, over a class of a dataset."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from apps.inspect.asking import Asking
from apps.inspect.chores import CancelledError, Chore, Chores
from apps.inspect.data import Why
from apps.inspect.opening import Request
from apps.inspect.thinker import Thinker
from apps.inspect.work import Work
from apps.live.events import Notice
from apps.steps import Steps
from stf.datasets import open_corpus
from stf.datasets.clip import Clip
from stf.datasets.corpus import OnBroken, Part, find_split, read_clips
from stf.errors import UserError

if TYPE_CHECKING:
    from stf.explanation import Explanation


@dataclass(frozen=True, slots=True)
class Mean:
    """An average.

    Attributes:
        found: as any explanation.
        words: of what it is the mean.
    """

    found: "Explanation"
    words: str


@dataclass(frozen=True, slots=True)
class ClassClips:
    """The clips of one class.

    Attributes:
        name: of the class.
        where: which clips of which dataset these are.
        clips: at least one.
    """

    name: str
    where: str
    clips: Sequence[Clip]


class Averaging(QObject):
    """Makes one mean at a time; a question about the window at the cursor is answered between two clips.

    Signals:
        averaged: a `Mean`.
        failed: a `Notice` of why there is none.

    Args:
        thinker: has the model.
        work: the thread in which it is asked.
        disk: the thread in which datasets are read.
        asking: what is asked, and the focus over all windows.
        chores: where this is one of.
    """

    averaged = Signal(object)
    failed = Signal(object)

    def __init__(self, thinker: Thinker, work: Work, disk: Work, asking: Asking, chores: Chores) -> None:
        super().__init__()
        self._thinker = thinker
        self._work = work
        self._disk = disk
        self._asking = asking
        self._chores = chores
        self._chore: Chore | None = None  # what is under way
        self._awaited: tuple[object, ...] | None = None  # what the windows are asked about
        asking.grew.connect(self._follow)
        asking.failed.connect(self._give_up)

    def over_windows(self, label: str) -> None:
        """The mean over all windows of the person, once all of them are asked.

        Args:
            label: the class to explain.
        """
        self._stop()
        asking = self._asking
        if asking.subject is None:
            return
        self._chore = self._chores.start()
        self._chore.begin(f"Asking about all of {asking.subject.name}", 100)
        self._awaited = asking.subject, asking.person, replace(asking.why, label=label)
        asking.wonder(self._awaited[2])
        self._follow()

    def over_class(self, request: Request, label: str) -> None:
        """The mean over the clips of a class, those of the test side where the dataset has one.

        Args:
            request: what is inspected, of which dataset.
            label: the class to explain.
        """
        self._stop()
        why = replace(self._asking.why, label=label)
        chore = self._chore = self._chores.start()

        def read() -> ClassClips | None:
            with suppress(CancelledError):
                return find_clips(request, label, chore)
            return None

        self._disk.do(read, lambda found: self._begin(chore, found, why), lambda notice: self._fail(chore, notice))

    def _begin(self, chore: Chore, clips: ClassClips | None, why: Why) -> None:
        if clips is None:
            self._end(chore)
            return
        chore.begin(f"Mean over '{clips.name}'", len(clips.clips))
        self._ask(chore, clips, why, [])

    def _ask(self, chore: Chore, clips: ClassClips, why: Why, found: "list[Explanation]") -> None:
        """Ask about the next clip, or make the mean."""
        if chore.cancelled:
            self._end(chore)
        elif len(found) < len(clips.clips):
            clip = clips.clips[len(found)]

            def add(answer: "Explanation") -> None:
                found.append(answer)
                with suppress(CancelledError):
                    chore.advance()
                self._ask(chore, clips, why, found)

            self._work.do(lambda: self._thinker.explain_clip(clip, why), add, lambda no: self._fail(chore, no))
        else:
            self._work.do(lambda: mean_of(found, clips), lambda mean: self._show(chore, mean))

    def _follow(self) -> None:
        """Look whether all windows are asked by now."""
        chore, asking, awaited = self._chore, self._asking, self._awaited
        if chore is None or awaited is None:
            return
        if chore.cancelled or awaited != (asking.subject, asking.person, asking.why):
            self._stop()
            return
        subject, person, why, volume, track = asking.subject, asking.person, asking.why, asking.volume, asking.track
        with suppress(CancelledError):
            chore.advance(round(100 * asking.share) - (chore.progress.done if chore.progress else 0))
        if asking.share == 1.0 and subject and volume and track and asking.facts:
            self._awaited, facts = None, asking.facts
            self._work.do(
                lambda: self._thinker.mean(subject, person, why, volume, track, facts),
                lambda found: self._show(
                    chore, Mean(found, f"{found.clips} windows of {subject.name} by how probable that is in each")
                ),
                lambda notice: self._fail(chore, notice),
            )

    def _give_up(self, _: Notice) -> None:
        """Windows cannot be asked."""
        if self._awaited:
            self._stop()

    def _show(self, chore: Chore, mean: Mean) -> None:
        if not chore.cancelled:
            self.averaged.emit(mean)
        self._end(chore)

    def _fail(self, chore: Chore, notice: Notice) -> None:
        self._end(chore)
        self.failed.emit(notice)

    def _stop(self) -> None:
        """Leave what is under way."""
        if self._chore and self._awaited:
            self._end(self._chore)
        elif self._chore:
            self._chore.cancel()

    def _end(self, chore: Chore) -> None:
        self._chores.end(chore)
        if chore is self._chore:
            self._chore = self._awaited = None


def find_clips(request: Request, label: str, steps: Steps) -> ClassClips:
    """Read the clips of a class: those of the test side of the usual split, or all where the dataset publishes none.

    Args:
        request: of which dataset.
        label: the class.
        steps: told of every clip; what they raise ends the search.

    Raises:
        UserError: if the dataset has no such class, or no clip of it.
    """
    from stf.explanation import find_class  # noqa: PLC0415 - torch, for which the window does not wait

    corpus = open_corpus(request.source, request.form)
    number = find_class(corpus.classes, label, "the dataset")
    split, side = find_split(corpus, None) if corpus.splits else ("", lambda _: Part.TEST)
    steps.begin(f"{corpus.origin.name}: looking for clips of '{label}'", len(corpus.entries))
    found, broken = [], list[UserError]()
    for clip in read_clips(corpus, on_broken=OnBroken.SKIP, report=broken.append):
        steps.advance()
        if clip.label == number and side(clip) is Part.TEST:
            found.append(clip)
    where = f"the test side of {split} in {corpus.origin.name}" if split else corpus.origin.name
    if not found:
        raise UserError(f"there is no clip of '{label}' on {where}; choose another class")
    where += f", {len(broken)} broken ones left out" if broken else ""
    return ClassClips(label, where, found)


def mean_of(found: "Sequence[Explanation]", clips: ClassClips) -> Mean:
    """The mean of what was found of each clip."""
    from stf.explanation import average  # noqa: PLC0415

    right = sum(one.top(1)[0][0] == clips.name for one in found)
    words = f"{len(found)} clips of '{clips.name}', {clips.where}, {right} of them recognised as that"
    return Mean(average(found), words)
