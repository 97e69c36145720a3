"""Why a recogniser says what it says."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from bodies import moving, standing

from stf.checkpoint import Header, Unknown
from stf.datasets.clip import Clip
from stf.errors import UserError
from stf.evaluation import score_clips
from stf.explanation import Explanation, Question, average, explain
from stf.models import build_model
from stf.network import Network
from stf.recogniser import Recogniser
from stf.sampling import sample_clip
from stf.skeleton import KINECT20, NTU25


@pytest.fixture(scope="module")
def recogniser(checkpoint: Path) -> Recogniser:
    return Recogniser.load(checkpoint, device="cpu")


def clip_of(frames: int, fps: float = 15, persons: int = 1, layout=NTU25) -> Clip:
    joints = moving(layout, frames=frames, persons=persons)[0].permute(3, 1, 2, 0)
    return Clip(joints.float().contiguous().numpy(), fps, layout, name="somebody")


@pytest.fixture(scope="module")
def clip() -> Clip:
    """As long as a window."""
    return clip_of(32)


WHOLE = {"whole_clips": True, "looks": 3}
KINDS = {"spans": {}, "whole clips": WHOLE, "whole clips, turned": {**WHOLE, "normalisation": "box", "turn": 0.8}}


@pytest.fixture(scope="module", params=KINDS)
def either(header: Header, networks: dict[str, Network], request: pytest.FixtureRequest) -> Recogniser:
    """A model of spans of time, and those of whole clips."""
    return Recogniser(header.model_copy(update=KINDS[request.param]), networks, torch.device("cpu"))


def probabilities(recogniser: Recogniser, clip: Clip) -> np.ndarray:
    logits = {name: torch.from_numpy(rows) for name, rows in score_clips(recogniser, [clip]).items()}
    return recogniser.fuse(logits).softmax(dim=1)[0].numpy()


# What is explained


@pytest.mark.parametrize("label", ["wave", "kick"])
def test_a_window_is_explained_as_the_viewer_does(recogniser: Recogniser, clip: Clip, label: str) -> None:
    start = (clip.seconds - recogniser.sampling.span) / 2  # half a frame after the clip
    window = sample_clip(clip.joints, clip.fps, recogniser.sampling, start)
    shown = recogniser.explain(window, np.array([recogniser.classes.index(label)]))[0]
    between = (shown[:-1] + shown[1:]) / 2
    found = explain(recogniser, clip, Question(label)).focus[0]
    np.testing.assert_allclose(found[1:] / found[1:].max(), between / between.max(), atol=1e-3)


def test_scores_are_those_that_stf_evaluate_measures(either: Recogniser, clip: Clip) -> None:
    found = explain(either, clip)
    np.testing.assert_allclose(found.scores, probabilities(either, clip), atol=1e-5)
    assert found.label == either.classes[int(found.scores.argmax())]
    assert found.top(1) == [(found.label, found.score(found.label))]


def test_scores_leave_to_the_unknown_what_predictions_do(
    header: Header, networks: dict[str, Network], clip: Clip
) -> None:
    sure = Recogniser(header.model_copy(update={"unknown": None}), networks, torch.device("cpu"))
    window = sample_clip(clip.joints, clip.fps, sure.sampling, (clip.seconds - sure.sampling.span) / 2)
    doubtful = header.model_copy(update={"unknown": Unknown(energy=-1.5, false_alarms=0.05)})
    unsure = Recogniser(doubtful, networks, torch.device("cpu"))
    found = explain(unsure, clip).scores
    np.testing.assert_allclose(found, unsure.recognise(window)[0][0], atol=1e-5)
    assert explain(sure, clip).scores.sum() - found.sum() > 0.1


@pytest.mark.parametrize("frames", [8, 32, 200])
def test_every_moment_of_a_clip_of_any_length_is_explained(either: Recogniser, frames: int) -> None:
    clip = clip_of(frames, fps=30)
    found = explain(either, clip)
    assert found.times[0] == 0
    assert found.times[-1] == pytest.approx((frames - 1) / 30, abs=1 / 15)
    assert found.focus.shape == (1, len(found.times), 25)
    assert found.joints.shape == (1, len(found.times), 25, 3)
    assert found.focus.min() >= 0
    assert found.focus.max() == pytest.approx(1, abs=1e-5)
    assert found.focus.any(axis=(0, 2)).all()
    np.testing.assert_allclose(found.joints[0, 0], clip.joints[0, 0], atol=1e-6)


def test_a_motion_that_comes_later_is_focused_on_later(recogniser: Recogniser) -> None:
    joints = np.repeat(standing(NTU25)[None, None].astype(np.float32), 240, axis=1)
    early, late = joints.copy(), joints.copy()
    early[0, 60:120] = late[0, 120:180] = clip_of(60).joints[0]
    first, second = (explain(recogniser, Clip(one, 15, NTU25), Question("wave")).focus[0] for one in (early, late))
    assert np.abs(first[60:120] - second[120:180]).mean() < np.abs(first - second)[60:180].mean() / 3


def test_people_are_explained_beside_each_other_and_who_is_not_there_is_not(recogniser: Recogniser) -> None:
    clip = clip_of(32, persons=2)
    assert explain(recogniser, clip).focus.any(axis=(1, 2)).tolist() == [True, True]
    joints = clip.joints.copy()
    joints[1] = np.nan
    assert explain(recogniser, replace(clip, joints=joints)).focus.any(axis=(1, 2)).tolist() == [True, False]


def test_a_clip_is_converted_to_the_layout_of_the_model(recogniser: Recogniser) -> None:
    found = explain(recogniser, clip_of(32, layout=KINECT20))
    assert found.layout is NTU25
    assert found.focus.shape[2] == 25


# What is asked


def test_a_contrast_is_another_question_and_so_is_its_reverse(recogniser: Recogniser, clip: Clip) -> None:
    alone, against, reverse = (
        explain(recogniser, clip, Question(*asked)).focus for asked in [("wave",), ("wave", "kick"), ("kick", "wave")]
    )
    assert np.abs(against - alone).max() > 0.05
    assert np.abs(against - reverse).max() > 0.05


@pytest.mark.parametrize("module", [1, 3, 6])
@pytest.mark.parametrize("method", ["pooled", "elementwise"])
def test_every_module_can_be_asked_by_either_method(recogniser, clip, module: int, method: str) -> None:
    found = explain(recogniser, clip, Question("wave", module=module, method=method))
    assert (found.module, found.method, found.depth) == (module, method, 6)
    assert found.focus.max() == pytest.approx(1, abs=1e-5)


def test_a_stream_alone_says_what_it_says_alone(recogniser: Recogniser, clip: Clip) -> None:
    found = explain(recogniser, clip, Question(stream="bone"))
    alone = torch.from_numpy(score_clips(recogniser, [clip])["bone"]).softmax(dim=1)[0].numpy()
    np.testing.assert_allclose(found.scores, alone, atol=1e-5)
    assert found.streams == ("bone",)
    assert np.abs(found.focus - explain(recogniser, clip, Question(found.label)).focus).max() > 0.01


def test_a_model_of_another_architecture_is_asked_in_the_same_way(recogniser: Recogniser, clip: Clip) -> None:
    header = recogniser.header.model_copy(update={"streams": {"joint": 1.0}, "architecture": "st_gcn"})
    torch.manual_seed(0)
    network = build_model("st_gcn", layout=NTU25, num_classes=5, widths=(8, 8, 8), strides=(1, 2, 1)).eval()
    found = explain(Recogniser(header, {"joint": network}, torch.device("cpu")), clip, Question("wave", "clap", 2))
    assert found.depth == 3
    assert found.focus.max() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (Question("wav"), "no class 'wav'; did you mean 'wave'?"),
        (Question("wave", "zzz"), "no class 'zzz'; did you mean '"),
        (Question("wave", "wave"), "'wave' cannot be told from itself"),
        (Question(module=7), "its modules are 1 to 6"),
        (Question(module=0), "its modules are 1 to 6"),
        (Question(stream="motion"), "it has joint, bone"),
    ],
)
def test_what_the_model_lacks_is_said(recogniser: Recogniser, clip: Clip, question: Question, words: str) -> None:
    with pytest.raises(UserError, match=re.escape(words)):
        explain(recogniser, clip, question)


def test_a_clip_of_nobody_and_a_single_frame_are_refused(recogniser: Recogniser, clip: Clip) -> None:
    with pytest.raises(UserError, match="nobody is seen in 'somebody'"):
        explain(recogniser, replace(clip, joints=np.full_like(clip.joints, np.nan)))
    with pytest.raises(UserError, match="single frame"):
        explain(recogniser, replace(clip, joints=clip.joints[:, :1]))


# Averages, moments, files


@pytest.fixture(scope="module")
def answer(recogniser: Recogniser, clip: Clip) -> Explanation:
    return explain(recogniser, clip, Question("wave", "clap", 3))


def test_the_average_of_a_clip_played_at_several_speeds_is_that_of_the_clip(answer: Explanation) -> None:
    slow = replace(answer, times=np.arange(63) / 15, focus=np.repeat(answer.focus, 2, axis=1)[:, :-1])
    slow.focus[:, 1::2] = (answer.focus[:, :-1] + answer.focus[:, 1:]) / 2
    mean = average([answer, replace(slow, joints=np.repeat(answer.joints, 2, axis=1)[:, :-1])])
    assert (mean.clips, mean.times[0], mean.times[-1]) == (2, 0, 1)
    np.testing.assert_allclose(mean.focus[:, [0, -1]], answer.focus[:, [0, -1]] / mean_peak(answer), atol=0.02)
    np.testing.assert_allclose(mean.scores, answer.scores, rtol=1e-5)


def mean_peak(answer: Explanation) -> float:
    """The largest value that is left when a clip is read at 64 moments."""
    at = np.linspace(0, len(answer.times) - 1, 64)
    before, share = np.floor(at).astype(int), (at % 1)[:, None]
    after = np.ceil(at).astype(int)
    return float((answer.focus[0, before] * (1 - share) + answer.focus[0, after] * share).max())


def test_an_average_shows_the_clip_that_is_most_like_it(answer: Explanation) -> None:
    odd = replace(answer, name="odd", focus=answer.focus[:, ::-1].copy())
    assert average([odd, answer, replace(answer, name="same")]).name == "somebody"


def test_the_most_focused_moments_lie_apart_and_in_order(answer: Explanation) -> None:
    strength = np.zeros((1, 32, 25), np.float32)
    strength[0, [3, 4, 20, 28], 7] = 0.8, 1, 0.5, 0.9
    assert replace(answer, focus=strength).moments(3) == [4, 20, 28]


def test_what_is_saved_says_all(answer: Explanation, tmp_path: Path) -> None:
    answer.save(tmp_path / "focus.npz")
    with np.load(tmp_path / "focus.npz", allow_pickle=False) as file:
        kept = dict(file)
    np.testing.assert_array_equal(kept["focus"], answer.focus)
    np.testing.assert_array_equal(kept["times"], answer.times)
    np.testing.assert_array_equal(kept["scores"], answer.scores)
    np.testing.assert_array_equal(kept["skeleton"], answer.joints)
    assert kept["joints"].tolist() == list(NTU25.joints)
    assert kept["classes"].tolist() == list(answer.classes)
    assert kept["streams"].tolist() == ["joint", "bone"]
    asked = {name: kept[name].item() for name in ("clip", "label", "contrast", "module", "method", "layout", "clips")}
    assert asked == {
        "clip": "somebody",
        "label": "wave",
        "contrast": "clap",
        "module": 3,
        "method": "elementwise",
        "layout": "ntu25",
        "clips": 1,
    }
