"""`Rival`: another model, asked the same about the same moments."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from apps.engine import Engine
from apps.inspect import changes
from apps.inspect.asking import Asking
from apps.inspect.cursor import Cursor
from apps.inspect.data import ModelFacts, Why
from apps.inspect.subject import Subject
from apps.inspect.thinker import Thinker
from apps.inspect.work import Work
from apps.live.events import Notice


class Rival(QObject):
    """Follows a first model: whatever that one is asked, of whomever and however changed, this one is asked as well.

    Signals:
        changed: there is another model to compare with, or none.
        failed: a `Notice` of why there is none, or no answer.

    Args:
        engine: says where to compute.
        work: the thread in which the models are asked, one after the other.
        cursor: the moment that is asked about.
        first: whom it follows.

    Attributes:
        model: its name or file; empty where nothing is compared.
        asking: what it is asked and what it answers; its subject is None until it is loaded.
        thinker: has the model.
        note: what it is asked otherwise than the first, as sentences; empty where nothing is.
    """

    changed = Signal()
    failed = Signal(object)

    def __init__(self, engine: Engine, work: Work, cursor: Cursor, first: Asking) -> None:
        super().__init__()
        self.model = self.note = ""
        self.thinker = Thinker(replace(engine, addon=None), given=True)
        self.asking = Asking(self.thinker, work, cursor)
        self._work = work
        self._first = first
        self._due = False  # it is to be loaded as soon as the first is known to be able to answer
        self.asking.failed.connect(self.failed)
        for signal in (first.answered, first.edited, first.grew):
            signal.connect(self._follow)

    def choose(self, model: str) -> None:
        """Compare with another model, given by name or file; empty for none."""
        if model != self.model:
            self.leave()
            self.model = model
            self.begin()

    def begin(self) -> None:
        """The first model can be asked."""
        self._due = bool(self.model) and self._first.facts is not None
        self.changed.emit()
        self._follow()

    def leave(self) -> None:
        """Something else is going to be inspected."""
        seen = self.asking.subject
        self.asking.begin(None)
        self._due, self.note = False, ""
        if seen:
            self._work.do(seen.close, lambda _: None)
        self.changed.emit()

    def _follow(self) -> None:
        subject, model = self._first.subject, self.model
        if subject is None:
            return
        if self._due and (subject.bodies is None or subject.bodies.complete):
            self._due = False

            def take(found: tuple[Subject, ModelFacts]) -> None:
                if (subject, model) == (self._first.subject, self.model):
                    self._take(*found)
                else:
                    self._work.do(found[0].close, lambda _: None)

            self._work.do(lambda: self.thinker.see(subject, model), take, self._fail)
        if self.asking.facts:
            self._mirror(subject, self.asking.facts)

    def _take(self, seen: Subject, facts: ModelFacts) -> None:
        self.asking.begin(seen)
        self.asking.start()
        self.asking.load(facts)
        self._follow()
        self.changed.emit()

    def _fail(self, notice: Notice) -> None:
        self.model = ""
        self.failed.emit(notice)
        self.changed.emit()

    def _mirror(self, subject: Subject, facts: ModelFacts) -> None:
        """Ask the same, as far as this model knows what that is."""
        first, own = self._first, self.asking
        if own.subject is None:
            return
        why = _fitting(first.why, facts)
        edits = changes.in_layout(first.edits, subject.layout, own.subject.layout)
        self.note = " ".join(_differences(first.why, why, facts))
        off, there = changes.switched_off(first.edits), changes.switched_off(edits)
        if len(there) < len(off):
            self.note += f" Its skeletons, {own.subject.layout.name}, lack {len(off) - len(there)} of the joints off."
        own.look_at(first.person)
        own.wonder(why)
        own.change(edits)


def _fitting(why: Why, facts: ModelFacts) -> Why:
    """A question without what a model lacks."""
    return Why(
        why.label if why.label in facts.classes else None,
        why.contrast if why.contrast in facts.classes else None,
        why.module if why.module and why.module <= facts.modules else None,
        why.stream if why.stream in facts.streams else None,
    )


def _differences(why: Why, asked: Why, facts: ModelFacts) -> Sequence[str]:
    """What of a question a model is not asked."""
    said = []
    if why.label != asked.label:
        said.append(f"It has no class '{why.label}' and is asked why its top class.")
    if why.contrast != asked.contrast:
        said.append(f"It has no class '{why.contrast}' to tell it from.")
    if why.module != asked.module:
        said.append(f"It has {facts.modules} modules; the one it shows by itself is asked.")
    if why.stream != asked.stream:
        said.append(f"It has no {why.stream} stream; all of its are asked.")
    return said
