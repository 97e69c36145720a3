"""Milliseconds from a frame leaving a simulated 30 fps camera to the prediction it completes reaching the consumer.

The camera is a clock: real frames of the video, again and again, each delivered at its moment whether or not anybody is
ready, so that the pipeline drops what it cannot take, as with a webcam.
"""

import math
import time
from bisect import bisect_left
from pathlib import Path
from statistics import median

import numpy as np
from _camera import ClockCamera
from _machine import DEMO, Stopwatch, describe, parser, spread

from realtime.pipeline import Pipeline
from realtime.pose import MediaPipePose
from realtime.window import WindowSpec
from stf.prediction import Prediction
from stf.recogniser import Recogniser

PROMISE_MS = 150


def latencies(camera: ClockCamera, pipeline: Pipeline) -> list[float]:
    """Seconds from each window's last frame to its prediction.

    A window is complete with the first frame at or after its end, whether or not that frame was dropped. Windows that
    come out because somebody has gone end off the grid and are late by design; they are left out.
    """
    stride = WindowSpec().stride
    return [
        time.perf_counter() - camera.left[bisect_left(camera.times, event.end - 1e-3)]
        for event in pipeline
        if isinstance(event, Prediction) and abs(math.remainder(event.end, stride)) < 1e-6
    ]


words = parser(__doc__)
words.add_argument("video", type=Path, nargs="?", default=DEMO)
words.add_argument("--seconds", type=float, default=30.0, help="how long the camera runs each time")
arguments = words.parse_args()

describe(arguments.video.name)
recogniser = Recogniser.load(arguments.model, device="cpu")
stopwatch = Stopwatch()
middles, highs = [], []
for _ in range(arguments.repeats):
    camera = ClockCamera(arguments.video, arguments.seconds)
    with MediaPipePose(num_poses=1, say=print) as estimator, Pipeline(camera, estimator, recogniser) as pipeline:
        stopwatch.start()
        measured = [1e3 * seconds for seconds in latencies(camera, pipeline)]
        stopwatch.stop()
    middles.append(float(np.percentile(measured, 50)))
    highs.append(float(np.percentile(measured, 95)))
    statistics = pipeline.statistics
    late = 1e3 * np.percentile(np.diff(camera.left), 95)
    print(
        f"{len(measured)} predictions: p50 {middles[-1]:.0f} ms, p95 {highs[-1]:.0f} ms, worst {max(measured):.0f} ms; "
        f"{statistics.dropped} of {len(camera.left)} dropped; frame to frame p95 {late:.0f} ms; "
        f"{stopwatch.others:.2f} cores taken by others; "
        f"pose p50 {statistics.stages['pose'].percentile_ms(50):.0f} ms; "
        f"the pipeline itself says p95 {statistics.stages['latency'].percentile_ms(95):.0f} ms",
        flush=True,
    )
print(f"p50: {spread(middles)} ms; p95: {spread(highs)} ms; promised: p95 at most {PROMISE_MS} ms")
print(f"ratio: {median(highs) / PROMISE_MS:.2f}")
