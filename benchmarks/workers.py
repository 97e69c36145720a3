"""Megabytes that each process of `stf label` holds at most, in a short video and in one of hours.

The videos are real files: the packets of a clip again and again, with pauses in between in which its last picture
stays, so that hours take minutes. Each is labelled by one process, and two copies of it by two. The peaks are Linux's
own (VmHWM), so that how busy the machine is makes no difference.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from _looped import find_poses, loop, repeat_poses
from _machine import DEMO, ROOT, describe

from stf.checkpoint import DEFAULT_MODEL

MOST_MB = 900
_LOOK_SECONDS = 0.2


def peaks(command: list[str]) -> list[float]:
    """Run a command; the most megabytes that it and each process it starts hold in memory, largest first."""
    most: dict[int, float] = {}
    ran = psutil.Popen(command, cwd=ROOT)
    while ran.poll() is None:
        with suppress(psutil.NoSuchProcess):
            for process in (ran, *ran.children(recursive=True)):
                with suppress(FileNotFoundError, ProcessLookupError):
                    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
                    if held := re.search(r"VmHWM:\s+(\d+) kB", status):
                        most[process.pid] = int(held[1]) * 1024 / 1e6
        time.sleep(_LOOK_SECONDS)
    if ran.returncode:
        raise subprocess.CalledProcessError(ran.returncode, command)
    return sorted(most.values(), reverse=True)


words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
words.add_argument("video", type=Path, nargs="?", default=DEMO)
words.add_argument("--model", default=DEFAULT_MODEL, help="the recogniser: a shipped model or a file")
words.add_argument("--minutes", type=float, nargs="+", default=[10, 180], help="of video")
words.add_argument("--pause", type=float, default=0, help="seconds between two turns of the clip")
words.add_argument("--workers", type=int, nargs="+", default=[1, 2])
words.add_argument("--poses", action="store_true", help="replay poses instead of estimating each frame's")
arguments = words.parse_args()

describe(f"{arguments.video.name}, a turn every {arguments.pause:g} s after the last,", "kept poses" * arguments.poses)
highest = 0.0
with TemporaryDirectory() as scratch:
    folder = Path(scratch)
    found = find_poses(arguments.video, arguments.model, folder / "found") if arguments.poses else None
    for minutes in arguments.minutes:
        videos, poses, out = (folder / name for name in ("videos", "poses", "out"))
        videos.mkdir()
        poses.mkdir()
        turns, span = loop(arguments.video, videos / "0.mp4", 60 * minutes, arguments.pause)
        if found:
            repeat_poses(found, videos / "0.mp4", turns, span, poses / "0.poses.npz")
        for workers in arguments.workers:
            for number in range(1, workers):
                os.link(videos / "0.mp4", videos / f"{number}.mp4")
                if found:
                    os.link(poses / "0.poses.npz", poses / f"{number}.poses.npz")
            command = [sys.executable, "-m", "apps", "label", str(videos), "-o", str(out), "--model", arguments.model]
            command += ["--workers", str(workers), "--show", "nothing", *(["--poses", str(poses)] if found else [])]
            begun = time.perf_counter()
            held = peaks(command)
            highest = max(highest, *held)
            print(
                f"{turns * span / 60:.0f} minutes, {turns} turns, --workers {workers}: at most "
                f"{', '.join(f'{one:.0f}' for one in held)} MB by process; {time.perf_counter() - begun:.0f} s",
                flush=True,
            )
            shutil.rmtree(out)
            for number in range(1, workers):
                (videos / f"{number}.mp4").unlink()
        shutil.rmtree(videos)
        shutil.rmtree(poses)
print(f"the most: {highest:.0f} MB; promised: at most {MOST_MB} MB a process")
print(f"ratio: {highest / MOST_MB:.2f}")
