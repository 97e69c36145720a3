"""What is asked about a clip, and the answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Float64

from stf.atomic import output_file, write_errors
from stf.errors import UserError
from stf.focus import EPS, GradientMethod
from stf.skeleton import SkeletonLayout

_MOMENTS = 64  # of an average


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about a clip.

    Attributes:
        label: the class to explain; the most probable one by default.
        contrast: the class that it is told from: "why wave and not clap?"
        module: whose focus, counted from 1; by default the one that the model shows.
        stream: ask one stream alone; by default all of them, fused.
        method: `elementwise` tells classes apart, `pooled` is smoother (docs/decisions/0005-typical-focus.md).
    """

    label: str | None = None
    contrast: str | None = None
    module: int | None = None
    stream: str | None = None
    method: GradientMethod = "elementwise"


@dataclass(frozen=True, slots=True)
class Explanation:
    """An answer.

    Attributes:
        name: of the clip; of an average, of the clip that is most like it.
        clips: how many were averaged.
        label, contrast, module, streams, method: what was asked, with nothing left open; see `Question`.
        depth: how many modules the model has.
        classes: the K class names.
        scores: (K,) float32 class probabilities, as of `Recogniser.probabilities` or of one stream alone; of an
            average, their mean.
        layout: names the V joints.
        times: (T,) float64, seconds from the clip's beginning; of an average, shares of a clip from 0 to 1.
        focus: (M, T, V) float32 in [0, 1]: how much each joint of each person at each moment spoke for `label`
            (against `contrast`). The largest value is 1, or all are zero where nothing did.
        joints: (M, T, V, C) float32, the skeletons at these moments in the units of the clip; missing ones are NaN.
    """

    name: str
    clips: int
    label: str
    contrast: str | None
    module: int
    streams: tuple[str, ...]
    method: GradientMethod
    depth: int
    classes: tuple[str, ...] = field(repr=False)
    scores: Float32[np.ndarray, " K"] = field(repr=False)
    layout: SkeletonLayout = field(repr=False)
    times: Float64[np.ndarray, " T"] = field(repr=False)
    focus: Float32[np.ndarray, "M T V"] = field(repr=False)
    joints: Float32[np.ndarray, "M T V C"] = field(repr=False)

    def score(self, label: str) -> float:
        """The probability of a class."""
        return float(self.scores[self.classes.index(label)])

    def top(self, k: int = 3) -> list[tuple[str, float]]:
        """The `k` most probable classes and their probabilities, best first."""
        return [(self.classes[number], float(self.scores[number])) for number in np.argsort(-self.scores)[:k]]

    def moments(self, count: int) -> list[int]:
        """The most focused moments, summed over persons and joints, in order of time.

        At most `count`; any two lie further apart than half of what would spread so many evenly.
        """
        strength = self.focus.sum(axis=(0, 2))
        apart = len(strength) / (2 * count)
        chosen: list[int] = []
        for moment in np.argsort(-strength, kind="stable").tolist():
            if len(chosen) < count and all(abs(moment - other) > apart for other in chosen):
                chosen.append(moment)
        return sorted(chosen)

    def save(self, path: Path) -> None:
        """Write everything as arrays (`.npz`, without pickle); docs/formats.md says what they are.

        Raises:
            UserError: if the file cannot be written.
        """
        texts = {
            "clip": self.name,
            "label": self.label,
            "contrast": self.contrast or "",
            "method": self.method,
            "streams": list(self.streams),
            "classes": list(self.classes),
            "joints": list(self.layout.joints),
            "layout": self.layout.name,
        }
        arrays: dict[str, Any] = {name: np.array(words, np.str_) for name, words in texts.items()}
        arrays |= {"focus": self.focus, "times": self.times, "scores": self.scores, "skeleton": self.joints}
        arrays |= {"module": np.int64(self.module), "clips": np.int64(self.clips)}
        with output_file(path) as temporary, write_errors(path), temporary.open("wb") as file:
            np.savez_compressed(file, **arrays)


def average(found: Sequence[Explanation]) -> Explanation:
    """The mean focus of several clips, aligned from their beginnings to their ends: what is looked at for a class.

    Args:
        found: one explanation per clip, all of the same question.

    Returns:
        `times` are shares of a clip. The skeletons are those of the clip whose focus correlates best with the mean,
        among those with the most persons.
    """
    share = np.linspace(0, 1, _MOMENTS)
    persons = max(len(one.focus) for one in found)
    full = [len(one.focus) == persons for one in found]
    rows = np.zeros((len(found), persons, _MOMENTS, found[0].focus.shape[2]), np.float32)
    for row, one in zip(rows, found, strict=True):
        row[: len(one.focus)] = read_at(one.focus, share * (len(one.times) - 1))
    mean = rows.mean(axis=0)
    centred = rows.reshape(len(rows), -1) - rows.mean(axis=(1, 2, 3))[:, None]
    likeness = centred @ (mean - mean.mean()).ravel() / (np.linalg.norm(centred, axis=1) + EPS)
    typical = found[int(np.where(full, likeness, -np.inf).argmax())]
    nearest = (share * (len(typical.times) - 1)).round().astype(int)
    return replace(
        typical,
        clips=len(found),
        scores=np.mean([one.scores for one in found], axis=0),
        times=share,
        focus=mean / (mean.max() + np.float32(EPS)),
        joints=typical.joints[:, nearest],
    )


def find_class(classes: Sequence[str], name: str, whose: str = "the model") -> int:
    """The number of a class by its name.

    Raises:
        UserError: if there is no such class; it names those that are called most alike.
    """
    if name in classes:
        return classes.index(name)
    near = get_close_matches(name, classes, 3, 0.5) or get_close_matches(name, classes, 3, 0)
    raise UserError(f"{whose} has no class '{name}'; did you mean {_listed(near)}?")


def _listed(names: Sequence[str]) -> str:
    *others, last = (f"'{name}'" for name in names)
    return f"{', '.join(others)} or {last}" if others else last


def read_at(volume: Float32[np.ndarray, "M R V"], at: Float64[np.ndarray, " T"]) -> Float32[np.ndarray, "M T V"]:
    """A volume at fractional moments, linear between them and held beyond the ends."""
    at = at.clip(0, volume.shape[1] - 1)
    before = np.floor(at).astype(int)
    after = np.ceil(at).astype(int)
    share = (at - before).astype(np.float32)[:, None]
    read: Float32[np.ndarray, "M T V"] = volume[:, before] * (1 - share) + volume[:, after] * share
    return read
