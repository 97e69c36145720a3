"""What a person set and finds again: kept by Qt where each system keeps settings, with a version."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings

from apps.live.wishes import Overlay

VERSION = 1
"""Goes up when a setting changes its meaning; settings of another version are left alone and not read."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices that outlive the window.

    Attributes:
        model: the recogniser; empty for the usual.
        people: how many people to look for at most.
        stride: seconds from one window to the next; 0 for the usual.
        threshold: the confidence above which a label counts; 0 for the recogniser's own.
        overlay: what is drawn over the picture.
        mirror: left and right change places on the screen.
        loop: a recording begins again at its end.
        folder: where recordings and pictures go; empty for the system's folder for videos.
        size: width and height of the window.
    """

    model: str = ""
    people: int = 1
    stride: float = 0.0
    threshold: float = 0.0
    overlay: Overlay = Overlay.FOCUS
    mirror: bool = False
    loop: bool = False
    folder: str = ""
    size: tuple[int, int] = (1180, 760)

    @property
    def output(self) -> Path:
        """Where recordings and pictures go."""
        return Path(self.folder) if self.folder else Path.home() / "Videos" / "stf"


def user_settings() -> QSettings:
    """The settings of this user."""
    return QSettings("stf", "viewer")


def load_settings(store: QSettings) -> Settings:
    """What is kept; the usual where nothing is, where it is of another version, or where it makes no sense."""
    usual = Settings()
    if _text(store.value("version")) != str(VERSION):
        return usual
    kept = {name: _read(store.value(name), usual_value) for name, usual_value in asdict(usual).items()}
    settings = Settings(**kept)
    sound = settings.people >= 1 and settings.stride >= 0 and 0 <= settings.threshold < 1 and min(settings.size) > 0
    return settings if sound else usual


def save_settings(store: QSettings, settings: Settings) -> None:
    """Keep the settings."""
    store.setValue("version", str(VERSION))
    for field in fields(settings):
        value = getattr(settings, field.name)
        store.setValue(field.name, ",".join(map(str, value)) if isinstance(value, tuple) else str(value))


def _read(value: object, usual: Any) -> Any:  # noqa: ANN401 - of whatever type the usual value is
    text = _text(value)
    try:
        if isinstance(usual, bool):
            return {"True": True, "False": False}[text]
        if isinstance(usual, tuple):
            first, second = text.split(",")
            return int(first), int(second)
        return type(usual)(text)
    except (KeyError, ValueError):
        return usual


def _text(value: object) -> str:
    """Qt reads what looks like a list as one."""
    return ",".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
