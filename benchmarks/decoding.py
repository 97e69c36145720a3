"""How fast `VideoFile` yields frames beside bare `cv2.VideoCapture`, one decoding thread each, in one run.

`python benchmarks/decoding.py VIDEO...` ends with `ratio: R`, the smallest over the videos; above 1 we win.
Both sides keep each picture until the next one is there, as whoever looks at it does. What VideoFile loses (0.1 ms a
frame, where MediaPipe takes 20 or more) is glibc giving FFmpeg's freed picture buffers back to the system and fetching
them anew; with MALLOC_TRIM_THRESHOLD_ and MALLOC_MMAP_THRESHOLD_ at 100000000 both sides take the same time.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from realtime.opencv import cv2
from realtime.sources import VideoFile

ROUNDS = 9
SECONDS = 0.5  # least length of one measurement: short clips are played again until then


def with_opencv(path: Path) -> int:
    """Number of frames, all decoded to BGR."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    count = 0
    more, _image = capture.read()
    while more:
        count += 1
        more, _image = capture.read()
    return count


def with_video_file(path: Path) -> int:
    """Number of frames, all decoded to BGR."""
    with VideoFile(path, threads=1) as source:
        count = 0
        for _frame in source:
            count += 1
        return count


def frames_per_second(play: Callable[[Path], int], path: Path) -> float:
    """How many frames `play` yields in a second of processor time, which other work on the machine bends least."""
    begin = time.process_time()
    count = play(path)
    while (took := time.process_time() - begin) < SECONDS:
        count += play(path)
    return count / took


def main() -> None:
    """Measure each video named on the command line, both ways in turn."""
    ratios = []
    for name in sys.argv[1:]:
        path = Path(name)
        rounds = [
            (frames_per_second(with_video_file, path), frames_per_second(with_opencv, path)) for _ in range(ROUNDS)
        ]
        ours, theirs = (statistics.median(side) for side in zip(*rounds, strict=True))
        spread = sorted(a / b for a, b in rounds)
        ratios.append(statistics.median(spread))
        print(
            f"{path.name}: VideoFile {ours:.0f} fps, OpenCV {theirs:.0f} fps, "
            f"ratio {ratios[-1]:.2f} ({spread[0]:.2f} to {spread[-1]:.2f} in {ROUNDS} rounds)"
        )
    print(f"ratio: {min(ratios):.2f}")


if __name__ == "__main__":
    main()
