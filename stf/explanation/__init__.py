"""Why a recogniser says what it says: the focus of a clip, or of all clips of a class, for whichever class is asked."""

from stf.explanation.answer import Explanation, Question, average, find_class
from stf.explanation.ask import explain
from stf.explanation.windows import WindowAnswers, ask_windows, fill_windows, window_in_middle

__all__ = [
    "Explanation",
    "Question",
    "WindowAnswers",
    "ask_windows",
    "average",
    "explain",
    "fill_windows",
    "find_class",
    "window_in_middle",
]
