"""Whether a window can be shown."""

import os
import subprocess
import sys

_SECONDS = 20.0


def missing_screen() -> str | None:
    """Why no window can be shown here, in a few words; None where one can.

    On Linux, Qt ends the process where it cannot reach the display or lacks a library, so it is tried in another one.
    """
    if not sys.platform.startswith("linux"):
        return None
    if not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        return "neither DISPLAY nor WAYLAND_DISPLAY is set"
    command = [sys.executable, "-c", "from PySide6.QtWidgets import QApplication; QApplication([])"]
    try:
        tried = subprocess.run(  # noqa: S603  # a fixed command line
            command, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"Qt does not start within {_SECONDS:g} s"
    if tried.returncode == 0:
        return None
    said = [line.strip() for line in tried.stderr.splitlines() if line.strip()]
    python = said and said[0].startswith("Traceback")
    return (said[-1 if python else 0] if said else "Qt ends at once").rstrip(".")
