"""`stf label` on folders: how soon it starts, what a second process brings, and, with --kill, whether a kill does harm.

Starting is a fresh Python that loads the command and searches a folder of 10,000 videos. Processes are compared on
copies of one video, each run with processes of its own, their start included. --kill N ends N runs at random moments
and compares what the last one leaves with what an unbroken one does.
"""

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from _machine import DEMO, ROOT, Stopwatch, describe, parser, spread

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


def start(folder: Path, out: Path, workers: int) -> subprocess.Popen[bytes]:
    """Begin to label a folder."""
    command = [sys.executable, "-m", "apps", "label", folder, "-o", out, "--workers", str(workers)]
    return subprocess.Popen(
        [*command, "--format", "csv,npz", "--model", arguments.model, "--show", "nothing"], cwd=ROOT
    )


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


words = parser(__doc__)
words.add_argument("video", type=Path, nargs="?", default=DEMO)
words.add_argument("--videos", type=int, default=4, help="copies to label")
words.add_argument("--kill", type=int, default=0, metavar="N", help="end N runs at random moments instead")
words.add_argument("--seed", type=int, default=0, help="of the moments")
arguments = words.parse_args()

describe(f"{arguments.videos} copies of {arguments.video.name}")
with TemporaryDirectory() as scratch:
    folder = Path(scratch) / "in"
    folder.mkdir()
    for number in range(arguments.videos):
        shutil.copy(arguments.video, folder / f"{number}{arguments.video.suffix}")
    if arguments.kill:
        begun = time.perf_counter()
        start(folder, Path(scratch) / "unbroken", 2).wait()
        took = time.perf_counter() - begun
        moments = random.Random(arguments.seed)  # noqa: S311 - moments, not secrets
        out = Path(scratch) / "killed"
        for number in range(arguments.kill):
            process = start(folder, out, 2)
            moment = moments.uniform(0, took)
            time.sleep(moment)
            early = process.poll() is None
            process.kill()
            process.wait()
            records = len(list(out.glob("*.stf.json"))) if out.exists() else 0
            said = "killed" if early else "had ended by then"
            print(f"run {number + 1}: {said} after {moment:.1f} s, {records} of {arguments.videos} done", flush=True)
            if records == arguments.videos:  # all over again, so that every kill may do harm
                shutil.rmtree(out)
        start(folder, out, 2).wait()
        same = tree(out) == tree(Path(scratch) / "unbroken")
        print(f"after {arguments.kill} kills the files are {'the same' if same else 'OTHERS'}; promised: the same")
        print(f"ratio: {float(same):.2f}")
        sys.exit(not same)
    many = Path(scratch) / "many"
    for number in range(ENTRIES):
        (many / str(number % 100)).mkdir(parents=True, exist_ok=True)
        (many / str(number % 100) / f"{number}.mp4").touch()
    starting(many)  # fills the caches of the disk and of Python
    starts = [starting(many) for _ in range(arguments.repeats)]
    print(f"loading the command: {spread([load for load, _ in starts], 2)} s")
    print(f"searching {ENTRIES} entries: {spread([search for _, search in starts], 2)} s; promised: start within 2 s")
    stopwatch, ratios = Stopwatch(), []
    for repeat in range(arguments.repeats):
        took = {}
        for workers in (1, 2) if repeat % 2 else (2, 1):
            stopwatch.start()
            start(folder, Path(scratch) / "out", workers).wait()
            stopwatch.stop()
            took[workers] = stopwatch.wall
            shutil.rmtree(Path(scratch) / "out")
            print(f"{workers} at a time: {took[workers]:.1f} s", flush=True)
        ratios.append(took[1] / took[2])
    print(f"pair by pair: {spread(ratios, 2)}; promised: at least 1.6 on two cores")
    print(f"ratio: {median(ratios):.2f}")
