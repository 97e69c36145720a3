"""`stf evaluate`, `fuse` and `calibrate confidence` on small datasets in N-UCLA's format, with random weights."""

import csv
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Command, names
from test_data import rows, write_clip

from realtime.opencv import cv2
from stf.checkpoint import Header, Unknown, load_checkpoint, save_checkpoint
from stf.datasets.nucla import CLASSES
from stf.evaluation import Predictions
from stf.models import STFConfig, build_model
from stf.skeleton import KINECT20

SUBJECTS, LABELS = (1, 2, 3), (1, 5, 6)
CONFIG = STFConfig(widths=(4, 4), strides=(2, 2), embedding=2)
Build = Callable[..., Path]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three classes by three subjects, each seen by two cameras, of which the third is tested on by default."""
    folder = tmp_path / "data"
    for subject in SUBJECTS:
        for label in LABELS:
            for view in (1, 3):
                write_clip(folder, f"a{label:02}_s{subject:02}_e00_v{view:02}", 12 + subject, label=label)
    return folder


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Writes the checkpoint of one network of random weights per stream."""

    def build(name: str, *streams: str, seed: int = 0, **changes: object) -> Path:
        header = Header(
            architecture="stf",
            options=asdict(CONFIG),
            layout="kinect20",
            classes=CLASSES,
            samples=8,
            rate_hz=8,
            whole_clips=True,
            streams=dict.fromkeys(streams, 1.0),
        ).model_copy(update=changes)
        torch.manual_seed(seed)
        networks = {
            stream: build_model("stf", layout=KINECT20, num_classes=len(header.classes), **asdict(CONFIG))
            for stream in streams
        }
        path = tmp_path / f"{name}.safetensors"
        save_checkpoint(path, header, {stream: network.state_dict() for stream, network in networks.items()})
        return path

    return build


def table(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text().splitlines()))


# evaluate


def test_a_model_is_measured_by_stream_and_fused_and_by_class(stf: Command, build: Build, data: Path) -> None:
    outcome = stf("evaluate", build("two", "joint", "bone"), "--data", data)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("Northwestern-UCLA, test side of cross-view: 9 clips of 10 classes\n")
    said = rows(outcome.out)
    assert all(len(said[stream]) == 7 for stream in ("joint", "bone", "fused"))
    assert said["sit down"][0] == "3"
    assert said["carry"][:2] == ["0", ""]
    assert "\u00b1" not in outcome.out


def test_what_is_written_agrees_with_itself(stf: Command, build: Build, data: Path, tmp_path: Path) -> None:
    stf("evaluate", build("two", "joint", "bone"), "--data", data, "-o", "out")
    out = tmp_path / "out"
    assert names(out) == {"two.npz", "metrics.csv", "classes.csv", "confusion.csv", "confusion.png"}
    kept = Predictions.load(out / "two.npz")
    assert (kept.part, kept.split, kept.data, kept.classes) == ("test", "cross-view", "Northwestern-UCLA", CLASSES)
    assert set(kept.names) == {f"a{label:02}_s{s:02}_e00_v03" for label in LABELS for s in SUBJECTS}
    fused = kept.logits["joint"] + kept.logits["bone"]
    right = np.mean(fused.argmax(axis=1) == kept.labels)
    titles, *measured = table(out / "metrics.csv")
    assert [row[:3] for row in measured] == [["two", stream, "9"] for stream in ("joint", "bone", "fused")]
    assert float(measured[2][titles.index("top1")]) == pytest.approx(right)
    corner, *confusion = table(out / "confusion.csv")
    assert tuple(corner[1:]) == CLASSES
    counts = np.array([row[1:] for row in confusion], int)
    assert counts.sum() == 9
    assert counts.trace() == round(9 * right)
    picture = cv2.imread(str(out / "confusion.png"))
    assert min(picture.shape[:2]) > 500


