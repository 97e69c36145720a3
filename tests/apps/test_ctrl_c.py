"""Ctrl-C ends a command soon, keeps what is whole and leaves nothing else."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import DEMO, Command, Labelled, Outcome, finish, names, read_lines

from realtime.formats.segments_csv import read_segments
from realtime.pose import RecordedPose
from realtime.records import open_record

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there, no program can press Ctrl-C for another one")

RECORD = ("demo.stf.json", "demo.stf.npz")
PROMPT = 4.0  # seconds for what takes one on an idle machine


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 90) -> None:
    """Wait until something holds while a process runs."""
    until = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)


def interrupt(process: subprocess.Popen[str], times: int = 1) -> Outcome:
    """Press Ctrl-C; the process is to end soon, without a traceback."""
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    begun = time.monotonic()
    outcome = finish(process)
    assert time.monotonic() - begun < PROMPT
    # The latter where Python itself was busy beginning or ending; that is 130 in a shell.
    assert outcome.code in (130, -signal.SIGINT)
    assert "Traceback" not in outcome.out + outcome.err
    return outcome


def written(folder: Path) -> int:
    """Bytes in all files of a folder, those not complete included."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.exists() else 0


def test_label_keeps_what_was_found_until_then(start: Command, tmp_path: Path) -> None:
    process = start("label", DEMO, "-o", "out", "--format", "jsonl,csv,npz,mp4")
    wait_for(lambda: written(tmp_path / "out") > 180_000, process)  # about three seconds of poses, which are kept twice
    outcome = interrupt(process)
    assert names(tmp_path / "out") == {*RECORD, "demo.windows.jsonl", "demo.segments.csv", "demo.poses.npz"}
    assert not open_record(tmp_path / "out" / "demo.stf.json").facts.processing.complete
    with RecordedPose(tmp_path / "out" / "demo.poses.npz") as poses:
        frames = list(poses)
    assert 60 < len(frames) < 890
    windows = read_lines((tmp_path / "out" / "demo.windows.jsonl").read_text())
    assert windows[-1]["end"] == pytest.approx(frames[-1].time, abs=0.01)
    assert all(
        segment.end <= frames[-1].time + 1e-3 for segment in read_segments(tmp_path / "out" / "demo.segments.csv")
    )
    assert f"demo.mp4: stopped after {frames[-1].time:.1f} s; what was found until then is kept" in outcome.out


def test_pressing_it_twice_leaves_whole_files_or_none(start: Command, tmp_path: Path) -> None:
    process = start("label", DEMO, "-o", "out", "--format", "csv,npz")
    wait_for(lambda: written(tmp_path / "out") > 60_000, process)
    interrupt(process, times=2)
    left = names(tmp_path / "out")
    order = ["demo.poses.npz", *RECORD[::-1], "demo.segments.csv"]  # in which they get their names
    assert left in [set(order[:count]) for count in (0, 1, 3, 4)]


def test_while_drawing_it_leaves_the_labels_and_no_half_video(
    start: Command, labelled: Labelled, tmp_path: Path
) -> None:
    process = start("label", labelled.video, "-o", "out", "--poses", labelled.poses, "--format", "csv,mp4")
    wait_for((tmp_path / "out" / labelled.segments.name).exists, process)  # the last file before the drawing begins
    time.sleep(0.3)
    outcome = interrupt(process)
    assert names(tmp_path / "out") == {"short.stf.json", "short.stf.npz", labelled.segments.name}
    assert (tmp_path / "out" / labelled.segments.name).read_bytes() == labelled.segments.read_bytes()
    assert "stopped while drawing" in outcome.out


def test_while_the_program_loads_one_line_is_said(start: Command, tmp_path: Path) -> None:
    process = start("label", DEMO, "-o", "out")
    time.sleep(1.0)
    assert interrupt(process).err == "stf: stopped\n"
    assert names(tmp_path) == set()


def test_an_import_is_finished_before_ctrl_c_ends_the_program(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(
        "import time\nprint('begun', flush=True)\ntime.sleep(1)\nprint('imported', flush=True)\n"
    )
    program = "from apps.interrupt import interrupt_around_imports as wait; wait(); import slow, time; time.sleep(30)"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert out == "imported\n"
    assert "KeyboardInterrupt" in err


def test_live_says_what_it_has_seen(start: Command) -> None:
    process = start("live", DEMO, "--no-window")
    first = process.stdout.readline()
    outcome = interrupt(process)
    lines = read_lines(first + outcome.out)
    assert np.all(np.diff([line["end"] for line in lines]) > 0)
    assert "frames" in outcome.err


def test_live_ends_while_a_stream_gives_no_answer(start: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        process = start("live", f"rtsp://127.0.0.1:{server.getsockname()[1]}/cam", "--no-window")
        server.settimeout(60)
        with server.accept()[0]:
            assert interrupt(process).err == "stf: stopped\n"


@pytest.mark.parametrize("times", [1, 3])
def test_the_window_closes(times: int, start: Command, labelled: Labelled) -> None:
    process = start("live", labelled.video, QT_QPA_PLATFORM="offscreen")
    time.sleep(4.0)
    interrupt(process, times)
