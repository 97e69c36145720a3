"""How fast the figure is rendered, beside how fast the pose estimator looks at it: seconds of processor time.

Everything is on: a varied room, light and noise, two people at 640x480, their joints and what hides them.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _machine import describe, parser, spread

from calibration.figure.appearance import Appearance
from calibration.figure.camera import Camera
from calibration.figure.motion import placed, studio_motion
from calibration.figure.render import Renderer
from realtime.frames import Frame
from realtime.pose import MediaPipePose
from stf.datasets.utd_mhad import read_clip

words = parser(__doc__)
words.add_argument("clip", type=Path, help="a UTD-MHAD skeleton, such as a13_s8_t1_skeleton.mat")
arguments = words.parse_args()

describe(arguments.clip.name)
clip = read_clip(arguments.clip)
alone = studio_motion(clip)
pair = np.stack([placed(alone, at=(-0.5, 0)), placed(alone, at=(0.4, 0.4), turn=0.5)], axis=1)
looks = (Appearance.varied(2), Appearance.varied(1))
camera = Camera(yaw=0.3)
one = Renderer(clip.layout, camera.framing(alone), looks[0])
two = Renderer(clip.layout, camera.framing(pair), *looks)
frames = [Frame(number, number / clip.fps, one.render(joints).image) for number, joints in enumerate(alone)]


def per_frame(work: Callable[[Any], object], items: Sequence[Any]) -> float:
    """Milliseconds of processor time that `work` takes for one of `items`, all threads together."""
    start = time.process_time()
    for item in items:
        work(item)
    return 1e3 * (time.process_time() - start) / len(items)


sides: dict[str, list[float]] = {"one person": [], "two people": [], "pose estimator": []}
for _ in range(arguments.repeats):
    sides["one person"].append(per_frame(one.render, alone))
    sides["two people"].append(per_frame(two.render, pair))
    with MediaPipePose() as estimator:
        sides["pose estimator"].append(per_frame(estimator.estimate, frames))
for side, taken in sides.items():
    rates = [1e3 / milliseconds for milliseconds in taken]
    print(f"{side}: {spread(taken)} ms, {spread(rates)} frames per second of one core")
ratio = np.median(sides["pose estimator"]) / np.median(sides["two people"])
print(f"ratio: {ratio:.2f}")
