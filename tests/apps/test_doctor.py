"""`stf doctor`: one line for everything it looks at, whatever state that is in."""

from pathlib import Path

import pytest
from conftest import Command, finish, names

from apps import doctor, screen
from apps.doctor import Finding
from realtime.opencv import cv2
from realtime.sources import list_cameras

SUBJECTS = {"Python", "torch", "GPU", "OpenCV", "MediaPipe", "model cache", "pose estimator", "recogniser", "video"}


def findings(check) -> dict[str, Finding]:
    return {finding.subject: finding for finding in doctor.run_check(check)}


def test_every_line_says_ok_note_or_problem_and_all_that_matters_is_there(start: Command, tmp_path: Path) -> None:
    outcome = finish(start("doctor", QT_QPA_PLATFORM="offscreen"))
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in outcome.out.splitlines() if line[0] == "│"]
    assert {row[0] for row in rows} <= {"ok", "note", "problem"}
    found = {row[1]: row for row in rows}
    assert SUBJECTS | {"Qt plugins", "cameras", "screen"} <= set(found)
    assert all(row[2] for row in rows)
    assert all(row[3] for row in rows if row[0] != "ok")
    assert [subject for subject in SUBJECTS if found[subject][0] != "ok"] == []
    assert outcome.code == 0
    assert outcome.err == ""
    assert names(tmp_path) == set()


def test_opencvs_qt_plugins_in_the_way_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    assert findings(doctor.check_opencv)["Qt plugins"].remedy == ""
    monkeypatch.setenv("QT_QPA_PLATFORM_PLUGIN_PATH", str(Path(cv2.__file__).parent / "qt" / "plugins"))
    clash = findings(doctor.check_opencv)["Qt plugins"]
    assert clash.state == "clash"
    assert "QT_QPA_PLATFORM_PLUGIN_PATH" in clash.remedy


def test_two_opencvs_of_different_versions_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_version", {"opencv-python": "5.0", "opencv-contrib-python": "4.10"}.get)
    assert "same version" in findings(doctor.check_opencv)["OpenCV packages"].remedy


@pytest.mark.skipif(bool(list_cameras()), reason="this machine has a camera")
def test_no_camera_is_a_note() -> None:
    cameras = findings(doctor.check_cameras)["cameras"]
    assert (cameras.state, cameras.fatal, cameras.mark.plain) == ("none", False, "note")


def test_no_screen_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen.sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert findings(doctor.check_screen)["screen"].mark.plain == "note"


def test_a_pose_model_that_is_not_here_yet_is_a_note(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STF_CACHE", str(tmp_path))
    estimator = findings(doctor.check_pose_models)["pose estimator"]
    assert "stf models fetch full" in estimator.remedy
    assert names(tmp_path) == set()


def test_a_check_that_fails_is_a_problem_and_not_the_end(monkeypatch: pytest.MonkeyPatch, stf: Command) -> None:
    def check_nerves():
        raise ImportError("libGL.so.1: cannot open shared object file")
        yield

    monkeypatch.setattr(doctor, "CHECKS", (check_nerves, doctor.check_python))
    outcome = stf("doctor")
    assert outcome.code == 1
    assert "libGL.so.1" in outcome.out
    assert "system library" in outcome.out
    assert "Python" in outcome.out
