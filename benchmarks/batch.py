"""`stf label` on folders: how soon it starts, and what a second process brings.

Starting is a fresh Python that loads the command and searches a folder of 10,000 videos. Processes are compared on
copies of one video, each run with processes of its own, their start included: with one another, and with what two cores
could do if a frame cost the processor time that it costs a bare OpenCV + MediaPipe loop.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from _bare import bare
from _machine import DEMO, ROOT, Stopwatch, describe, parser, spread

from realtime.pose_models import resolve

ENTRIES = 10_000
SEARCH = """
import sys, time
begun = time.perf_counter()
from pathlib import Path
from apps.batch.inputs import find_videos
from apps.label import run_label
loaded = time.perf_counter()
found = find_videos([Path(sys.argv[1])], Path(sys.argv[1]) / "out")
assert len(found.videos) == int(sys.argv[2]) and "torch" not in sys.modules
print(loaded - begun, time.perf_counter() - loaded)
"""


def starting(folder: Path) -> tuple[float, float]:
    """Seconds to load the command, and to search the folder."""
    ran = subprocess.run(
        [sys.executable, "-c", SEARCH, folder, str(ENTRIES)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    load, search = map(float, ran.stdout.split())
    return load, search


def label(folder: Path, out: Path, workers: int) -> None:
    """Label a folder."""
    command = [sys.executable, "-m", "apps", "label", folder, "-o", out, "--workers", str(workers)]
    options = ["--format", "csv,npz", "--model", arguments.model, "--show", "nothing"]
    subprocess.run([*command, *options], cwd=ROOT, check=True)


words = parser(__doc__)
words.add_argument("video", type=Path, nargs="?", default=DEMO)
words.add_argument("--videos", type=int, default=4, help="copies to label")
arguments = words.parse_args()

describe(f"{arguments.videos} copies of {arguments.video.name}")
with TemporaryDirectory() as scratch:
    folder = Path(scratch) / "in"
    folder.mkdir()
    for number in range(arguments.videos):
        shutil.copy(arguments.video, folder / f"{number}{arguments.video.suffix}")
    many = Path(scratch) / "many"
    for number in range(ENTRIES):
        (many / str(number % 100)).mkdir(parents=True, exist_ok=True)
        (many / str(number % 100) / f"{number}.mp4").touch()
    starting(many)  # fills the caches of the disk and of Python
    starts = [starting(many) for _ in range(arguments.repeats)]
    print(f"loading the command: {spread([load for load, _ in starts], 2)} s")
    print(f"searching {ENTRIES} entries: {spread([search for _, search in starts], 2)} s; promised: start within 2 s")
    stopwatch, ratios, shares = Stopwatch(), [], []
    bundle = resolve("full", say=print)
    for repeat in range(arguments.repeats):
        frames = bare(arguments.video, bundle, stopwatch)
        limit = 2 * frames / stopwatch.cpu
        cost, others = 1e3 * stopwatch.cpu / frames, stopwatch.others
        print(f"a bare loop: {cost:.1f} ms of processor time a frame; {others:.2f} cores taken by others", flush=True)
        took = {}
        for workers in (1, 2) if repeat % 2 else (2, 1):
            stopwatch.start()
            label(folder, Path(scratch) / "out", workers)
            stopwatch.stop()
            took[workers] = stopwatch.wall
            shutil.rmtree(Path(scratch) / "out")
            print(f"{workers} at a time: {took[workers]:.1f} s", flush=True)
        ratios.append(took[1] / took[2])
        shares.append(arguments.videos * frames / took[2] / limit)
    print(f"share of what two cores could do: {spread(shares, 2)}; promised: at least 0.9")
    print(f"pair by pair: {spread(ratios, 2)}; promised: at least 1.6 on two cores")
    print(f"ratio: {median(ratios):.2f}")
