"""OpenCV, imported so that PySide6 still starts: `from realtime.opencv import cv2` instead of `import cv2`.

What the Linux wheels do (read in opencv-python 5.0.0.93, `cv2/config-3.py`, and seen in the environment after
importing): `import cv2` overwrites QT_QPA_PLATFORM_PLUGIN_PATH with `cv2/qt/plugins`, which holds one file, the xcb
plugin of OpenCV's own Qt 5.15, and QT_QPA_FONTDIR with `cv2/qt/fonts`, which does not exist in this version. Qt 6
looks at that path first, finds a plugin named xcb that it cannot load, and the application aborts ("could not load
the Qt platform plugin "xcb" in .../cv2/qt/plugins even though it was found"); platforms that folder lacks, such as
offscreen, still start. The headless wheels and those for Windows and macOS touch neither variable. MediaPipe imports
cv2 itself, so a process that imports mediapipe first has the clash until this module is imported; the order does not
matter afterwards.

The other side: OpenCV's own windows find their plugin only through that variable. `cv2.imshow` without it aborts the
process, so whoever opens one does so inside `opencv_windows()`, and never in a process that also runs PySide6.

Nothing else is undone: `import cv2` also prepends a folder to LD_LIBRARY_PATH (PATH on Windows), which Qt does not
read.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_VARIABLES = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")
_before = {name: os.environ.get(name) for name in _VARIABLES}

# V4L2 waits up to 10 s for a picture by default; a source must notice within a second that it is to close.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "1")

import cv2  # noqa: E402  (what it does to the environment is the point)

__all__ = ["cv2", "opencv_windows", "qt_clash", "quiet"]

_FOLDER = Path(cv2.__file__).parent


def qt_clash() -> str | None:
    """Say whether the environment points Qt at OpenCV's plugins, which keeps PySide6 from starting.

    Returns:
        One sentence for `stf doctor`, or None where all is well.
    """
    names = [name for name in _VARIABLES if _is_opencvs(os.environ.get(name))]
    if not names:
        return None
    return f"{' and '.join(names)} point into {_FOLDER}; import cv2 through realtime.opencv so that PySide6 starts"


@contextmanager
def opencv_windows() -> Iterator[None]:
    """Let `cv2.namedWindow` and `cv2.imshow` find OpenCV's own Qt plugin (a no-op where the wheel brings none)."""
    plugins = _FOLDER / "qt" / "plugins"
    if not plugins.is_dir():
        yield
        return
    before = os.environ.get("QT_QPA_PLATFORM_PLUGIN_PATH")
    os.environ["QT_QPA_PLATFORM_PLUGIN_PATH"] = str(plugins)
    try:
        yield
    finally:
        _restore("QT_QPA_PLATFORM_PLUGIN_PATH", before)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep OpenCV's log off standard error, for probing what may not be there."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)


def _is_opencvs(value: str | None) -> bool:
    return value is not None and Path(value).is_relative_to(_FOLDER)


def _restore(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


for _name in _VARIABLES:
    if _is_opencvs(os.environ.get(_name)):
        # Where cv2 was imported before this module, what was there first is lost: unset is the best guess.
        _restore(_name, None if _is_opencvs(_before[_name]) else _before[_name])
