"""`stf live`: lines of JSON on standard output, or a window."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT, Command, Labelled, finish, names, read_lines
from data.servers import Answer, http_server

from apps.engine import Engine, camera_of
from calibration.camera.files import camera_file, device_name, save_camera
from realtime.camera import Camera
from realtime.opencv import cv2
from realtime.sources import open_source


def test_without_a_window_it_prints_what_label_writes_and_nothing_else(
    start: Command, labelled: Labelled, tmp_path: Path
) -> None:
    outcome = finish(start("live", labelled.video, "--no-window"))
    assert outcome.code == 0
    assert outcome.out == labelled.windows.read_text()
    assumed, seen = outcome.err.splitlines()
    assert "60 degrees across the longer side" in assumed
    assert seen == "180 frames, people in 180"
    assert names(tmp_path) == set()


def test_a_folder_of_images_is_a_source(labelled: Labelled, stf: Command, tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    with open_source(labelled.video, end=2.5) as video:
        for frame in video:
            cv2.imwrite(str(tmp_path / "frames" / f"{frame.index}.jpg"), frame.image)
    for source in ("frames", "frames/*.jpg"):
        outcome = stf("live", source, "--no-window")
        assert outcome.code == 0
        assert read_lines(outcome.out)[0]["person"] == 0


def test_nobody_reading_on_ends_it_quietly(start: Command, labelled: Labelled) -> None:
    process = start("live", labelled.video, "--no-window")
    assert process.stdout.readline().startswith("{")
    process.stdout.close()
    process.wait(timeout=60)
    assert len(process.stderr.read().splitlines()) == 1  # the camera, said at the beginning


def test_a_recording_over_http_is_a_source(labelled: Labelled, stf: Command) -> None:
    with http_server(lambda _: Answer(labelled.video.read_bytes())) as address:
        outcome = stf("live", f"{address}/video.mp4", "--no-window")
    assert outcome.code == 0
    assert read_lines(outcome.out)[-1]["end"] == pytest.approx(5.9, abs=0.2)


TELL = """
import sys, threading, time
from apps.cli import main

def watch():
    while not (widgets := sys.modules.get("PySide6.QtWidgets")) or not hasattr(widgets, "QApplication"):
        time.sleep(0.05)
    while not (app := widgets.QApplication.instance()) or not any(w.isVisible() for w in app.topLevelWidgets()):
        time.sleep(0.05)
    print("a window is up on", app.platformName(), flush=True)

threading.Thread(target=watch, daemon=True).start()
main()
"""


@pytest.mark.skipif(not shutil.which("Xvfb"), reason="Xvfb is not installed")
@pytest.mark.parametrize("command", [["live"], []], ids=["stf live", "stf"])
def test_a_window_opens_on_a_display_although_opencv_brings_its_own_qt(command: list[str], tmp_path: Path) -> None:
    """Without an argument it looks for a camera, and shows the demo where there is none."""
    read, write = os.pipe()
    with subprocess.Popen(["Xvfb", "-displayfd", str(write)], pass_fds=[write], stderr=subprocess.DEVNULL) as server:
        display = f":{os.read(read, 16).decode().strip()}"
        kept = {"XDG_CONFIG_HOME": str(tmp_path)}
        there = {**os.environ, **kept, "PYTHONPATH": str(ROOT), "DISPLAY": display, "QT_QPA_PLATFORM": ""}
        process = subprocess.Popen(
            [sys.executable, "-c", TELL, *command],
            env=there,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout.readline() == "a window is up on xcb\n", process.stderr.read()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        outcome = finish(process)
        server.terminate()
    os.close(read)
    os.close(write)
    assert (outcome.code, outcome.out, outcome.err) == (130, "", "")


@pytest.mark.parametrize("display", ["", ":987"], ids=["none", "unreachable"])
def test_without_a_display_one_sentence_says_what_to_do(display: str, start: Command, labelled: Labelled) -> None:
    process = start("live", labelled.video, DISPLAY=display, WAYLAND_DISPLAY="", QT_QPA_PLATFORM="")
    sentence = finish(process).sentence
    assert "no window can be shown here" in sentence
    assert "--no-window" in sentence


def test_a_webcam_is_known_by_its_name_and_another_source_is_taken_for_an_ordinary_camera(
    labelled: Labelled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STF_CONFIG", str(tmp_path))
    known = Camera(device_name(0), 1280, 960, (1100.0, 1100.0), (640.0, 480.0), rms=0.3, images=12)
    save_camera(camera_file(known.name), known)
    with open_source(labelled.video) as source:  # 640x480, as that webcam's pictures might be
        webcam, file = (camera_of(source, spec, Engine("any")) for spec in ("0", str(labelled.video)))
    assert webcam.calibrated
    assert webcam.focal == (550.0, 550.0)
    assert not file.calibrated
