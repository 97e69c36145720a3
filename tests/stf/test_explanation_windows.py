"""Asking about windows one by one."""

import numpy as np
import pytest

from stf.errors import UserError
from stf.explanation import Question, ask_windows
from stf.recogniser import Recogniser


def test_a_window_is_scored_as_it_is_recognised(shipped: Recogniser, fidgeting: np.ndarray) -> None:
    answers = ask_windows(shipped, fidgeting[:, None])
    scores, _ = shipped.recognise(fidgeting)
    np.testing.assert_allclose(answers.scores, scores, atol=1e-5)
    assert answers.explained.tolist() == scores.argmax(axis=1).tolist()


def test_a_chosen_class_is_explained_as_the_viewer_does(fidgeting: np.ndarray) -> None:
    exact = Recogniser.load(device="cpu")  # in single precision a ReLU may round to either side of zero
    for network in exact.networks.values():
        network.double()
    windows = fidgeting.astype(np.float64)
    focus = ask_windows(exact, windows[:, None], Question(exact.classes[3])).focus[:, 0]
    np.testing.assert_allclose(focus, exact.explain(windows, np.array([3, 3])), atol=1e-9)
    np.testing.assert_allclose(focus.max(axis=(1, 2)), 1, atol=1e-9)


def test_why_not_the_most_probable_class_is_asked_of_the_next_one(shipped: Recogniser, fidgeting: np.ndarray) -> None:
    scores = ask_windows(shipped, fidgeting[:1, None]).scores[0]
    first, second = np.argsort(-scores)[:2].tolist()
    answers = ask_windows(shipped, fidgeting[:1, None], Question(contrast=shipped.classes[first]))
    assert answers.explained.tolist() == [second]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (Question("wvae"), "did you mean 'wave'"),
        (Question("wave", contrast="wave"), "cannot be told from itself"),
        (Question(module=7), "no module 7"),
        (Question(stream="smell"), "no stream 'smell'"),
    ],
)
def test_what_the_model_lacks_is_said(
    shipped: Recogniser, fidgeting: np.ndarray, question: Question, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        ask_windows(shipped, fidgeting[:, None], question)


def test_one_stream_is_scored_and_explained_alone(shipped: Recogniser, fidgeting: np.ndarray) -> None:
    both = ask_windows(shipped, fidgeting[:, None], Question("wave"))
    bone = ask_windows(shipped, fidgeting[:, None], Question("wave", stream="bone"))
    assert np.abs(both.focus - bone.focus).max() > 0.01
    assert np.abs(both.scores - bone.scores).max() > 1e-4
