"""Everything that can be done, with its keys: the actions of the window and the cheat sheet come from one table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QLabel, QVBoxLayout, QWidget


@dataclass(frozen=True, slots=True)
class Command:
    """Something that can be done.

    Attributes:
        group: the heading it stands under.
        text: what its button says.
        keys: what does it; the first is shown.
        tip: what it does, in a sentence.
        checkable: whether it is either on or off.
    """

    group: str
    text: str
    keys: tuple[str, ...]
    tip: str
    checkable: bool = False


COMMANDS: Mapping[str, Command] = {
    "open": Command("Source", "Open video...", ("O", "Ctrl+O"), "Open a video file"),
    "folder": Command("Source", "Open images...", ("I",), "Open a folder of images"),
    "address": Command("Source", "Open address...", ("U",), "Open a stream, such as rtsp://camera/stream"),
    "camera": Command("Source", "Next camera", ("C",), "Watch the next camera"),
    "demo": Command("Source", "Demo clip", ("Ctrl+D",), "Watch the clip that comes with the program"),
    "retry": Command("Source", "Open again", ("F5",), "Open the same source again"),
    "stop": Command("Source", "Stop", ("X",), "Stop watching; a camera is free for other programs then"),
    "pause": Command("Time", "Pause", ("Space", "K"), "Let the picture stand still, or go on", checkable=True),
    "forward": Command("Time", "Next frame", (".",), "Stand still one frame further (files)"),
    "back": Command("Time", "Previous frame", (",",), "Stand still one frame back (files)"),
    "later": Command("Time", "5 s later", ("PgDown",), "Go 5 seconds forward (files)"),
    "earlier": Command("Time", "5 s earlier", ("PgUp",), "Go 5 seconds back (files)"),
    "beginning": Command("Time", "From the beginning", ("Home",), "Go to the beginning (files)"),
    "loop": Command("Time", "Loop", ("L",), "Begin again at the end (files)", checkable=True),
    "overlay": Command("Picture", "Overlay", ("V",), "Next overlay: focus, heat, skeleton, off"),
    "mirror": Command("Picture", "Mirror", ("M",), "Left and right as in a mirror, on the screen only", checkable=True),
    "person": Command("Explain", "Next person", ("P",), "Show scores and focus of the next person"),
    "class": Command("Explain", "Next class", ("E",), "Explain the next of the most probable actions"),
    "back_out": Command("Explain", "Back", ("Esc",), "End the replay, or explain the top action again"),
    "record": Command("Keep", "Record", ("R",), "Record video, annotated video and labels", checkable=True),
    "snapshot": Command("Keep", "Snapshot", ("S",), "Save the picture as it is shown"),
    "copy": Command("Keep", "Copy result", ("Ctrl+C",), "Copy the result as a sentence"),
    "settings": Command("Window", "Settings", ("G", "Ctrl+,"), "Model, people, stride, threshold", checkable=True),
    "details": Command("Window", "Details", ("D",), "How long each stage takes"),
    "full": Command("Window", "Full screen", ("F", "F11"), "Fill the screen, or not", checkable=True),
    "keys": Command("Window", "Keys", ("?", "F1"), "Show what every key does"),
    "quit": Command("Window", "Quit", ("Q", "Ctrl+Q"), "Close the window"),
}


def add_actions(
    window: QWidget, slots: Mapping[str, Callable[[], None]], commands: Mapping[str, Command] = COMMANDS
) -> dict[str, QAction]:
    """Give a window an action for every command.

    Args:
        window: gets the actions and their keys.
        slots: what each command calls.
        commands: by name; those of the viewer by default.
    """
    actions = {}
    for name, command in commands.items():
        action = QAction(command.text, window)
        action.setObjectName(name)
        action.setShortcuts([QKeySequence(key) for key in command.keys])
        action.setToolTip(f"{command.tip} ({command.keys[0]})")
        action.setCheckable(command.checkable)
        slot = slots[name]
        action.triggered.connect(lambda _checked=False, slot=slot: slot())
        window.addAction(action)
        actions[name] = action
    return actions


class CheatSheet(QDialog):
    """What every key does.

    Args:
        parent: as of any dialog.
        commands: by name; those of the viewer by default.
    """

    def __init__(self, parent: QWidget | None = None, commands: Mapping[str, Command] = COMMANDS) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(3)
        groups = list(dict.fromkeys(command.group for command in commands.values()))
        rows = [0, 0]
        for number, group in enumerate(groups):
            column = 3 * (number >= len(groups) // 2)
            side = int(column > 0)
            heading = QLabel(f"<b>{group}</b>")
            grid.addWidget(heading, rows[side], column, 1, 2)
            rows[side] += 1
            for command in (command for command in commands.values() if command.group == group):
                keys = " or ".join(
                    QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in command.keys
                )
                grid.addWidget(QLabel(keys), rows[side], column, Qt.AlignmentFlag.AlignRight)
                grid.addWidget(QLabel(command.tip), rows[side], column + 1)
                rows[side] += 1
        grid.setColumnMinimumWidth(2, 24)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(grid)
        layout.addWidget(buttons)
