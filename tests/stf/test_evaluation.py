from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from bodies import moving
from scipy.special import softmax
from sentences import refused

from stf.checkpoint import Header, load_checkpoint, save_checkpoint
from stf.datasets.clip import Clip
from stf.datasets.corpus import Corpus, Origin, Part, by_subject, find_split
from stf.errors import UserError
from stf.evaluation import (
    Predictions,
    answers,
    fuse,
    make_views,
    match_classes,
    on_side,
    score_clips,
    typical_weights,
)
from stf.network import Network
from stf.recogniser import Recogniser
from stf.sampling import sample_clip
from stf.skeleton import NTU25
from stf.windows import PARTS

OURS = ("stand to sit", "throw", "sit to stand", "wave")
THEIRS = ("sit down", "stand up", "throw", "carry")


def clips(count: int, frames: int = 90) -> list[Clip]:
    joints = moving(NTU25, clips=count, frames=frames).permute(0, 4, 2, 3, 1).float().numpy()
    return [Clip(one, 30, NTU25, n % 5, subject=n % 4, name=f"clip {n}") for n, one in enumerate(joints)]


@pytest.fixture(scope="module")
def recogniser(checkpoint: Path) -> Recogniser:
    return Recogniser.load(checkpoint, device="cpu")


@pytest.fixture
def predictions() -> Predictions:
    logits = {"joint": np.array([[1, 2], [3, 4], [5, 6]], np.float32), "bone": np.zeros((3, 2), np.float32)}
    return Predictions(
        model="a.safetensors",
        data="UTD-MHAD",
        split="subject=7",
        part=Part.TEST,
        classes=("swipe left", "Zug, é"),
        names=("a", "b", "c"),
        labels=np.array([0, 1, 1]),
        logits=logits,
    )


# Scores


def test_scores_of_a_span_are_what_the_recogniser_says_of_the_middle_window(recogniser: Recogniser) -> None:
    some = clips(3)
    logits = score_clips(recogniser, some)
    sampling = recogniser.sampling
    windows = [sample_clip(c.joints, c.fps, sampling, (c.seconds - sampling.span) / 2) for c in some]
    expected, _ = recogniser.recognise(np.concatenate(windows))
    fused = fuse(logits, recogniser.header.streams, recogniser.header.temperature)
    np.testing.assert_allclose(softmax(fused, axis=1), expected, atol=1e-5)


def test_scores_of_whole_clips_are_the_mean_of_the_looks_and_reported_clip_by_clip(
    header: Header, networks: dict[str, Network]
) -> None:
    some, done = clips(70, frames=40), []

    def scores(shown: list[Clip], looks: int) -> np.ndarray:
        whole = header.model_copy(update={"whole_clips": True, "looks": looks})
        recogniser = Recogniser(whole, networks, torch.device("cpu"))
        return score_clips(recogniser, shown, lambda clip: done.append(clip.name))["joint"]

    one, two = scores(some, 1), scores(some, 2)
    assert done == [clip.name for clip in some] * 2
    assert one.shape == (70, 5)
    second = scores([replace(clip, joints=part(clip.joints, *PARTS[1])) for clip in some], 1)
    assert np.abs(one - second).max() > 1e-2
    np.testing.assert_allclose(two, (one + second) / 2, atol=1e-4)


def test_looks_are_turned_from_side_to_side_and_the_first_is_not(header: Header, networks: dict[str, Network]) -> None:
    some, turn = clips(3, frames=40), 0.8

    def views(shown: list[Clip], **facts: object) -> list[torch.Tensor]:
        whole = header.model_copy(update={"whole_clips": True, "looks": 3, "normalisation": "box", **facts})
        return make_views(Recogniser(whole, networks, torch.device("cpu")), shown)

    plain, looks = views(some), views(some, turn=turn)
    torch.testing.assert_close(looks[0], plain[0])
    for number, share in ((1, 0.25), (2, -0.25)):
        cos, sin = np.cos(share * turn), np.sin(share * turn)
        about_y = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]], np.float32)
        turned = [replace(clip, joints=clip.joints @ about_y.T) for clip in some]
        torch.testing.assert_close(looks[number], views(turned)[number], atol=1e-4, rtol=1e-4)
        assert not torch.allclose(looks[number], plain[number], atol=1e-2)


