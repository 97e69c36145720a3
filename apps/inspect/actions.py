"""Everything that can be done in the inspector, with its keys."""

from collections.abc import Mapping

from apps.live.actions import Command

COMMANDS: Mapping[str, Command] = {
    "open": Command("Subject", "Open...", ("O", "Ctrl+O"), "Open a label record, or a video that has one"),
    "folder": Command("Subject", "Open dataset...", ("Ctrl+Shift+O",), "Open a dataset that is a folder"),
    "find": Command("Subject", "Find video...", ("Ctrl+F",), "Say where the video of this record is now"),
    "next_clip": Command("Subject", "Next clip", ("Ctrl+Right",), "Inspect the next clip of the dataset"),
    "last_clip": Command("Subject", "Previous clip", ("Ctrl+Left",), "Inspect the clip before"),
    "play": Command("Time", "Play", ("Space", "K"), "Let time run, or stand still", checkable=True),
    "forward": Command("Time", "Next frame", (".", "Right"), "Stand still one frame further"),
    "back": Command("Time", "Previous frame", (",", "Left"), "Stand still one frame back"),
    "next_segment": Command("Time", "Next segment", ("N",), "Go to where the next segment begins"),
    "last_segment": Command("Time", "Previous segment", ("Shift+N",), "Go to where the segment before begins"),
    "next_doubt": Command("Time", "Next doubt", ("D",), "Go to the next window below 60 %"),
    "last_doubt": Command("Time", "Previous doubt", ("Shift+D",), "Go to the window below 60 % before"),
    "loop": Command("Time", "Loop", ("L",), "Play the marked span, or this segment, again and again", checkable=True),
    "later": Command("Time", "5 s later", ("PgDown",), "Go 5 seconds forward"),
    "earlier": Command("Time", "5 s earlier", ("PgUp",), "Go 5 seconds back"),
    "beginning": Command("Time", "Beginning", ("Home",), "Go to the beginning"),
    "finish": Command("Time", "End", ("End",), "Go to the end"),
    "nearer": Command("Time", "Zoom in", ("+", "="), "Have less time in view"),
    "farther": Command("Time", "Zoom out", ("-",), "Have more time in view"),
    "whole": Command("Time", "All", ("0",), "Have everything in view"),
    "overlay": Command("Picture", "Overlay", ("V",), "Next overlay: focus, heat, skeleton, off"),
    "space": Command("Picture", "3D", ("B",), "The skeleton in space, or the picture", checkable=True),
    "person": Command("Ask", "Next person", ("P",), "Ask about the next person"),
    "class": Command("Ask", "Next class", ("E",), "Ask about the next of the most probable classes"),
    "module": Command("Ask", "Next module", ("M",), "Ask the next module"),
    "reset": Command("Ask", "As recorded", ("Esc",), "Ask why the top class again, of the window as it is"),
    "against": Command("Ask", "Against...", ("A",), "Ask another model the same, side by side"),
    "trust": Command("Ask", "Can it be trusted?", ("T",), "Take away what has the focus, and something else"),
    "figure": Command("Keep", "Save...", ("S", "Ctrl+S"), "Save this span: figure, table, arrays, or a page to send"),
    "undo": Command("Change", "Undo", ("Ctrl+Z",), "Take the newest change of the window back"),
    "full": Command("Window", "Full screen", ("F", "F11"), "Fill the screen, or not", checkable=True),
    "keys": Command("Window", "Keys", ("?", "F1"), "Show what every key does"),
    "quit": Command("Window", "Quit", ("Q", "Ctrl+Q"), "Close the window"),
}
