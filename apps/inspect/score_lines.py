"""Which classes' scores are shown over time, of one model or of two."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from apps.inspect.data import Track, Why
from apps.widgets.data import ScoreLine

_MOST = 4  # labels shown beside those that are asked about


@dataclass(frozen=True, slots=True)
class Scored:
    """What a model says over time.

    Attributes:
        track: all windows of a person.
        classes: the names of its K classes.
    """

    track: Track
    classes: tuple[str, ...]


def score_lines(models: Sequence[Scored], why: Why, view: tuple[float, float]) -> list[ScoreLine]:
    """Lines of the labels that are asked about, then of those that either model holds most probable in view.

    Labels are the same by name; the lines of one label follow each other, the first model's before the other's.

    Args:
        models: one, or two of which the second is compared with the first.
        why: what is asked.
        view: first and last moment in view, in seconds.
    """
    known = {label for model in models for label in model.classes}
    asked = [label for label in dict.fromkeys((why.label, why.contrast)) if label in known]
    peaks: dict[str, float] = {}
    for model in models:
        for label, peak in _peaks(model, view):
            peaks[label] = max(peak, peaks.get(label, 0.0))
    others = [label for label in sorted(peaks, key=lambda label: -peaks[label]) if label not in asked]
    return [
        _line(model, label, view, asked=label in asked, other=number > 0)
        for label in [*asked, *others[: _MOST + 1 - len(models)]]
        for number, model in enumerate(models)
        if label in model.classes
    ]


def _peaks(model: Scored, view: tuple[float, float]) -> list[tuple[str, float]]:
    """How probable each class becomes in view."""
    scores = model.track.scores[_inside(model.track, view)]
    known = scores[np.isfinite(scores).all(axis=1)]
    return list(zip(model.classes, known.max(axis=0, initial=0.0).tolist(), strict=True))


def _line(model: Scored, label: str, view: tuple[float, float], *, asked: bool, other: bool) -> ScoreLine:
    inside = _inside(model.track, view)
    values = model.track.scores[inside, model.classes.index(label)]
    return ScoreLine(label, model.track.middles[inside], values, asked, other)


def _inside(track: Track, view: tuple[float, float]) -> slice:
    """The windows in view, with one beyond either edge, for the lines to go on."""
    first, last = np.searchsorted(track.middles, view).tolist()
    return slice(max(first - 1, 0), last + 1)
