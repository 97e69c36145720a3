"""`Listing`: what models say of all clips of a dataset, and the clips that are chosen from that to be looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from apps.inspect.asking import Asking
from apps.inspect.opening import Request
from apps.inspect.rival import Rival
from apps.inspect.thinker import Thinker
from apps.inspect.work import Work
from apps.live.events import Notice
from stf.datasets import open_corpus
from stf.datasets.corpus import BrokenClipError, Corpus
from stf.errors import UserError

if TYPE_CHECKING:
    from stf.comparison import Comparison, Verdict

_CLIPS = 4  # asked about in one go, before somebody who waits for an answer gets a turn


@dataclass(frozen=True, slots=True)
class Choice:
    """Which clips are listed: those of a class that are said to be one, or where both are None, of a kind.

    Attributes:
        kind: `differ`, of which the models say different things; `wrong`, of which one says what they are not; `all`.
        truth: the class that they are of.
        said: the class that a model says they are of.
    """

    kind: str = "differ"
    truth: str | None = None
    said: str | None = None


class Listing(QObject):
    """Reads what `stf evaluate` kept, or asks two models about one clip after the other.

    Signals:
        changed: more is known, or something else is listed.
        wanted: the name of a clip that is to be inspected.
        failed: a `Notice` of why there is nothing to list.

    Args:
        work: the thread in which the models are asked.
        thinker: has the first model.
        asking: knows what it is called.
        rival: the other one.

    Attributes:
        comparison: what is said of all clips; None before anything is known.
        choice: which of them are listed.
        share: how much of the dataset has been asked about.
        broken: how many clips of it cannot be read.
    """

    changed = Signal()
    wanted = Signal(str)
    failed = Signal(object)

    def __init__(self, work: Work, thinker: Thinker, asking: Asking, rival: Rival) -> None:
        super().__init__()
        self.comparison: Comparison | None = None
        self.choice = Choice()
        self.share, self.broken = 1.0, 0
        self._work = work
        self._thinker = thinker
        self._asking = asking
        self._rival = rival
        self._survey: Survey | None = None

    def read(self, paths: Sequence[Path]) -> None:
        """List from what `stf evaluate` kept: files of predictions, or folders with some."""

        def take(found: "Comparison") -> None:
            self._begin(None, found, Choice("differ" if found.differing else "wrong"))

        self._work.do(lambda: read_results(paths), take, self.failed.emit)

    def survey(self, request: Request | None, clips: Sequence[str]) -> None:
        """Ask the two models about all clips of a dataset, and list where they differ."""
        from stf.comparison import Comparison  # noqa: PLC0415 - SciPy, for which the window does not wait

        first, second = self._asking.facts, self._rival.asking.facts
        if request is None or not clips:
            self.failed.emit(Notice("only the clips of a dataset can be listed; open one (Ctrl+Shift+O)", failed=True))
            return
        if first is None or second is None:
            words = "there are no two models to ask yet; choose another one to compare with (A)"
            self.failed.emit(Notice(words, failed=True))
            return
        models = [(self._thinker, None, first.short), (self._rival.thinker, self._rival.model, second.short)]
        survey = Survey(request, models, (*first.classes, *second.classes))
        self._begin(survey, Comparison(survey.names, survey.order), Choice())
        self._go_on(survey)

    def stop(self) -> None:
        """Ask about no more clips; what is known stays."""
        self._survey = None

    @property
    def listed(self) -> "Sequence[Verdict]":
        """The clips that are listed."""
        found, choice = self.comparison, self.choice
        if found is None:
            return ()
        if choice.truth is not None and choice.said is not None:
            return found.cell(choice.truth, choice.said)
        return {"differ": found.differing, "wrong": found.mistaken, "all": found.verdicts}[choice.kind]

    def choose(self, choice: Choice) -> None:
        """List others."""
        self.choice = choice
        self.changed.emit()

    def step(self, now: str, step: int) -> None:
        """Go to the listed clip after the one of this name, or before; to the first or last where it is not listed."""
        names = [verdict.name for verdict in self.listed]
        if not names:
            self.failed.emit(Notice("no clip is listed: open results (R), or list where two models differ (W)"))
            return
        place = names.index(now) + step if now in names else min(step, 0)
        self.wanted.emit(names[place % len(names)])

    def _begin(self, survey: "Survey | None", comparison: "Comparison", choice: Choice) -> None:
        self._survey, self.comparison, self.choice = survey, comparison, choice
        self.share, self.broken = (0.0 if survey else 1.0), 0
        self.changed.emit()

    def _go_on(self, survey: "Survey") -> None:
        def take(found: "Sequence[Verdict]") -> None:
            if self._survey is survey and self.comparison:
                self.comparison = self.comparison.extended(found)
                self.share, self.broken = survey.share, survey.broken
                self.changed.emit()
                if survey.share < 1:
                    self._go_on(survey)

        self._work.do(lambda: survey.ask(_CLIPS), take, self.failed.emit)


class Survey:
    """Two models and all clips of a dataset; `ask` is called in the thread of the models.

    Args:
        request: says where the dataset is.
        models: what is asked: whose thinker, which of its models (None for its own), and what to call it.
        order: the classes, in the order in which they are listed.
    """

    def __init__(
        self, request: Request, models: Sequence[tuple[Thinker, str | None, str]], order: Sequence[str]
    ) -> None:
        self.names = tuple(name for _, _, name in models)
        self.order = tuple(dict.fromkeys(order))
        self.broken = 0
        self._request = request
        self._models = models
        self._corpus: Corpus | None = None
        self._done = 0

    @property
    def share(self) -> float:
        """How much of the dataset has been asked about."""
        return self._done / max(len(self._corpus.entries), 1) if self._corpus else 0.0

    def ask(self, count: int) -> "Sequence[Verdict]":
        """What the models say of the next clips; those that are broken are left out and counted.

        Raises:
            UserError: if a model cannot be had, or cannot be shown the dataset.
        """
        from stf.comparison import compare  # noqa: PLC0415

        if self._corpus is None:
            self._corpus = open_corpus(self._request.source, self._request.form)
        corpus, clips = self._corpus, []
        for entry in corpus.entries[self._done : self._done + count]:
            try:
                clips.append(entry.read())
            except BrokenClipError:
                self.broken += 1
        self._done = min(self._done + count, len(corpus.entries))
        if not clips:
            return ()
        truths = [corpus.classes[clip.label] if clip.label >= 0 else "" for clip in clips]
        return compare([thinker.judge(model, name, clips, truths) for thinker, model, name in self._models]).verdicts


def read_results(paths: Sequence[Path]) -> "Comparison":
    """What was kept by `stf evaluate -o`: one or several models, side by side.

    Args:
        paths: files of predictions, the folders that hold them, or other files in such a folder.

    Raises:
        UserError: if there are none, they cannot be read, or they are not of the same clips.
    """
    from stf.comparison import compare, read_said  # noqa: PLC0415

    files = []
    for path in paths:
        if path.suffix == ".npz":
            files.append(path)
            continue
        if not path.exists():
            raise UserError(f"there are no results {path}; check the path")
        folder = path if path.is_dir() else path.parent
        found = sorted(folder.glob("*.npz"))
        if not found:
            raise UserError(f"there are no predictions (.npz) in {folder}; stf evaluate -o FOLDER writes them")
        files += found
    return compare([read_said(path) for path in dict.fromkeys(files)])
