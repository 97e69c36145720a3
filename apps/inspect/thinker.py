"""What needs the model: every method is called in one thread, and takes its time."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from apps.engine import Engine
from apps.inspect.clip_subject import ClipSubject
from apps.inspect.data import Answer, Edit, ModelFacts, Track, Trust, Why
from apps.inspect.opening import Opened, Request, Unlabelled, open_request
from apps.inspect.rival_subject import seen_by
from apps.inspect.subject import Subject
from apps.inspect.volume import Volume, open_volume
from realtime.records import check_model, describe_model
from stf.errors import UserError

if TYPE_CHECKING:
    from stf.comparison import Said
    from stf.datasets.clip import Clip
    from stf.explanation import Explanation, ModuleGraph, Question
    from stf.recogniser import Recogniser

_FRAMES = 60  # in which people are looked for at a time
_ORDERS = 8  # random orders that a focus is compared with


class Thinker:
    """Has a recogniser, once it is loaded.

    Args:
        engine: says which.
        given: whether the person named the model; otherwise a record is asked with the one that made it.
    """

    def __init__(self, engine: Engine, *, given: bool) -> None:
        self._engine = engine
        self._given = given
        self._recogniser: Recogniser | None = None
        self._name = self._key = ""
        self._asked: tuple[object, ...] = ()  # the window that was asked about last, and its scores as it is
        self._before = np.empty(0, np.float32)

    def load_for(self, subject: Subject) -> ModelFacts:
        """Have the model ready that a record was made by, or the one that a clip is to be shown.

        Raises:
            UserError: if it cannot be had, or is another one than made the record.
        """
        record = subject.record
        if record is None or self._given:
            recogniser = self._load(None)
        else:
            name = record.facts.model.name
            try:
                recogniser = self._load(name)
            except UserError:
                raise UserError(
                    f"the record was made by the model '{name}', which is not here: give it by --model"
                ) from None
        if record is not None:
            check_model(record, recogniser)
        return self._facts(recogniser)

    def see(self, subject: Subject, model: str) -> tuple[Subject, ModelFacts]:
        """Have a model ready, and show it what another one is asked about.

        Raises:
            UserError: if the model cannot be had, or cannot be shown that.
        """
        recogniser = self._load(model)
        return seen_by(subject, recogniser), self._facts(recogniser)

    def open(self, request: Request) -> Opened | Unlabelled:
        """Open what is to be inspected, unless it is to be labelled first.

        Raises:
            UserError: as `open_request`.
        """
        return open_request(request, lambda: self._load(None))

    def answer(self, subject: Subject, person: int, number: int, why: Why, edits: Sequence[Edit]) -> Answer:
        """What the model says of one window, as it is or changed.

        Raises:
            UserError: if the model lacks what is asked about, or a change is not possible.
        """
        from stf.explanation import ask_windows, window_in_middle  # noqa: PLC0415 - torch, as elsewhere

        begun = time.perf_counter()
        recogniser = self._ready()
        track = subject.track(person)
        start, end = float(track.start[number]), float(track.end[number])
        question = _question(why)
        asked = recogniser, subject, person, number, why.stream
        window = subject.windows(person, [number])
        if edits:
            if self._asked != asked:
                self._asked, self._before = asked, ask_windows(recogniser, window, question).scores[0]
            clip = subject.clip(person, number)
            for edit in edits:
                clip = edit.apply(clip, start)
            whole = isinstance(subject, ClipSubject) and len(track.start) == 1 and subject.header.whole_clips
            window = window_in_middle(clip, subject.moments, None if whole else end - start)[None]
        if not window.any():
            raise UserError(f"nobody is seen in {subject.name} from {start:.1f} to {end:.1f} s; go to another moment")
        found = ask_windows(recogniser, window, question)
        if not edits:
            self._asked, self._before = asked, found.scores[0]
        return Answer(
            person=person,
            start=start,
            end=end,
            why=why,
            edits=tuple(edits),
            scores=found.scores[0],
            before=self._before,
            label=recogniser.classes[int(found.explained[0])],
            focus=found.focus[0, subject.row(person)],
            joints=window[0],
            took_ms=1e3 * (time.perf_counter() - begun),
        )

    def begin(self, subject: Subject, person: int, why: Why) -> Volume:
        """What is known of a question about all windows."""
        return open_volume(subject, person, why, self._key)

    def fill(self, subject: Subject, person: int, why: Why, volume: Volume, numbers: Sequence[int]) -> None:
        """Ask about some windows more."""
        from stf.explanation import ask_windows  # noqa: PLC0415

        found = ask_windows(self._ready(), subject.windows(person, numbers), _question(why))
        volume.put(numbers, found.focus[:, subject.row(person)], found.scores)

    def judge(self, model: str | None, name: str, clips: "Sequence[Clip]", truths: Sequence[str]) -> "Said":
        """What the model says of whole clips, as `stf evaluate` measures it.

        Args:
            model: another one than its own, by name or file.
            name: what to call it.
            clips: in any layout from which its own can be had.
            truths: their classes.

        Raises:
            UserError: if the model cannot be had, or cannot be shown the clips.
        """
        from stf.comparison import ask_clips  # noqa: PLC0415

        return ask_clips(self._load(model), name, clips, truths)

    def trust(self, answer: Answer) -> Trust:
        """Deletion and insertion by the focus of an answer, beside random orders."""
        import torch  # noqa: PLC0415

        from stf.explanation import fill_windows  # noqa: PLC0415
        from stf.faithfulness import Saliency, chance, measure_curves  # noqa: PLC0415

        recogniser = self._ready()
        x = fill_windows(recogniser, answer.joints[None])
        label = recogniser.classes.index(answer.label)
        focus = torch.zeros(1, *x.shape[2:])
        before = (x.shape[2] - len(answer.focus)) // 2
        shown = torch.from_numpy(answer.focus)
        person = answer.person if focus.shape[3] > answer.person else 0
        focus[0, before : before + len(shown), :, person] = shown

        def by_focus(*_: object) -> torch.Tensor:
            return focus

        def curves(saliency: Saliency, seed: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
            found = measure_curves(recogniser, x, [label], saliency, seed=seed)
            return found.shares, {"deletion": found.deletion[0], "insertion": found.insertion[0]}

        shares, own = curves(by_focus, 0)
        others = [curves(chance(seed), seed)[1] for seed in range(_ORDERS)]
        return Trust(
            answer,
            shares,
            {kind: np.stack([own[kind], np.mean([other[kind] for other in others], axis=0)]) for kind in own},
        )

    def graph(self, answer: Answer) -> "ModuleGraph":
        """The adjacency of the module that was asked, for the window of an answer.

        Raises:
            UserError: if the model's modules have none that was learned.
        """
        from stf.explanation import module_graph  # noqa: PLC0415

        person = answer.person if len(answer.joints) > answer.person else 0
        why = replace(answer.why, label=answer.label)
        return module_graph(self._ready(), answer.joints, _question(why), person)

    def explain(self, subject: Subject, person: int, span: tuple[float, float], why: Why) -> "Explanation":
        """Why a class, over a span of time: what figures and tables are made of.

        Raises:
            UserError: if nobody is seen there.
        """
        from stf.explanation import explain  # noqa: PLC0415

        while subject.bodies and not subject.bodies.complete and subject.bodies.until <= span[1]:
            subject.bodies.find(_FRAMES)
        found = explain(self._ready(), subject.span(person, *span), _question(why))
        if len(found.focus) > 1:
            row = subject.row(person)
            found = replace(found, focus=found.focus[row : row + 1], joints=found.joints[row : row + 1])
        return replace(found, times=found.times + span[0])

    def explain_clip(self, clip: "Clip", why: Why) -> "Explanation":
        """Why a class, over a clip of a dataset.

        Raises:
            UserError: if nobody is seen in it, or the model lacks the class.
        """
        from stf.explanation import explain  # noqa: PLC0415

        return explain(self._ready(), clip, _question(why))

    def mean(
        self, subject: Subject, person: int, why: Why, volume: Volume, track: Track, facts: ModelFacts
    ) -> "Explanation":
        """The mean over all windows, aligned from their beginnings to their ends.

        A window counts as much as the class is probable in it (ours): where nobody does it, its focus says nothing.
        """
        from stf.explanation import Explanation, find_class  # noqa: PLC0415

        focus, number = volume.mean(track.scores[:, find_class(facts.classes, why.label or "")])
        joints = subject.windows(person, [number])[0, subject.row(person)]
        joints[(joints == 0).all(axis=2)] = np.nan
        return Explanation(
            name=f"{subject.name} at {track.start[number]:.1f} s",
            clips=len(track.start),
            label=why.label or "",
            contrast=why.contrast,
            module=why.module or facts.shown,
            streams=(why.stream,) if why.stream else facts.streams,
            method="elementwise",
            depth=facts.modules,
            classes=facts.classes,
            scores=track.scores.mean(axis=0),
            layout=subject.layout,
            times=np.linspace(0, 1, len(focus)),
            focus=(focus / max(float(focus.max()), 1e-9))[None],
            joints=joints[None],
        )

    def _facts(self, recogniser: "Recogniser") -> ModelFacts:
        networks = recogniser.networks
        depth = len(next(iter(networks.values())).stages)
        shown = recogniser.header.focus_module % depth + 1
        return ModelFacts(self._name, recogniser.classes, depth, tuple(networks), shown)

    def _load(self, name: str | None) -> "Recogniser":
        """The recogniser of this name, or the one that was asked for."""
        engine = self._engine if name is None else replace(self._engine, model=name)
        wanted = str(engine.model)
        if self._recogniser is None or self._name != wanted:
            import torch  # noqa: PLC0415

            self._recogniser = engine.recogniser()
            torch.set_num_threads(1)  # two make no answer faster, and the interface needs the other core
            self._name, self._key = wanted, describe_model(self._recogniser).sha256
        return self._recogniser

    def _ready(self) -> "Recogniser":
        if self._recogniser is None:
            raise UserError("there is no model to ask yet; wait until it is loaded, or give another one by --model")
        return self._recogniser


def _question(why: Why) -> "Question":
    from stf.explanation import Question  # noqa: PLC0415

    return Question(why.label, why.contrast, why.module, why.stream)
