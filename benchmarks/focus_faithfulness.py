"""Is the focus faithful: deletion, insertion and imputation by focus, features, gradients, what moves, and chance.

    python benchmarks/focus_faithfulness.py MODEL DATA -o curves.png

One view per clip. `deletion`, `insertion` and `imputation` are areas under curves (`stf/faithfulness.py`); +- is the
standard deviation over clips. `20 %` is the probability of the true class that is left with the 20 % of joints x
moments that came first held still, and `alone` the one with everything but them held still. `beats` is the share of
clips in which the focus has a smaller area under deletion. `stable` is the rank correlation after a jitter of 1 % of a
torso length.
The last line compares the area under deletion by the focus that stf focus and a click in the viewer show (elementwise)
with that by chance, after the floor: at most 0.8 of chance's, and less than those of input x gradient and of both
feature norms. With --modules every module and both kinds of focus are measured at 20 % alone, which is how the module
that is shown is chosen: on --part train.
"""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from _machine import describe
from matplotlib.figure import Figure

from stf.atomic import output_file
from stf.checkpoint import DEFAULT_MODEL
from stf.datasets import open_corpus
from stf.datasets.clip import Clip
from stf.datasets.corpus import OnBroken, Part, find_split, read_clips
from stf.evaluation import make_views, on_side
from stf.faithfulness import (
    SHARES,
    Curves,
    Saliency,
    chance,
    change_times_gradient,
    deviation,
    feature_norm,
    focus_saliency,
    gradient,
    input_times_gradient,
    measure_curves,
    stability,
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


def measure(saliency: Saliency, shares: Sequence[float] = SHARES) -> Curves:
    """The curves of all clips."""
    return measure_curves(recogniser, x, labels, saliency, shares)


def measure_once(name: str, saliency: Saliency) -> Curves:
    """The curves of all clips, from an earlier run that was broken off where there are any."""
    if arguments.keep is None:
        return measure(saliency)
    path = arguments.keep / f"{name}.npz"
    if not path.is_file():
        arguments.keep.mkdir(parents=True, exist_ok=True)
        with output_file(path) as temporary, temporary.open("wb") as file:
            np.savez(file, **asdict(measure(saliency)))
    with np.load(path, allow_pickle=False) as kept:
        return Curves(**kept)


def draw(path: Path, curves: dict[str, Curves]) -> None:
    """The three kinds of curves beside each other; the bands are the standard error of the mean over clips."""
    colours = ("#D55E00", "#000000", "#E69F00", "#8C6D31", "#0072B2", "#56B4E9", "#CC79A7", "#009E73", "#666666")
    titles = {"deletion": "Deletion", "imputation": "Imputation", "insertion": "Insertion"}
    figure = Figure(figsize=(10.5, 4.4), dpi=200, layout="constrained")
    axes = figure.subplots(1, 3, sharey=True)
    for (name, drawn), colour in zip(curves.items(), colours, strict=False):
        for axis, kind in zip(axes, titles, strict=True):
            rows = getattr(drawn, kind)
            mean, error = rows.mean(axis=0), rows.std(axis=0, ddof=1) / len(rows) ** 0.5
            percent = 100 * drawn.shares
            style = "--" if name == "chance" else "-"
            axis.plot(percent, mean, label=name, color=colour, linewidth=1.6, linestyle=style)
            axis.fill_between(percent, mean - error, mean + error, color=colour, alpha=0.12, linewidth=0)
    below = ("% of joints x moments held still", "% interpolated from the others", "% that move alone")
    for axis, title, label in zip(axes, titles.values(), below, strict=True):
        axis.set(xlim=(0, 100), ylim=(0, 1), title=title, xlabel=label)
        axis.grid(color="#DDDDDD", linewidth=0.6)
        axis.spines[["top", "right"]].set_visible(False)
    figure.get_layout_engine().set(wspace=0.06)
    axes[0].set_ylabel("probability of the true class")
    figure.legend(*axes[0].get_legend_handles_labels(), frameon=False, fontsize=8, loc="outside lower center", ncols=5)
    figure.savefig(path)


def compare_orders() -> float:
    """Print the table of orders, draw the picture; the ratio."""
    module = recogniser.header.focus_module % depth if arguments.module is None else arguments.module - 1
    shown = f"focus {module + 1}, elementwise"
    typical = all(network.typical_weights is not None for network in recogniser.networks.values())
    pooled: FocusMethod = "typical" if typical and arguments.module is None else "pooled"
    orders: dict[str, Saliency] = {
        shown: focus_saliency(module, "elementwise"),
        "chance": chance(0),
        "input x gradient": input_times_gradient,
        f"feature norm {depth} (ST-GCN)": feature_norm(),
        f"feature norm {module + 1}": feature_norm(module),
        "what moves": deviation,
        f"focus {module + 1}, {pooled}": focus_saliency(module, pooled),
        "gradient": gradient,
        "change x gradient": change_times_gradient,
    }
    curves: dict[str, Curves] = {}
    at = SHARES.index(SHARE)
    print(f"{'order':24} {'deletion':15}   {'insertion':15}   {'imputation':15} {'20 %':>6} {'alone':>6} {'beats':>6}")
    for name, saliency in orders.items():
        found = curves[name] = measure_once(name, saliency)
        areas = (spread(found.area(kind)) for kind in ("deletion", "insertion", "imputation"))
        left, alone = found.deletion[:, at].mean(), found.insertion[:, at].mean()
        beats = np.mean(curves[shown].area("deletion") < found.area("deletion"))
        print(f"{name:24} {'   '.join(areas)} {left:6.3f} {alone:6.3f} {beats:6.0%}", flush=True)
    if arguments.output:
        draw(arguments.output, curves)
    deleted = {name: float(found.area("deletion").mean()) for name, found in curves.items()}
    rivals = [name for name in deleted if name.startswith(("feature norm", "input x"))]
    ahead = [name for name in rivals if deleted[name] <= deleted[shown]]
    kept = deleted[shown] <= 0.8 * deleted["chance"] and not ahead
    print(f"floor: {'kept' if kept else 'missed'}" + (f"; not below {', '.join(ahead)}" if ahead else ""))
    for name, saliency in orders.items():
        print(f"{name:24} stable {stability(recogniser, x, labels, saliency).mean():.3f}", flush=True)
    return deleted[shown] / deleted["chance"]


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
words.add_argument("--keep", type=Path, help="a folder for what has been measured, to go on where a run broke off")
words.add_argument("--split", help="as for stf evaluate")
words.add_argument("--part", default="test", choices=list(Part), help="the side of the split")
words.add_argument("--every", type=int, default=10, help="use every n-th clip")
words.add_argument("--module", type=int, help="whose focus, counted from 1; that which the model shows by default")
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
