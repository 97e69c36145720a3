from pathlib import Path

import numpy as np
import pytest
from scipy.special import logit

from stf.checkpoint import Header, TrainingData, Unknown, VectorScaling
from stf.datasets.corpus import Part
from stf.errors import UserError
from stf.evaluation import Predictions, fuse
from stf.fusion import HeldOut, choose_weights, fuse_headers, join_predictions
from stf.metrics import measure

SIDES = {"a": Part.TRAIN, "b": Part.TRAIN, "c": Part.TRAIN, "d": Part.TEST, "e": None}


def headers(header: Header, *streams: str, **changes: object) -> dict[str, Header]:
    return {
        f"{stream}.safetensors": header.model_copy(update={"streams": {stream: 1.0}, "recipe": stream, **changes})
        for stream in streams
    }


@pytest.fixture
def fused(header: Header) -> Header:
    return fuse_headers(headers(header, "joint", "bone"))


def predictions(names: str, *streams: str, part: str = "test", value: float = 1.0) -> Predictions:
    logits = {stream: np.full((len(names), 5), value, np.float32) for stream in streams}
    labels = np.array(["abcde".index(name) for name in names])
    return Predictions(
        "m", "Some", "subject=7", part, ("wave", "clap", "kick", "sit", "jump"), (*names,), labels, logits
    )


def seen(right: int, wrong: int, margin: float) -> HeldOut:
    """Clips of two classes of which a stream is always as sure."""
    rows = np.zeros((right + wrong, 2), np.float32)
    rows[:right, 0] = rows[right:, 1] = margin
    return HeldOut({"joint": rows}, np.zeros(right + wrong, np.int64))


# Weights


def test_the_temperature_of_one_stream_is_where_confidence_equals_accuracy() -> None:
    weights, temperature = choose_weights(seen(80, 20, 3.0))
    assert weights == {"joint": 1.0}
    assert temperature == pytest.approx(3.0 / logit(0.8), rel=1e-3)


def test_no_other_weights_are_more_likely() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 4, 300)
    truth = np.eye(4)[labels]
    logits = {
        name: (strength * truth + random.normal(size=truth.shape)).astype(np.float32)
        for name, strength in (("joint", 2.0), ("bone", 1.0))
    }
    weights, temperature = choose_weights(HeldOut(logits, labels))
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["joint"] / weights["bone"] == pytest.approx(2, rel=0.25)
    best = measure(fuse(logits, weights, temperature), labels).nll
    for joint in np.linspace(0, 1, 11):
        for other in (0.3, 0.5, 0.8, 1.0, 1.5, 3.0):
            assert measure(fuse(logits, {"joint": joint, "bone": 1 - joint}, other), labels).nll >= best - 1e-6


def test_a_stream_that_misleads_has_no_weight() -> None:
    labels = np.array([0, 1] * 20)
    truth = np.eye(2, dtype=np.float32)[labels]
    flipped = truth.copy()
    flipped[:4] = 1 - flipped[:4]
    weights, _ = choose_weights(HeldOut({"joint": flipped, "bone": 1 - truth * 0.5}, labels))
    assert weights == {"joint": 1.0, "bone": 0.0}


def test_streams_that_are_always_right_have_a_temperature_above_zero() -> None:
    weights, temperature = choose_weights(seen(50, 0, 3.0))
    assert weights == {"joint": 1.0}
    assert 0 < temperature < 1


def test_streams_that_only_mislead_are_refused() -> None:
    with pytest.raises(UserError, match="better than guessing"):
        choose_weights(seen(10, 90, 3.0))


# What they are chosen on


def test_folds_of_each_stream_are_put_together_by_the_names_of_clips(fused: Header) -> None:
    several = {
        "1": predictions("ab", "joint", value=1),
        "2": predictions("c", "joint", value=2),
        "3": predictions("cab", "bone", "other", value=3),
    }
    held = join_predictions(several, fused, SIDES)
    assert held.labels.tolist() == [0, 1, 2]
    assert held.logits["joint"][:, 0].tolist() == [1, 1, 2]
    assert held.logits["bone"][:, 0].tolist() == [3, 3, 3]
    assert held.logits.keys() == {"joint", "bone"}


@pytest.mark.parametrize("clip", ["d", "e"])
def test_clips_that_are_tested_on_or_on_no_side_are_refused(fused: Header, clip: str) -> None:
    with pytest.raises(UserError, match=f"'{clip}', which is not on the training side"):
        join_predictions({"1": predictions(f"a{clip}", "joint", "bone")}, fused, SIDES)


@pytest.mark.parametrize("part", ["train", ""])
def test_clips_that_were_trained_on_are_refused(fused: Header, part: str) -> None:
    with pytest.raises(UserError, match="trained on"):
        join_predictions({"1": predictions("ab", "joint", "bone", part=part)}, fused, SIDES)


@pytest.mark.parametrize(
    ("several", "reason"),
    [
        ({"1": predictions("ab", "joint"), "2": predictions("a", "bone")}, "'bone' is not predicted for 1 of 2 clips"),
        ({"1": predictions("ab", "joint")}, "'bone' is not predicted for 2 of 2 clips"),
        ({"1": predictions("ab", "joint", "bone"), "2": predictions("b", "joint")}, "2 predicts clip 'b' .* again"),
    ],
)
def test_predictions_that_lack_something_or_have_it_twice_are_refused(
    fused: Header, several: dict[str, Predictions], reason: str
) -> None:
    with pytest.raises(UserError, match=reason):
        join_predictions(several, fused, SIDES)


def test_predictions_of_another_dataset_are_refused(fused: Header) -> None:
    with pytest.raises(UserError, match="a clip 'a' that the dataset does not have"):
        join_predictions({"1": predictions("ab", "joint", "bone")}, fused, {})
    others = fused.model_copy(update={"classes": ("wave", "clap", "kick", "sit", "hop")})
    with pytest.raises(UserError, match="other classes"):
        join_predictions({"1": predictions("ab", "joint", "bone")}, others, SIDES)


# Headers


def test_a_fused_header_weighs_streams_equally_and_keeps_no_figure_of_one_stream(header: Header) -> None:
    data = (TrainingData(name="Some", licence="none", citation="nobody"),)
    own = {"vector": VectorScaling(factors=(1,) * 5, offsets=(0,) * 5), "unknown": Unknown(below=0.4, false_alarms=0.1)}
    fused = fuse_headers(headers(header, "joint", "bone", data=data, **own))
    assert fused.streams == {"joint": 0.5, "bone": 0.5}
    assert (fused.temperature, fused.vector, fused.unknown) == (1.0, None, None)
    assert (fused.accuracy, fused.data) == ((), data)
    assert fused.recipe == "joint: joint; bone: bone"
    assert fused.classes == header.classes


@pytest.mark.parametrize("change", [{"classes": ("a", "b")}, {"layout": "kinect20"}, {"samples": 16}, {"options": {}}])
def test_models_that_differ_are_refused_with_what_differs(header: Header, change: dict[str, object]) -> None:
    pair = headers(header, "joint") | headers(header, "bone", **change)
    with pytest.raises(UserError, match=f"bone.safetensors and joint.safetensors .* differ in {next(iter(change))}$"):
        fuse_headers(pair)


def test_a_stream_that_is_there_twice_is_refused(header: Header) -> None:
    with pytest.raises(UserError, match="'joint', which is there already"):
        fuse_headers({**headers(header, "joint"), str(Path("other")): header})
