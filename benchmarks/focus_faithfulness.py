"""Is the focus faithful: curves of deletion and insertion by focus, by gradients, by what moves, and by chance.

    python benchmarks/focus_faithfulness.py MODEL DATA -o curves.png

One view per clip. `area` is the area under a curve; +- is the standard deviation over clips. `20 %` is the probability
of the true class that is left without the 20 % of joints x moments that came first, and that there is with nothing but
them. `beats` is the share of clips with a smaller area under deletion than by chance (the mean of its draws). The last
line compares what deleting the 20 % most focused leaves with what deleting as much by chance leaves. With --modules
every module and both kinds of focus are measured at 20 % alone, which is how the module that is shown is chosen: on
--part train.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from _machine import describe
from matplotlib.figure import Figure

from stf.checkpoint import DEFAULT_MODEL
from stf.datasets import open_corpus
from stf.datasets.clip import Clip
from stf.datasets.corpus import OnBroken, Part, find_split, read_clips
from stf.evaluation import make_views, on_side
from stf.faithfulness import (
    Curves,
    Saliency,
    chance,
    change_times_gradient,
    deviation,
    focus_saliency,
    gradient,
    input_times_gradient,
    measure_curves,
)
from stf.focus import FocusMethod
from stf.recogniser import Recogniser

SHARE = 0.2


def spread(values: np.ndarray) -> str:
    """Mean and standard deviation over clips."""
    return f"{values.mean():.3f} +- {values.std(ddof=1):.3f}"


def load_clips(recogniser: Recogniser) -> list[Clip]:
    """Every n-th clip of the wanted side whose class the recogniser knows."""
    corpus = open_corpus(arguments.data)
    if corpus.classes != recogniser.classes:
        raise SystemExit(f"{arguments.data} has other classes than {arguments.model}")
    _, side = find_split(corpus, arguments.split)
    return on_side(read_clips(corpus, on_broken=OnBroken.SKIP), side, Part(arguments.part))[:: arguments.every]


def measure(saliency: Saliency, shares: list[float]) -> Curves:
    """The curves of all clips."""
    return measure_curves(recogniser, x, labels, saliency, shares)


def draw(path: Path, curves: dict[str, list[Curves]]) -> None:
    """Deletion and insertion beside each other; the bands are the standard error of the mean over clips."""
    colours = ("#D55E00", "#000000", "#E69F00", "#0072B2", "#56B4E9", "#CC79A7", "#009E73", "#666666")
    figure = Figure(figsize=(9, 3.8), dpi=200, layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    for (name, draws), colour in zip(curves.items(), colours[-len(curves) :], strict=True):
        for axis, kind in zip(axes, ("deletion", "insertion"), strict=True):
            rows = np.mean([getattr(drawn, kind) for drawn in draws], axis=0)
            mean, error = rows.mean(axis=0), rows.std(axis=0, ddof=1) / len(rows) ** 0.5
            percent = 100 * draws[0].shares
            axis.plot(
                percent, mean, label=name, color=colour, linewidth=1.8, linestyle="--" if name == "chance" else "-"
            )
            axis.fill_between(percent, mean - error, mean + error, color=colour, alpha=0.15, linewidth=0)
    axes[0].set(xlabel="% of joints x moments held still", ylabel="probability of the true class", title="Deletion")
    axes[1].set(xlabel="% of joints x moments that move", title="Insertion")
    figure.get_layout_engine().set(wspace=0.05)
    for axis in axes:
        axis.set(xlim=(0, 100), ylim=(0, 1))
        axis.grid(color="#DDDDDD", linewidth=0.6)
        axis.spines[["top", "right"]].set_visible(False)
    axes[1].legend(frameon=False, fontsize=8, loc="lower right")
    figure.savefig(path)


def compare_orders() -> float:
    """Print the table of orders, draw the picture; the ratio."""
    shares = sorted({*np.linspace(0, 1, round(1 / arguments.step) + 1).round(4).tolist(), SHARE})
    module = recogniser.header.focus_module
    kinds: list[FocusMethod] = ["pooled", "elementwise"]
    if all(network.typical_weights is not None for network in recogniser.networks.values()):
        kinds.insert(0, "typical")
    orders: dict[str, list[Saliency]] = {
        f"focus, module {module % depth}, {kind}": [focus_saliency(module, kind)] for kind in kinds
    }
    orders |= {
        "gradient": [gradient],
        "input x gradient": [input_times_gradient],
        "change x gradient": [change_times_gradient],
        "what moves": [deviation],
        "chance": [chance(seed) for seed in range(arguments.draws)],
    }
    curves = {name: [measure(saliency, shares) for saliency in several] for name, several in orders.items()}
    at = int(np.argmin(np.abs(np.array(shares) - SHARE)))
    areas = {name: np.mean([drawn.areas() for drawn in draws], axis=0) for name, draws in curves.items()}
    left = {name: np.mean([drawn.deletion[:, at] for drawn in draws]) for name, draws in curves.items()}
    print(
        f"{'order':30} {'deletion area':17} {'insertion area':17} {'20 % deleted':>12} {'20 % alone':>10} {'beats':>6}"
    )
    for name, (deleted, inserted) in areas.items():
        alone = np.mean([drawn.insertion[:, at] for drawn in curves[name]])
        beats = np.mean(deleted < areas["chance"][0])
        print(f"{name:30} {spread(deleted)}   {spread(inserted)}   {left[name]:12.3f} {alone:10.3f} {beats:6.0%}")
    if arguments.output:
        draw(arguments.output, curves)
    return float(next(iter(left.values())) / left["chance"])


def compare_modules() -> float:
    """Print what 20 % of the cells do by the focus of each module; the ratio of the module that is shown."""
    by_chance = float(measure(chance(0), [SHARE]).deletion.mean())
    shown = recogniser.header.focus_module % depth
    ratio = 0.0
    for module in range(depth):
        for method in ("pooled", "elementwise"):
            curves = measure(focus_saliency(module, method), [SHARE])
            left, alone = float(curves.deletion.mean()), float(curves.insertion.mean())
            print(f"module {module} {method:11} 20 % deleted {left:.3f}  20 % alone {alone:.3f}", flush=True)
            if (module, method) == (shown, "pooled"):
                ratio = left / by_chance
    print(f"chance {'':15} 20 % deleted {by_chance:.3f}")
    return ratio


words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
words.add_argument("model", nargs="?", default=DEFAULT_MODEL, help="a shipped model or a file")
words.add_argument("data", type=Path, help="the dataset")
words.add_argument("-o", "--output", type=Path, help="the PNG file of the curves")
words.add_argument("--split", help="as for stf evaluate")
words.add_argument("--part", default="test", choices=list(Part), help="the side of the split")
words.add_argument("--every", type=int, default=10, help="use every n-th clip")
words.add_argument("--step", type=float, default=0.05, help="from one share of cells to the next")
words.add_argument("--draws", type=int, default=3, help="orders drawn at random")
words.add_argument("--modules", action="store_true", help="compare the modules instead")
arguments = words.parse_args()
torch.set_flush_denormal(True)
recogniser = Recogniser.load(arguments.model, device="cpu")
depth = len(next(iter(recogniser.networks.values())).stages)
clips = load_clips(recogniser)
labels = [clip.label for clip in clips]
x = make_views(recogniser, clips)[0]
describe(f"{len(clips)} clips of {arguments.data}, {arguments.part} side; model {arguments.model}")
print(f"ratio: {compare_modules() if arguments.modules else compare_orders():.2f}")
