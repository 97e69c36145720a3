"""`Processes`: workers that are processes of this machine."""

from collections.abc import Iterable, Iterator
from multiprocessing import connection, get_context
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Self

from apps.batch.inputs import Failure
from apps.batch.outcome import Done
from apps.batch.plan import Task
from apps.batch.worker import Job, Lost, Message, Shared, work


class Processes:
    """A `Crew` of processes, each started when there is something to do for it; a context manager that ends them.

    Args:
        workers: how many.
        job: what they do.
    """

    def __init__(self, workers: int, job: Job) -> None:
        self.workers = workers
        self.ready: Iterable[int] = range(workers)
        self._job = job
        self._processes: dict[int, _Process] = {}
        self._busy: set[int] = set()

    def give(self, worker: int, task: Task) -> None:
        """Give a task to a worker that has none."""
        if worker not in self._processes:
            self._processes[worker] = _Process(worker, self._job)
        self._processes[worker].give(task)
        self._busy.add(worker)

    def hear(self, patience: float | None = None) -> Iterator[tuple[int, Message]]:
        """What workers have to tell; waits for something, so many seconds at most."""
        told = connection.wait([self._processes[number].pipe for number in self._busy], patience)
        for number in [number for number in self._busy if self._processes[number].pipe in told]:
            message = self._processes[number].hear()
            if isinstance(message, Lost):
                self._processes.pop(number).end()
            if isinstance(message, Lost | Shared | Done | Failure):
                self._busy.remove(number)
            yield number, message

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes.values():
            process.end()


class _Process:
    """A process that labels, and the pipe to it."""

    def __init__(self, number: int, job: Job) -> None:
        context = get_context("spawn")  # a forked copy of threads at work would hang
        self.pipe, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=work, args=(theirs, number, job), daemon=True)
        self._process.start()
        theirs.close()  # so that the end of the process is the end of the pipe

    def give(self, task: Task) -> None:
        """Hand it a task."""
        try:
            self.pipe.send(task)
        except OSError:  # lost already, which reading from it will show
            return

    def hear(self) -> Message:
        """What it has to tell, or that it is lost."""
        try:
            message: Message = self.pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            return Lost(f"exit code {self._process.exitcode}")
        return message

    def end(self) -> None:
        """End it now; what it has written is whole."""
        self._process.kill()
        self._process.join()
        self.pipe.close()
