import tracemalloc
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.segments import Segmenter, SegmentSpec
from realtime.window import WindowSpec, seen_since, windows_of
from stf.errors import UserError
from stf.prediction import NONE, Prediction, Segment

WINDOW = WindowSpec()
SPEC = SegmentSpec()
CLASSES = ("wave", "clap", "squat", "throw", "jump", *(f"other {n}" for n in range(22)))
K = len(CLASSES)
NO_FOCUS = np.zeros((1, 1), np.float32)

Block = tuple[float, float, str]  # start, end, label: the truth
Stream = list[tuple[float, np.ndarray]]  # end of window, scores


def prediction(end: float, scores: Sequence[float] | np.ndarray, person: int = 0) -> Prediction:
    scores = np.asarray(scores, np.float32)
    best = int(scores.argmax())
    return Prediction(end - WINDOW.seconds, end, person, scores, CLASSES[best], float(scores[best]), NO_FOCUS)


def run(ends_and_scores: Iterable[tuple[float, np.ndarray]], spec: SegmentSpec = SPEC) -> list[Segment]:
    segmenter = Segmenter(CLASSES, spec)
    segments = [s for end, scores in ends_and_scores for s in segmenter.add(prediction(end, scores))]
    return segments + segmenter.flush()


def one_hot(label: str, probability: float = 1.0) -> np.ndarray:
    scores = np.full(K, (1 - probability) / (K - 1))
    scores[CLASSES.index(label)] = probability
    return scores


def ideal(times: np.ndarray, truth: Sequence[Block]) -> list[tuple[Prediction, float]]:
    """What a recogniser would say that scores each class by its share of what is seen in the window.

    The windows are those that the windower cuts from frames at `times`; what is no action spreads over all classes.
    """
    predictions = []
    for window in windows_of(times, np.zeros((len(times), 2, 3), np.float32), WINDOW):
        moments = np.linspace(window.start, window.end, WINDOW.samples)[window.valid]
        scores = np.full((len(moments), K), 1 / K)
        for start, end, label in truth:
            scores[(moments >= start) & (moments < end)] = one_hot(label)
        predictions.append((prediction(window.end, scores.mean(axis=0)), seen_since(window)))
    return predictions


def segments_of(predictions: Iterable[tuple[Prediction, float]], spec: SegmentSpec = SPEC) -> list[Segment]:
    segmenter = Segmenter(CLASSES, spec)
    segments = [s for p, since in predictions for s in segmenter.add(p, since)]
    return segments + segmenter.flush()


def assert_recovered(segments: list[Segment], truth: Sequence[Block]) -> None:
    assert [s.label for s in segments] == [label for _, _, label in truth]
    for segment, (start, end, _) in zip(segments, truth, strict=True):
        assert abs(segment.start - start) < 0.3
        assert abs(segment.end - end) < 0.3


@pytest.mark.parametrize(
    "truth",
    [
        [(0.0, 4.0, "wave"), (4.0, 8.0, "clap"), (8.0, 12.0, "squat")],
        [(2.0, 5.0, "wave"), (8.0, 10.5, "wave")],
        [(0.0, 0.9, "clap"), (0.9, 5.0, "wave"), (5.0, 7.0, "throw"), (7.0, 12.0, "clap")],
        [(3.1, 4.9, "squat"), (6.2, 9.4, "jump")],
    ],
)
@pytest.mark.parametrize("fps", [10, 30])
def test_boundaries_blurred_by_the_window_are_recovered(truth: list[Block], fps: float) -> None:
    times = np.arange(0, 12 + 1e-6, 1 / fps)
    assert_recovered(segments_of(ideal(times, truth)), truth)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(2.4, 6), st.sampled_from(CLASSES)), min_size=1, max_size=6), st.floats(0, 1000))
