"""Golden numbers: computed by hand from the formulas."""

import numpy as np
import pytest

from stf.metrics import brier_score, calibration_error, confusion_matrix, measure, measure_classes, reliability, top_k

PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.3, 0.5, 0.2]])
LABELS = np.array([0, 1, 1, 2])
"""Right, wrong (second guess right), right, wrong (third guess right)."""


def test_top_k_counts_the_right_class_among_the_first_k() -> None:
    assert [top_k(PROBABILITIES, LABELS, k) for k in (1, 2, 3)] == [0.5, 0.75, 1]


def test_confusion_has_a_row_for_each_true_class() -> None:
    assert confusion_matrix(PROBABILITIES, LABELS).tolist() == [[1, 0, 0], [1, 1, 0], [0, 1, 0]]


def test_precision_recall_and_f1_of_each_class_by_hand() -> None:
    classes = measure_classes(np.array([[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]))
    assert classes.clips.tolist() == [1, 2, 1, 0]
    np.testing.assert_allclose(classes.recall, [1, 0.5, 0, np.nan])
    np.testing.assert_allclose(classes.precision, [0.5, 0.5, np.nan, np.nan])
    np.testing.assert_allclose(classes.f1, [2 / 3, 0.5, 0, np.nan])


def test_calibration_error_is_the_gap_of_confidence_and_accuracy_bin_by_bin() -> None:
    # two bins, (0, 0.5] and (0.5, 1]: 0.5 and wrong; 0.7, 0.6, 0.8 of which two are right
    assert calibration_error(PROBABILITIES, LABELS, bins=2) == pytest.approx(0.25 * 0.5 + 0.75 * (0.7 - 2 / 3))
    # in fifteen bins every clip has its own, and the gaps add up
    assert calibration_error(PROBABILITIES, LABELS) == pytest.approx((0.3 + 0.6 + 0.2 + 0.5) / 4)


def test_reliability_is_told_by_bin_and_not_where_a_bin_is_empty() -> None:
    found = reliability(PROBABILITIES, LABELS, bins=4)
    assert found.clips.tolist() == [0, 1, 2, 1]
    np.testing.assert_allclose(found.confidence, [np.nan, 0.5, 0.65, 0.8])
    np.testing.assert_allclose(found.accuracy, [np.nan, 0, 0.5, 1])


def test_brier_score_by_hand() -> None:
    squares = (0.09 + 0.04 + 0.01, 0.36 + 0.49 + 0.01, 0.01 + 0.04 + 0.01, 0.09 + 0.25 + 0.64)
    assert brier_score(PROBABILITIES, LABELS) == pytest.approx(sum(squares) / 4)
    assert brier_score(np.eye(3)[LABELS], LABELS) == 0
    assert brier_score(np.eye(3)[(LABELS + 1) % 3], LABELS) == 2


def test_gaps_to_both_sides_cancel_within_a_bin_only() -> None:
    probabilities = np.array([[0.6, 0.4], [0.6, 0.4], [0.95, 0.05]])
    assert calibration_error(probabilities, np.array([0, 1, 0])) == pytest.approx((2 * 0.1 + 0.05) / 3)


def test_every_metric_of_four_clips_by_hand() -> None:
    found = measure(np.log(PROBABILITIES).astype(np.float32) + 5, LABELS)  # logits are free up to a constant
    assert found.top1 == 0.5
    assert found.top5 == 1
    assert found.class_accuracy == pytest.approx((1 + 0.5 + 0) / 3)
    assert found.macro_f1 == pytest.approx((2 / 3 + 0.5 + 0) / 3)
    assert found.ece == pytest.approx(0.4, abs=1e-6)
    assert found.brier == pytest.approx(brier_score(PROBABILITIES, LABELS), abs=1e-6)
    assert found.nll == pytest.approx(-np.log([0.7, 0.3, 0.8, 0.2]).mean(), abs=1e-6)


def test_a_class_without_clips_or_guesses_has_no_part_in_the_means() -> None:
    logits = np.array([[2, 0, -9], [0, 2, -9]], np.float32)
    found = measure(logits, np.array([0, 1]))
    assert (found.class_accuracy, found.macro_f1) == (1, 1)


def test_hopeless_logits_give_a_finite_likelihood() -> None:
    assert measure(np.array([[500, -500]], np.float32), np.array([1])).nll == pytest.approx(1000)
