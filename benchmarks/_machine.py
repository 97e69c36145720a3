"""What the benchmarks have in common: what to run on, what to say about the run, how to say a spread."""

import argparse
import os
import platform
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

import psutil

from stf.checkpoint import DEFAULT_MODEL

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "apps" / "assets" / "demo.mp4"


def parser(doc: str | None) -> argparse.ArgumentParser:
    """The words that the benchmarks share: the recogniser to use and how often to measure."""
    words = argparse.ArgumentParser(description=doc, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    words.add_argument("--model", default=DEFAULT_MODEL, help="the recogniser: a shipped model or a file")
    words.add_argument("--repeats", type=int, default=5, help="how often each side is measured")
    return words


def describe(*data: object) -> None:
    """Print machine, versions, date and what is measured."""
    packages = ("torch", "mediapipe", "opencv-python", "av", "numpy")
    print(f"machine: {cpu_model()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}")
    if hasattr(os, "getloadavg"):
        print(f"load before: {os.getloadavg()[0]:.1f}")
    print("versions:", ", ".join(["Python " + platform.python_version(), *(f"{n} {version(n)}" for n in packages)]))
    print("data:", *data)
    print("date:", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"), flush=True)


def cpu_model() -> str:
    """The processor's name."""
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        for line in facts.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Median and range of repeated measurements."""
    low, middle, high = (f"{value:.{digits}f}" for value in (min(values), median(values), max(values)))
    return f"{middle} ({low} to {high}, n={len(values)})"


class Stopwatch:
    """What passed between `start` and `stop`.

    Attributes:
        wall: seconds.
        cpu: seconds of processor time of this process.
        others: how many cores everything else on the machine kept busy; far from 0 a measurement means little.
    """

    def start(self) -> None:
        """Begin."""
        self._begun = time.perf_counter(), time.process_time(), _busy()

    def stop(self) -> None:
        """End."""
        wall, cpu, busy = self._begun
        self.wall, self.cpu = time.perf_counter() - wall, time.process_time() - cpu
        self.others = max(0.0, _busy() - busy - self.cpu) / self.wall


def _busy() -> float:
    """Seconds that all cores together have been at work."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))
