"""What is known of the people in the last minute, and what of it is to be shown."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from apps.live.events import Explained, Opened
from apps.live.memory import SECONDS
from apps.widgets.data import FocusWindow, Score, Span
from stf.prediction import NONE, Ongoing, Prediction, Segment

_BARS = 5
_LEAST = 20.0  # seconds; the timeline shows no less


@dataclass(frozen=True, slots=True)
class Panel:
    """What is said of the person who is looked at.

    Attributes:
        person: the person's id; None where nobody has been seen.
        doing: what the person seems to be doing.
        scores: the most probable classes, best first.
        threshold: the confidence above which a label counts.
        focus: of the class that is explained.
        summary: the result in a sentence.
    """

    person: int | None = None
    doing: str = ""
    scores: Sequence[Score] = ()
    threshold: float = 0.0
    focus: FocusWindow | None = None
    summary: str = ""


class Reading:
    """Takes the events of one source; knows what of them to show.

    Args:
        opened: the source.
        chosen: the class to explain, by number; None for the top one.
    """

    def __init__(self, opened: Opened, chosen: int | None = None) -> None:
        self.opened = opened
        self.chosen = chosen
        self._selected: int | None = None
        self._now = 0.0
        self._predictions: dict[int, Prediction] = {}
        self._explained: dict[int, Explained] = {}
        self._segments: deque[Segment] = deque(maxlen=512)
        self._ongoing: dict[int, Segment] = {}

    def pass_time(self, now: float, people: Sequence[int]) -> None:
        """A picture of this moment was shown, with these people in it."""
        self._now = now
        while self._segments and self._segments[0].end < now - SECONDS:
            self._segments.popleft()
        self._ongoing = {p: s for p, s in self._ongoing.items() if s.end > now - 2 * (s.end - s.start) - 5}
        if self._selected not in people and people and self._selected not in self._predictions:
            self._selected = people[0]

    def take(self, event: Prediction | Ongoing | Segment | Explained) -> None:
        """Take what was said of somebody."""
        match event:
            case Prediction():
                self._predictions[event.person] = event
            case Explained():
                self._explained[event.prediction.person] = event
            case Ongoing(segment=None):
                self._ongoing.pop(event.person, None)
            case Ongoing(segment=Segment() as segment):
                self._ongoing[event.person] = segment
            case Segment():
                self._segments.append(event)

    def select(self, person: int) -> None:
        """Look at this person."""
        self._selected = person

    def select_next(self) -> None:
        """Look at the next person of whom something is known."""
        people = sorted(self._predictions)
        if people:
            later = [person for person in people if self.person is not None and person > self.person]
            self._selected = (later or people)[0]

    @property
    def person(self) -> int | None:
        """Who is looked at; the last one of whom something was said where nobody was chosen."""
        if self._selected in self._predictions:
            return self._selected
        return max(self._predictions, key=lambda person: self._predictions[person].end, default=None)

    @property
    def prediction(self) -> Prediction | None:
        """The last thing that was said of who is looked at."""
        return None if self.person is None else self._predictions[self.person]

    @property
    def span(self) -> Span:
        """The last minute, or what there is of it."""
        over = {(s.person, s.label, s.start) for s in self._segments}
        ongoing = tuple(s for s in self._ongoing.values() if (s.person, s.label, s.start) not in over)
        first = min((s.start for s in (*self._segments, *ongoing)), default=self._now)
        seconds = min(max(self._now - first, _LEAST), SECONDS)
        return Span(tuple(self._segments), ongoing, self._now, seconds)

    @property
    def panel(self) -> Panel:
        """What is said of who is looked at."""
        said = self.prediction
        if said is None:
            return Panel(threshold=self.opened.threshold)
        classes = self.opened.classes
        top = said.top(_BARS)
        number = top[0][0] if self.chosen is None else self.chosen
        if number not in {c for c, _ in top}:
            top = [*top[:-1], (number, float(said.scores[number]))]
        scores = tuple(Score(c, classes[c], p, c == number) for c, p in top)
        focus = self._focus(said, number)
        doing = self._ongoing.get(said.person)
        what = f"{doing.label} ({doing.confidence:.0%})" if doing else NONE
        best = ", ".join(f"{score.label} {score.probability:.1%}" for score in scores)
        summary = f"{self.opened.name} at {said.end:.1f} s, person {said.person + 1}: {what}; window: {best}"
        return Panel(said.person, doing.label if doing else NONE, scores, self.opened.threshold, focus, summary)

    def _focus(self, said: Prediction, number: int) -> FocusWindow | None:
        label = self.opened.classes[number]
        if self.chosen is None:
            return FocusWindow(f"Why {label}?", said.focus, said.start, said.end, self.opened.layout)
        known = self._explained.get(said.person)
        if known is None or known.number != number:
            return None
        of = known.prediction
        return FocusWindow(f"Why {label}? (chosen)", known.focus, of.start, of.end, self.opened.layout)
