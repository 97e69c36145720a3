"""`Actors`: workers on all machines of a Ray cluster.

No video and no result travels through Ray: every machine reads and writes them itself, in folders that all of them see
under the same names. What does travel are tasks, what came of them, and a few numbers a second for the progress bars.
"""

import logging
import os
import platform
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from apps.batch.inputs import Failure
from apps.batch.outcome import Done
from apps.batch.plan import Task
from apps.batch.worker import Job, Lost, Message, Shared, Unusable, make_labeller, perform
from realtime.native_log import without_chatter
from realtime.records import program_version
from stf.atomic import temporary_folder
from stf.errors import UserError

if TYPE_CHECKING:
    from apps.batch.labeller import Labeller  # torch

_WAIT = 0.2  # seconds
_TRIES = 3
"""How often in a row a worker may end before it is ready."""

_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is sent to anybody
    "RAY_gcs_server_port_wait_time_s": "1",  # asks a cluster that is gone once, not for a quarter of an hour,
    "RAY_py_gcs_connect_timeout_s": "10",  # and for this long
}
"""What Ray goes by in this process, where nobody has said otherwise; read when it is imported."""


class Actors:
    """A `Crew` of Ray actors, one for each processor of the cluster; a context manager that ends them.

    An actor that is lost, with its machine or alone, is made again where there is room, now or later.

    Args:
        address: of the cluster (`host:port`), or `auto` for the one that this machine belongs to.
        workers: how many actors at most; as many as the cluster has processors where it is None.
        job: what they do. All machines must see its folders.

    Raises:
        UserError: if Ray is not installed, or there is no such cluster.
    """

    def __init__(self, address: str, workers: int | None, job: Job) -> None:
        for name, value in _SETTINGS.items():
            os.environ.setdefault(name, value)
        os.environ["RAY_DEDUP_LOGS_SKIP_REGEX"] = "."  # nor does Ray write to our standard output what it loses
        try:
            import ray  # noqa: PLC0415 - seconds, and only this needs it
        except ImportError as error:
            raise UserError('--cluster needs Ray: install it with pip install "stf-action[cluster]"') from error
        self._ray: Any = ray
        self._job = job
        try:
            with without_chatter():
                ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise UserError(
                f"there is no Ray cluster at '{address}': start one with ray start --head, and ray start "
                "--address=HOST:6379 on every other machine"
            ) from error
        self._stack = ExitStack()
        self._stack.callback(ray.shutdown)
        processors = int(self._ray.cluster_resources().get("CPU", 0))
        if not processors:
            raise UserError(f"the Ray cluster at '{address}' has no processors: start Ray on another machine, too")
        self.workers = min(processors, workers or processors)
        self._idle: set[int] = set()
        self._actors: dict[int, Any] = {}
        self._loading: dict[Any, int] = {}
        self._working: dict[Any, int] = {}
        self._failed: Counter[int] = Counter()

    @property
    def ready(self) -> frozenset[int]:
        """Who has loaded its models and has nothing to do."""
        return frozenset(self._idle)

    def give(self, worker: int, task: Task) -> None:
        """Give a task to a worker that has none."""
        self._idle.remove(worker)
        self._working[self._actors[worker].perform.remote(task)] = worker

    def hear(self) -> Iterator[tuple[int, Message]]:
        """What workers have to tell; waits a little for something."""
        ended, _ = self._ray.wait([*self._loading, *self._working], timeout=_WAIT)
        yield from self._ray.get(self._mailbox.take.remote())
        for call in ended:
            if call in self._loading:
                yield from self._loaded(call, self._loading.pop(call))
            else:
                worker = self._working.pop(call)
                message = self._result(call)
                if isinstance(message, Lost):
                    self._begin(worker)
                else:
                    self._idle.add(worker)
                yield worker, message

    def __enter__(self) -> Self:
        self._shared = None if self._job.remote else self._stack.enter_context(temporary_folder(self._job.output))
        here = self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
            self._ray.get_runtime_context().get_node_id(), soft=False
        )
        self._mailbox = self._ray.remote(_Mailbox).options(num_cpus=0, scheduling_strategy=here).remote()
        for worker in range(self.workers):
            self._begin(worker)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for actor in self._actors.values():
            self._ray.kill(actor)
        self._stack.close()

    def _begin(self, worker: int) -> None:
        """Make an actor, in place of an earlier one where there was one."""
        if worker in self._actors:
            self._ray.kill(self._actors[worker])
        actor = self._ray.remote(_Actor).options(num_cpus=1).remote(worker, self._job, self._mailbox)
        self._actors[worker] = actor
        self._loading[actor.load.remote(Path.cwd(), self._shared, program_version())] = worker

    def _loaded(self, call: object, worker: int) -> Iterator[tuple[int, Message]]:
        """An actor is ready, or is unusable, or was lost before it was either."""
        match self._result(call):
            case Unusable() as reason:
                yield worker, reason
            case Lost(how):
                self._failed[worker] += 1
                if self._failed[worker] == _TRIES:
                    yield worker, Unusable(f"a worker of the cluster ended {_TRIES} times while it loaded ({how})")
                self._begin(worker)
            case _:
                self._failed[worker] = 0
                self._idle.add(worker)

    def _result(self, call: object) -> Any:  # noqa: ANN401 - of whatever was called
        """What a call to an actor gave, or that the actor is `Lost`."""
        try:
            return self._ray.get(call)
        except self._ray.exceptions.RayError as error:
            return Lost(str(error).strip().splitlines()[-1])


class _Mailbox:
    """An actor that keeps what the others have to tell until somebody asks."""

    def __init__(self) -> None:
        self._messages: list[tuple[int, Message]] = []

    def put(self, worker: int, message: Message) -> None:
        """Keep a worker's message."""
        self._messages.append((worker, message))

    def take(self) -> list[tuple[int, Message]]:
        """Everything since the last time."""
        messages, self._messages = self._messages, []
        return messages


class _Actor:
    """An actor that labels.

    Args:
        worker: its number.
        job: what to do.
        mailbox: the actor that is told how far this one has come.
    """

    def __init__(self, worker: int, job: Job, mailbox: Any) -> None:  # noqa: ANN401 - a handle
        self._worker = worker
        self._job = job
        self._mailbox = mailbox
        self._labeller: Labeller | None = None

    def load(self, folder: Path, shared: Path | None, version: str) -> Unusable | None:
        """Load the models; why that is of no use, if it is not.

        Args:
            folder: that paths are seen from.
            shared: a folder that is there, where the results go; None where they go to an address.
            version: of the program that gives the tasks.
        """
        here = platform.node()
        with suppress(OSError):
            os.chdir(folder)
        if shared and not shared.is_dir():
            return Unusable(
                f"the machine {here} of the cluster does not see the folder {self._job.output}: give an output folder "
                "that all machines share under one name"
            )
        if program_version() != version:
            return Unusable(f"the machine {here} of the cluster has version {program_version()}: install {version}")
        try:
            job = self._job
            if job.remote:
                job.remote.check(write=True)
                job = replace(job, output=job.remote.mirror)  # of this machine
            self._labeller = make_labeller(self._worker, job, self._tell)
        except UserError as error:
            return Unusable(f"{error} (on the machine {here} of the cluster)")
        return None

    def perform(self, task: Task) -> Shared | Done | Failure:
        """Do a task."""
        if self._labeller is None:
            raise ValueError("nothing is loaded")
        return perform(task, self._labeller, self._tell)

    def _tell(self, message: Message) -> None:
        self._mailbox.put.remote(self._worker, message)
