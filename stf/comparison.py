"""What models say of the same clips: where they differ, and what is taken for what."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.special import softmax

from stf.datasets.clip import Clip
from stf.errors import UserError
from stf.evaluation import Predictions, answers, score_clips
from stf.metrics import Confusion
from stf.recogniser import Recogniser


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What a model as a whole says of N clips.

    Attributes:
        model: its name.
        classes: the K classes that it chooses among.
        names: (N,) names of the clips.
        truths: (N,) the classes that they are of; empty where that is not known.
        probabilities: (N, K).
    """

    model: str
    classes: tuple[str, ...]
    names: tuple[str, ...]
    truths: tuple[str, ...]
    probabilities: Float[np.ndarray, "N K"]

    def among(self, classes: Sequence[str]) -> "Said":
        """What it says where it is to choose among some of its classes; clips of others are left out."""
        columns = [self.classes.index(name) for name in classes]
        rows = [row for row, truth in enumerate(self.truths) if truth in classes]
        some = self.probabilities[np.ix_(rows, columns)]
        return Said(
            self.model,
            tuple(classes),
            tuple(self.names[row] for row in rows),
            tuple(self.truths[row] for row in rows),
            some / some.sum(axis=1, keepdims=True),
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What each model says of a clip.

    Attributes:
        name: of the clip.
        truth: its class; empty where that is not known.
        said: the most probable class, by each model.
        confidence: how probable that is, in [0, 1].
    """

    name: str
    truth: str
    said: tuple[str, ...]
    confidence: tuple[float, ...]

    @property
    def differs(self) -> bool:
        """Whether the models say different things."""
        return len(set(self.said)) > 1

    @property
    def right(self) -> tuple[bool, ...]:
        """Which of the models are right."""
        return tuple(label == self.truth for label in self.said)


@dataclass(frozen=True)
class Comparison:
    """What models say of clips.

    Attributes:
        models: their names.
        order: the class names in the order in which they are listed; others come behind.
        verdicts: one for each clip.
    """

    models: tuple[str, ...]
    order: tuple[str, ...]
    verdicts: tuple[Verdict, ...] = ()

    @cached_property
    def differing(self) -> tuple[Verdict, ...]:
        """The clips of which the models say different things; first those of which all are surest."""
        found = [verdict for verdict in self.verdicts if verdict.differs]
        return tuple(sorted(found, key=lambda verdict: -prod(verdict.confidence)))

    @cached_property
    def mistaken(self) -> tuple[Verdict, ...]:
        """The clips of which a model says what they are not; first those of which it is surest."""
        found = [verdict for verdict in self.verdicts if verdict.truth and not all(verdict.right)]
        return tuple(sorted(found, key=lambda verdict: -_surest(verdict)))

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The classes that clips are of or are said to be."""
        met = {name for verdict in self.verdicts for name in (verdict.truth, *verdict.said)} - {""}
        return (*(name for name in self.order if name in met), *sorted(met.difference(self.order)))

    @cached_property
    def confusion(self) -> Confusion:
        """How often clips of each of `classes` (row) were said to be each (column), over all models."""
        place = {name: number for number, name in enumerate(self.classes)}
        matrix: Confusion = np.zeros((len(place),) * 2, np.int64)
        for verdict in self.verdicts:
            for label in verdict.said if verdict.truth else ():
                matrix[place[verdict.truth], place[label]] += 1
        return matrix

    def cell(self, truth: str, said: str) -> tuple[Verdict, ...]:
        """The clips of a class that a model says are of another, or of the same."""
        return tuple(verdict for verdict in self.verdicts if verdict.truth == truth and said in verdict.said)

    def extended(self, verdicts: Sequence[Verdict]) -> "Comparison":
        """The same with clips more."""
        return replace(self, verdicts=(*self.verdicts, *verdicts))


def ask_clips(
    recogniser: Recogniser,
    model: str,
    clips: Sequence[Clip],
    truths: Sequence[str],
    report: Callable[[Clip], None] = lambda _: None,
) -> Said:
    """What a recogniser says of clips, as `stf evaluate` measures it.

    Args:
        recogniser: what is asked.
        model: what to call it.
        clips: N clips, converted to its layout.
        truths: (N,) their classes.
        report: told of each clip that is done.

    Raises:
        UserError: if its layout cannot be had of them.
    """
    *_, whole = answers(score_clips(recogniser, clips, report), recogniser.header).values()
    names = tuple(clip.name for clip in clips)
    return Said(model, recogniser.classes, names, tuple(truths), softmax(whole, axis=1))


def read_said(path: Path) -> Said:
    """What a model said, from a file of predictions.

    Raises:
        UserError: if the file cannot be read, or keeps only what each stream said.
    """
    kept = Predictions.load(path)
    if kept.whole is None:
        raise UserError(f"{path} does not say how its streams are fused, as it is of an older version; evaluate again")
    truths = tuple(kept.classes[label] for label in kept.labels)
    return Said(Path(kept.model).stem, kept.classes, kept.names, truths, softmax(kept.whole, axis=1))


def compare(several: Sequence[Said]) -> Comparison:
    """Put what models said of the same clips beside each other; clips that one of them was not shown are left out.

    Raises:
        UserError: if there are no such clips, or they are not called the same.
    """
    first = several[0]
    rows = [{name: row for row, name in enumerate(said.names)} for said in several]
    verdicts = []
    for name in first.names:
        if not all(name in known for known in rows):
            continue
        places = [known[name] for known in rows]
        truths = {said.truths[place] for said, place in zip(several, places, strict=True)} - {""}
        if len(truths) > 1:
            raise UserError(
                f"clip '{name}' is {' and '.join(sorted(truths))} in what was kept of {_listed(several)}: these are "
                "different datasets, or were measured with another --same"
            )
        best = [int(said.probabilities[place].argmax()) for said, place in zip(several, places, strict=True)]
        verdicts.append(
            Verdict(
                name,
                next(iter(truths), ""),
                tuple(said.classes[one] for said, one in zip(several, best, strict=True)),
                tuple(
                    float(said.probabilities[place, one])
                    for said, place, one in zip(several, places, best, strict=True)
                ),
            )
        )
    if not verdicts:
        raise UserError(f"no clip was shown to all of {_listed(several)}; give predictions for the same dataset")
    order = dict.fromkeys(name for said in several for name in said.classes)
    return Comparison(tuple(said.model for said in several), tuple(order), tuple(verdicts))


def _surest(verdict: Verdict) -> float:
    return max(sure for sure, right in zip(verdict.confidence, verdict.right, strict=True) if not right)


def _listed(several: Sequence[Said]) -> str:
    return " and ".join(said.model for said in several)
