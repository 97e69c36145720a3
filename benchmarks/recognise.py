"""Milliseconds of processor time per window of the recogniser in one thread, and what the focus adds to the scores."""

import time
from pathlib import Path
from statistics import median

import numpy as np
import torch
from _machine import DEMO, describe, parser, spread
from jaxtyping import Float32

from realtime.mapping import get_mapping
from realtime.pose import MediaPipePose
from realtime.sources import VideoFile
from realtime.tracking import Tracker
from realtime.window import Windowers, WindowSpec
from stf.recogniser import Recogniser
from stf.streams import make_stream
from stf.transforms import normalise_body

SECONDS = 10.0


def windows(video: Path) -> Float32[np.ndarray, "N T V C"]:
    """The windows of the first seconds of a video, as the pipeline cuts them."""
    tracker, mapping, windowers = Tracker(), get_mapping(recogniser.layout), Windowers(WindowSpec())
    cut = []
    with MediaPipePose(say=print) as estimator:
        for frame in VideoFile(video, end=SECONDS):
            people = tracker.update(estimator.estimate(frame))
            cut += windowers.update([mapping.map_pose(p.pose, frame.time, p.person) for p in people], frame.time)
    return np.stack([window.joints for window in cut])


@torch.no_grad()
def scores(joints: Float32[np.ndarray, "N T V C"]) -> Float32[np.ndarray, "N K"]:
    """Fused class probabilities without any focus: `Recogniser.recognise` without its second half."""
    x = normalise_body(torch.from_numpy(joints).permute(0, 3, 1, 2)[..., None], recogniser.layout)
    logits = [
        header.streams[name] * network(make_stream(name, x, recogniser.layout))
        for name, network in recogniser.networks.items()
    ]
    return torch.softmax(torch.stack(logits).sum(dim=0) / header.temperature, dim=1).numpy()


words = parser(__doc__)
words.add_argument("video", type=Path, nargs="?", default=DEMO)
arguments = words.parse_args()
torch.set_num_threads(1)
torch.set_flush_denormal(True)
recogniser = Recogniser.load(arguments.model, device="cpu")
header = recogniser.header
closed = Recogniser(header.model_copy(update={"focus_module": -1}), recogniser.networks, recogniser.device)
joints = windows(arguments.video)

describe(f"{len(joints)} windows of {arguments.video.name}; {' + '.join(header.streams)}, {header.options['widths']}")
sides = {
    "scores only": scores,
    "scores and focus of the last module (closed form)": closed.recognise,
    f"scores and focus as shipped (module {header.focus_module})": recogniser.recognise,
}
ratios = []
for count in (1, 8):
    batches = [joints[begin : begin + count] for begin in range(0, len(joints) - count + 1, count)]
    costs: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(arguments.repeats):
        for batch in batches:
            for name, side in sides.items():
                begun = time.process_time()
                side(batch)
                costs[name].append(1e3 * (time.process_time() - begun) / count)
    base = median(costs["scores only"])
    for name in sides:
        added = median(costs[name]) / base - 1
        print(f"{count} at once, {name}: {spread(costs[name])} ms per window, {added:+.1%}")
    ratios.append(median(costs[name]) / base)
print(f"ratio: {max(ratios):.2f}")
