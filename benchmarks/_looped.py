"""Long videos that cost nothing to make: the packets of a short one again and again, and its poses for each frame."""

import math
import subprocess
import sys
from pathlib import Path

import av
from _machine import ROOT

from realtime.frames import PoseFrame
from realtime.pose import PoseRecorder, RecordedPose


def loop(video: Path, looped: Path, seconds: float, pause: float = 0.0) -> tuple[int, float]:
    """Write the packets of a video behind one another until they last for `seconds`.

    Args:
        video: what to repeat.
        looped: the file to write.
        seconds: the least it is to last.
        pause: seconds from the end of one turn to the next, in which the last picture stays.

    Returns:
        How many turns there are, and how many seconds lie between their beginnings.
    """
    with av.open(str(video)) as source, av.open(str(looped), "w") as target:
        stream = source.streams.video[0]
        packets = [packet for packet in source.demux(stream) if packet.pts is not None and packet.dts is not None]
        stamps = [(packet.pts or 0, packet.dts or 0) for packet in packets]
        base = packets[0].time_base
        span = max(pts for pts, _ in stamps) + (packets[-1].duration or 0) + round(pause / base)
        turns = math.ceil(seconds / float(span * base))
        copy = target.add_stream_from_template(stream)
        for turn in range(turns):
            for packet, (pts, dts) in zip(packets, stamps, strict=True):
                packet.stream, packet.time_base = copy, base
                packet.pts, packet.dts = pts + turn * span, dts + turn * span
                target.mux(packet)
    return turns, float(span * base)


def find_poses(video: Path, model: str, folder: Path) -> Path:
    """Let the command find the poses in a video."""
    command = [sys.executable, "-m", "apps", "label", str(video.resolve()), "-o", str(folder), "--format", "npz"]
    subprocess.run([*command, "--model", model], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return folder / f"{video.stem}.poses.npz"


def repeat_poses(poses: Path, looped: Path, turns: int, span: float, path: Path) -> Path:
    """Write the poses of a video for every frame of the looped one."""
    with RecordedPose(poses) as found, PoseRecorder(path, video=looped, estimator=found.facts) as recorder:
        for turn in range(turns):
            for pose in found:
                index, seconds = pose.index + turn * len(found), pose.time + turn * span
                recorder.write(PoseFrame(index, seconds, pose.persons))
    return path
