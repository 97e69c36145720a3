"""Score to probability: scaling of logits, and when to say "unknown"; each judged on people it was not fitted on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from stf.checkpoint import Unknown, VectorScaling
from stf.errors import UserError
from stf.evaluation import Labels, Logits, called_unknown, energies, fuse
from stf.fusion import HeldOut, choose_weights
from stf.metrics import Metrics, calibration_error, measure

_FUSED = "fused"


class Kind(StrEnum):
    """What may be done to logits, the simplest first."""

    AS_IT_IS = "as it is"
    TEMPERATURE = "temperature"
    VECTOR = "vector"


@dataclass(frozen=True, slots=True)
class Held:
    """What a model says of N clips that it was not trained on.

    Attributes:
        logits: (N, K) fused over the streams, not scaled.
        labels: (N,) true classes.
        subjects: (N,) who is seen.
        none: the class called `stf.prediction.NONE`; calling a clip of it unknown is no false alarm.
    """

    logits: Logits
    labels: Labels
    subjects: Int64[np.ndarray, " N"]
    none: int | None = None

    def where(self, chosen: Bool[np.ndarray, " N"]) -> Self:
        """Some of the clips."""
        return replace(self, logits=self.logits[chosen], labels=self.labels[chosen], subjects=self.subjects[chosen])

    @property
    def known(self) -> Self:
        """The clips that are to be known."""
        return self if self.none is None else self.where(self.labels != self.none)


@dataclass(frozen=True, slots=True)
class Scaling:
    """What makes probabilities of logits; the fields are those of `stf.checkpoint.Header`."""

    temperature: float = 1.0
    vector: VectorScaling | None = None

    def apply(self, logits: Logits) -> Logits:
        """The scaled logits, whose softmax is the probabilities."""
        return fuse({_FUSED: logits}, {_FUSED: 1.0}, self.temperature, self.vector)


@dataclass(frozen=True, slots=True)
class CrossFit:
    """What a kind of scaling does to clips of people it was not fitted on.

    Attributes:
        logits: (N, K) of each clip, scaled by what was fitted on the other subjects.
        whole: of all clips together.
        subjects: subject -> what is measured of that subject's clips.
        false_alarms: subject -> share of that subject's clips that the threshold chosen on the others calls unknown.
    """

    logits: Logits
    whole: Metrics
    subjects: Mapping[int, Metrics]
    false_alarms: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What is to be stored, and how well that and its alternatives do.

    Attributes:
        fits: of each kind that the clips allow, the simplest first.
        kind: what is chosen.
        scaling: that kind, fitted on all subjects.
        unknown: the threshold, chosen on all subjects.
        sparse: classes with clips of fewer than two subjects, which rule vector scaling out.
    """

    fits: Mapping[Kind, CrossFit]
    kind: Kind
    scaling: Scaling
    unknown: Unknown
    sparse: tuple[int, ...]


def calibrate(held: Held, before: Scaling, false_alarms: float) -> Calibration:
    """Choose a scaling and a threshold for "unknown".

    Every kind is fitted on all subjects but one and measured on that one, for each subject in turn. The simplest is
    chosen whose negative log-likelihood, mean over subjects, is within a standard error of the best one's (Breiman et
    al., Classification and Regression Trees, 1984, section 3.4.3; the error is that of the difference).

    Args:
        held: the clips, of two subjects at least.
        before: the model's own scaling.
        false_alarms: see `choose_threshold`.

    Raises:
        UserError: if there are fewer than two classes, no clips or clips of one subject only, or if a constant is
            better than anything the model says.
    """
    _check(held)
    seen_by = [len(np.unique(held.subjects[held.labels == label])) for label in range(held.logits.shape[1])]
    sparse = tuple(label for label, subjects in enumerate(seen_by) if subjects < 2)
    kinds: dict[Kind, Callable[[Held], Scaling]] = {
        Kind.AS_IT_IS: lambda _: before,
        Kind.TEMPERATURE: fit_temperature,
        Kind.VECTOR: fit_vector,
    }
    if sparse:
        del kinds[Kind.VECTOR]
    fits = {kind: cross_fit(held, fit, false_alarms) for kind, fit in kinds.items()}
    kind = choose_kind(fits)
    scaling = kinds[kind](held)
    return Calibration(fits, kind, scaling, choose_threshold(scaling.apply(held.known.logits), false_alarms), sparse)


def fit_temperature(held: Held) -> Scaling:
    """The temperature of least negative log-likelihood (Guo et al., ICML 2017, section 4.2)."""
    _, temperature = choose_weights(HeldOut({_FUSED: held.logits}, held.labels))
    return Scaling(temperature)


