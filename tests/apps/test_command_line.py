"""What every command shares: help, quick start, exit codes; and `stf models`."""

import io
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer.main
from conftest import ROOT, Command, finish, names
from rich.console import Console

from apps import cli
from apps.cli import options
from apps.console import FrameProgress, make_console
from stf.checkpoint import DEFAULT_MODEL, shipped_models

COMMANDS = ["demo", "label", "export", "live", "inspect", "doctor", "focus", "train", "retrain", "evaluate", "fuse"]
COMMANDS += ["compare", "models", "models list", "models fetch", "models where"]
COMMANDS += ["teach", "actions", *(f"actions {word}" for word in ("learn", "list", "merge", "prepare", "remove"))]
COMMANDS += ["data", "data info", "data convert", "data check", "data build-default"]
COMMANDS += ["calibrate", "calibrate body", "calibrate camera", "calibrate confidence", "calibrate landmarks"]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_explains_itself_and_each_of_its_options(command: str, stf: Command) -> None:
    outcome = stf(*command.split(), "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert "Usage: stf" in outcome.out
    found = typer.main.get_command(cli.app)
    for name in command.split():
        found = found.commands[name]
    assert found.help
    assert all(getattr(option, "help", None) for option in found.params), command


def test_every_command_is_tried_here() -> None:
    group = typer.main.get_command(cli.app)
    inner = [f"{name} {sub}" for name, command in group.commands.items() for sub in getattr(command, "commands", ())]
    assert sorted([*group.commands, *inner]) == sorted(COMMANDS)


def test_help_is_quick_because_it_loads_no_heavy_library() -> None:
    program = (
        "import sys\nfrom apps.cli import main\nsys.argv = ['stf', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(*sorted({'torch', 'mediapipe', 'cv2', 'numpy', 'av', 'PySide6'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env={**os.environ}, capture_output=True, text=True, check=True
    )
    assert "label" in done.stdout
    assert done.stderr == "\n"


def test_the_default_model_is_the_recognisers_own_and_is_shipped() -> None:
    assert options.DEFAULT_MODEL == DEFAULT_MODEL
    assert DEFAULT_MODEL in shipped_models()


def test_a_table_in_a_file_is_as_wide_as_it_must_be(capsys: pytest.CaptureFixture[str]) -> None:
    make_console().print("word " * 60)
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_the_progress_bar_says_frames_per_second_and_time_left_and_goes_away() -> None:
    terminal = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=120)
    with FrameProgress(terminal) as progress:
        progress.begin("walk [left].mp4: labels", 100)
        for _ in range(20):
            progress.advance()
            time.sleep(0.02)
        time.sleep(0.2)
    shown = terminal.file.getvalue()
    assert re.search(r"walk \[left\]\.mp4: labels .* 20/100 +\d\d\.\d fps 0:00:0[1-9] left", shown)
    assert shown.endswith("\x1b[1A\x1b[2K")


def test_models_are_listed_with_what_they_can_and_where_they_lie(stf: Command, pose_model: Path) -> None:
    outcome = stf("models", "list")
    assert (outcome.code, outcome.err) == (0, "")
    assert DEFAULT_MODEL in outcome.out
    assert "top-1" in outcome.out
    assert str(pose_model) in outcome.out
    assert all(name in outcome.out for name in ("lite", "full", "heavy"))


def test_the_cache_folder_is_one_line_whatever_it_is_called(stf: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = "/some[where]/" + "long/" * 40
    monkeypatch.setenv("STF_CACHE", folder)
    assert stf("models", "where").out == f"{Path(folder)}\n"


@pytest.mark.slow
def test_a_fetched_model_is_named_on_standard_output(
    stf: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STF_CACHE", str(tmp_path / "cache"))
    outcome = stf("models", "fetch", "full")
    if outcome.code == 2 and "pip does not get" in outcome.err:
        pytest.skip(outcome.err)
    assert outcome.code == 0
    assert outcome.out == f"{tmp_path / 'cache' / 'pose_landmarker_full.task'}\n"
    assert names(tmp_path / "cache") == {"pose_landmarker_full.task"}


def test_a_user_error_is_one_line_even_where_a_library_said_two(start: Command, tmp_path: Path) -> None:
    (tmp_path / "a\nb.mp4").touch()
    assert "a b.mp4" in finish(start("label", "a\nb.mp4", "-o", "out")).sentence
