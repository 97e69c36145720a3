from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from calibration.confidence import (
    Held,
    Kind,
    Scaling,
    calibrate,
    chance_error,
    choose_threshold,
    cross_fit,
    fit_temperature,
    fit_vector,
)
from stf.checkpoint import VectorScaling
from stf.errors import UserError
from stf.evaluation import called_unknown
from stf.metrics import measure

BEFORE = Scaling()


def drawn(temperature: float = 1.0, clips: int = 2000, classes: int = 5, bias: float = 0.0, seed: int = 0) -> Held:
    """Clips of four subjects, their classes drawn from the softmax of the logits, which are then made too large.

    Args:
        temperature: what the logits are too large by.
        clips: how many.
        classes: how many.
        bias: what the model adds to the logit of the first class for nothing.
        seed: of the draws.
    """
    random = np.random.default_rng(seed)
    exact = random.normal(0, 2, (clips, classes))
    labels = (random.random((clips, 1)) > softmax(exact, axis=1).cumsum(axis=1)[:, :-1]).sum(axis=1)
    logits = temperature * (exact + bias * np.eye(classes)[0])
    return Held(logits.astype(np.float32), labels, np.arange(clips) % 4)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_the_temperature_that_made_logits_too_large_is_found(temperature: float) -> None:
    assert fit_temperature(drawn(temperature)).temperature == pytest.approx(temperature, rel=0.05)


def test_an_overconfident_model_is_made_honest_on_people_it_was_not_fitted_on() -> None:
    held = drawn(4.0, clips=4000)
    found = calibrate(held, BEFORE, 0.05)
    assert found.kind is Kind.TEMPERATURE
    before, after = found.fits[Kind.AS_IT_IS], found.fits[Kind.TEMPERATURE]
    assert before.whole.ece > 0.2
    mean, deviation = chance_error(after.logits)
    assert after.whole.ece < mean + 3 * deviation < 0.04
    assert after.whole.nll < before.whole.nll
    assert after.whole.brier < before.whole.brier
    assert found.scaling == fit_temperature(held)


def test_a_model_that_is_right_already_is_left_as_it_is() -> None:
    found = calibrate(drawn(1.0), BEFORE, 0.05)
    assert (found.kind, found.scaling) == (Kind.AS_IT_IS, BEFORE)
    kept = Scaling(2.0, VectorScaling(factors=(1,) * 5, offsets=(0, 0, 0, 0, 0)))
    assert calibrate(drawn(2.0), kept, 0.05).scaling is kept


def test_a_model_that_favours_a_class_gets_vector_scaling() -> None:
    found = calibrate(drawn(2.0, bias=2.0), BEFORE, 0.05)
    assert found.kind is Kind.VECTOR
    assert found.fits[Kind.VECTOR].whole.top1 > found.fits[Kind.TEMPERATURE].whole.top1
    offsets = found.scaling.vector.offsets
    assert np.array(offsets[1:]).mean() - offsets[0] == pytest.approx(2, rel=0.15)


def test_vector_scaling_of_hardly_any_clips_is_nearly_temperature_scaling() -> None:
    held = drawn(2.0, clips=8)
    vector = fit_vector(held).vector
    assert np.abs(np.array(vector.factors) - 1).max() < 1
    assert np.abs(vector.offsets).max() < 1


@settings(max_examples=20)
@given(st.integers(0, 1000), st.floats(0.01, 100))
def test_a_temperature_changes_no_answer(seed: int, temperature: float) -> None:
    held = drawn(clips=50, seed=seed)
    scaled = Scaling(temperature).apply(held.logits)
    assert (scaled.argmax(axis=1) == held.logits.argmax(axis=1)).all()
    assert measure(scaled, held.labels).top1 == measure(held.logits, held.labels).top1


def test_a_subject_has_no_part_in_what_it_is_measured_with() -> None:
    held = drawn(2.0, clips=200)
    found = cross_fit(held, fit_temperature, 0.1)
    inside = held.subjects == 3
    others = fit_temperature(held.where(~inside))
    np.testing.assert_allclose(found.logits[inside], held.logits[inside] / others.temperature, rtol=1e-5)
    assert found.subjects[3] == measure(found.logits[inside], held.labels[inside])
    threshold = choose_threshold(others.apply(held.logits[~inside]), 0.1)
    assert found.false_alarms[3] == np.mean(called_unknown(found.logits[inside], threshold))


# "Unknown"


def test_the_threshold_is_the_energy_of_the_clips_that_look_least_like_anything_known() -> None:
    energies = np.array([-9.0, -6, -8, -7, -9.5, -6.5, -8.5, -7.5, -5.5])
    logits = np.stack([-energies, np.full(9, -50)], axis=1).astype(np.float32)
    for share, energy, called in ((0.1, -5.5, 0), (0.29, -6, 1), (0.3, -6.5, 2), (0.05, None, 0), (0.0, None, 0)):
        unknown = choose_threshold(logits, share)
        assert (unknown.energy, unknown.false_alarms) == (energy and pytest.approx(energy), share)
        assert called_unknown(logits, unknown).sum() == called


def test_who_shows_none_of_the_classes_has_no_say_in_what_is_unknown() -> None:
    held = drawn(clips=200)
    shift = np.where(held.labels == 4, -20, 0)[:, None]  # what is none of the classes looks like nothing known
    held = replace(held, logits=(held.logits + shift).astype(np.float32))
    told, removed, untold = (
        cross_fit(some, lambda _: BEFORE, 0.1).false_alarms
        for some in (replace(held, none=4), held.where(held.labels != 4), held)
    )
    assert told == removed != untold


def test_so_many_new_clips_of_known_classes_are_called_unknown_as_was_asked_for() -> None:
    found = calibrate(drawn(3.0, clips=4000), BEFORE, 0.05)
    alarms = [*found.fits[found.kind].false_alarms.values()]
    assert np.mean(alarms) == pytest.approx(0.05, abs=0.01)


# What a perfect model would show


def test_exact_probabilities_show_the_error_of_chance() -> None:
    held = drawn(1.0, clips=430)
    mean, deviation = chance_error(held.logits)
    assert 0.02 < mean < 0.06
    assert measure(held.logits, held.labels).ece == pytest.approx(mean, abs=3 * deviation)
    assert chance_error(drawn(1.0, clips=8000).logits)[0] < mean / 3


# Bad input


def test_a_class_that_fewer_than_two_people_show_rules_vector_scaling_out() -> None:
    held = drawn(2.0)
    only_one = (held.labels != 2) | (held.subjects == 0)
    for some, sparse in ((held.where(only_one), (2,)), (held.where(held.labels < 3), (3, 4)), (held, ())):
        found = calibrate(some, BEFORE, 0.05)
        assert found.sparse == sparse
        assert (Kind.VECTOR in found.fits) is not bool(sparse)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda held: replace(held, logits=held.logits[:, :1]), "fewer than two classes"),
        (lambda held: held.where(held.labels < 0), "no held-out clip"),
        (lambda held: held.where(held.subjects == 2), "are of subject 2"),
        (lambda held: replace(held, subjects=held.subjects - 1), "who is seen"),
        (lambda held: held.where(held.labels == 1), "of one class"),
        (lambda held: replace(held, logits=-held.logits), "better than guessing"),
    ],
)
def test_what_cannot_be_calibrated_on_is_one_sentence(change, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        calibrate(change(drawn(clips=200)), BEFORE, 0.05)
