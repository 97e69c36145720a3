"""realtime/opencv.py: importing cv2 leaves Qt alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VARIABLES = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")
bundles_qt = pytest.mark.skipif(sys.platform != "linux", reason="only the Linux wheels of OpenCV bring their own Qt")


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    return subprocess.run(
        [sys.executable, "-c", code],
        check=False,  # Qt aborts where there is no display
        cwd=ROOT,
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


START_QT = "from PySide6.QtWidgets import QApplication; app = QApplication([]); print('started', app.platformName())"


def test_pyside_starts_after_opencv():
    done = run(f"import realtime.opencv; {START_QT}", QT_QPA_PLATFORM="offscreen")
    assert done.stdout.strip() == "started offscreen", done.stderr


@bundles_qt
@pytest.mark.parametrize(("module", "looks_there"), [("cv2", True), ("realtime.opencv", False)])
def test_qt_looks_for_its_xcb_plugin_in_opencv_only_after_a_bare_import(module, looks_there):
    done = run(f"import {module}; {START_QT}", QT_QPA_PLATFORM="xcb", QT_DEBUG_PLUGINS="1")
    assert ("cv2/qt/plugins" in done.stderr) is looks_there


@bundles_qt
@pytest.mark.parametrize("first", ["", "import cv2; ", "import mediapipe; "])
def test_the_variables_are_gone_whoever_imported_cv2_first(first):
    done = run(f"{first}import realtime.opencv, os; print([name in os.environ for name in {VARIABLES}])")
    assert done.stdout.strip() == "[False, False]", done.stderr


def test_what_the_user_had_set_is_kept():
    done = run("import realtime.opencv, os; print(os.environ['QT_QPA_FONTDIR'])", QT_QPA_FONTDIR="/my/fonts")
    assert done.stdout.strip() == "/my/fonts", done.stderr


@bundles_qt
def test_the_clash_is_reported_where_it_is():
    show = "print(qt_clash())"
    done = run(f"from realtime.opencv import opencv_windows, qt_clash\n{show}\nwith opencv_windows(): {show}")
    without, within = done.stdout.splitlines()
    assert without == "None"
    assert within.startswith("QT_QPA_PLATFORM_PLUGIN_PATH point")


@bundles_qt
def test_opencv_finds_its_own_plugin_only_inside_opencv_windows():
    imports = "import contextlib, numpy; from realtime.opencv import cv2, opencv_windows"
    show = imports + "\nwith {}: cv2.imshow('x', numpy.zeros((9, 9)))"
    outside = run(show.format("contextlib.nullcontext()"), QT_QPA_PLATFORM="xcb", DISPLAY=":99")
    inside = run(show.format("opencv_windows()"), QT_QPA_PLATFORM="xcb", DISPLAY=":99")
    assert "Could not find the Qt platform plugin" in outside.stderr
    assert "Could not find the Qt platform plugin" not in inside.stderr
