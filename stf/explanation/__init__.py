"""Why a recogniser says what it says: the focus of a clip, or of all clips of a class, for whichever class is asked."""

from stf.explanation.answer import Explanation, Question, average, find_class
from stf.explanation.ask import explain
from stf.explanation.graph import Link, ModuleGraph, module_graph
from stf.explanation.windows import WindowAnswers, ask_windows, fill_windows, window_in_middle

__all__ = [
    "Explanation",
    "Link",
    "ModuleGraph",
    "Question",
    "WindowAnswers",
    "ask_windows",
    "average",
    "explain",
    "fill_windows",
    "find_class",
    "module_graph",
    "window_in_middle",
]