def fit_vector(held: Held) -> Scaling:
    """A factor and an offset for each class (Guo et al., ICML 2017, section 4.2), with a prior of ours.

    A dozen clips of a class do not tell two numbers, so they are drawn to temperature scaling: with u the logits over
    the temperature, sum_n -log softmax(a u_n + b)_y + sum_k ((a_k - 1)^2 + b_k^2) / 2 is least, which is convex.
    """
    temperature = fit_temperature(held).temperature
    u = held.logits.astype(np.float64) / temperature
    classes = u.shape[1]
    truth = np.eye(classes)[held.labels]

    def loss(ab: Float64[np.ndarray, " 2K"]) -> tuple[float, Float64[np.ndarray, " 2K"]]:
        a, b = np.split(ab, 2)
        log_p = log_softmax(a * u + b, axis=1)
        surplus = np.exp(log_p) - truth
        off = np.concatenate([a - 1, b])
        slope = np.concatenate([(surplus * u).sum(axis=0), surplus.sum(axis=0)])
        return -(log_p * truth).sum() + off @ off / 2, slope + off

    start = np.repeat([1.0, 0.0], classes)
    bounds = [(0, None)] * classes + [(None, None)] * classes
    a, b = np.split(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x, 2)
    return Scaling(temperature, VectorScaling(factors=tuple(a.tolist()), offsets=tuple(b.tolist())))


def choose_threshold(logits: Logits, false_alarms: float) -> Unknown:
    """The lowest energy above which a clip of a known class is with a probability of at most `false_alarms`.

    Of N clips it is the k-th highest energy, k = floor(false_alarms (N + 1)), as in conformal prediction (Vovk,
    Gammerman and Shafer, Algorithmic Learning in a Random World, 2005); there is none where k is zero.

    Args:
        logits: (N, K), scaled, of clips of known classes.
        false_alarms: a share, in [0, 1).
    """
    k = int(false_alarms * (len(logits) + 1))
    return Unknown(energy=float(np.sort(energies(logits))[-k]) if k else None, false_alarms=false_alarms)


def cross_fit(held: Held, fit: Callable[[Held], Scaling], false_alarms: float) -> CrossFit:
    """Fit a scaling and a threshold on all subjects but one and measure them on that one, for each subject in turn."""
    scaled = np.empty_like(held.logits)
    subjects, alarms = {}, {}
    for subject in np.unique(held.subjects).tolist():
        inside = held.subjects == subject
        others = held.where(~inside)
        scaling = fit(others)
        scaled[inside] = scaling.apply(held.logits[inside])
        threshold = choose_threshold(scaling.apply(others.known.logits), false_alarms)
        subjects[subject] = measure(scaled[inside], held.labels[inside])
        if len(known := held.where(inside).known.logits):
            alarms[subject] = float(np.mean(called_unknown(scaling.apply(known), threshold)))
    return CrossFit(scaled, measure(scaled, held.labels), subjects, alarms)


def choose_kind(fits: Mapping[Kind, CrossFit]) -> Kind:
    """The first kind whose negative log-likelihood over subjects is within a standard error of the least."""
    losses = {kind: np.array([metrics.nll for metrics in fit.subjects.values()]) for kind, fit in fits.items()}
    least = min(losses.values(), key=lambda loss: float(loss.mean()))
    return next(kind for kind, loss in losses.items() if (loss - least).mean() <= _standard_error(loss - least))


def chance_error(logits: Logits, draws: int = 200, seed: int = 0) -> tuple[float, float]:
    """The calibration error that so few clips show where the probabilities are exactly right, mean and deviation.

    The error is a sum of absolute values, so it is never zero: here it is that of classes drawn from the predicted
    probabilities themselves (Bröcker and Smith, Weather and Forecasting 2007, section 2).

    Args:
        logits: (N, K), scaled.
        draws: how often classes are drawn.
        seed: of the draws.
    """
    probabilities = softmax(logits.astype(np.float64), axis=1)
    below = probabilities.cumsum(axis=1)[:, :-1]
    random = np.random.default_rng(seed)
    drawn = ((random.random((len(below), 1)) > below).sum(axis=1) for _ in range(draws))
    errors = [calibration_error(probabilities, labels) for labels in drawn]
    return float(np.mean(errors)), float(np.std(errors, ddof=1))


def _standard_error(values: Sequence[float] | Float[np.ndarray, " S"]) -> float:
    return float(np.std(values, ddof=1) / len(values) ** 0.5)


def _check(held: Held) -> None:
    if held.logits.shape[1] < 2:
        raise UserError("the model has fewer than two classes, so its confidence is always 1; there is nothing to fit")
    if not len(held.labels):
        raise UserError("there is no held-out clip to calibrate on; choose another split")
    subjects = np.unique(held.subjects)
    if (subjects < 0).any():
        raise UserError(
            "not every held-out clip says who is seen, so nothing can be measured on people it was not fitted on; "
            "use a dataset with subjects"
        )
    if len(subjects) < 2:
        raise UserError(
            f"all {len(held.labels)} held-out clips are of subject {subjects[0]}, so nothing can be measured on people "
            "it was not fitted on; choose a split that tests two or more"
        )
    if len(np.unique(held.labels)) < 2:
        raise UserError("all held-out clips are of one class, and two are the least; choose another split")