def part(joints: np.ndarray, begin: float, share: float) -> np.ndarray:
    """That part of a clip, in so many frames that a window of 32 samples hits them."""
    place = (begin + share * np.linspace(0, 1, 32)) * (joints.shape[1] - 1)
    low = np.floor(place).astype(int)
    rest = (place - low)[None, :, None, None].astype(np.float32)
    return (joints[:, low] * (1 - rest) + joints[:, np.minimum(low + 1, joints.shape[1] - 1)] * rest).astype(np.float32)


def test_typical_weights_are_the_mean_of_a_class_and_make_its_only_clip_s_exact_focus(
    checkpoint: Path, tmp_path: Path
) -> None:
    header, states = load_checkpoint(checkpoint)
    header = header.model_copy(update={"focus_module": 2})
    save_checkpoint(tmp_path / "inner.safetensors", header, states)
    exact = Recogniser.load(tmp_path / "inner.safetensors", device="cpu")
    shown = clips(2)
    window = make_views(exact, shown[:1])[0][..., 0].permute(0, 2, 3, 1).numpy()
    probabilities, focus = exact.recognise(window)
    answer = int(probabilities.argmax())
    of_one = [replace(shown[0], label=answer), replace(shown[1], label=(answer + 1) % 5)]
    weights = typical_weights(exact, of_one)
    assert {stream: tuple(rows.shape) for stream, rows in weights.items()} == {"joint": (5, 8), "bone": (5, 8)}
    for stream, rows in weights.items():
        assert torch.allclose(rows.amax(dim=1), torch.ones(5))
        states[stream]["typical_weights"] = rows
    save_checkpoint(tmp_path / "typical.safetensors", header, states)
    typical = Recogniser.load(tmp_path / "typical.safetensors", device="cpu").recognise(window)
    assert np.allclose(typical[0], probabilities, atol=1e-6)
    assert np.allclose(typical[1], focus, atol=5e-3)  # weights are kept in half precision


def test_one_stream_alone_is_what_is_fused(recogniser: Recogniser) -> None:
    header = recogniser.header.model_copy(update={"streams": {"joint": 2.0, "bone": 1.0}, "temperature": 0.5})
    joint, bone = np.array([[1, 0]], np.float32), np.array([[0, 1]], np.float32)
    both = answers({"joint": joint, "bone": bone}, header)
    assert [*both] == ["joint", "bone", "fused"]
    np.testing.assert_array_equal(both["joint"], joint)
    np.testing.assert_array_equal(both["fused"], [[4, 2]])
    alone = answers({"joint": joint}, header)
    np.testing.assert_array_equal(alone["joint"], [[4, 0]])
    assert [*alone] == ["joint"]


# Splits


def corpus(**splits: object) -> Corpus:
    return Corpus(Origin("Some", "none", "nobody"), OURS, NTU25, [], splits)


def test_a_split_is_the_usual_one_a_published_one_or_by_numbers() -> None:
    some = corpus(first=by_subject(frozenset({1})), second=by_subject(frozenset({2})))

    def tested(name: str | None) -> list[int]:
        return [clip.subject for clip in on_side(clips(4), find_split(some, name)[1], Part.TEST)]

    assert tested(None) == [1]
    assert tested("second") == [2]
    assert tested("subject=0,3") == [0, 3]
    assert find_split(some, None)[0] == "first"


def test_clips_without_a_label_are_on_no_side() -> None:
    unlabelled = [replace(clip, label=-1) for clip in clips(2)]
    assert [clip.label for clip in on_side([*unlabelled, *clips(3)], lambda _: None, None)] == [0, 1, 2]


