"""`stf calibrate landmarks` as a person starts it."""

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from conftest import Command


@pytest.fixture
def few_clips(utd_mhad: Path, tmp_path: Path) -> Path:
    """A clip each of two people, of whom the second is held out."""
    folder = tmp_path / "utd"
    folder.mkdir()
    for name in ("a1_s1_t1", "a1_s2_t1"):
        shutil.copy(utd_mhad / f"{name}_skeleton.mat", folder)
    return folder


@pytest.mark.slow
@pytest.mark.usefixtures("pose_model")
def test_too_few_clips_are_refused_but_not_filmed_again(stf: Command, few_clips: Path, tmp_path: Path) -> None:
    command = ("calibrate", "landmarks", few_clips, "-o", "out", "--workers", 1)
    first = stf(*command).sentence
    assert "film more clips" in first
    shots = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "shots").iterdir()}
    assert len(shots) == 2
    assert stf(*command).sentence == first
    assert shots == {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "shots").iterdir()}
    assert not (tmp_path / "out" / "ntu25.npz").exists()


@pytest.mark.slow
def test_processes_that_film_end_with_the_one_that_is_killed(
    start: Callable[..., subprocess.Popen[str]], few_clips: Path, tmp_path: Path
) -> None:
    process = start("calibrate", "landmarks", few_clips, "-o", "out", "--workers", 1)
    until = time.monotonic() + 60
    while not (tmp_path / "out" / "shots").exists() and time.monotonic() < until:
        time.sleep(0.1)
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate()
    assert children
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive


def test_nobody_held_out_is_refused_before_anything_is_filmed(stf: Command, few_clips: Path, tmp_path: Path) -> None:
    sentence = stf("calibrate", "landmarks", few_clips, "-o", "out", "--split", "subject=9").sentence
    assert "holds nobody out; say who, as in --split subject=1,2" in sentence
    assert not (tmp_path / "out").exists()


def test_a_dataset_without_depth_is_refused(stf: Command, penn_action: Path) -> None:
    assert "has no depth" in stf("calibrate", "landmarks", penn_action, "-o", "out").sentence