def test_seeds_are_told_as_mean_and_sample_standard_deviation(
    stf: Command, build: Build, data: Path, tmp_path: Path
) -> None:
    models = [build(f"seed{seed}", "joint", seed=seed) for seed in range(3)]
    outcome = stf("evaluate", *models, "--data", data, "-o", "out")
    titles, *measured = table(tmp_path / "out" / "metrics.csv")
    likelihoods = [float(row[titles.index("nll")]) for row in measured]
    expected = f"{np.mean(likelihoods):.3f} \u00b1 {np.std(likelihoods, ddof=1):.3f}"
    assert rows(outcome.out)["joint"][-2] == expected
    assert {"seed0.npz", "seed1.npz", "seed2.npz"} < names(tmp_path / "out")


def test_seeds_with_one_file_name_are_numbered(stf: Command, build: Build, data: Path, tmp_path: Path) -> None:
    (tmp_path / "0").mkdir()
    (tmp_path / "1").mkdir()
    models = [build("0/model", "joint"), build("1/model", "joint", seed=1)]
    stf("evaluate", *models, "--data", data, "-o", "out")
    assert {"model-1.npz", "model-2.npz"} < names(tmp_path / "out")


def test_the_side_and_the_split_are_chosen(stf: Command, build: Build, data: Path) -> None:
    model = build("one", "joint")

    def said(*words: object) -> str:
        return stf("evaluate", model, "--data", data, *words).out.splitlines()[0]

    assert said("--part", "all") == "Northwestern-UCLA: 18 clips of 10 classes"
    assert ", train side of cross-view: 9 clips" in said("--part", "train")
    assert ", test side of subject=2: 6 clips" in said("--split", "subject=2")
    assert ", train side of camera=1,3: " not in said("--part", "test", "--split", "camera=1,3")


def test_classes_are_shared_by_name_and_by_what_is_said_to_be_the_same(stf: Command, build: Build, data: Path) -> None:
    model = build("other", "joint", classes=("stand to sit", "pick up with one hand", "wave"))
    command = ("evaluate", model, "--data", data)
    assert "--shared-classes" in stf(*command).sentence
    assert "fewer than two" in stf(*command, "--shared-classes").sentence
    outcome = stf(*command, "--same", "stand to sit=sit down")
    assert outcome.out.startswith(
        "Northwestern-UCLA, test side of cross-view: 6 clips of 2 classes, 3 of other classes left out\n"
    )
    assert rows(outcome.out)["stand to sit"][0] == "3"
    assert "no class 'stand up straight'" in stf(*command, "--same", "wave=stand up straight").sentence
    assert "MODEL=DATA" in stf(*command, "--same", "wave").sentence


def test_the_share_that_a_model_would_call_unknown_is_told(stf: Command, build: Build, data: Path) -> None:
    assert "unknown" not in stf("evaluate", build("plain", "joint"), "--data", data).out
    for threshold, share, said in (
        ({"energy": 100}, "0.0%", "an energy of 100.00"),
        ({"energy": -100}, "100.0%", "an energy of -100.00"),
        ({"below": 0.0}, "0.0%", "a confidence of 0.000"),
        ({"below": 1.0}, "100.0%", "a confidence of 1.000"),
    ):
        model = build("wary", "joint", unknown=Unknown(**threshold, false_alarms=0.05))
        assert stf("evaluate", model, "--data", data).out.splitlines()[-1] == (
            f"wary.safetensors: {share} of the clips are called unknown by its threshold, {said}, "
            "chosen for 5.0% false alarms"
        )


def test_a_broken_clip_is_refused_or_skipped_and_named(stf: Command, build: Build, data: Path) -> None:
    model = build("one", "joint")
    (data / "a01_s01_e00_v03.json").write_text("{")
    assert "--skip-broken" in stf("evaluate", model, "--data", data, "-o", "out").sentence
    outcome = stf("evaluate", model, "--data", data, "--skip-broken")
    skipped, said, *_ = outcome.out.splitlines()
    assert "a01_s01_e00_v03" in skipped
    assert said.endswith(": 8 clips of 10 classes")