def test_any_actions_longer_than_a_window_are_recovered(actions: list[tuple[float, str]], begin: float) -> None:
    edges = begin + np.cumsum([0.0] + [length for length, _ in actions])
    truth: list[Block] = []
    for (start, end), (_, label) in zip(pairwise(edges), actions, strict=True):
        if truth and truth[-1][2] == label:
            truth[-1] = (truth[-1][0], end, label)
        else:
            truth.append((start, end, label))
    assert_recovered(segments_of(ideal(np.arange(begin, edges[-1], 1 / 30), truth)), truth)


@pytest.mark.parametrize("seconds", [0.7, 1.1, 1.6])
def test_a_clip_shorter_than_a_window_is_one_segment_from_first_to_last_frame(seconds: float) -> None:
    times = np.arange(5, 5 + seconds, 1 / 30)
    (segment,) = segments_of(ideal(times, [(5, 9, "throw")]))
    assert segment.label == "throw"
    assert segment.start == pytest.approx(5, abs=0.04)
    assert segment.end == pytest.approx(times[-1])


def test_a_person_never_sure_of_anything_has_no_segment() -> None:
    assert run((n * 0.25, np.full(K, 1 / K)) for n in range(100)) == []
    assert run((n * 0.25, one_hot("wave", 0.49)) for n in range(100)) == []


def test_a_label_stays_through_a_dip_above_leave_and_ends_in_one_below() -> None:
    def with_dip(depth: float) -> list[Segment]:
        return run((n * 0.25, one_hot("wave", depth if 20 <= n < 24 else 0.9)) for n in range(50))

    assert len(with_dip(0.4)) == 1
    assert len(with_dip(0.2)) == 2


def test_a_label_between_leave_and_enter_is_given_up_after_patience() -> None:
    def weak(cells: int) -> list[Segment]:
        return run((n * 0.25, one_hot("wave", 0.9 if n < 20 else 0.4)) for n in range(20 + cells))

    (briefly,), (forever,) = weak(4), weak(400)
    assert forever.end == pytest.approx(briefly.end)
    assert forever.end < 20 * 0.25


def test_a_short_slip_into_another_label_is_bridged() -> None:
    spec = replace(SPEC, smooth=0)
    slip = [(n * 0.25, one_hot("clap" if n == 20 else "wave")) for n in range(50)]
    (segment,) = run(slip, spec)
    assert segment.label == "wave"
    assert [s.label for s in run(slip, replace(spec, max_break=0.1))] == ["wave", "wave"]
    assert [s.label for s in run(slip, replace(spec, min_seconds=0.2))] == ["wave", "clap", "wave"]


def test_what_is_none_of_the_classes_is_no_segment_and_parts_those_beside_it() -> None:
    segmenter, segments = Segmenter((NONE, *CLASSES[1:])), []
    nothing = one_hot(CLASSES[0])
    for n in range(60):
        segments += segmenter.add(prediction(n * 0.25, nothing if n < 10 or 30 <= n < 36 else one_hot("clap")))
        if n in {8, 35}:
            assert segmenter.current(0) is None
    first, second = segments + segmenter.flush()
    assert (first.label, second.label) == ("clap", "clap")
    assert second.start - first.end == pytest.approx(6 * 0.25, abs=0.3)


def test_confidence_is_the_mean_probability_of_the_label() -> None:
    (segment,) = run((n * 0.25, one_hot("jump", 0.8)) for n in range(40))
    assert segment.confidence == pytest.approx(0.8)
    spec = replace(SPEC, smooth=0)
    (segment,) = run(((n * 0.25, one_hot("jump", 0.6 + 0.3 * (n % 2))) for n in range(40)), spec)
    assert segment.confidence == pytest.approx(0.75)
    joined = [(n * 0.25, one_hot("clap" if n == 20 else "wave", 0.9 if n < 20 else 0.6)) for n in range(40)]
    (segment,) = run(joined, spec)
    assert segment.confidence == pytest.approx((20 * 0.9 + 19 * 0.6) / 39)


