"""Charts of how well landmarks become a skeleton: by joint, by view, and how often there are any."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Float64
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from calibration.landmarks.fit import BODY
from calibration.landmarks.measure import HEIGHT_BANDS, YAW_BANDS, Detection
from stf.skeleton import NTU25

_COLOURS = "viridis_r"
_WIDER = 1.6


def draw_joint_errors(
    path: Path,
    title: str,
    pose: Float64[np.ndarray, "25 3"],
    panels: Mapping[str, Float64[np.ndarray, "25"]],
) -> None:
    """Write the mean error of each of the 20 joints, drawn on skeletons side by side, as a PNG.

    Args:
        path: the file to write.
        title: what was measured.
        pose: somebody facing the camera, Kinect axes; drawn wider than they are.
        panels: what a skeleton is called -> metres of error of each joint.
    """
    figure = Figure(figsize=(3.6 * len(panels) + 0.8, 5.6), dpi=110, layout="constrained")
    body = list(BODY)
    scale = Normalize(0, 100 * max(float(errors[body].max()) for errors in panels.values()))
    across, up = -_WIDER * pose[:, 0], pose[:, 1]
    every = list(figure.subplots(1, len(panels)))
    for axes, (name, errors) in zip(every, panels.items(), strict=True):
        for child, parent in ((child, parent) for child, parent in NTU25.edges if {child, parent} <= set(BODY) | {0}):
            axes.plot(across[[child, parent]], up[[child, parent]], color="#BDBDBD", linewidth=2, zorder=1)
        axes.scatter(across[body], up[body], s=170, c=100 * errors[body], cmap=_COLOURS, norm=scale, zorder=2)
        for x, y, error in zip(across[body], up[body], errors[body], strict=True):
            colour = "white" if scale(100 * error) > 0.45 else "black"
            axes.text(x, y, f"{100 * error:.0f}", ha="center", va="center", fontsize=7, color=colour)
        axes.set_title(name, fontsize=10)
        axes.set_aspect("equal")
        axes.axis("off")
        axes.margins(0.12)
    figure.colorbar(ScalarMappable(scale, _COLOURS), ax=every, label="mean error, cm", shrink=0.6)
    figure.suptitle(title, fontsize=10)
    figure.savefig(path, format="png")


def draw_yaw_errors(path: Path, title: str, series: Mapping[str, Sequence[float]]) -> None:
    """Write the mean error by `YAW_BANDS` as a PNG.

    Args:
        path: the file to write.
        title: what was measured.
        series: what is compared -> metres for each band, NaN where there is no frame.
    """
    figure = Figure(figsize=(6.4, 3.6), dpi=110, layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(YAW_BANDS) - 1)
    width = 0.8 / len(series)
    for number, ((name, errors), colour) in enumerate(zip(series.items(), ("#BDBDBD", "#3182BD"), strict=True)):
        bars = axes.bar(places + (number - 0.5) * width, 100 * np.array(errors), width, label=name, color=colour)
        axes.bar_label(bars, fmt="%.1f", fontsize=8)
    axes.set_xticks(places, band_names(np.degrees(YAW_BANDS), "°"))
    axes.set(xlabel="camera to the side of the front", ylabel="mean error of 20 joints, cm")
    axes.legend(fontsize=8)
    axes.set_title(title, fontsize=10)
    figure.savefig(path, format="png")


def draw_detection(path: Path, title: str, detection: Detection) -> None:
    """Write the share of frames in which somebody was found, by yaw and height in the picture, as a PNG."""
    figure = Figure(figsize=(6.4, 4.2), dpi=110, layout="constrained")
    axes: Axes = figure.subplots()
    frames = detection.frames.T
    share = detection.found.T / np.where(frames, frames, np.nan)
    shown = axes.imshow(100 * share, cmap="viridis", vmin=80, vmax=100, origin="lower", aspect="auto")
    for (row, column), count in np.ndenumerate(frames):
        if count:
            said = f"{100 * share[row, column]:.1f} %\nof {count}"
            colour = "black" if share[row, column] > 0.9 else "white"
            axes.text(column, row, said, ha="center", va="center", fontsize=8, color=colour)
    axes.set_xticks(range(len(YAW_BANDS) - 1), band_names(np.degrees(YAW_BANDS), "°"))
    axes.set_yticks(range(len(HEIGHT_BANDS) - 1), band_names(100 * HEIGHT_BANDS, " %"))
    axes.set(xlabel="camera to the side of the front", ylabel="height of the person in the picture")
    axes.set_title(title, fontsize=10)
    figure.colorbar(shown, ax=axes, label="found, %", shrink=0.8)
    figure.savefig(path, format="png")


def band_names(edges: Float64[np.ndarray, " E"], unit: str) -> list[str]:
    """What the bands between `edges` are called."""
    return [f"{low:.0f}-{high:.0f}{unit}" for low, high in pairwise(edges)]
