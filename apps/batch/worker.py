"""What a process that labels does: load once, then one task after the other, and tell how far it has come."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from apps.batch.inputs import Failure
from apps.batch.outcome import Done
from apps.batch.plan import Share, Task
from apps.batch.remote import Remote
from apps.engine import Engine
from realtime import cores
from stf.errors import UserError

if TYPE_CHECKING:
    from apps.batch.labeller import Labeller  # torch

_TOLD_EVERY = 0.2  # seconds


@dataclass(frozen=True, slots=True)
class Job:
    """What is the same for all videos of a run; it travels to other processes.

    Attributes:
        output: the folder for the results.
        engine: recogniser and pose estimator.
        formats: names of what to make from each record.
        poses: landmarks saved earlier: of one video, or a folder of many.
        every: poses are estimated in every n-th frame only.
        remote: the address that results go to from `output`, which is its mirror then.
    """

    output: Path
    engine: Engine
    formats: tuple[str, ...]
    poses: Path | None = None
    every: int = 1
    remote: Remote | None = None

    @property
    def place(self) -> str:
        """Where the results are in the end, as a person is told."""
        return self.remote.name if self.remote else str(self.output)


@dataclass(frozen=True, slots=True)
class Began:
    """A pass over `frames` frames, where that is known, begins."""

    what: str
    frames: int | None


@dataclass(frozen=True, slots=True)
class Advanced:
    """So many frames more are done."""

    frames: int


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence for the person."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Shared:
    """A share is done."""

    share: Share


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker has ended while it had something to do."""

    how: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why no video at all can be labelled."""

    reason: str


Message: TypeAlias = Began | Advanced | Said | Shared | Lost | Unusable | Done | Failure
"""What becomes known of a worker; all but the first three end what it had to do."""

Tell: TypeAlias = Callable[[Message], object]


def work(pipe: "Connection[Message, Task | None]", number: int, job: Job) -> None:
    """Do what comes through a pipe until None comes, or nobody is at the other end any more.

    Ctrl-C is for the process that started this one: it ends this one when it wants to, and what has been written by
    then is whole.

    Args:
        pipe: takes tasks, and gives messages.
        number: of this process among its like.
        job: what is the same for all of them.
    """
    try:
        labeller = make_labeller(number, job, pipe.send)
    except UserError as error:
        pipe.send(Unusable(str(error)))
        return
    try:
        while (task := pipe.recv()) is not None:
            pipe.send(perform(task, labeller, pipe.send))
    except (EOFError, BrokenPipeError):  # the one who started this is gone
        return


def make_labeller(number: int, job: Job, tell: Tell) -> "Labeller":
    """Load what labels, in a process that is for nothing else.

    Raises:
        UserError: as `Labeller`.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cores.settle(number)
    os.environ["OMP_NUM_THREADS"] = "1"  # before torch: as many processes as cores leave one for each
    from apps.batch.labeller import Labeller  # noqa: PLC0415 - torch
    from realtime.opencv import cv2  # noqa: PLC0415

    cv2.setNumThreads(1)

    def say(sentence: str) -> None:
        tell(Said(sentence))

    return Labeller(job, say)


def perform(task: Task, labeller: "Labeller", tell: Tell) -> Shared | Done | Failure:
    """Do a task; where a share cannot be done, whoever labels the video says why.

    Args:
        task: what to do.
        labeller: does it.
        tell: told how far it has come.
    """
    steps = _Told(tell)
    if isinstance(task, Share):
        with suppress(UserError):
            labeller.find_poses(task, steps)
        return Shared(task)
    try:
        return labeller.label(task, steps)
    except UserError as error:
        return Failure(task.path, str(error))


class _Told:
    """`Steps` that are told as messages, a few times a second."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._frames = 0
        self._last = 0.0

    def begin(self, what: str, frames: int | None) -> None:
        """Begin a pass over `frames` frames, where that is known."""
        self._frames = 0
        self._tell(Began(what, frames))

    def advance(self) -> None:
        """One more frame is done."""
        self._frames += 1
        if (now := time.monotonic()) - self._last > _TOLD_EVERY:
            self._tell(Advanced(self._frames))
            self._frames, self._last = 0, now
