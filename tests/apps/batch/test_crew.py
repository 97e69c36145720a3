"""Several videos at once, and what is left after a kill."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import DEMO, Command, Outcome, copy_video, finish, names, start_process
from data.videos import write_truncated, write_video

from apps.batch import labeller as module
from apps.batch.inputs import Video
from apps.batch.labeller import Labeller
from apps.batch.worker import Job
from apps.engine import Engine

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small mixed videos, one of them bad."""
    folder = tmp_path_factory.mktemp("mixed") / "in"
    (folder / "day 1").mkdir(parents=True)
    copy_video(DEMO, folder / "first.mp4", 75)
    copy_video(DEMO, folder / "day 1" / "second.mkv", 60)
    write_video(folder / "day 1" / "empty.avi", 20, codec="mpeg4")
    write_truncated(folder / "cut.mp4")
    (folder / "text.mp4").write_text("no video")
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


FORMATS = "csv,npz"


@pytest.fixture(scope="module")
def unbroken(folder: Path, pose_model: Path) -> dict[str, bytes]:  # noqa: ARG001 - fetched before
    """What one process makes of the folder."""
    outcome = finish(start_label(folder, "one"))
    assert outcome.code == 1, outcome
    assert "text.mp4" in outcome.err
    files = tree(folder.parent / "one")
    assert len(files) == 4 * 4
    return files


def start_label(folder: Path, out: str, *more: str) -> subprocess.Popen[str]:
    return start_process(folder.parent, "label", folder, "-o", out, "--format", FORMATS, *more)


def test_two_processes_write_what_one_does_and_say_it_in_lines(folder: Path, unbroken: dict[str, bytes]) -> None:
    outcome = finish(start_label(folder, "two", "--workers", "2", "--show", "json"))
    assert outcome.code == 1
    assert tree(folder.parent / "two") == unbroken
    lines = [json.loads(line) for line in outcome.out.splitlines()]
    assert [line["videos_done"] for line in lines] == [1, 2, 3, 4, 5]
    status = {Path(line["video"]).name: line["status"] for line in lines}
    assert status == {"text.mp4": "failed"} | dict.fromkeys(("first.mp4", "second.mkv", "empty.avi", "cut.mp4"), "done")


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def labelling(pid: int) -> list[int]:
    """The processes that label, among those a run has started."""
    return [one for one in children(pid) if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc to find the processes")
def test_the_video_of_a_lost_process_is_done_by_another(folder: Path, unbroken: dict[str, bytes]) -> None:
    process = start_label(folder, "lost", "--workers", "2", "--show", "nothing")
    wait_for(lambda: len(labelling(process.pid)) == 2, process)
    os.kill(labelling(process.pid)[0], signal.SIGKILL)
    outcome = finish(process)
    assert outcome.code == 1
    assert outcome.out == ""
    assert len(outcome.err.splitlines()) == 1
    assert tree(folder.parent / "lost") == unbroken


@pytest.mark.slow
def test_killed_at_any_moment_the_same_command_goes_on_to_the_same_files(
    folder: Path, unbroken: dict[str, bytes]
) -> None:
    out = folder.parent / "killed"
    moments = random.Random(os.getpid())
    reached = []
    for _ in range(4):
        begun = time.monotonic()
        process = start_label(folder, "killed", "--workers", "2", "--show", "nothing")
        wait_for(lambda: written(out) > len(reached) + 1, process, patience=moments.uniform(0.1, 1.0))
        process.kill()
        finish(process)
        reached.append((round(time.monotonic() - begun, 2), written(out)))
    outcome = finish(start_label(folder, "killed", "--workers", "2"))
    assert outcome.code == 1, (reached, outcome)
    assert tree(out) == unbroken, reached


def written(out: Path) -> int:
    return len(list(out.rglob("*"))) if out.exists() else 0


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str], patience: float = 0.0) -> None:
    """Wait until something holds or the process has ended, and then a little."""
    until = time.monotonic() + 120
    while not condition() and process.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.02)
    time.sleep(patience)


def interrupted(process: subprocess.Popen[str]) -> Outcome:
    process.send_signal(signal.SIGINT)
    return finish(process, timeout=20)


