"""What a process that labels does: load once, then one video after the other, as it is told through a pipe."""

import os
import signal
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from apps.batch.inputs import Failure, Video
from apps.engine import Engine
from stf.errors import UserError

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
    """

    output: Path
    engine: Engine
    formats: tuple[str, ...]
    poses: Path | None = None
    every: int = 1


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
class Unusable:
    """Why no video at all can be labelled."""

    reason: str


def work(pipe: "Connection[object, Video | None]", job: Job) -> None:
    """Label videos that come through a pipe until None comes, or nobody is at the other end any more.

    Ctrl-C is for the process that started this one: it ends this one when it wants to, and what has been written by
    then is whole.

    Args:
        pipe: takes videos, and gives `Began`, `Advanced`, `Said`, and of each video a `Done` or a `Failure`.
        job: the rest.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_NUM_THREADS"] = "1"  # before torch: as many processes as cores leave one for each
    from apps.batch.labeller import Labeller  # noqa: PLC0415 - torch
    from realtime.opencv import cv2  # noqa: PLC0415

    cv2.setNumThreads(1)
    try:
        labeller = Labeller(job, lambda sentence: pipe.send(Said(sentence)))
    except UserError as error:
        pipe.send(Unusable(str(error)))
        return
    steps = _Told(pipe)
    try:
        while (video := pipe.recv()) is not None:
            try:
                pipe.send(labeller.label(video, steps))
            except UserError as error:
                pipe.send(Failure(video.path, str(error)))
    except (EOFError, BrokenPipeError):  # the one who started this is gone
        return


class _Told:
    """`Steps` that go through a pipe, a few times a second."""

    def __init__(self, pipe: "Connection[object, Video | None]") -> None:
        self._pipe = pipe
        self._frames = 0
        self._last = 0.0

    def begin(self, what: str, frames: int | None) -> None:
        """Begin a pass over `frames` frames, where that is known."""
        self._frames = 0
        self._pipe.send(Began(what, frames))

    def advance(self) -> None:
        """One more frame is done."""
        self._frames += 1
        if (now := time.monotonic()) - self._last > _TOLD_EVERY:
            self._pipe.send(Advanced(self._frames))
            self._frames, self._last = 0, now