def test_what_cannot_be_evaluated_is_one_sentence(stf: Command, build: Build, data: Path, tmp_path: Path) -> None:
    model = build("one", "joint")
    before = names(tmp_path)
    assert "no model 'nowhere'" in stf("evaluate", "nowhere", "--data", data, "-o", "out").sentence
    assert "no dataset nowhere" in stf("evaluate", model, "--data", "nowhere", "-o", "out").sentence
    assert "no split 'x'" in stf("evaluate", model, "--data", data, "--split", "x", "-o", "out").sentence
    assert "no labelled clip" in stf("evaluate", model, "--data", data, "--split", "subject=9", "-o", "out").sentence
    assert "is there already" in stf("evaluate", model, "--data", data, "-o", data).sentence
    assert names(tmp_path) == before
    other = build("other", "bone")
    assert "seeds of one recipe" in stf("evaluate", model, other, "--data", data).sentence
    flat = build("flat", "joint", layout="kinetics18")
    assert stf("evaluate", flat, "--data", data).sentence


# fuse


def test_networks_are_put_together_with_equal_weights(stf: Command, build: Build, tmp_path: Path) -> None:
    joint, bone = build("joint", "joint"), build("bone", "bone", seed=1)
    outcome = stf("fuse", joint, bone, "-o", "fused.safetensors")
    assert outcome.out == "wrote fused.safetensors; weights joint 0.500, bone 0.500, temperature 1.000\n"
    header, states = load_checkpoint(tmp_path / "fused.safetensors")
    assert header.streams == {"joint": 0.5, "bone": 0.5}
    assert header.accuracy == ()
    for path, stream in ((joint, "joint"), (bone, "bone")):
        alone = load_checkpoint(path)[1][stream]
        assert all(torch.equal(tensor, states[stream][name]) for name, tensor in alone.items())


def test_weights_are_chosen_on_held_out_clips_of_the_training_side_and_the_result_is_measured(
    stf: Command, build: Build, data: Path, tmp_path: Path
) -> None:
    streams = ("joint", "bone")
    models = [build(stream, stream) for stream in streams]
    held = [_train_views(tmp_path / f"{stream}-held.npz", stream) for stream in streams]
    choice = ("--choose-on", held[0], "--choose-on", held[1])
    outcome = stf("fuse", *models, "-o", "fused.safetensors", "--data", data, *choice)
    assert outcome.code == 0, outcome
    header, _ = load_checkpoint(tmp_path / "fused.safetensors")
    assert header.streams.keys() == {"joint"}
    assert header.temperature != 1
    assert header.recipe.endswith("of least NLL on 9 held-out clips of the training side")
    (figure,) = header.accuracy
    assert (figure.data, figure.split, figure.clips) == ("Northwestern-UCLA", "cross-view, last epoch", 9)
    evaluated = rows(stf("evaluate", "fused.safetensors", "--data", data).out)["joint"]
    assert evaluated[0] == f"{100 * figure.top1:.1f}"


def _train_views(path: Path, stream: str) -> Path:
    """Predictions for every clip of camera 1: the joints know two classes of three, the bones are wrong throughout."""
    clips = [(f"a{label:02}_s{subject:02}_e00_v01", label - 1) for subject in SUBJECTS for label in LABELS]
    labels = np.array([label for _, label in clips])
    said = np.where(labels == 0, 1, labels) if stream == "joint" else labels + 1
    logits = {stream: 3 * np.eye(10, dtype=np.float32)[said]}
    kept = Predictions("m", "N-UCLA", "camera=1", "test", CLASSES, tuple(name for name, _ in clips), labels, logits)
    kept.save(path)
    return path


