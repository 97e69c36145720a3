"""Scores of how unlike anything known a clip is, and how well they tell."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from untrained import clips_of, write_untrained

from stf.errors import UserError
from stf.metrics import auroc, false_positive_rate
from stf.recogniser import Recogniser
from stf.unknown import UNLIKENESS, feature_distance, look_at

SCORES = st.lists(st.integers(0, 9), min_size=1, max_size=30).map(np.array)


@given(SCORES, SCORES)
def test_auroc_counts_pairs(known: np.ndarray, unknown: np.ndarray) -> None:
    pairs = (unknown[:, None] > known).mean() + 0.5 * (unknown[:, None] == known).mean()
    assert auroc(known, unknown) == pytest.approx(pairs)


def test_golden_numbers() -> None:
    known, unknown = np.arange(100) / 100, np.array([0.5, 0.94, 0.95, 2.0])
    assert auroc(np.array([1.0, 2.0]), np.array([3.0])) == 1
    assert auroc(known, unknown) == pytest.approx((50.5 + 94.5 + 95.5 + 100) / 400)
    assert false_positive_rate(known, unknown) == 0.5  # the threshold is 0.94, which passes


@pytest.mark.parametrize("name", UNLIKENESS)
def test_other_motion_is_less_like_what_is_known(name: str, utd_mhad: Path, tmp_path: Path) -> None:
    recogniser = Recogniser.load(write_untrained(tmp_path / "m.safetensors", utd_mhad), device="cpu")
    known = look_at(
        recogniser, [clip for word in ("clap", "squat", "jog", "bowling") for clip in clips_of(utd_mhad, word, (1,))]
    )
    other = look_at(recogniser, [clip for word in ("wave", "lunge") for clip in clips_of(utd_mhad, word, (1,))])
    scores = [UNLIKENESS[name](recogniser, evidence) for evidence in (known, other)]
    assert [len(some) for some in scores] == [16, 8]
    assert auroc(*scores) > 0.6


def test_features_that_are_remembered_are_at_no_distance(utd_mhad: Path, tmp_path: Path) -> None:
    recogniser = Recogniser.load(write_untrained(tmp_path / "m.safetensors", utd_mhad), device="cpu")
    evidence = look_at(recogniser, clips_of(utd_mhad, "clap", (1,)))
    network = recogniser.networks["joint"]
    network.memory = evidence.features["joint"].repeat_interleave(3, dim=0)[None]
    np.testing.assert_allclose(feature_distance(recogniser, evidence), 0, atol=1e-3)
    network.memory = None
    with pytest.raises(UserError, match="remembers nothing"):
        feature_distance(recogniser, evidence)
