"""Segment metrics against numbers worked out by hand."""

import numpy as np
import pytest

from stf.prediction import Segment
from stf.segment_metrics import (
    OVERLAPS,
    Matches,
    detection_delay,
    edit_score,
    intersection_over_union,
    label_frames,
    match_segments,
    measure_segments,
)

CLASSES = ("a", "b", "no action")


def seg(label: str, start: float, end: float, confidence: float = 0.5) -> Segment:
    return Segment(start, end, 0, label, confidence)


TRUE = [seg("a", 0, 10), seg("b", 10, 20), seg("a", 24, 30)]


def test_intersection_over_union_is_the_shared_time_over_all_of_it() -> None:
    assert intersection_over_union(seg("a", 0, 4), seg("a", 2, 8)) == 2 / 8
    assert intersection_over_union(seg("a", 0, 4), seg("a", 0, 4)) == 1
    assert intersection_over_union(seg("a", 0, 4), seg("a", 4, 8)) == 0


def test_the_delay_is_from_the_start_of_an_action_to_when_it_is_first_said() -> None:
    said = [(1.0, "a"), (3.5, "b"), (4.0, "a"), (4.5, "a"), (5.5, "none"), (7.5, "b")]
    assert detection_delay(said, seg("a", 3, 5)) == 1.0
    assert detection_delay(said, seg("a", 0.5, 0.8)) == 0.5
    assert detection_delay(said, seg("b", 5, 7)) == 2.5
    assert detection_delay(said, seg("b", 5, 6)) == float("inf")  # said too late
    assert detection_delay([], seg("a", 3, 5)) == float("inf")


@pytest.mark.parametrize(
    ("found", "right"),
    [
        (TRUE, (3, 3, 3)),
        ([], (0, 0, 0)),
        ([seg("b", 0, 10), seg("a", 10, 20)], (0, 0, 0)),
        ([seg("a", 0, 2)], (1, 0, 0)),  # 2 of 10 s
        ([seg("a", 0, 2.5)], (1, 1, 0)),  # a quarter is enough for 25
        ([seg("a", 0, 5), seg("a", 5, 10)], (1, 1, 1)),  # the second half is one too many
        ([seg("a", 0, 12), seg("b", 12, 20), seg("a", 28, 30)], (3, 3, 2)),  # 10/12, 8/10, 2/6
        ([seg("a", 0, 30)], (1, 1, 0)),  # 10/30 of the first, more than of the last
    ],
)
def test_found_segments_are_right_where_they_overlap_enough(found: list[Segment], right: tuple[int, ...]) -> None:
    counts = [match_segments(found, TRUE, overlap) for overlap in OVERLAPS]
    assert [one.right for one in counts] == list(right)
    assert [one.right + one.wrong for one in counts] == [len(found)] * 3
    assert [one.right + one.missed for one in counts] == [len(TRUE)] * 3


def test_f1_is_the_harmonic_mean_of_precision_and_recall_over_all_videos() -> None:
    counts = Matches(3, 1, 2) + Matches(1, 3, 0)
    precision, recall = 4 / 8, 4 / 6
    assert counts.f1 == pytest.approx(2 * precision * recall / (precision + recall))
    assert (Matches().f1, Matches(0, 1, 0).f1) == (1, 0)


@pytest.mark.parametrize(
    ("found", "true", "score"),
    [
        ("abc", "abc", 1),
        ("", "", 1),
        ("", "ab", 0),
        ("abab", "ab", 1 - 2 / 4),
        ("acb", "ab", 1 - 1 / 3),
        ("ba", "ab", 0),
        ("kitten", "sitting", 1 - 3 / 7),
    ],
)
def test_the_edit_score_counts_what_must_be_changed_in_the_order_of_labels(found: str, true: str, score: float) -> None:
    sides = [[seg(label, time, time + 1) for time, label in enumerate(word)] for word in (found, true)]
    assert edit_score(*sides) == pytest.approx(score)
    assert edit_score(sides[0][::-1], sides[1][::-1]) == pytest.approx(score)


def test_frames_belong_to_the_segment_they_are_in_and_else_to_no_action() -> None:
    times = np.arange(6) / 2
    assert label_frames([seg("b", 0.5, 1.5)], times, CLASSES).tolist() == [2, 1, 1, 2, 2, 2]
    both = [seg("a", 0, 2, 0.4), seg("b", 1, 3, 0.6)]
    assert label_frames(both, times, CLASSES).tolist() == [0, 0, 1, 1, 1, 1]


def test_accuracy_counts_frames_with_and_without_action_and_adds_up() -> None:
    times = np.arange(30.0)
    found = [seg("a", 0, 12), seg("b", 12, 20)]
    one = measure_segments(found, TRUE, times, CLASSES)
    assert one.confusion.tolist() == [[10, 0, 6], [2, 8, 0], [0, 0, 4]]
    assert one.accuracy == pytest.approx(22 / 30)
    assert one.edit == pytest.approx(2 / 3)
    both = one + measure_segments(TRUE, TRUE, times, CLASSES)
    assert both.accuracy == pytest.approx(52 / 60)
    assert both.edit == pytest.approx((2 / 3 + 1) / 2)
    assert [matches.f1 for matches in both.matches] == pytest.approx([10 / 11] * 3)
