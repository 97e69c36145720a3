"""Whether a window can be shown."""

import os
import subprocess
import sys
from collections.abc import Callable

_SECONDS = 20.0


def missing_screen() -> str | None:
    """Why no window can be shown here, in a few words; None where one can."""
    return look_for_screen()()


def look_for_screen() -> Callable[[], str | None]:
    """Begin to find out why no window can be shown here, if so; what is returned waits for the answer.

    On Linux, Qt ends the process where it cannot reach the display or lacks a library, so it is tried in another one.
    """
    if not sys.platform.startswith("linux"):
        return lambda: None
    if not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        return lambda: "neither DISPLAY nor WAYLAND_DISPLAY is set"
    command = [sys.executable, "-c", "from PySide6.QtWidgets import QApplication; QApplication([])"]
    trial = subprocess.Popen(  # noqa: S603  # a fixed command line
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace"
    )
    return lambda: _result(trial)


def _result(trial: "subprocess.Popen[str]") -> str | None:
    with trial:
        try:
            _, errors = trial.communicate(timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            trial.kill()
            return f"Qt does not start within {_SECONDS:g} s"
    if trial.returncode == 0:
        return None
    said = [line.strip() for line in errors.splitlines() if line.strip()]
    python = said and said[0].startswith("Traceback")
    return (said[-1 if python else 0] if said else "Qt ends at once").rstrip(".")
