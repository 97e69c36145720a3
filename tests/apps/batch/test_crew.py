"""Several videos at once, and what is left after a kill."""

import json
import logging
import os
import random
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import DEMO, Command, Outcome, copy_video, finish, names
from data.videos import write_truncated, write_video
from label_runs import labelling, start_label, tree, wait_for

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

LOG = logging.getLogger(__name__)
KILLS = int(os.environ.get("STF_KILLS", "2"))


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


@pytest.fixture(scope="module")
def unbroken(folder: Path, pose_model: Path) -> dict[str, bytes]:  # noqa: ARG001 - fetched before
    """What one process makes of the folder."""
    outcome = finish(start_label(folder, "one"), timeout=600)
    assert outcome.code == 1, outcome
    assert "text.mp4" in outcome.err
    files = tree(folder.parent / "one")
    assert len(files) == 4 * 4
    return files


def test_two_processes_write_what_one_does_and_say_it_in_lines(folder: Path, unbroken: dict[str, bytes]) -> None:
    outcome = finish(start_label(folder, "two", "--workers", "2", "--show", "json"))
    assert outcome.code == 1
    assert tree(folder.parent / "two") == unbroken
    lines = [json.loads(line) for line in outcome.out.splitlines()]
    assert [line["videos_done"] for line in lines] == [1, 2, 3, 4, 5]
    status = {Path(line["video"]).name: line["status"] for line in lines}
    assert status == {"text.mp4": "failed"} | dict.fromkeys(("first.mp4", "second.mkv", "empty.avi", "cut.mp4"), "done")


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
@pytest.mark.timeout(100 * KILLS)
def test_killed_at_any_moment_the_same_command_goes_on_to_the_same_files(
    folder: Path, unbroken: dict[str, bytes]
) -> None:
    out = folder.parent / "killed"
    draw = random.Random(os.getpid())
    killed = []
    while sum(early for early, *_ in killed) < KILLS:
        before, ready = written_bytes(out), len(whole(out))
        wanted = draw.randrange(ready, len(unbroken) - 3)  # the last video writes four
        process = start_label(folder, "killed", "--workers", "2", "--show", "nothing")
        wait_for(
            lambda: written_bytes(out) != before and len(finished(out)) >= wanted,  # noqa: B023
            process,
            patience=draw.uniform(0, 1),
        )
        early = process.poll() is None
        for victim in (process.pid, *labelling(process.pid)):
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        finish(process, timeout=600)
        killed.append((early, ready, len(whole(out))))
        LOG.info("kill %d: at work %s, %d whole files and before %d", len(killed), early, killed[-1][2], ready)
        assert whole(out).items() <= unbroken.items(), killed
        if whole(out) == unbroken or len(killed) % 4 == 3:  # all over again, so that all of the work is killed in
            shutil.rmtree(out)
    outcome = finish(start_label(folder, "killed", "--workers", "2"), timeout=600)
    assert outcome.code == 1, (killed, outcome)
    assert tree(out) == unbroken, killed


def whole(out: Path) -> dict[str, bytes]:
    """The files that have their names already."""
    return {str(path.relative_to(out)): path.read_bytes() for path in finished(out)}


def finished(out: Path) -> list[Path]:
    """Where those files are, though others may come and go meanwhile."""
    paths = (Path(folder) / name for folder, _, files in os.walk(out) for name in files)
    return [path for path in paths if ".stf-" not in str(path.relative_to(out))]


def written_bytes(out: Path) -> int:
    """How much has been written, though some of it may vanish meanwhile."""
    total = 0
    for folder, _, files in os.walk(out):
        for name in files:
            with suppress(OSError):
                total += (Path(folder) / name).stat().st_size
    return total


def written(out: Path) -> int:
    return len(list(out.rglob("*"))) if out.exists() else 0


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
