"""Asking the inspector: classes, contrasts, modules, streams, persons; over a video and over a clip."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt needs libraries of the system that are not here", exc_type=ImportError
)

from inspecting import Inspecting
from viewing import RecordedEngine

from apps.inspect.data import Why
from stf.explanation import Question, ask_windows
from stf.recogniser import Recogniser

if TYPE_CHECKING:
    from conftest import Labelled

Maker = Callable[..., Inspecting]


def choose(inspecting: Inspecting, box: str, value: object) -> None:
    """As a person does."""
    widget = getattr(inspecting.window.why, box)
    number = widget.findData(value)
    assert number >= 0, (box, value)
    widget.setCurrentIndex(number)
    widget.activated.emit(number)


def test_any_class_contrast_module_and_stream_is_answered_as_the_library_answers_it(inspecting: Inspecting) -> None:
    inspecting.cursor.go(2.0)
    questions = [Why("wave"), Why("clap", "wave"), Why("clap", None, 2), Why("clap", None, None, "bone")]
    subject = inspecting.inspector.subject
    recogniser = Recogniser.load(device="cpu")
    for why in questions:
        for box, value in zip(
            ("label", "contrast", "module", "stream"), (why.label, why.contrast, why.module, why.stream), strict=True
        ):
            choose(inspecting, box, value)
        assert inspecting.asking.why == why
        inspecting.wait_for_answer()
        answer = inspecting.asking.answer
        window = subject.windows(0, [inspecting.asking.window])
        found = ask_windows(recogniser, window, Question(why.label, why.contrast, why.module, why.stream))
        assert answer.label == why.label
        np.testing.assert_allclose(answer.focus, found.focus[0, 0], atol=1e-4)
        np.testing.assert_allclose(answer.scores, found.scores[0], atol=1e-4)


def test_the_top_two_are_told_from_each_other_either_way(inspecting: Inspecting) -> None:
    inspecting.cursor.go(2.0)
    asking = inspecting.asking
    first, second = (
        inspecting.inspector.subject.classes[n] for n in (-asking.track.scores[asking.window]).argsort()[:2]
    )
    for label, contrast in ((second, first), (first, second), (second, first)):
        inspecting.trigger("swap")
        assert asking.why == Why(label, contrast)
    inspecting.wait_for_answer()
    assert asking.answer.label == second
    asking.wonder(Why(None, second))
    inspecting.trigger("swap")
    assert asking.why == Why(second, first)


def test_the_focus_of_a_whole_video_is_computed_from_the_cursor_on_and_kept_mapped(
    inspecting: Inspecting, make_inspecting: Maker, labelled: "Labelled", tmp_path: Path
) -> None:
    inspecting.cursor.go(5.0)
    inspecting.asking.wonder(Why("clap", "wave"))
    inspecting.wait(lambda: inspecting.asking.share > 0)
    assert np.isfinite(inspecting.asking.volume.at(np.array([5.0]))).all()
    inspecting.wait(lambda: inspecting.asking.share == 1.0)
    assert np.isfinite(inspecting.asking.volume.at(np.linspace(0.3, 5.5, 50))).all()
    (kept,) = (tmp_path / "cache" / "inspect").glob("*/*.focus")
    assert isinstance(inspecting.asking.volume._focus, np.memmap)
    assert kept.stat().st_size > 0
    again = make_inspecting()
    again.open(labelled.folder / "short.stf.json")
    again.asking.wonder(Why("clap", "wave"))
    again.wait(lambda: again.asking.volume is not None)
    assert again.asking.share == 1.0


def test_the_recorded_focus_is_shown_while_nothing_in_particular_is_asked(inspecting: Inspecting) -> None:
    inspecting.asking.wonder(Why("wave"))
    assert not inspecting.asking.recorded
    inspecting.trigger("reset")
    assert inspecting.asking.recorded
    track = inspecting.asking.track
    window = 5
    with inspecting.inspector.subject.record.windows() as windows:
        recorded = list(windows)[window]
    shown = inspecting.asking.volume.at(np.array([float(track.middles[window])]))[0]
    np.testing.assert_allclose(shown, recorded.focus[len(recorded.focus) // 2], atol=1e-6)


def test_curves_say_whether_the_focus_of_this_window_can_be_trusted(inspecting: Inspecting) -> None:
    inspecting.cursor.go(2.4)
    inspecting.asking.wonder(Why("clap"))
    inspecting.wait_for_answer()
    inspecting.trigger("trust")
    plot = inspecting.window.why.curves
    inspecting.wait(lambda: not plot.isHidden())
    trust = []
    inspecting.inspector.trusted.connect(trust.append)
    inspecting.trigger("trust")
    inspecting.wait(lambda: bool(trust))
    assert set(trust[0].curves) == {"deletion", "insertion"}
    for pair in trust[0].curves.values():
        assert pair.shape == (2, len(trust[0].shares))
        assert pair[0, [0, -1]] == pytest.approx(pair[1, [0, -1]], abs=1e-4)
    inspecting.cursor.go(0.2)
    inspecting.wait_for_answer()
    assert plot.isHidden()


def test_a_class_that_the_model_lacks_and_a_class_told_from_itself_are_said(inspecting: Inspecting) -> None:
    inspecting.asking.wonder(Why("wave", "wave"))
    inspecting.wait(lambda: "cannot be told from itself" in inspecting.window.banner.text)
    inspecting.asking.wonder(Why("wvae"))
    inspecting.wait(lambda: "did you mean 'wave'" in inspecting.window.banner.text)
    inspecting.trigger("reset")
    inspecting.wait_for_answer()
    assert inspecting.window.isVisible()


def test_a_record_of_another_model_is_shown_but_not_asked_about(
    make_inspecting: Maker, recorded_engine: RecordedEngine, labelled: "Labelled"
) -> None:
    other = replace(recorded_engine, model="utd-mhad-27", loaded=Recogniser.load("utd-mhad-27", device="cpu"))
    inspecting = make_inspecting(other, given=True)
    inspecting.open(labelled.folder / "short.stf.json")
    inspecting.wait(lambda: "another model" in inspecting.window.banner.text)
    assert inspecting.asking.facts is None
    inspecting.cursor.go(2.0)
    inspecting.wait(lambda: any(abs(shown.time - 2.0) < 0.04 for shown in inspecting.painted))


def test_a_clip_of_a_dataset_is_scored_and_explained_all_over(make_inspecting: Maker, utd_mhad: Path) -> None:
    inspecting = make_inspecting()
    inspecting.open(utd_mhad, "a1_s2_t1")
    assert inspecting.inspector.subject.name == "a1_s2_t1"
    inspecting.wait(lambda: inspecting.asking.share == 1.0)
    assert inspecting.window.views.currentWidget() is inspecting.window.body
    assert np.isfinite(inspecting.asking.track.scores).all()
    inspecting.cursor.go(1.0)
    inspecting.wait_for_answer()
    assert np.isfinite(inspecting.asking.volume.at(np.array([1.0]))).all()
    inspecting.trigger("next_clip")
    inspecting.wait(lambda: inspecting.inspector.subject.name != "a1_s2_t1")


def test_a_clip_that_is_not_there_is_named_with_the_nearest_one(make_inspecting: Maker, utd_mhad: Path) -> None:
    inspecting = make_inspecting()
    inspecting.open(utd_mhad, "a1_s2_t9")
    assert "did you mean" in inspecting.window.banner.text


def test_the_adjacency_of_the_module_is_shown_and_its_strongest_links_tie_the_skeleton(inspecting: Inspecting) -> None:
    inspecting.cursor.go(2.4)
    inspecting.wait_for_answer()
    panel, joints = inspecting.window.graph, inspecting.inspector.subject.layout.joints
    inspecting.window.tabs.setCurrentIndex(3)
    inspecting.wait(lambda: panel.graph is not None)
    inspecting.asking.wonder(Why("clap", module=2))
    inspecting.wait(lambda: panel.graph.module == 2)
    assert panel.graph.label == "clap"
    for kind in ("learned", "fixed", "asked", "instance"):
        panel.kind.setCurrentIndex(panel.kind.findData(kind))
        panel.kind.activated.emit(0)
        link = panel.graph.strongest(kind, 1)[0]
        assert all(joints[joint].replace("_", " ") in panel.links.text() for joint in (link.source, link.target))
        assert inspecting.window._links[0] == (link.source, link.target, 1.0)
    inspecting.window.tabs.setCurrentIndex(0)
    assert inspecting.window._links == ()