@pytest.mark.parametrize("split", ["third", "subject=", "subject=a", "actor=3", "subject=1,,2"])
def test_a_split_that_is_none_is_refused(split: str) -> None:
    with pytest.raises(UserError, match=split):
        find_split(corpus(first=by_subject(frozenset({1}))), split)


def test_a_dataset_without_splits_needs_one() -> None:
    with pytest.raises(UserError, match="publishes no split"):
        find_split(corpus(), None)


# Classes


def test_equal_classes_match_whatever_their_order() -> None:
    match = match_classes(("a", "b", "c"), ("c", "a", "b"))
    assert match.columns == (0, 1, 2)
    assert match.labels == {0: 2, 1: 0, 2: 1}


def test_shared_classes_are_found_by_name_and_by_what_is_said_to_be_the_same() -> None:
    match = match_classes(OURS, THEIRS, shared=True, same=[("stand to sit", "sit down"), ("sit to stand", "stand up")])
    assert match.columns == (0, 1, 2)
    assert match.labels == {0: 0, 1: 2, 2: 1}


def test_two_classes_of_the_dataset_may_be_one_of_the_model() -> None:
    match = match_classes(("pick up", "throw"), ("with one hand", "with two hands", "throw"), shared=True,
                          same=[("pick up", "with one hand"), ("pick up", "with two hands")])  # fmt: skip
    assert match.labels == {0: 0, 1: 0, 2: 1}


def test_other_classes_are_refused_unless_sharing_some_is_enough() -> None:
    with pytest.raises(UserError, match="--shared-classes"):
        match_classes(OURS, THEIRS)
    with pytest.raises(UserError, match="--shared-classes"):
        match_classes(OURS, OURS[:3])
    with pytest.raises(UserError, match="fewer than two"):
        match_classes(OURS, THEIRS, shared=True)


@pytest.mark.parametrize(
    ("pair", "reason"),
    [(("sit", "sit down"), "model has no class 'sit'"), (("wave", "bow"), "dataset has no class 'bow'"),
     (("wave", "throw"), "'throw' is 'throw' of the model already")],
)  # fmt: skip
def test_pairs_that_cannot_be_are_refused(pair: tuple[str, str], reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        match_classes(OURS, THEIRS, shared=True, same=[pair])


# Predictions


def test_predictions_are_read_as_they_were_written(predictions: Predictions, tmp_path: Path) -> None:
    predictions.save(tmp_path / "a.npz")
    found = Predictions.load(tmp_path / "a.npz")
    for name in ("model", "data", "split", "part", "classes", "names"):
        assert getattr(found, name) == getattr(predictions, name)
    np.testing.assert_array_equal(found.labels, predictions.labels)
    assert {stream: rows.tolist() for stream, rows in found.logits.items()} == {
        stream: rows.tolist() for stream, rows in predictions.logits.items()
    }


def test_damaged_predictions_are_refused(predictions: Predictions, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with refused(path, "there is no"):
        Predictions.load(path)
    predictions.save(path)
    whole = path.read_bytes()
    for damaged in (b"", b"nothing", whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        with refused(path, "not a file of predictions"):
            Predictions.load(path)
    np.savez(path, names=np.array(["a"]))
    with refused(path, "not a file of predictions"):
        Predictions.load(path)


def test_predictions_that_do_not_fit_together_are_refused(predictions: Predictions, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    broken = [
        replace(predictions, names=("a", "b")),
        replace(predictions, labels=np.array([0, 1])),
        replace(predictions, classes=("one",)),
        replace(predictions, logits={"joint": np.full((3, 2), np.nan, np.float32)}),
    ]
    for one in broken:
        one.save(path)
        with refused(path, "damaged"):
            Predictions.load(path)


def test_a_pickle_in_a_file_of_predictions_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, names=np.array([print], object))
    with refused(path, "not a file of predictions"):
        Predictions.load(path)