def test_a_segment_ends_when_its_person_goes_and_another_begins_when_they_return() -> None:
    times = np.concatenate((np.arange(0, 4, 1 / 30), np.arange(5.5, 9, 1 / 30)))
    first, second = segments_of(ideal(times, [(0, 9, "wave")]))
    assert (first.start, second.end) == pytest.approx((0, times[-1]), abs=0.04)
    assert first.end == pytest.approx(4, abs=0.04)
    assert second.start == pytest.approx(5.5, abs=0.04)


def test_the_clock_closes_who_is_gone_and_nobody_else() -> None:
    segmenter = Segmenter(CLASSES)
    for n in range(20):
        assert segmenter.add(prediction(n * 0.25, one_hot("wave"), person=1)) == []
        assert segmenter.add(prediction(n * 0.25, one_hot("clap"), person=2)) == []
    for n in range(20, 30):
        segmenter.add(prediction(n * 0.25, one_hot("clap"), person=2))
    (gone,) = segmenter.advance(7.5)
    assert (gone.person, gone.label, gone.end) == (1, "wave", 19 * 0.25)
    assert segmenter.current(1) is None
    (other,) = segmenter.flush()
    assert (other.person, other.end) == (2, 29 * 0.25)
    assert segmenter.flush() == []


def test_a_clock_that_jumps_back_begins_a_new_take() -> None:
    take = [(n * 0.25, one_hot("wave")) for n in range(20)]
    first, second = run([(100 + end, scores) for end, scores in take] + take)
    assert (second.start, second.end) == pytest.approx((-WINDOW.seconds, 19 * 0.25))
    assert (first.start, first.end) == pytest.approx((100 - WINDOW.seconds, 100 + 19 * 0.25))


def test_a_prediction_given_twice_or_late_changes_nothing() -> None:
    take = [(n * 0.25, one_hot("wave" if n < 20 else "clap", 0.7)) for n in range(40)]
    again = [p for n, p in enumerate(take) for p in (p, p, (take[n - 1][0], one_hot("jump")) if n else p)]
    assert run(again) == run(take)


def test_current_follows_the_newest_window() -> None:
    segmenter = Segmenter(CLASSES)
    assert segmenter.current(0) is None
    for n in range(40):
        label = "wave" if n < 20 else "clap"
        segmenter.add(prediction(n * 0.25, one_hot(label, 0.9)))
        current = segmenter.current(0)
        assert current is not None
        assert current.end == n * 0.25
        if n != 20:  # the mean of the newest two windows decides
            assert current.label == label
    for n in range(40, 50):
        segmenter.add(prediction(n * 0.25, np.full(K, 1 / K)))
    assert segmenter.current(0) is None


def test_asking_for_the_current_segment_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    asked, left_alone = Segmenter(CLASSES), Segmenter(CLASSES)
    for n in range(200):
        p = prediction(n * 0.25, rng.dirichlet(np.full(K, 0.2)))
        assert asked.add(p) == left_alone.add(p)
        asked.current(0)
    assert asked.flush() == left_alone.flush()


def test_segments_come_within_the_documented_delay() -> None:
    stride = 0.25
    bound = WINDOW.seconds / 2 + SPEC.smooth / 2 + SPEC.max_break + SPEC.min_seconds + SPEC.patience + 3 * stride
    rng = np.random.default_rng(3)
    segmenter, delays = Segmenter(CLASSES), []
    scores = np.full(K, 1 / K)
    for n in range(4000):
        if rng.random() < 0.3:
            scores = one_hot(CLASSES[rng.integers(2)], rng.choice([0.4, 0.9]))
        delays += [n * stride - s.end for s in segmenter.add(prediction(n * stride, scores))]
    assert len(delays) > 100
    assert max(delays) <= bound
    assert np.median(delays) < 2.5


