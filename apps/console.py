"""What the commands print with: text as it is, tables as wide as they must be, and a progress bar that goes away."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

_UNWATCHED_WIDTH = 1000


def make_console(*, stderr: bool = False) -> Console:
    """A console that takes file names literally, and crops and wraps nothing where it writes to a file.

    Args:
        stderr: write to standard error rather than standard output.
    """
    console = Console(stderr=stderr, markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = _UNWATCHED_WIDTH
    return console


def say(console: Console, sentence: str, style: str | None = None) -> None:
    """Print a sentence in one piece, so that a path in it can be copied."""
    console.print(sentence, style=style, soft_wrap=True)


def shown(path: object) -> str:
    """A path on one line, whatever its name holds."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in str(path))


class FrameProgress:
    """One pass over a video after the other: a bar, frames, frames per second, time left; gone when the block ends.

    Args:
        console: what to show it on; only a terminal shows it.
        unit: of the speed, for passes over something else than frames.
    """

    def __init__(self, console: Console, unit: str = "fps") -> None:
        self.console = console
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            RateColumn(unit),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", visible=False, total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def begin(self, what: str, frames: int | None) -> None:
        """Begin a pass over `frames` frames, where that is known."""
        self._bar.remove_task(self._task)
        self._task = self._bar.add_task(what, total=frames)

    def advance(self) -> None:
        """One more frame is done."""
        self._bar.advance(self._task)


class RateColumn(ProgressColumn):
    """How many a second, of late.

    Args:
        unit: what to call that.
    """

    def __init__(self, unit: str) -> None:
        super().__init__()
        self.unit = unit

    def render(self, task: Task) -> Text:
        """Nothing before the second frame."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f} {self.unit}")
