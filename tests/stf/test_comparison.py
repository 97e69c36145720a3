"""What several models say of the same clips."""

from pathlib import Path

import numpy as np
import pytest

from stf.comparison import Said, compare, read_said
from stf.errors import UserError
from stf.evaluation import Predictions

CLASSES = ("wave", "clap", "jog")


def said(model: str, rows: dict[str, tuple[str, str, float]], classes: tuple[str, ...] = CLASSES) -> Said:
    """Clip -> its class, what is said and how sure that is; the other classes share the rest."""
    probabilities = np.array(
        [
            [sure if name == best else (1 - sure) / (len(classes) - 1) for name in classes]
            for _, best, sure in rows.values()
        ]
    )
    return Said(model, classes, tuple(rows), tuple(truth for truth, _, _ in rows.values()), probabilities)


A = said("A", {"1": ("wave", "wave", 0.9), "2": ("wave", "clap", 0.6), "3": ("jog", "wave", 0.8)})
B = said("B", {"3": ("jog", "jog", 0.7), "2": ("wave", "jog", 0.5), "1": ("wave", "wave", 0.4), "4": ("jog", "jog", 1)})


def test_clips_are_put_beside_each_other_by_name_and_the_surest_difference_comes_first() -> None:
    found = compare([A, B])
    assert [verdict.name for verdict in found.verdicts] == ["1", "2", "3"]
    assert [(one.name, one.said, one.right) for one in found.differing] == [
        ("3", ("wave", "jog"), (False, True)),
        ("2", ("clap", "jog"), (False, False)),
    ]
    assert found.differing[0].confidence == pytest.approx((0.8, 0.7))
    assert {verdict.name for verdict in found.mistaken} == {"2", "3"}


def test_every_cell_of_the_confusion_holds_the_clips_that_it_counts() -> None:
    found = compare([A, B])
    assert found.confusion.sum() == 2 * len(found.verdicts)
    assert found.confusion.trace() == 3
    for row, truth in enumerate(found.classes):
        for column, label in enumerate(found.classes):
            times = sum(one.said.count(label) for one in found.cell(truth, label))
            assert times == found.confusion[row, column]


def test_a_class_that_only_one_model_knows_has_its_place() -> None:
    other = said("C", {"1": ("wave", "bow", 0.9), "2": ("wave", "wave", 0.6)}, ("bow", "wave"))
    found = compare([A, other])
    assert found.classes == ("wave", "clap", "bow")
    assert [verdict.name for verdict in found.cell("wave", "bow")] == ["1"]


def test_among_some_classes_the_best_of_these_is_said_and_clips_of_others_are_left_out() -> None:
    some = A.among(("wave", "clap"))
    assert some.names == ("1", "2")
    assert some.probabilities.sum(axis=1) == pytest.approx(1)
    assert A.among(("clap", "jog")).names == ("3",)


def test_what_cannot_be_compared_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no clip was shown to all of A and D"):
        compare([A, said("D", {"9": ("wave", "wave", 1.0)})])
    with pytest.raises(UserError, match="clip '1' is clap and wave"):
        compare([A, said("D", {"1": ("clap", "wave", 1.0)})])
    old = Predictions("m", "d", "s", "test", CLASSES, ("1",), np.array([0]), {"joint": np.zeros((1, 3), np.float32)})
    old.save(tmp_path / "old.npz")
    with pytest.raises(UserError, match="evaluate again"):
        read_said(tmp_path / "old.npz")
