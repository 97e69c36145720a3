"""How good predictions are: accuracy, macro F1, calibration, confusion; each a line or two of NumPy."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int, Int64
from scipy.special import log_softmax
from scipy.stats import rankdata

BINS = 15
"""Bins of confidence of the calibration error, as in Guo et al. (ICML 2017)."""

Confusion = Int64[np.ndarray, "K K"]


@dataclass(frozen=True, slots=True)
class Metrics:
    """What is measured of predictions; all but the last two are shares in [0, 1].

    Attributes:
        top1: right at the first guess.
        top5: right among the first five guesses; 1 where there are no more than five classes.
        class_accuracy: mean over the classes of the share of a class's clips that is right.
        macro_f1: mean over the classes of F1.
        ece: expected calibration error.
        nll: negative log-likelihood of the true class, in nats.
        brier: Brier score, in [0, 2].
    """

    top1: float
    top5: float
    class_accuracy: float
    macro_f1: float
    ece: float
    nll: float
    brier: float


@dataclass(frozen=True, slots=True)
class ClassMetrics:
    """What is measured of each of K classes; NaN where it is not defined.

    Attributes:
        clips: (K,) how many there are of it.
        precision: (K,) share of what was called it that is it; not defined for a class that was never named.
        recall: (K,) share of its clips that was called it; not defined for a class without clips.
        f1: (K,) harmonic mean of the two, 2 TP / (2 TP + FP + FN); not defined for a class without either.
    """

    clips: Int64[np.ndarray, " K"]
    precision: Float[np.ndarray, " K"]
    recall: Float[np.ndarray, " K"]
    f1: Float[np.ndarray, " K"]


def measure(logits: Float32[np.ndarray, "N K"], labels: Int[np.ndarray, " N"]) -> Metrics:
    """Every metric of the predictions for N clips; means over classes leave out those where it is not defined."""
    log_probabilities = log_softmax(logits.astype(np.float64), axis=1)
    probabilities = np.exp(log_probabilities)
    classes = measure_classes(confusion_matrix(logits, labels))
    return Metrics(
        top1=top_k(logits, labels, 1),
        top5=top_k(logits, labels, 5),
        class_accuracy=float(np.nanmean(classes.recall)),
        macro_f1=float(np.nanmean(classes.f1)),
        ece=calibration_error(probabilities, labels),
        nll=float(-log_probabilities[np.arange(len(labels)), labels].mean()),
        brier=brier_score(probabilities, labels),
    )


def top_k(logits: Float[np.ndarray, "N K"], labels: Int[np.ndarray, " N"], k: int) -> float:
    """Share of clips with fewer than k classes that are more probable than the right one."""
    true = np.take_along_axis(logits, labels[:, None], axis=1)
    return float(np.mean((logits > true).sum(axis=1) < k))


@dataclass(frozen=True, slots=True)
class Reliability:
    """Clips in B bins of equal width by their confidence, the probability of the most probable class.

    Bin b of 1 to B holds the clips with a confidence in ((b - 1) / B, b / B].

    Attributes:
        clips: (B,) how many there are.
        confidence: (B,) their mean confidence; NaN in an empty bin.
        accuracy: (B,) share of them that is right; NaN in an empty bin.
    """

    clips: Int64[np.ndarray, " B"]
    confidence: Float[np.ndarray, " B"]
    accuracy: Float[np.ndarray, " B"]

    @property
    def error(self) -> float:
        """Expected calibration error (Guo et al., ICML 2017, equation 3): sum_b n_b / N |accuracy_b - confidence_b|."""
        gap = np.nan_to_num(np.abs(self.accuracy - self.confidence))
        return float(self.clips @ gap / self.clips.sum())


def reliability(
    probabilities: Float[np.ndarray, "N K"], labels: Int[np.ndarray, " N"], bins: int = BINS
) -> Reliability:
    """How often predictions of each confidence are right."""
    confidence = probabilities.max(axis=1)
    number = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    clips = np.bincount(number, minlength=bins)
    right = np.bincount(number, probabilities.argmax(axis=1) == labels, bins)
    with np.errstate(invalid="ignore"):  # 0 / 0 is an empty bin
        return Reliability(clips, np.bincount(number, confidence, bins) / clips, right / clips)


def calibration_error(
    probabilities: Float[np.ndarray, "N K"], labels: Int[np.ndarray, " N"], bins: int = BINS
) -> float:
    """Expected calibration error, see `Reliability.error`."""
    return reliability(probabilities, labels, bins).error


def brier_score(probabilities: Float[np.ndarray, "N K"], labels: Int[np.ndarray, " N"]) -> float:
    """Mean over clips of sum_k (p_k - [k is true])^2 (Brier, Monthly Weather Review 1950, equation 2)."""
    true = np.eye(probabilities.shape[1])[labels]
    return float(np.square(probabilities - true).sum(axis=1).mean())


def confusion_matrix(logits: Float[np.ndarray, "N K"], labels: Int[np.ndarray, " N"]) -> Confusion:
    """How many clips of each class (row) were called each class (column)."""
    matrix: Confusion = np.zeros((logits.shape[1],) * 2, np.int64)
    np.add.at(matrix, (labels, logits.argmax(axis=1)), 1)
    return matrix


def measure_classes(confusion: Confusion) -> ClassMetrics:
    """Precision, recall and F1 of each class."""
    right, clips, named = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    with np.errstate(invalid="ignore"):  # 0 / 0 is what is not defined
        return ClassMetrics(clips, right / named, right / clips, 2 * right / (clips + named))


def auroc(known: Float[np.ndarray, " N"], unknown: Float[np.ndarray, " M"]) -> float:
    """Area under the ROC curve: how probably an unknown clip scores higher than a known one, ties counting half.

    Args:
        known: scores of clips of known classes.
        unknown: scores of others; higher ones are to mean unknown.
    """
    ranks = rankdata(np.concatenate([known, unknown]))
    above = ranks[len(known) :].sum() - len(unknown) * (len(unknown) + 1) / 2  # Mann and Whitney's U
    return float(above / (len(known) * len(unknown)))


def false_positive_rate(
    known: Float[np.ndarray, " N"], unknown: Float[np.ndarray, " M"], true_positive_rate: float = 0.95
) -> float:
    """Share of the unknown clips that pass for known where that share of the known ones does (FPR at 95 % TPR).

    Known is the positive side, as in Hendrycks and Gimpel (ICLR 2017).
    """
    threshold = np.quantile(known, true_positive_rate, method="inverted_cdf")
    return float(np.mean(unknown <= threshold))
