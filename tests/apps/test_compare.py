"""`stf compare` on a small dataset in N-UCLA's format, with random weights."""

import csv
from pathlib import Path

import pytest
from conftest import Command
from test_data import write_clip
from untrained import write_random

from stf.datasets.nucla import CLASSES
from stf.evaluation import Predictions
from stf.skeleton import KINECT20, KINETICS18


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three classes by three subjects before the camera that is tested on."""
    for subject in (1, 2, 3):
        for label in (1, 5, 6):
            write_clip(tmp_path / "data", f"a{label:02}_s{subject:02}_e00_v03", 12 + subject, label=label)
    return tmp_path / "data"


@pytest.fixture
def models(tmp_path: Path) -> tuple[Path, Path]:
    return write_random(tmp_path / "one.safetensors", KINECT20, CLASSES), write_random(
        tmp_path / "two.safetensors", KINECT20, tuple(reversed(CLASSES)), seed=1
    )


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def test_models_and_their_kept_predictions_differ_on_the_same_clips(
    stf: Command, data: Path, models: tuple[Path, Path], tmp_path: Path
) -> None:
    outcome = stf("compare", *models, "--data", data, "-o", "asked.csv")
    assert (outcome.code, outcome.err) == (0, "")
    for model in models:
        assert stf("evaluate", model, "--data", data, "-o", model.stem).code == 0
    kept = tmp_path / "one" / "one.npz", tmp_path / "two" / "two.npz"
    assert stf("compare", *kept, "-o", "kept.csv").code == 0
    rows = table(tmp_path / "asked.csv")
    assert [row["clip"] for row in rows] == [row["clip"] for row in table(tmp_path / "kept.csv")]
    assert f"differ on {len(rows)}\n" in outcome.out
    said = []
    for path in kept:
        predictions = Predictions.load(path)
        best = predictions.whole.argmax(axis=1)
        said.append({name: predictions.classes[k] for name, k in zip(predictions.names, best, strict=True)})
    assert {row["clip"] for row in rows} == {name for name in said[0] if said[0][name] != said[1][name]}
    assert all((row["first"], row["second"]) == (said[0][row["clip"]], said[1][row["clip"]]) for row in rows)


def test_a_model_is_compared_with_predictions_among_the_classes_that_both_have(
    stf: Command, data: Path, models: tuple[Path, Path], tmp_path: Path
) -> None:
    some = write_random(tmp_path / "some.safetensors", KINECT20, (CLASSES[0], CLASSES[4], "wave"))
    assert stf("evaluate", models[0], "--data", data, "-o", "kept").code == 0
    outcome = stf("compare", "kept/one.npz", some, "--data", data, "--shared-classes", "-o", "d.csv")
    assert "of 6 clips" in outcome.out
    shared = {CLASSES[0], CLASSES[4]}
    assert {row[key] for row in table(tmp_path / "d.csv") for key in ("true", "first", "second")} <= shared


def test_what_cannot_be_compared_is_one_sentence(
    stf: Command, data: Path, models: tuple[Path, Path], tmp_path: Path
) -> None:
    one, two = models
    flat = write_random(tmp_path / "flat.safetensors", KINETICS18, CLASSES)
    apart = write_random(tmp_path / "apart.safetensors", KINECT20, ("bow", "curtsy"))
    for words, said in (
        ((one, two), "--data DATASET"),
        ((one, "nothing.npz", "--data", data), "no file of predictions"),
        ((one, "nowhere", "--data", data), "no model 'nowhere'"),
        ((one, two, "--data", data, "-o", "out.txt"), "must be a .csv file"),
        ((one, flat, "--data", data), "no conversion"),
        ((one, apart, "--data", data, "--shared-classes"), "fewer than two classes"),
        ((one, two, "--data", data, "--split", "subject=9"), "no labelled clip"),
    ):
        assert said in " ".join((outcome := stf("compare", *words)).err.split()), outcome
        assert outcome.code == 2
    assert not (tmp_path / "out.txt").exists()
