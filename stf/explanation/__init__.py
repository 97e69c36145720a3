"""Why a recogniser says what it says: the focus of a clip, or of all clips of a class, for whichever class is asked."""

from stf.explanation.answer import Explanation, Question, average, find_class
from stf.explanation.ask import explain

__all__ = ["Explanation", "Question", "average", "explain", "find_class"]
