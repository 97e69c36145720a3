"""Two models side by side in the inspector: one clip or one video, one cursor, one question."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt needs libraries of the system that are not here", exc_type=ImportError
)

from inspecting import Inspecting
from test_data import write_clip
from untrained import write_random

from apps.engine import Engine
from apps.inspect import changes
from apps.inspect.data import Track, Why
from apps.inspect.score_lines import Scored, score_lines
from apps.widgets.data import ScoreLine
from stf.checkpoint import DEFAULT_MODEL
from stf.datasets.nucla import CLASSES
from stf.explanation import Question, ask_windows
from stf.recogniser import Recogniser
from stf.skeleton import KINECT20, KINETICS18, NTU25

if TYPE_CHECKING:
    from conftest import Labelled

Maker = Callable[..., Inspecting]
OTHER = "utd-mhad-27"


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Two clips of one class in a layout of 20 joints, from which 25 can be had."""
    for subject in (1, 2):
        write_clip(tmp_path / "data", f"a01_s{subject:02}_e00_v01", 40)
    return tmp_path / "data"


def wait_for_both(inspecting: Inspecting) -> None:
    """Until both models have answered for the window at the cursor, as it is asked about now."""
    first, second = inspecting.asking, inspecting.inspector.rival.asking

    def answered() -> bool:
        return second.answer is not None and (second.answer.why, second.answer.edits) == (second.why, second.edits)

    inspecting.wait_for_answer()
    inspecting.wait(answered)
    middles = [(one.answer.start + one.answer.end) / 2 for one in (first, second)]
    if middles[0] != pytest.approx(middles[1]):
        inspecting.wait(lambda: second.answer.start == second.track.start[second.window])


def lines_of(inspecting: Inspecting, label: str) -> list[ScoreLine]:
    """The lines of a label over time, the first model's before the other's."""
    found = [line for line in inspecting.window.time.plot._shown if line.label == label]
    assert [line.other for line in found] == list(range(len(found)))
    return found


def test_another_model_is_asked_the_same_of_the_same_window(make_inspecting: Maker, labelled: "Labelled") -> None:
    inspecting = make_inspecting(Engine(DEFAULT_MODEL, "cpu"))
    rival, panel = inspecting.inspector.rival, inspecting.window.compare
    inspecting.open(labelled.folder / "short.stf.json")
    inspecting.wait(lambda: inspecting.asking.answer is not None)
    inspecting.trigger("against")
    panel.model.setCurrentIndex(panel.model.findData(OTHER))
    panel.model.activated.emit(panel.model.currentIndex())
    inspecting.cursor.go(2.0)
    inspecting.asking.wonder(Why("wave"))
    wait_for_both(inspecting)
    first, second = inspecting.asking.answer, rival.asking.answer
    assert (second.start, second.label) == (pytest.approx(first.start), "wave")
    found = ask_windows(
        Recogniser.load(OTHER, device="cpu"), rival.asking.subject.windows(0, [rival.asking.window]), Question("wave")
    )
    np.testing.assert_allclose(second.scores, found.scores[0], atol=1e-4)
    np.testing.assert_allclose(second.focus, found.focus[0, 0], atol=1e-4)
    wave = next(pair for pair in panel.bars._pairs if pair.label == "wave")
    assert wave.probabilities == pytest.approx((first.scores[2], second.scores[2]), abs=1e-4)
    inspecting.wait(lambda: rival.asking.share == 1.0)
    assert not inspecting.window.time.other.isHidden()
    own, others = lines_of(inspecting, "wave")
    assert (own.asked, others.asked) == (True, True)
    np.testing.assert_allclose(own.values, inspecting.asking.track.scores[:, 2], atol=1e-6)
    np.testing.assert_allclose(others.values[rival.asking.window], found.scores[0, 2], atol=1e-4)
    inspecting.asking.change((changes.mirror(),))
    wait_for_both(inspecting)
    assert rival.asking.answer.edits == inspecting.asking.edits
    assert any(None not in pair.before for pair in panel.bars._pairs)
    rival.choose("")
    assert inspecting.window.time.other.isHidden()
    assert panel.bars._pairs == ()
    assert not any(line.other for line in inspecting.window.time.plot._shown)


