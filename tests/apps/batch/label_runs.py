"""Runs of `stf label` in processes of their own, and what they leave."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from conftest import start_process

FORMATS = "csv,npz"


def start_label(folder: Path, out: str, *more: str) -> subprocess.Popen[str]:
    return start_process(folder.parent, "label", folder, "-o", out, "--format", FORMATS, *more)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def labelling(pid: int) -> list[int]:
    """The processes that label, among those a run has started."""
    return [one for one in children(pid) if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str], patience: float = 0.0) -> None:
    """Wait until something holds or the process has ended, and then a little."""
    until = time.monotonic() + 600
    while not condition() and process.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.02)
    time.sleep(patience)
