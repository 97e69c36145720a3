"""Milliseconds per window of a recogniser by streams and batch, what the focus adds, and how far the arithmetic gets.

Random weights, which cost what trained ones cost, of the shape that the shipped model has (or the architecture's
default). One window at a time gives the time per window, 32 at once the windows per second. ST-GCN is timed beside the
chosen architecture, each in turn; the last line is the ratio of the two for one stream and one window.
"""

import resource
import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import torch
from _machine import Stopwatch, describe, parser, spread
from jaxtyping import Float32
from torch.utils.flop_counter import FlopCounterMode

from stf.checkpoint import find_model, load_checkpoint
from stf.models import build_model, model_names
from stf.recogniser import Recogniser, choose_device
from stf.skeleton import get_layout
from stf.streams import STREAMS, make_stream
from stf.transforms import NORMALISATIONS

REFERENCE = "st_gcn"
SIZE = 2048
"""Rows and columns of the matrix product that the arithmetic is compared with."""


def build(architecture: str, streams: int, focus_module: int, *, typical: bool = False) -> Recogniser:
    """A recogniser of the first streams, with random weights."""
    options = shipped.options if architecture == shipped.architecture else {}
    facts: dict[str, object] = {"architecture": architecture, "options": options, "focus_module": focus_module}
    header = shipped.model_copy(update=facts | {"streams": dict.fromkeys(list(STREAMS)[:streams], 1.0)})
    layout = get_layout(header.layout)
    networks = {
        name: build_model(architecture, layout=layout, num_classes=len(header.classes), **options)
        for name in header.streams
    }
    if typical:
        for network in networks.values():
            width = network.config.widths[focus_module]
            network.typical_weights = torch.rand(len(header.classes), width)
    return Recogniser(header, networks, device)


def windows(count: int) -> Float32[np.ndarray, "N T V C"]:
    """People standing about 2.5 m away, every joint on a walk of its own."""
    layout, random = get_layout(shipped.layout), np.random.default_rng(0)
    shape = (count, shipped.samples, layout.num_joints, len(layout.channels))
    body = random.normal(0, 0.4, (1, 1, *shape[2:])) + np.array([0, 0, 2.5])
    return (body + random.normal(0, 0.01, shape).cumsum(axis=1)).astype(np.float32)


@torch.no_grad()
def scores(recogniser: Recogniser, joints: Float32[np.ndarray, "N T V C"]) -> Float32[np.ndarray, "N K"]:
    """Fused class probabilities without any focus: `Recogniser.recognise` without its second half."""
    normalise = NORMALISATIONS[recogniser.header.normalisation]
    x = normalise(torch.from_numpy(joints).to(device).permute(0, 3, 1, 2)[..., None], recogniser.layout)
    logits = [network(make_stream(name, x, recogniser.layout)) for name, network in recogniser.networks.items()]
    return torch.softmax(torch.stack(logits).sum(dim=0), dim=1).cpu().numpy()


def measure(sides: dict[str, Callable[[], object]], turns: int) -> dict[str, list[float]]:
    """Seconds of each side, in turn: of the processor where one thread computes, else of the clock on the wall."""
    clock = time.process_time if device.type == "cpu" and torch.get_num_threads() == 1 else time.perf_counter
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(turns + 1):
        for name, side in sides.items():
            begun = clock()
            side()
            if device.type == "cuda":
                torch.cuda.synchronize()
            if turn:  # the first warms up
                taken[name].append(clock() - begun)
    return taken


def compare(streams: int, count: int) -> str:
    """One line of the table: scores with and without focus, beside a matrix product."""
    joints = windows(count)
    closed = build(arguments.architecture, streams, -1)
    typical = build(arguments.architecture, streams, inner, typical=True)
    exact = build(arguments.architecture, streams, inner)
    square = torch.randn(SIZE, SIZE, device=device)
    sides: dict[str, Callable[[], object]] = {
        "product": lambda: square @ square,
        "scores": lambda: scores(closed, joints),
        "closed": lambda: closed.recognise(joints),
        "typical": lambda: typical.recognise(joints),
        "exact": lambda: exact.recognise(joints),
    }
    with FlopCounterMode(display=False) as counter:
        sides["scores"]()
    taken = measure(sides, arguments.repeats * (5 if count == 1 else 1))
    milliseconds = [1e3 * seconds for seconds in taken["scores"]]
    speed = (
        f"{spread(milliseconds)} ms" if count == 1 else f"{spread([1e3 * count / m for m in milliseconds])} per second"
    )
    reached = counter.get_total_flops() / median(taken["scores"]) / 1e9
    ceiling = 2 * SIZE**3 / median(taken["product"]) / 1e9
    more = {
        name: spread([100 * (ours / bare - 1) for ours, bare in zip(taken[name], taken["scores"], strict=True)])
        for name in ("closed", "typical", "exact")
    }
    return (
        f"{streams} streams, {count} at once: {speed}, {reached:.0f} of {ceiling:.0f} GFLOP/s; "
        f"focus of the last module adds {more['closed']} %, of module {inner} {more['typical']} % by typical weights, "
        f"{more['exact']} % by a backward pass"
    )


def peak() -> str:
    """The most memory that was held."""
    if device.type == "cuda":
        return f"{torch.cuda.max_memory_allocated() / 1e6:.0f} MB of tensors"
    unit = 1 if sys.platform == "darwin" else 1024
    return f"{unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.0f} MB of this process"


words = parser(__doc__)
words.add_argument("--architecture", default="stf", choices=model_names(), help="the network to measure")
words.add_argument("--device", default="cpu", help="cpu or cuda")
words.add_argument("--threads", type=int, default=torch.get_num_threads(), help="threads of one operation")
arguments = words.parse_args()
torch.set_num_threads(arguments.threads)
torch.set_flush_denormal(True)
device = choose_device(arguments.device)
shipped, _ = load_checkpoint(find_model(arguments.model))
inner = shipped.focus_module if arguments.architecture == shipped.architecture else 2

describe(f"random walks; {arguments.architecture} with random weights on {device}, {arguments.threads} threads")
watch = Stopwatch()
watch.start()
for streams in (count for count in (1, 2, 4) if count <= len(STREAMS)):
    for count in (1, 32):
        print(compare(streams, count), flush=True)
    print(f"peak memory so far: {peak()}")

joints = windows(1)
ours, theirs = (build(name, 1, -1) for name in (arguments.architecture, REFERENCE))
taken = measure({"ours": lambda: scores(ours, joints), "theirs": lambda: scores(theirs, joints)}, 5 * arguments.repeats)
watch.stop()
for name, side in zip((arguments.architecture, REFERENCE), taken.values(), strict=True):
    print(f"{name}, one stream, one window: {spread([1e3 * seconds for seconds in side])} ms")
ratios = [one / other for one, other in zip(*taken.values(), strict=True)]
print(
    f"everything else kept {watch.others:.1f} cores busy; {arguments.architecture} to {REFERENCE}: {spread(ratios, 2)}"
)
print(f"ratio: {median(ratios):.2f}")
