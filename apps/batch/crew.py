"""Several videos at once: workers of any kind are handed what the plan says, until nothing is left."""

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Protocol, Self

from apps.batch.board import Board
from apps.batch.inputs import Failure
from apps.batch.outcome import Done
from apps.batch.plan import Plan, Task
from apps.batch.worker import Advanced, Began, Lost, Message, Said, Shared, Unusable
from stf.errors import UserError


class Crew(Protocol):
    """Workers, numbered from 0 on; one that is lost is replaced. A context manager that ends them."""

    @property
    def workers(self) -> int:
        """How many there are."""

    @property
    def ready(self) -> Iterable[int]:
        """Who can be given something, if nobody has done so yet."""

    def give(self, worker: int, task: Task) -> None:
        """Give a task to a worker that has none."""

    def hear(self) -> Iterable[tuple[int, Message]]:
        """What workers have to tell; waits for something, but not for ever."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


def label_together(crew: Crew, plan: Plan, board: Board) -> Iterator[Done | Failure]:
    """Label videos; what a lost worker had is begun again.

    Args:
        crew: who does it.
        plan: what is to be done.
        board: told of everything.

    Yields:
        What came of each video, in the order in which they end.

    Raises:
        UserError: if no video can be labelled, whichever it is.
    """
    tasks: dict[int, Task] = {}
    while plan.left or tasks:
        for worker in crew.ready:
            if worker not in tasks and (task := plan.next()):
                tasks[worker] = task
                crew.give(worker, task)
        for worker, message in crew.hear():
            match message:
                case Began(what, frames):
                    board.begin(worker, what, frames)
                case Advanced(frames):
                    board.advance(worker, frames)
                case Said(sentence):
                    board.say(sentence)
                case Unusable(reason):
                    raise UserError(reason)
                case ended:
                    board.rest(worker)
                    if outcome := _end(ended, tasks.pop(worker), plan):
                        yield outcome


def _end(message: Shared | Lost | Done | Failure, task: Task, plan: Plan) -> Done | Failure | None:
    """Tell the plan how a task ended; what came of a video, if that is what is known now."""
    match message:
        case Shared(share):
            plan.done(share)
            return None
        case Lost(how):
            return plan.lost(task, how)
    return message
