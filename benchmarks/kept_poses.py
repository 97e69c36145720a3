"""How many times faster than real time `stf label --poses` is, and what each of its threads costs a frame.

The video is the packets of a clip again and again, its poses those found in the clip once. Processor time by stage is
that of the stage's thread; `the rest` is the main one, which writes the files, and what nobody saw.
"""

import threading
from collections import Counter
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psutil
from _looped import find_poses, loop, repeat_poses
from _machine import DEMO, Stopwatch, describe, parser, spread

from apps.batch.inputs import Video
from apps.batch.labeller import Labeller
from apps.batch.worker import Job
from apps.engine import Engine

WANTED = 40
_LOOK_FRAMES = 200
STAGES = {"stf_read": "read", "stf_pose": "look up", "stf_skeleton": "skeleton", "stf_predict": "recognise"}


class ThreadTimes:
    """Looks at the processor time of this process's threads while frames go by.

    Attributes:
        seconds: of processor time by the name of a stage.
    """

    def __init__(self) -> None:
        self.seconds = Counter[str]()
        self._process = psutil.Process()
        self._seen = 0
        self._last: dict[int, float] = {}

    def begin(self, what: str, frames: int | None) -> None:
        """A pass begins."""

    def advance(self) -> None:
        """A frame is done."""
        self._seen += 1
        if self._seen % _LOOK_FRAMES:
            return
        names = {thread.native_id: thread.name for thread in threading.enumerate()}
        for thread in self._process.threads():
            took = thread.user_time + thread.system_time
            for start, stage in STAGES.items():
                if names.get(thread.id, "").startswith(start):
                    self.seconds[stage] += took - self._last.get(thread.id, 0.0)
            self._last[thread.id] = took


words = parser(__doc__)
words.add_argument("video", type=Path, nargs="?", default=DEMO)
words.add_argument("--minutes", type=float, default=2, help="of video")
arguments = words.parse_args()

describe(f"{arguments.video.name}, looped to {arguments.minutes:g} minutes, one person at 30 fps in the demo clip")
stopwatch = Stopwatch()
speeds, costs = [], []
with TemporaryDirectory() as scratch:
    folder = Path(scratch)
    looped, poses = folder / "looped.mp4", folder / "looped.poses.npz"
    turns, span = loop(arguments.video, looped, 60 * arguments.minutes)
    repeat_poses(find_poses(arguments.video, arguments.model, folder), looped, turns, span, poses)
    labeller = Labeller(Job(folder / "out", Engine(arguments.model, "cpu"), ("csv",), poses), print)
    for repeat in range(arguments.repeats + 1):
        times = ThreadTimes()
        stopwatch.start()
        done = labeller.label(Video(looped, Path(str(repeat))), times)
        stopwatch.stop()
        times.seconds["the rest"] = stopwatch.cpu - sum(times.seconds.values())
        by_stage = ", ".join(f"{name} {1e3 * took / done.frames:.3f}" for name, took in times.seconds.items())
        speed, cost = done.seconds / stopwatch.wall, 1e3 * stopwatch.cpu / done.frames
        print(
            f"{'warming up: ' * (repeat == 0)}{done.frames} frames, {speed:.1f} times real time, {cost:.3f} ms of "
            f"processor time a frame ({by_stage}); {stopwatch.others:.2f} cores taken by others",
            flush=True,
        )
        if repeat:
            speeds.append(speed)
            costs.append(cost)
print(f"{spread(costs, 3)} ms of processor time a frame")
print(f"{spread(speeds)} times real time; promised: at least {WANTED} on two cores")
print(f"ratio: {median(speeds) / WANTED:.2f}")
