"""What each part of STF is worth: trains a recipe with and without it, several seeds each, and draws the result.

    python benchmarks/ablation.py utd_mhad --data UTD_MHAD_FOLDER --set epochs=25

Trains the joint stream with cross-entropy alone, with each focus loss beside it, with all of them, and without the
instance-dependent adjacency; then, unless --shares names none, cross-entropy and all losses again on 10, 25 and 50 % of
the training clips, each of them for as many steps. A second call goes on where the first one stopped; several at once
can share the work, each with other --seeds. Writes docs/results/ablation-RECIPE.csv and the picture beside it.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev

from _machine import ROOT, describe
from _seeds import Row, Trained, measure, write_table
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stf.atomic import output_file
from stf.training.recipe import load_recipe

LOSSES = ("exploration", "coherence", "divergence", "adjacency")
PLAIN, ALL = "cross-entropy", "all four losses"
VARIANTS: Mapping[str, Sequence[str]] = {
    PLAIN: (),
    **{f"+ {loss}": (f"losses.{loss}={{}}",) for loss in LOSSES},
    ALL: tuple(f"losses.{loss}={{}}" for loss in LOSSES),
    "no instance-dependent adjacency": ("model.instance=false",),
}
"""What is trained -> how the recipe is changed for it."""
SHARES = {10: 10, 25: 4, 50: 2}
"""Percent of the training clips -> how often each of them then comes up in an epoch."""


def run(variant: str, share: int) -> list[Row]:
    """A row for each seed of a variant, trained on `share` percent of the clips."""
    changes = ["streams={joint: 1.0}", *VARIANTS[variant], *arguments.set]
    if share < 100:
        (source,) = load_recipe(arguments.recipe).data
        thinned = source.model_copy(update={"share": share / 100})
        changes += [f"data=[{thinned.model_dump_json()}]", f"repeat={SHARES[share]}"]
    words = "".join(character if character.isalnum() else "-" for character in f"{variant}-{share}")
    trained = Trained(arguments.recipe, arguments.data, f"{name}-{words.strip('-')}", changes)
    measured = [(seed, *measure(trained.train(seed), clips)) for seed in arguments.seeds]
    return [{"variant": variant, "share": share, "seed": seed, **row} for seed, row in measured]


def figures(variant: str, share: int = 100) -> list[float]:
    """The accuracies of a variant in percent, one for each seed."""
    return [100 * float(str(row["top1"])) for row in rows if (row["variant"], row["share"]) == (variant, share)]


def draw_variants(axes: Axes) -> None:
    """A dot for each seed, a bar at the mean, and cross-entropy's mean as a line."""
    for place, variant in enumerate(VARIANTS):
        values = figures(variant)
        axes.plot(values, [place] * len(values), "o", color="#6BAED6", markersize=5)
        axes.plot(mean(values), place, "|", color="#08306B", markersize=16, markeredgewidth=2)
    axes.axvline(mean(figures(PLAIN)), color="grey", linewidth=1, linestyle="--")
    axes.set_yticks(range(len(VARIANTS)), list(VARIANTS))
    axes.invert_yaxis()
    axes.set(xlabel="top-1, %", title="All training clips")


def draw_shares(axes: Axes) -> None:
    """Accuracy against the share of the training clips, with the deviation over seeds."""
    shares = (*arguments.shares, 100)
    for variant, colour in ((PLAIN, "grey"), (ALL, "#08306B")):
        values = [figures(variant, share) for share in shares]
        deviations = [stdev(column) if len(column) > 1 else 0.0 for column in values]
        means = [mean(column) for column in values]
        axes.errorbar(shares, means, deviations, fmt="o-", color=colour, capsize=3, label=variant)
    axes.set_xscale("log")
    axes.set_xticks(shares, [f"{share} %" for share in shares])
    axes.minorticks_off()
    axes.set(xlabel="training clips", ylabel="top-1, %", title="Scarce data")
    axes.legend(frameon=False)


words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
words.add_argument("recipe", help="a recipe that comes with the program, or a file")
words.add_argument("--data", type=Path, required=True, help="the dataset")
words.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
words.add_argument("--shares", type=int, nargs="*", choices=SHARES, default=list(SHARES), help="percent of the clips")
words.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="in place of what the recipe says")
arguments = words.parse_args()
name = f"ablation-{Path(arguments.recipe).stem}"

describe(str(arguments.data.name))
clips = Trained(arguments.recipe, arguments.data, name).held_out()
rows = [row for variant in VARIANTS for row in run(variant, 100)]
rows += [row for share in arguments.shares for variant in (PLAIN, ALL) for row in run(variant, share)]
write_table(name, rows)
panels = [draw_variants, draw_shares] if arguments.shares else [draw_variants]
figure = Figure(figsize=(1.5 + 4.75 * len(panels), 3.8), dpi=110, layout="constrained")
for draw, axes in zip(panels, figure.subplots(1, len(panels), squeeze=False)[0], strict=True):
    draw(axes)
figure.suptitle(f"{Path(arguments.recipe).stem}, joint stream, {len(clips)} test clips, {len(arguments.seeds)} seeds")
with output_file(ROOT / "docs" / "results" / f"{name}.png") as temporary:
    figure.savefig(temporary, format="png")
for variant, share in dict.fromkeys((str(row["variant"]), int(str(row["share"]))) for row in rows):
    values = figures(variant, share)
    spread = f" +- {stdev(values):.1f}" if len(values) > 1 else ""
    print(f"{variant}, {share} % of the clips: {mean(values):.1f}{spread} %")
