"""What drives a window from state to state and takes a picture of each, without a screen."""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget

_PATIENCE = 300.0  # seconds for a state to come about, on a busy machine


class Photographer:
    """Takes the pictures of one window.

    Args:
        application: the one there is.
        window: what is taken; it is shown.
        folder: where the pictures go.
    """

    def __init__(self, application: QApplication, window: QWidget, folder: Path) -> None:
        self._application = application
        self._window = window
        self._folder = folder
        window.show()

    def shoot(self, name: str) -> None:
        """Save the window, or what lies over it."""
        self.rest(0.4)
        over = QApplication.activeModalWidget() or next(
            (w for w in QApplication.topLevelWidgets() if w.isVisible() and w is not self._window and w.parent()), None
        )
        (over or self._window).grab().save(str(self._folder / f"{name}.png"))

    def until(self, condition: Callable[[], bool]) -> None:
        """Let the window work until something holds.

        Raises:
            TimeoutError: if it does not come about.
        """
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError("the window did not come to the next state")
            self._application.processEvents()
            time.sleep(0.005)

    def rest(self, seconds: float) -> None:
        """Let the window work for a while."""
        until = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > until)

    def resize(self, width: int, height: int) -> None:
        """Give the window another size."""
        self._window.resize(width, height)
        self.rest(0.5)

    def in_the_dark(self, name: str) -> None:
        """Save the window as a system that is set to dark shows it."""
        light = QApplication.palette()
        QApplication.setPalette(dark_palette())
        self.rest(0.5)
        self.shoot(name)
        QApplication.setPalette(light)
        self.rest(0.2)


def dark_palette() -> QPalette:
    """What a system that is set to dark gives an application; the offscreen platform has none of its own."""
    palette = QPalette(QColor(45, 45, 48))
    palette.setColor(QPalette.ColorRole.Base, QColor(30, 30, 32))
    palette.setColor(QPalette.ColorRole.AlternateBase, QColor(58, 58, 62))
    return palette


def prepare(description: str | None) -> tuple[QApplication, Path]:
    """Read the command line of a command that takes pictures.

    Returns:
        The application, which needs no screen, and the folder, which is there.
    """
    words = argparse.ArgumentParser(description=description)
    words.add_argument("-o", "--output", type=Path, default=Path("screenshots"), help="the folder for the pictures")
    folder: Path = words.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return QApplication(["stf"]), folder
