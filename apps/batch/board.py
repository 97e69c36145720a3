"""`Board`: what a run shows while it goes on: bars for a person, lines of JSON for a script, or nothing."""

import json
import sys
import time
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from apps.batch.inputs import Failure
from apps.batch.outcome import Done
from apps.cli.options import Show
from apps.console import make_console, say, shown


class Board:
    """Shows how far each worker and the whole run have come; a context manager.

    Bars appear on a terminal only, and go away. Lines of JSON go to standard output, one for every video as soon as it
    is done: `video`, `status` (done, already, stopped or failed), and `record`, `seconds`, `frames`, `people`,
    `segments` (how many) and `notes`, or `reason`; then how the run stands: `videos_done`, `videos`, `fps` and
    `seconds_left` (null where nobody can tell).

    Args:
        show: what.
        videos: how many there are to do.
        workers: how many are at work at the same time.
    """

    def __init__(self, show: Show, videos: int, workers: int) -> None:
        self.console = make_console(stderr=True)
        self._show = show
        self._videos = videos
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            _Speed(),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=self.console,
            transient=True,
            disable=show is not Show.BARS or not self.console.is_terminal,
        )
        self._all = self._bars.add_task("videos", total=videos, visible=videos > 1, fps=0.0)
        self._rows = [self._bars.add_task("", total=None, visible=False) for _ in range(workers)]
        self._begun = time.monotonic()
        self._frames = self._done = 0

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def begin(self, worker: int, what: str, frames: int | None) -> None:
        """A worker begins a pass over `frames` frames, where that is known."""
        self._bars.reset(self._rows[worker], description=shown(what), total=frames, visible=True)

    def advance(self, worker: int, frames: int) -> None:
        """A worker has done `frames` frames more."""
        self._frames += frames
        self._bars.advance(self._rows[worker], frames)
        self._bars.update(self._all, fps=self._fps())

    def rest(self, worker: int) -> None:
        """A worker has nothing to do."""
        self._bars.update(self._rows[worker], visible=False)

    def finish(self, outcome: Done | Failure) -> None:
        """A video is done with, one way or the other."""
        self._done += 1
        self._bars.advance(self._all)
        if self._show is Show.JSON:
            passed = time.monotonic() - self._begun
            state = {
                "videos_done": self._done,
                "videos": self._videos,
                "fps": round(self._fps(), 2),
                "seconds_left": round(passed / self._done * (self._videos - self._done), 1),
            }
            sys.stdout.write(json.dumps({**_facts(outcome), **state}) + "\n")
            sys.stdout.flush()

    def say(self, sentence: str) -> None:
        """Something a person should know, on standard error."""
        if self._show is Show.BARS:
            say(self.console, sentence)

    def steps(self, worker: int) -> "WorkerSteps":
        """What a worker in this process is to tell."""
        return WorkerSteps(self, worker)

    def _fps(self) -> float:
        return self._frames / max(time.monotonic() - self._begun, 1e-9)


class WorkerSteps:
    """`Steps` of one worker on a board.

    Args:
        board: where to show them.
        worker: number of the worker.
    """

    def __init__(self, board: Board, worker: int) -> None:
        self._board = board
        self._worker = worker

    def begin(self, what: str, frames: int | None) -> None:
        """Begin a pass over `frames` frames, where that is known."""
        self._board.begin(self._worker, what, frames)

    def advance(self) -> None:
        """One more frame is done."""
        self._board.advance(self._worker, 1)


class _Speed(ProgressColumn):
    """Frames per second: of late, or, where the task says so, of the whole run."""

    def render(self, task: Task) -> Text:
        """Nothing before the second frame."""
        speed = task.fields.get("fps", task.finished_speed or task.speed)
        return Text(f"{speed:.1f} fps" if speed else "")


def _facts(outcome: Done | Failure) -> dict[str, object]:
    if isinstance(outcome, Failure):
        return {"video": str(outcome.what), "status": "failed", "reason": outcome.reason}
    return {
        "video": str(outcome.video.path),
        "status": outcome.status,
        "record": outcome.address or str(outcome.record),
        "seconds": round(outcome.seconds, 3),
        "frames": outcome.frames,
        "people": outcome.people,
        "segments": len(outcome.segments),
        "notes": list(outcome.notes),
    }
