"""Changing the window that is asked about, and taking that back."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt needs libraries of the system that are not here", exc_type=ImportError
)

from inspecting import Inspecting
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from stf import edits

Maker = Callable[..., Inspecting]


@pytest.fixture
def trying(inspecting: Inspecting) -> Inspecting:
    """In the middle of the clap."""
    inspecting.window.tabs.setCurrentIndex(1)
    inspecting.cursor.go(2.4)
    inspecting.wait_for_answer()
    return inspecting


def press(inspecting: Inspecting, name: str) -> None:
    panel = inspecting.window.what_if
    next(button for button in panel.findChildren(QPushButton) if button.text() == name).click()


def test_a_limb_that_is_switched_off_stands_still_and_the_scores_change(trying: Inspecting) -> None:
    panel, layout = trying.window.what_if, trying.inspector.subject.layout
    limbs = list(layout.limbs)
    before = trying.asking.answer.scores
    for limb in ("left arm", "right arm"):
        panel.joints.topLevelItem(limbs.index(limb)).setCheckState(0, Qt.CheckState.Unchecked)
    trying.wait_for_answer()
    answer = trying.asking.answer
    assert [edit.words for edit in answer.edits] == ["left arm off", "right arm off"]
    np.testing.assert_allclose(answer.before, before, atol=1e-5)
    clap = trying.inspector.subject.classes.index("clap")
    assert answer.scores[clap] < answer.before[clap] - 0.1
    hips = answer.joints[0][:, layout.indices("left_hip", "right_hip")].mean(axis=1, keepdims=True)
    still = (answer.joints[0] - hips)[:, list(layout.limbs["left arm"])]
    assert np.ptp(still, axis=0).max() < 1e-3
    shown = {score.label: score for score in panel.bars._scores}
    assert shown["clap"].before == pytest.approx(float(answer.before[clap]))


def test_one_joint_of_a_limb_can_be_switched_on_again_and_every_change_taken_back(trying: Inspecting) -> None:
    panel, layout = trying.window.what_if, trying.inspector.subject.layout
    top = panel.joints.topLevelItem(list(layout.limbs).index("left arm"))
    top.setCheckState(0, Qt.CheckState.Unchecked)
    top.child(0).setCheckState(0, Qt.CheckState.Checked)
    assert trying.asking.edits[0].off == set(layout.limbs["left arm"][1:])
    assert top.checkState(0) == Qt.CheckState.PartiallyChecked
    press(trying, "Mirror")
    trying.wait_for_answer()
    assert len(trying.asking.answer.edits) == 2
    trying.trigger("undo")
    assert len(trying.asking.edits) == 1
    press(trying, "As it was")
    trying.wait_for_answer()
    assert trying.asking.answer.edits == ()
    np.testing.assert_array_equal(trying.asking.answer.scores, trying.asking.answer.before)
    assert top.checkState(0) == Qt.CheckState.Checked


@pytest.mark.parametrize("name", ["Mirror", "Freeze", "Turn left", "Turn right", "Slower", "Faster"])
def test_every_change_gives_another_window_and_is_undone(trying: Inspecting, name: str) -> None:
    plain = trying.asking.answer
    press(trying, name)
    trying.wait_for_answer()
    changed = trying.asking.answer
    assert np.abs(changed.joints - plain.joints).max() > 1e-3
    assert trying.window.what_if.done.text().startswith(changed.edits[0].words)
    trying.trigger("undo")
    trying.wait_for_answer()
    np.testing.assert_array_equal(trying.asking.answer.joints, plain.joints)


def test_a_mirrored_window_is_that_of_the_mirrored_clip(trying: Inspecting) -> None:
    subject, window = trying.inspector.subject, trying.asking.window
    press(trying, "Mirror")
    trying.wait_for_answer()
    expected = np.nan_to_num(edits.mirror(subject.clip(0, window)).joints)
    np.testing.assert_allclose(trying.asking.answer.joints, expected, atol=1e-5)


def test_a_marked_span_is_frozen_for_every_window_that_shows_it(trying: Inspecting) -> None:
    trying.cursor.set_loop((2.2, 2.6))
    press(trying, "Freeze")
    trying.wait_for_answer()
    answer = trying.asking.answer
    moments = np.linspace(answer.start, answer.end, len(answer.focus))
    inside = (moments > 2.25) & (moments < 2.55)
    assert np.ptp(answer.joints[0, inside], axis=0).max() == 0
    trying.cursor.go(5.5)
    trying.wait_for_answer()
    np.testing.assert_allclose(trying.asking.answer.scores, trying.asking.answer.before, atol=1e-5)


def test_nobody_can_be_swapped_where_one_person_is_shown_and_that_is_said(trying: Inspecting) -> None:
    press(trying, "Swap people")
    trying.wait(lambda: "nobody can be swapped" in trying.window.banner.text)
    trying.trigger("undo")
    trying.wait_for_answer()
    assert trying.window.isVisible()


def test_a_click_on_a_joint_of_the_skeleton_switches_it(trying: Inspecting) -> None:
    wrist = trying.inspector.subject.layout.index("left_wrist")
    for expected in ({wrist}, set()):
        trying.window.what_if.body.joint_clicked.emit(wrist)
        assert {joint for edit in trying.asking.edits for joint in edit.off} == expected


def test_a_clip_is_changed_too(make_inspecting: Maker, utd_mhad: Path) -> None:
    inspecting = make_inspecting()
    inspecting.open(utd_mhad, "a1_s2_t1")
    inspecting.wait_for_answer()
    for name in ("Mirror", "Slower"):
        press(inspecting, name)
    inspecting.wait_for_answer()
    assert np.abs(inspecting.asking.answer.scores - inspecting.asking.answer.before).max() > 1e-4
