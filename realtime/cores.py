"""Which core the pose estimator keeps to where there are two, and how long turns are (docs/decisions/0009-cores.md).

The estimator computes on one core for nearly all of the time that a frame takes. Left alone, Linux wakes what comes
after it on that core as well, even while the other one is idle, and moves the estimator about.
"""

import ctypes
import os
import platform
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

_LOOK_SECONDS = 0.1
_TURN_NS = 100_000
_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}  # the number of the system call; most C libraries have no name for it


@cache
def pose_core() -> int | None:
    """The core for this process's pose estimators: of two the one that was less busy at the first call.

    Returns:
        None where threads are left alone: on other systems than Linux, and where the process may use one core, or more
        than two.
    """
    if sys.platform != "linux" or len(cores := os.sched_getaffinity(os.getpid())) != 2:
        return None
    before = _busy_ticks()
    time.sleep(_LOOK_SECONDS)
    after = _busy_ticks()
    return min(sorted(cores), key=lambda core: after[core] - before[core])


def count() -> int:
    """How many cores the calling thread may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def keep_to(core: int | None) -> None:
    """Keep the calling thread, and threads that it starts from now on, to a core; None changes nothing."""
    if sys.platform == "linux" and core is not None:
        os.sched_setaffinity(0, {core})


def leave(core: int | None) -> None:
    """Keep the calling thread, and threads that it starts from now on, off a core; None changes nothing."""
    if sys.platform == "linux" and core is not None and (others := os.sched_getaffinity(0) - {core}):
        os.sched_setaffinity(0, others)


def settle(number: int) -> None:
    """Keep this process to one of two cores, the first or the second by its number; before its threads are started."""
    if sys.platform == "linux" and len(cores := sorted(os.sched_getaffinity(0))) == 2:
        os.sched_setaffinity(0, {cores[number % 2]})


def take_short_turns() -> None:
    """Let the calling thread, and threads and processes that it starts from now on, have turns of 0.1 ms.

    Linux lets threads that wait for one core take turns of 1.4 ms and more, and those whose turns are shorter have
    theirs sooner (sched_setattr(2), since 6.12). Other systems are left as they are.
    """
    number = _SCHED_SETATTR.get(platform.machine())
    if sys.platform != "linux" or number is None or os.sched_getscheduler(0) != os.SCHED_OTHER:
        return
    flags, niceness = 0, os.getpriority(os.PRIO_PROCESS, 0)
    # struct sched_attr: size, policy, flags, nice, priority, and in nanoseconds runtime, deadline, period
    attributes = struct.pack("=IIQiIQQQ", 48, os.SCHED_OTHER, flags, niceness, 0, _TURN_NS, 0, 0)
    ctypes.CDLL(None).syscall(number, 0, attributes, 0)


@contextmanager
def on(core: int | None) -> Iterator[None]:
    """Keep the calling thread, and threads that it starts within, to a core; None changes nothing."""
    if sys.platform != "linux" or core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    keep_to(core)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _busy_ticks() -> dict[int, int]:
    """How long each core has been at work, in ticks (proc_stat(5): user, nice, system, idle, iowait, irq ...)."""
    lines = Path("/proc/stat").read_text(encoding="ascii").splitlines()
    rows = (line.split() for line in lines if line.startswith("cpu") and line[3].isdigit())
    return {int(name[3:]): sum(map(int, ticks)) - int(ticks[3]) - int(ticks[4]) for name, *ticks in rows}
