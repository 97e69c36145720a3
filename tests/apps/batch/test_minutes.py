"""Long videos, which processes share and resume minute by minute."""

import json
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest
from conftest import DEMO, copy_video, finish
from label_runs import labelling, start_label, tree, wait_for

from apps.batch import labeller as module
from apps.batch.inputs import Video
from apps.batch.labeller import Labeller
from apps.batch.worker import Job
from apps.engine import Engine

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


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