@pytest.mark.slow
def test_ctrl_c_ends_all_processes_and_the_same_command_goes_on(folder: Path, unbroken: dict[str, bytes]) -> None:
    process = start_label(folder, "stopped", "--workers", "2")
    wait_for(lambda: written(folder.parent / "stopped") > 1, process)
    outcome = interrupted(process)
    assert outcome.code == 130
    assert "the same command goes on" in outcome.err
    assert "Traceback" not in outcome.err
    assert not [name for name in names(folder.parent / "stopped") if name.endswith(".part")]
    assert finish(start_label(folder, "stopped")).code == 1
    assert tree(folder.parent / "stopped") == unbroken


@pytest.fixture(scope="module")
def long_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """140 s, three and a third frames a second: two whole minutes and a part of a third."""
    path = tmp_path_factory.mktemp("long") / "long.mp4"
    copy_video(DEMO, path, 466, slower=9)
    return path


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc to find the processes")
def test_a_long_video_shared_by_processes_one_of_them_lost_gives_what_one_process_does(
    long_video: Path,
    pose_model: Path,  # noqa: ARG001
) -> None:
    folder = long_video.parent
    assert finish(start_label(long_video, "one")).code == 0
    process = start_label(long_video, "shared", "--workers", "2", "--show", "json")
    wait_for(lambda: any(folder.glob("shared/.stf-*.minutes/000000.npz")), process)
    os.kill(labelling(process.pid)[0], signal.SIGKILL)
    wait_for(lambda: all_kept(folder / "shared"), process)
    outcome = finish(process)
    assert outcome.code == 0, outcome
    assert [line["status"] for line in map(json.loads, outcome.out.splitlines())] == ["done"]
    assert tree(folder / "shared") == tree(folder / "one")


def all_kept(out: Path) -> bool:
    """Whether the poses of all minutes are there, the last part of one as well, which nobody keeps for himself."""
    return {path.name for path in out.glob(".stf-*.minutes/*.npz")} == {f"{number:06}.npz" for number in range(3)}


class EnoughError(Exception):
    """Ends the work as a kill does."""


class Steps:
    def __init__(self, frames: int) -> None:
        self.left = frames

    def begin(self, what: str, frames: int | None) -> None:
        pass

    def advance(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise EnoughError


def test_a_long_video_goes_on_from_its_last_whole_minute(
    pose_model: Path,  # noqa: ARG001
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SPAN", 1.0)
    copy_video(DEMO, tmp_path / "demo.mp4", 80)
    video = Video(tmp_path / "demo.mp4", Path("demo"))

    def label(out: str, frames: int = -1) -> None:
        Labeller(Job(tmp_path / out, Engine("utd-mhad-27", "cpu"), ("csv", "npz")), print).label(video, Steps(frames))

    label("unbroken")
    with pytest.raises(EnoughError):
        label("out", 72)
    kept = [path.name for path in (tmp_path / "out").glob(".stf-*.minutes/*.npz")]
    assert sorted(kept) == ["000000.npz", "000001.npz"]
    minutes = next((tmp_path / "out").glob(".stf-*.minutes"))
    shutil.copytree(minutes, tmp_path / "minutes")
    label("out")
    assert tree(tmp_path / "out") == tree(tmp_path / "unbroken")
    shutil.move(tmp_path / "minutes", minutes)  # killed just after the record had its name
    label("out")
    assert tree(tmp_path / "out") == tree(tmp_path / "unbroken")


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(stf: Command, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_video(tmp_path / "in" / "a.mp4")
    write_video(tmp_path / "in" / "b.mp4")
    (tmp_path / "in" / "c.mp4").write_text("no video")
    assert stf("label", "in/a.mp4", "-o", "out").code == 0
    before = tree(tmp_path)
    outcome = stf("label", "in", "-o", "out", "--dry-run", "--workers", 2)
    assert outcome.code == 1
    assert tree(tmp_path) == before
    lines = outcome.out.splitlines()
    assert "done already: in/a.mp4" in lines
    assert "label: in/b.mp4 (1.2 s) -> out/b" in lines
    assert "1 to label, 1 done already, 1 that cannot be; 0 other files" in lines
    assert "frames a second" in lines[-1]
