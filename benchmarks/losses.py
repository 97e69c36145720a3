"""Time of a training step with the focus losses, as a multiple of one with cross-entropy alone."""

import time
from itertools import product
from statistics import median

import torch
from _machine import describe, parser, spread
from torch.nn import functional

from stf.losses import AdjacencyConsistency, Coherence, Divergence, Exploration, FocusLosses, Schedule
from stf.models import build_model
from stf.skeleton import NTU25

CLIPS, FRAMES, STEPS = 16, 64, 2

words = parser(__doc__)
arguments = words.parse_args()
torch.set_num_threads(1)
torch.manual_seed(0)
every_step = Schedule(0.02, warm_up=0.0, ramp=0.0)
every_other = Schedule(0.02, warm_up=0.0, ramp=0.0, every=2)
single = {
    "exploration": (Exploration(every_step),),
    "coherence": (Coherence(every_step),),
    "divergence": (Divergence(every_step),),
    "adjacency": (AdjacencyConsistency(every_step),),
}
sides: dict[str, FocusLosses] = {"cross-entropy": FocusLosses(())}
sides |= {f"+ {name}, every step": FocusLosses(losses) for name, losses in single.items()}
sides["+ all four, every step"] = FocusLosses([loss for losses in single.values() for loss in losses])
sides["+ all four, every other step but divergence (the default)"] = FocusLosses(
    (Exploration(every_other), Coherence(every_other), Divergence(every_step), AdjacencyConsistency(every_other))
)
sides["the same, first order"] = FocusLosses(list(sides.values())[-1].losses, second_order=False)

network = build_model("stf", layout=NTU25, num_classes=27, widths=(48, 48, 96, 96, 192, 192))
optimiser = torch.optim.AdamW(network.parameters(), 1e-4)
x, labels = torch.randn(CLIPS, 3, FRAMES, 25, 1), torch.randint(27, (CLIPS,))


def run(losses: FocusLosses) -> float:
    """Milliseconds of processor time per step, over an even number of steps."""
    begun = time.process_time()
    for step in range(STEPS):
        output = network.run(x)
        extra, _ = losses(network, x, output, step, STEPS)
        optimiser.zero_grad()
        (functional.cross_entropy(output.logits, labels) + extra).backward()
        optimiser.step()
    return 1e3 * (time.process_time() - begun) / STEPS


describe(f"random clips: {CLIPS} a step, {FRAMES} frames, 25 joints, one person; widths of the shipped model")
costs: dict[str, list[float]] = {name: [] for name in sides}
for _, (name, losses) in product(range(arguments.repeats + 1), sides.items()):
    costs[name].append(run(losses))
plain = costs["cross-entropy"][1:]
for name in sides:
    ratios = [one / base for one, base in zip(costs[name][1:], plain, strict=True)]  # the first round warms up
    print(f"{name}: {spread(costs[name][1:])} ms a step, {spread(ratios)} times cross-entropy alone")
print(f"ratio: {median(costs[list(sides)[-2]][1:]) / median(plain):.2f}")
