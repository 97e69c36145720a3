"""Frames per second of `stf label`, as a share of those of a bare OpenCV + MediaPipe loop on the same video."""

import os
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from _bare import bare
from _machine import DEMO, Stopwatch, describe, parser, spread
from rich.console import Console

from apps.batch.options import LabelOptions
from apps.console import FrameProgress
from apps.label_video import label_video, record_path
from realtime.pose import MediaPipePose
from realtime.pose_models import resolve
from stf.recogniser import Recogniser


def label(video: Path, model: Path, recogniser: Recogniser) -> int:
    """What `stf label` does with one video, progress bar and files included; how many frames."""
    with (
        TemporaryDirectory() as folder,
        Path(os.devnull).open("w", encoding="utf-8") as screen,
        MediaPipePose(model) as estimator,
        FrameProgress(Console(file=screen, force_terminal=True)) as progress,
    ):
        stopwatch.start()
        report = label_video(video, record_path(video, Path(folder)), recogniser, estimator, LabelOptions(), progress)
        stopwatch.stop()
    return report.statistics.frames


words = parser(__doc__)
words.add_argument("video", type=Path, nargs="?", default=DEMO)
arguments = words.parse_args()

describe(arguments.video.name)
stopwatch = Stopwatch()
recogniser = Recogniser.load(arguments.model, device="cpu")
bundle = resolve("full", say=print)
sides = {
    "OpenCV + MediaPipe": lambda: bare(arguments.video, bundle, stopwatch),
    "stf label": lambda: label(arguments.video, bundle, recogniser),
}
rates: dict[str, list[float]] = {name: [] for name in sides}
costs: dict[str, list[float]] = {name: [] for name in sides}
for repeat in range(arguments.repeats):
    for name in sorted(sides, reverse=repeat % 2 == 1):  # each side goes first as often
        frames = sides[name]()
        rates[name].append(frames / stopwatch.wall)
        costs[name].append(1e3 * stopwatch.cpu / frames)
        print(
            f"{name}: {frames} frames, {rates[name][-1]:.2f} fps; {stopwatch.others:.2f} cores taken by others",
            flush=True,
        )
for name in sides:
    print(f"{name}: {spread(rates[name])} fps, {spread(costs[name])} ms of processor time per frame")
ratios = [ours / theirs for theirs, ours in zip(*rates.values(), strict=True)]
print(f"pair by pair: {spread(ratios, 3)}; promised: at least 0.95 on two cores")
print(f"ratio: {median(ratios):.2f}")