def test_weights_cannot_be_chosen_on_what_is_tested_on_or_was_trained_on(
    stf: Command, build: Build, data: Path, tmp_path: Path
) -> None:
    model = build("two", "joint", "bone")
    stf("evaluate", model, "--data", data, "-o", "tested")
    stf("evaluate", model, "--data", data, "--part", "train", "-o", "trained")
    command = ("fuse", model, "-o", "fused.safetensors", "--choose-on")
    assert "needs --data" in stf(*command, "tested/two.npz").sentence
    assert "not on the training side" in stf(*command, "tested/two.npz", "--data", data).sentence
    assert "trained on" in stf(*command, "trained/two.npz", "--data", data).sentence
    assert "no file of predictions" in stf(*command, "nothing.npz", "--data", data).sentence
    assert not (tmp_path / "fused.safetensors").exists()


def test_models_that_do_not_fit_each_other_are_one_sentence(stf: Command, build: Build) -> None:
    joint = build("joint", "joint")
    assert "named twice" in stf("fuse", joint, joint, "-o", "fused.safetensors").sentence
    assert "there already" in stf("fuse", joint, build("again", "joint"), "-o", "fused.safetensors").sentence
    assert "differ in samples" in stf("fuse", joint, build("long", "bone", samples=16), "-o", "f.safetensors").sentence


# calibrate confidence


def test_a_calibrated_model_is_written_with_a_temperature_a_threshold_and_a_picture(
    stf: Command, build: Build, data: Path, tmp_path: Path
) -> None:
    model = build("one", "joint", temperature=0.01)
    guess_among(model, LABELS)
    options = ("-o", "sure.safetensors", "--false-alarms", 0.3, "--report", "report")
    outcome = stf("calibrate", "confidence", model, "--data", data, *options)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("Northwestern-UCLA, test side of cross-view: 9 clips of 10 classes by 3 subjects\n")
    assert "vector scaling needs clips of each class by two subjects and was left out: pick up with" in outcome.out
    header, states = load_checkpoint(tmp_path / "sure.safetensors")
    before, weights = load_checkpoint(model)
    assert header.temperature > 0.1
    assert header.vector is None
    assert header.unknown.false_alarms == 0.3
    assert f"unknown above an energy of {header.unknown.energy:.2f}: chosen for 30.0% false alarms" in outcome.out
    assert header.recipe.endswith("unknown fitted on 9 clips of Northwestern-UCLA, test side of cross-view")
    changed = {"temperature", "unknown", "recipe"}
    assert header.model_dump(exclude=changed) == before.model_dump(exclude=changed)
    assert all(torch.equal(tensor, states["joint"][name]) for name, tensor in weights["joint"].items())
    assert f"temperature {header.temperature:.3f}" in outcome.out
    assert min(cv2.imread(str(tmp_path / "report" / "sure.png")).shape[:2]) > 500
    said = [rows(stf("evaluate", path, "--data", data).out)["joint"] for path in (model, "sure.safetensors")]
    assert said[0][:4] == said[1][:4]
    assert float(said[1][-2]) < float(said[0][-2])


def guess_among(model: Path, labels: Iterable[int]) -> None:
    """Make a model favour some classes, as N-UCLA numbers them."""
    header, states = load_checkpoint(model)
    states["joint"]["head.bias"][[label - 1 for label in labels]] += 3
    save_checkpoint(model, header, states)


def test_what_cannot_be_calibrated_is_one_sentence(stf: Command, build: Build, data: Path, tmp_path: Path) -> None:
    model = build("one", "joint")

    def sentence(model: Path, *words: object) -> str:
        return stf("calibrate", "confidence", model, "--data", data, "-o", "out.safetensors", *words).sentence

    assert "other classes" in sentence(build("others", "joint", classes=("wave", "clap")))
    assert "no held-out clip" in sentence(model, "--split", "subject=9")
    assert "of subject 2" in sentence(model, "--split", "subject=2")
    assert "no split" in sentence(model, "--split", "x")
    assert not (tmp_path / "out.safetensors").exists()