@st.composite
def streams(draw: st.DrawFn) -> Stream:
    """A person's predictions: random, sticky scores at uneven times with an occasional hole."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    waits = draw(st.lists(st.sampled_from([0.1, 8 / 30, 0.5, 1.5, 3.0]), min_size=1, max_size=60))
    sharpness = draw(st.sampled_from([0.05, 0.2, 1.0]))
    stickiness = draw(st.sampled_from([0.3, 0.8]))
    stream, scores = [], rng.dirichlet(np.full(K, sharpness))
    for end in draw(st.floats(-5, 5)) + np.cumsum(waits):
        if rng.random() > stickiness:
            scores = rng.dirichlet(np.full(K, sharpness))
        stream.append((float(end), scores))
    return stream


@settings(deadline=None)
@given(streams())
def test_segments_are_ordered_apart_long_enough_and_within_the_time_seen(
    stream: Stream,
) -> None:
    segments = run(stream)
    for before, after in pairwise(segments):
        assert before.end <= after.start
    for segment in segments:
        assert segment.end - segment.start >= SPEC.min_seconds - 1e-9
        assert stream[0][0] - WINDOW.seconds <= segment.start
        assert segment.end <= stream[-1][0]
        assert SPEC.leave <= segment.confidence <= 1


@settings(deadline=None)
@given(streams())
def test_a_lasting_label_covers_all_the_time_predicted(stream: Stream) -> None:
    spec = replace(SPEC, patience=5.0)
    (segment,) = run([(end, one_hot("squat", 0.8)) for end, _ in stream], spec)
    assert (segment.start, segment.end) == (stream[0][0] - WINDOW.seconds, stream[-1][0])


@settings(deadline=None)
@given(streams(), streams(), st.randoms())
def test_persons_do_not_disturb_one_another(one: Stream, other: Stream, random: Random) -> None:
    segmenter, segments = Segmenter(CLASSES), []
    queues = {7: list(one), 9: list(other)}
    while any(queues.values()):
        person = random.choice([p for p, queue in queues.items() if queue])
        segments += segmenter.add(prediction(*queues[person].pop(0), person))
    segments += segmenter.flush()
    for person, stream in ((7, one), (9, other)):
        assert [replace(s, person=0) for s in segments if s.person == person] == run(stream)


@settings(deadline=None)
@given(streams(), st.permutations(range(K)))
def test_renumbering_the_classes_changes_nothing(stream: Stream, order: list[int]) -> None:
    segmenter, segments = Segmenter([CLASSES[n] for n in order]), []
    for end, scores in stream:
        segments += segmenter.add(prediction(end, scores[order]))
    assert segments + segmenter.flush() == run(stream)


def test_a_simulated_hour_of_changing_persons_keeps_memory_flat() -> None:
    segmenter, held = Segmenter(CLASSES), []
    tracemalloc.start()
    for n in range(3600 * 4):
        steady, passing = (one_hot(CLASSES[(n // period) % K]) for period in (10**6, 15))
        segmenter.add(prediction(n * 0.25, steady, person=0))
        segmenter.add(prediction(n * 0.25, passing, person=1 + n // 40))
        segmenter.advance(n * 0.25)
        if n % 2400 == 2399:
            held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert max(held[1:]) - held[0] < 20_000


@pytest.mark.parametrize("wrong", [{"enter": 0.3}, {"enter": 1.0}, {"leave": -0.1}, {"smooth": -1}, {"patience": -1}])
def test_an_impossible_spec_is_a_user_error(wrong: dict[str, float]) -> None:
    with pytest.raises(UserError):
        replace(SPEC, **wrong)


def test_labels_begin_above_the_confidence_asked_for_and_nothing_else_changes() -> None:
    spec = SegmentSpec.above(0.7)
    assert spec.leave / spec.enter == pytest.approx(SPEC.leave / SPEC.enter)
    assert replace(spec, enter=SPEC.enter, leave=SPEC.leave) == SPEC
    weak = [(n * 0.25, one_hot("wave", 0.65)) for n in range(20)]
    assert run(weak)
    assert not run(weak, spec)
