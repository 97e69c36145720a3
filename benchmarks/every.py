"""What `--every 2` and `--poses` save, and what they cost: `stf label` three ways on the same videos in one run.

Accuracy is agreement with what is found when every frame is estimated (and with what is true, for the demo clip).
"""

import json
from collections.abc import Iterable
from functools import reduce
from operator import add
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from _machine import DEMO, Stopwatch, describe, parser, spread

from apps.batch.inputs import Video
from apps.batch.labeller import Labeller
from apps.batch.outcome import Done
from apps.batch.worker import Job
from apps.engine import Engine
from stf.prediction import NONE, Segment
from stf.segment_metrics import SegmentMetrics, measure_segments


class Silent:
    """Nobody watches."""

    def begin(self, what: str, frames: int | None) -> None:
        """A pass begins."""

    def advance(self) -> None:
        """A frame is done."""


def compare(found: Done, true: Iterable[Segment]) -> SegmentMetrics:
    """How well segments agree, frame by frame and as segments; whoever it is."""
    known = [*true]
    classes = [*sorted({segment.label for segment in (*found.segments, *known)}), NONE]
    return measure_segments(found.segments, known, np.linspace(0, found.seconds, found.frames), classes)


def say(name: str, metrics: Iterable[SegmentMetrics]) -> None:
    """Print the agreement over all videos."""
    figures = [(100 * one.accuracy, 100 * one.matches[1].f1) for one in metrics]
    frames, f1 = (sum(values) / len(values) for values in zip(*figures, strict=True))
    print(f"{name}: {frames:.1f} % of the frames, F1 at an overlap of a quarter {f1:.1f} % (means over videos)")


words = parser(__doc__)
words.add_argument("videos", type=Path, nargs="*", default=[DEMO])
words.add_argument("--every", type=int, default=2)
arguments = words.parse_args()

describe(*(video.name for video in arguments.videos))
videos = [Video(video, Path(str(number))) for number, video in enumerate(arguments.videos)]
engine = Engine(arguments.model, "cpu")
stopwatch = Stopwatch()
walls: dict[str, list[float]] = {}
costs: dict[str, list[float]] = {}
done: dict[str, list[Done]] = {}
with TemporaryDirectory() as scratch:
    for repeat in range(arguments.repeats):
        out = Path(scratch) / str(repeat)
        sides = {
            "every frame": Job(out / "all", engine, ("csv", "npz")),
            f"--every {arguments.every}": Job(out / "some", engine, ("csv",), every=arguments.every),
            "--poses": Job(out / "poses", engine, ("csv",), out / "all"),
        }
        for name, job in sides.items():
            labeller = Labeller(job, print)
            stopwatch.start()
            done[name] = [labeller.label(video, Silent()) for video in videos]
            stopwatch.stop()
            seconds = sum(one.seconds for one in done[name])
            walls.setdefault(name, []).append(seconds / stopwatch.wall)
            costs.setdefault(name, []).append(seconds / stopwatch.cpu)
            print(
                f"{name}: {walls[name][-1]:.2f} times real time, {costs[name][-1]:.2f} seconds of video per second of "
                f"processor time; {stopwatch.others:.2f} cores taken by others",
                flush=True,
            )
whole, some, poses = done
say(f"{some} against every frame", map(compare, done[some], (one.segments for one in done[whole])))
say("--poses against every frame", map(compare, done[poses], (one.segments for one in done[whole])))
if arguments.videos == [DEMO]:
    rows = json.loads(DEMO.with_suffix(".json").read_text(encoding="utf-8"))["segments"]
    true = [Segment(row["start"], row["end"], 0, row["label"], 1.0) for row in rows]
    for name in (whole, some):
        say(f"{name} against the truth", [compare(done[name][0], true)])
for name in done:
    print(f"{name}: {spread(walls[name], 2)} times real time")
for side in (costs, walls):
    what = "processor time" if side is costs else "time"
    ratios = [[b / a for a, b in zip(side[whole], side[name], strict=True)] for name in (some, poses)]
    print(f"{what}: {some} {spread(ratios[0], 2)} and --poses {spread(ratios[1], 2)} times as fast as every frame")
print(f"ratio: {reduce(add, walls[some]) / reduce(add, walls[whole]):.2f}")
