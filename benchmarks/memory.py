"""Megabytes that `stf label` holds over an hour of video.

The hour is a real file: the packets of the video again and again in one container, read and decoded from end to end.
With --poses the pose estimator alone is replaced, by a replay of what it found in the video (an hour takes minutes).
"""

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from _looped import find_poses, loop, repeat_poses
from _machine import DEMO, describe

from apps.batch.options import LabelOptions
from apps.console import FrameProgress, make_console
from apps.label_video import label_video, record_path
from realtime.pose import MediaPipePose, RecordedPose
from realtime.sources import VideoFile
from stf.checkpoint import DEFAULT_MODEL
from stf.recogniser import Recogniser

PEAK_MB, GROWTH_MB = 1200, 20


class Meter(FrameProgress):
    """The bar of the command, which also looks at the megabytes held by this process with every frame.

    Attributes:
        minutes: the most there were in each minute of video.
    """

    def __init__(self, frames_per_minute: int) -> None:
        super().__init__(make_console(stderr=True))
        self.minutes: list[float] = []
        self._begun = time.perf_counter()
        self._seen = 0
        self._frames_per_minute = frames_per_minute
        self._process = psutil.Process()

    def advance(self) -> None:
        """Take the next frame."""
        super().advance()
        held = self._process.memory_info().rss / 1e6
        if self._seen % self._frames_per_minute == 0:
            if len(self.minutes) in {1, 2} or len(self.minutes) % 5 == 0:
                now = time.perf_counter() - self._begun
                print(f"{len(self.minutes)} minutes of video, {now:.0f} s: {held:.1f} MB", flush=True)
            self.minutes.append(held)
        self.minutes[-1] = max(self.minutes[-1], held)
        self._seen += 1


def measure(video: Path, estimator: MediaPipePose | RecordedPose, meter: Meter) -> None:
    """Label the video as the command does."""
    recogniser = Recogniser.load(arguments.model, device="cpu")
    with estimator, meter:
        report = label_video(video, record_path(video, video.parent), recogniser, estimator, LabelOptions(), meter)
    frames, people = report.statistics.frames, report.statistics.people
    print(f"{report.seconds / 60:.1f} minutes, {frames} frames, {people} person ids, {len(report.segments)} segments")


words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
words.add_argument("video", type=Path, nargs="?", default=DEMO)
words.add_argument("--model", default=DEFAULT_MODEL, help="the recogniser: a shipped model or a file")
words.add_argument("--minutes", type=float, default=60, help="of video")
words.add_argument("--poses", action="store_true", help="replay poses instead of estimating each frame's")
arguments = words.parse_args()

describe(f"{arguments.video.name}, looped to {arguments.minutes:g} minutes,", "poses replayed" * arguments.poses)
with TemporaryDirectory() as folder:
    looped = Path(folder) / "looped.mp4"
    turns, span = loop(arguments.video, looped, 60 * arguments.minutes)
    estimator: MediaPipePose | RecordedPose
    if arguments.poses:
        found = find_poses(arguments.video, arguments.model, Path(folder))
        poses = repeat_poses(found, looped, turns, span, looped.with_suffix(".poses.npz"))
        estimator = RecordedPose(poses, video=looped)
    else:
        estimator = MediaPipePose(say=print)
    meter = Meter(round(60 * (VideoFile(looped).fps or 30)))
    measure(looped, estimator, meter)
first, later = meter.minutes[0], max(meter.minutes[1:])
peak, growth = max(first, later), later - first
print(f"peak: {peak:.0f} MB; promised: at most {PEAK_MB} MB")
print(f"most in the first minute {first:.1f} MB, after it {later:.1f} MB, in the last {meter.minutes[-1]:.1f} MB")
print(f"growth after the first minute: {growth:.1f} MB; promised: at most {GROWTH_MB} MB")
print(f"ratio: {max(peak / PEAK_MB, growth / GROWTH_MB):.2f}")