def test_classes_that_only_one_model_has_are_marked_and_it_is_said_what_is_asked_instead(
    make_inspecting: Maker, clips: Path, tmp_path: Path
) -> None:
    model = write_random(tmp_path / "m.safetensors", NTU25, ("bow", "wave"))
    inspecting = make_inspecting(Engine(DEFAULT_MODEL, "cpu"))
    inspecting.inspector.rival.choose(str(model))
    inspecting.open(clips)
    panel = inspecting.window.compare
    inspecting.asking.wonder(Why("clap", "wave"))
    inspecting.wait(lambda: inspecting.inspector.rival.asking.answer is not None)
    wait_for_both(inspecting)
    known = {pair.label: pair.probabilities for pair in panel.bars._pairs}
    assert known["bow"][0] is None
    assert known["clap"][1] is None
    assert None not in known["wave"]
    assert "no class 'clap'" in panel.note.text()
    inspecting.wait(lambda: inspecting.inspector.rival.asking.share == 1.0)
    assert len(lines_of(inspecting, "clap")) == 1
    assert len(lines_of(inspecting, "wave")) == 2
    assert inspecting.inspector.rival.asking.why == Why(contrast="wave")


def test_lines_are_those_asked_about_and_what_either_model_is_surest_of_in_view() -> None:
    start = np.arange(4.0)

    def scored(classes: tuple[str, ...], *rows: tuple[float, ...]) -> Scored:
        return Scored(Track(start, start + 1, np.array(rows, np.float32)), classes)

    one = scored(tuple("abcdef"), *[(0.1, 0.2, 0.3, 0.4, 0.0, 0.0)] * 3, (0.0,) * 5 + (1.0,))
    other = scored(("b", "g"), (0.2, 0.8), (np.nan, np.nan), (0.7, 0.3), (0.5, 0.5))
    lines = score_lines([one, other], Why("a"), (0.0, 2.0))
    assert [(line.label, line.other) for line in lines] == [
        ("a", False), ("g", True), ("b", False), ("b", True), ("d", False)
    ]  # fmt: skip
    assert [line.asked for line in lines] == [True, False, False, False, False]
    np.testing.assert_array_equal(lines[1].times, [0.5, 1.5, 2.5])
    np.testing.assert_array_equal(lines[1].values, np.array([0.8, np.nan, 0.3], np.float32))
    assert [line.label for line in score_lines([one], Why(), (0.0, 4.0))] == ["f", "d", "c", "b"]


def test_a_model_of_another_layout_is_shown_the_clip_as_the_dataset_has_it(
    make_inspecting: Maker, clips: Path, tmp_path: Path
) -> None:
    model = write_random(tmp_path / "m.safetensors", KINECT20, CLASSES)
    inspecting = make_inspecting(Engine(DEFAULT_MODEL, "cpu"))
    rival = inspecting.inspector.rival
    rival.choose(str(model))
    inspecting.open(clips)
    inspecting.wait(lambda: rival.asking.answer is not None)
    assert rival.asking.answer.focus.shape[1] == KINECT20.num_joints
    off = [NTU25.joints.index("right_hand"), NTU25.joints.index("right_thumb")]
    inspecting.asking.change((changes.switch_off(NTU25, off),))
    wait_for_both(inspecting)
    assert changes.switched_off(rival.asking.edits) == {KINECT20.joints.index("right_hand")}
    assert "lack 1 of the joints" in inspecting.window.compare.note.text()


def test_what_cannot_be_compared_is_said_and_the_window_stays(
    make_inspecting: Maker, clips: Path, labelled: "Labelled", tmp_path: Path
) -> None:
    flat = write_random(tmp_path / "flat.safetensors", KINETICS18, CLASSES)
    inspecting = make_inspecting(Engine(DEFAULT_MODEL, "cpu"))
    rival, banner = inspecting.inspector.rival, inspecting.window.banner
    inspecting.open(clips)
    rival.choose(str(flat))
    inspecting.wait(lambda: "'flat' cannot be shown a01_s01_e00_v01: no conversion" in banner.text)
    assert rival.model == ""
    rival.choose("nowhere")
    inspecting.wait(lambda: "no model 'nowhere'" in banner.text)
    inspecting.wait_for_answer()
    whole = write_random(tmp_path / "cocos.safetensors", KINECT20, CLASSES)
    inspecting.open(labelled.folder / "short.stf.json")
    rival.choose(str(whole))
    inspecting.wait(lambda: "no mapping from MediaPipe" in banner.text)
    assert inspecting.window.isVisible()
