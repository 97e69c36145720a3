"""How good predictions are: accuracy, macro F1, calibration, confusion; each a line or two of NumPy."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int, Int64
from scipy.special import log_softmax

BINS = 15
"""Bins of confidence of the calibration error, as in Guo et al. (ICML 2017)."""

Confusion = Int64[np.ndarray, "K K"]


@dataclass(frozen=True, slots=True)
class Metrics:
    """What is measured of predictions; all but `nll` are shares in [0, 1].

    Attributes:
        top1: right at the first guess.
        top5: right among the first five guesses; 1 where there are no more than five classes.
        class_accuracy: mean over the classes of the share of a class's clips that is right.
        macro_f1: mean over the classes of F1.
        ece: expected calibration error.
        nll: negative log-likelihood of the true class, in nats.
    """

    top1: float
    top5: float
    class_accuracy: float
    macro_f1: float
    ece: float
    nll: float


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
    classes = measure_classes(confusion_matrix(logits, labels))
    return Metrics(
        top1=top_k(logits, labels, 1),
        top5=top_k(logits, labels, 5),
        class_accuracy=float(np.nanmean(classes.recall)),
        macro_f1=float(np.nanmean(classes.f1)),
        ece=calibration_error(np.exp(log_probabilities), labels),
        nll=float(-log_probabilities[np.arange(len(labels)), labels].mean()),
    )


def top_k(logits: Float[np.ndarray, "N K"], labels: Int[np.ndarray, " N"], k: int) -> float:
    """Share of clips with fewer than k classes that are more probable than the right one."""
    true = np.take_along_axis(logits, labels[:, None], axis=1)
    return float(np.mean((logits > true).sum(axis=1) < k))


def calibration_error(
    probabilities: Float[np.ndarray, "N K"], labels: Int[np.ndarray, " N"], bins: int = BINS
) -> float:
    """Expected calibration error (Guo et al., ICML 2017, equation 3): sum_b n_b / N |accuracy_b - confidence_b|.

    Clips are put into bins of equal width by their confidence, the probability of the most probable class; bin b of B
    holds ((b - 1) / B, b / B].
    """
    confidence = probabilities.max(axis=1)
    surplus = confidence - (probabilities.argmax(axis=1) == labels)
    number = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    return float(np.abs(np.bincount(number, surplus, bins)).sum() / len(labels))


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
