"""What is asked and what is answered: plain data, frozen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float32, Float64

if TYPE_CHECKING:
    from stf.datasets.clip import Clip


@dataclass(frozen=True, slots=True)
class Why:
    """What is asked, as `stf.explanation.Question`; without torch, for which the window does not wait.

    Attributes:
        label: the class to explain; the most probable one of each window by default.
        contrast: the class that it is told from.
        module: whose focus, counted from 1; by default the one that the model shows.
        stream: one stream alone; all by default.
    """

    label: str | None = None
    contrast: str | None = None
    module: int | None = None
    stream: str | None = None

    @property
    def words(self) -> str:
        """The question as it is said."""
        words = f"why {self.label or 'the top class'}" + (f" and not {self.contrast}" if self.contrast else "")
        parts = [f"module {self.module}"] if self.module else []
        return ", ".join([words, *parts, *([self.stream] if self.stream else [])])


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to the window that is asked about.

    Attributes:
        words: what it does; two edits of the same words are the same.
        apply: does it, to a window that begins at so many seconds; raises UserError where that is not possible.
        off: the joints that it switches off.
    """

    words: str
    apply: "Callable[[Clip, float], Clip]" = field(compare=False)
    off: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Track:
    """One person's N windows in order of time.

    Attributes:
        start: (N,) seconds, as `end`.
        end: (N,).
        scores: (N, K) class probabilities; NaN where nobody has asked yet.
    """

    start: Float64[np.ndarray, " N"]
    end: Float64[np.ndarray, " N"]
    scores: Float32[np.ndarray, "N K"]

    @property
    def middles(self) -> Float64[np.ndarray, " N"]:
        """(N,) the moments that the windows speak for."""
        middles: Float64[np.ndarray, " N"] = (self.start + self.end) / 2
        return middles

    def nearest(self, time: float) -> int | None:
        """The number of the window whose middle is nearest to a moment; None where there is none."""
        return int(np.abs(self.middles - time).argmin()) if len(self.start) else None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says of one window, as it is or changed.

    Attributes:
        person: whose window it is.
        start, end: seconds.
        why: what was asked.
        edits: what was changed before.
        scores: (K,) probabilities.
        before: (K,) those without the changes.
        label: the class whose focus it is.
        focus: (T, V) in [0, 1].
        joints: (M, T, V, C) the window as the model was shown it; missing joints are zero.
        took_ms: how long the answer took.
    """

    person: int
    start: float
    end: float
    why: Why
    edits: Sequence[Edit]
    scores: Float32[np.ndarray, " K"]
    before: Float32[np.ndarray, " K"]
    label: str
    focus: Float32[np.ndarray, "T V"]
    joints: Float32[np.ndarray, "M T V C"]
    took_ms: float


@dataclass(frozen=True, slots=True)
class Trust:
    """Whether the focus of a window can be trusted: what is left of the class when cells go in its order.

    Attributes:
        answer: the window and its focus.
        shares: (L,) of the cells.
        curves: (2, L) for each kind of curve: the probability by the focus, and its mean over random orders.
    """

    answer: Answer
    shares: Float32[np.ndarray, " L"]
    curves: Mapping[str, Float32[np.ndarray, "2 L"]]


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What can be asked of the model.

    Attributes:
        name: of its checkpoint.
        classes: the K class names.
        modules: how many there are.
        streams: their names.
        shown: the module that is asked by default, counted from 1.
    """

    name: str
    classes: tuple[str, ...]
    modules: int
    streams: tuple[str, ...]
    shown: int

    @property
    def short(self) -> str:
        """The name without its folder."""
        return Path(self.name).name.removesuffix(".safetensors")
