"""Charts of results, as a paper prints them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from stf.metrics import BINS, Confusion, Reliability

_CELL = 0.3  # inches
_PALE = 0.5  # share above which a count is written in white


def draw_confusion(path: Path, title: str, classes: Sequence[str], confusion: Confusion) -> None:
    """Write a confusion matrix as a PNG: the shade is the share of a row, the number the count; zeros are left out.

    Args:
        path: the file to write.
        title: what was measured.
        classes: the K class names.
        confusion: (K, K) counts, a row for each true class.
    """
    shares = confusion / confusion.sum(axis=1, keepdims=True).clip(min=1)
    size = _CELL * len(classes) + 2.6
    figure = Figure(figsize=(size + 0.4, size), dpi=150, layout="constrained")
    axes = figure.subplots()
    shown = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in zip(*np.nonzero(confusion), strict=True):
        colour = "white" if shares[row, column] > _PALE else "black"
        axes.text(column, row, str(confusion[row, column]), ha="center", va="center", color=colour, fontsize=7)
    places = np.arange(len(classes))
    axes.set_xticks(places, classes, rotation=90, fontsize=8)
    axes.set_yticks(places, classes, fontsize=8)
    axes.set_xticks(places[1:] - 0.5, minor=True)
    axes.set_yticks(places[1:] - 0.5, minor=True)
    axes.grid(which="minor", color="#E8E8E8", linewidth=0.5)
    axes.tick_params(which="both", length=0)
    axes.set(xlabel="recognised as", ylabel="true class")
    axes.set_title(f"{title}\n{confusion.trace()} of {confusion.sum()} right", fontsize=10)
    figure.colorbar(shown, ax=axes, label="share of the true class", shrink=0.6)
    figure.savefig(path, format="png")


def draw_reliability(path: Path, title: str, panels: Mapping[str, Reliability]) -> None:
    """Write reliability diagrams side by side as a PNG: accuracy by confidence, and how many clips there are of each.

    Args:
        path: the file to write.
        title: what was measured.
        panels: what a diagram is called -> its `BINS` bins.
    """
    figure = Figure(figsize=(4.2 * len(panels), 5.4), dpi=150, layout="constrained")
    upper, lower = figure.subplots(2, len(panels), sharex=True, sharey="row", height_ratios=(3, 1))
    middles = (np.arange(BINS) + 0.5) / BINS
    for axes, counts, (name, bins) in zip(upper, lower, panels.items(), strict=True):
        axes.bar(middles, bins.accuracy, 1 / BINS, color="#9ECAE1", edgecolor="white", label="right")
        axes.plot((0, 1), (0, 1), "--", color="grey", linewidth=1, label="as sure as right")
        axes.plot(bins.confidence, bins.accuracy, "o", color="#08519C", markersize=4, label="mean confidence of a bin")
        axes.set(xlim=(0, 1), ylim=(0, 1.03))
        axes.set_title(f"{name}\nECE {bins.error:.1%}", fontsize=10)
        bars = counts.bar(middles, bins.clips, 1 / BINS, color="#BDBDBD", edgecolor="white")
        counts.bar_label(bars, [count or "" for count in bins.clips], fontsize=7)
        counts.set(yscale="symlog", xlabel="confidence")
    upper[0].set_ylabel("share that is right")
    figure.legend(*upper[0].get_legend_handles_labels(), fontsize=8, loc="outside lower center", ncols=3)
    lower[0].set_ylabel("clips")
    lower[0].margins(y=0.25)
    figure.suptitle(title, fontsize=10)
    figure.savefig(path, format="png")
