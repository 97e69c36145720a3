"""The figure of a focus, as a paper prints it: the body at the most focused moments, and joints over time."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from apps.focus_film import is_film
from stf.atomic import output_file, write_errors
from stf.errors import UserError
from stf.explanation import Explanation
from stf.skeleton import SkeletonLayout
from stf.transforms import normalise_clip

FORMATS = (".png", ".svg")
MOMENTS = 6
"""How many bodies are drawn."""

_WIDTH = 7.2  # inches, as wide as a page of two columns
_BODIES, _ROW, _REST = 2.0, 0.118, 1.3  # inches: height of the bodies, of a joint's row, and of everything else
_GAP = 0.6  # rows between limbs
_COLOURS = "OrRd"
_SCALE = Normalize(0, 1)
_BONE, _FAINT = "#B0B0B0", "#555555"
_YAW = np.radians(20)  # from the front, to show what reaches towards the viewer


def check_figure(path: Path) -> None:
    """Refuse what neither a figure nor a film can be written to.

    Raises:
        UserError: if the name does not end in a format of pictures.
    """
    if path.suffix.lower() not in FORMATS and not is_film(path):
        raise UserError(f"the figure {path} must be a .png, .svg, .gif or .mp4 file")


def draw_focus(path: Path, found: Explanation, about: Sequence[str]) -> None:
    """Write a figure of an explanation; its format is that of the file's name.

    Args:
        path: a .png or .svg file.
        found: what to show.
        about: two lines on what was asked and of whom.

    Raises:
        UserError: if the file cannot be written.
    """
    persons = [number for number, joints in enumerate(found.joints) if np.isfinite(joints).any()]
    rows = len(persons) * (found.layout.num_joints + _GAP * len(found.layout.limbs))
    figure = Figure(figsize=(_WIDTH, _BODIES + _ROW * rows + _REST), dpi=300)
    figure.set_layout_engine(ConstrainedLayoutEngine(w_pad=0.02, h_pad=0.03, hspace=0.02, wspace=0.0))
    upper, lower = figure.subfigures(2, 1, squeeze=False, height_ratios=(_BODIES, _ROW * rows + 0.5)).ravel()
    moments = found.moments(MOMENTS)
    _draw_bodies(upper, found, moments)
    axes = lower.subplots()
    _draw_map(axes, found, persons)
    for letter, moment in zip("abcdefgh", moments, strict=False):
        time = _axis(found)[moment]
        axes.axvline(time, color="black", linewidth=0.5, linestyle=(0, (2, 2)), alpha=0.6)
        axes.annotate(letter, (time, 1), xycoords=("data", "axes fraction"), xytext=(0, 2), textcoords="offset points",
                      ha="center", va="bottom", fontsize=8, fontweight="bold")  # fmt: skip
    bar = lower.colorbar(ScalarMappable(_SCALE, _COLOURS), ax=axes, pad=0.01, aspect=30, ticks=(0, 0.5, 1))
    bar.set_label("focus", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    bar.outline.set_linewidth(0.5)
    upper.suptitle(f"{_question(found)}\n\n", fontsize=10, fontweight="bold")
    upper.text(0.5, 0.985, "\n".join(("", *about)), ha="center", va="top", fontsize=7.5, color=_FAINT, linespacing=1.6)
    with output_file(path) as temporary, write_errors(path):
        figure.savefig(temporary, format=path.suffix[1:].lower())


def _question(found: Explanation) -> str:
    return f"Why \u201c{found.label}\u201d" + (f" and not \u201c{found.contrast}\u201d?" if found.contrast else "?")


def _axis(found: Explanation) -> Float[np.ndarray, " T"]:
    """The times as they are written: seconds, or per cent of a clip."""
    return 100 * found.times if found.clips > 1 else found.times


def _draw_map(axes: Axes, found: Explanation, persons: list[int]) -> None:
    """Joints over time, limb by limb."""
    times = _axis(found)
    step = (times[-1] - times[0]) / (len(times) - 1)
    edges = np.append(times - step / 2, times[-1] + step / 2)
    ticks, names = [], []
    bottom = 0.0
    for person in persons:
        for limb, joints in found.layout.limbs.items():
            rows = np.arange(len(joints) + 1) + bottom
            axes.pcolormesh(edges, rows, found.focus[person, :, joints], cmap=_COLOURS, norm=_SCALE, rasterized=True)
            ticks += (rows[:-1] + 0.5).tolist()
            names += [_short(found.layout, joint, limb) for joint in joints]
            title = limb if len(persons) == 1 else f"{limb}, {person + 1}"
            axes.annotate(title, (0, rows.mean()), xycoords=("axes fraction", "data"), xytext=(-66, 0),
                          textcoords="offset points", rotation=90, ha="center", va="center", fontsize=7, color=_FAINT,
                          fontweight="bold")  # fmt: skip
            bottom = float(rows[-1]) + _GAP
    axes.set_yticks(ticks, names, fontsize=6.5)
    axes.tick_params(axis="y", length=0, pad=2)
    axes.tick_params(axis="x", labelsize=7)
    axes.set(xlim=(edges[0], edges[-1]), ylim=(bottom - _GAP, 0))
    axes.set_xlabel("share of the clip, %" if found.clips > 1 else "time, s", fontsize=8)
    axes.spines[:].set_visible(False)


def _short(layout: SkeletonLayout, joint: int, limb: str) -> str:
    """A joint without the side, which is in the limb's name."""
    return layout.joints[joint].replace("_", " ").removeprefix(limb.partition(" ")[0]).strip()


def _draw_bodies(figure: Figure, found: Explanation, moments: list[int]) -> None:
    """Everybody at some moments, all in one scale."""
    places = places_of(found)[:, moments]
    spans = [_middle_and_span(places[:, number]) for number in range(len(moments))]
    height = max((float(span[1]) for _, span in spans), default=1.0)
    width = max((float(span[0]) for _, span in spans), default=1.0)
    every = figure.subplots(1, len(moments), squeeze=False)[0]
    for axes, letter, moment, number in zip(every, "abcdefgh", moments, range(len(moments)), strict=False):
        (x, y), _ = spans[number]
        for person, joints in enumerate(places[:, number]):
            _draw_body(axes, joints, found.focus[person, moment], found.layout)
        axes.set(xlim=(x - 0.56 * width, x + 0.56 * width), ylim=(y - 0.54 * height, y + 0.54 * height))
        axes.set_aspect("equal")
        axes.axis("off")
        time = _axis(found)[moment]
        axes.set_title(f"{letter}   {time:.0f} %" if found.clips > 1 else f"{letter}   {time:.2f} s", fontsize=8, pad=3)


def _middle_and_span(points: Float[np.ndarray, "M V 2"]) -> tuple[Float[np.ndarray, "2"], Float[np.ndarray, "2"]]:
    known = points[np.isfinite(points[..., 0])]
    if not len(known):
        return np.zeros(2), np.ones(2)
    low, high = known.min(axis=0), known.max(axis=0)
    return (low + high) / 2, high - low


def _draw_body(
    axes: Axes, points: Float[np.ndarray, "V 2"], focus: Float[np.ndarray, " V"], layout: SkeletonLayout
) -> None:
    """Bones in grey, joints in the colours of their focus, larger where there is more; the strongest lie on top."""
    known = np.isfinite(points[:, 0])
    bones = [points[[child, parent]] for child, parent in layout.edges if known[child] and known[parent]]
    axes.add_collection(LineCollection(bones, colors=_BONE, linewidths=1.6, capstyle="round", zorder=1))
    order = [joint for joint in np.argsort(focus) if known[joint]]
    axes.scatter(
        points[order, 0],
        points[order, 1],
        s=6 + 42 * focus[order],
        c=focus[order],
        cmap=_COLOURS,
        norm=_SCALE,
        edgecolors="#404040",
        linewidths=0.35,
        zorder=2,
        clip_on=False,
    )


def places_of(found: Explanation) -> Float[np.ndarray, "M T V 2"]:
    """Where joints are drawn: bodies in space as seen from almost before the first person, else as in the image."""
    layout = found.layout
    known = np.isfinite(found.joints).all(axis=3, keepdims=True)
    x = torch.from_numpy(np.where(known, found.joints, 0)).permute(3, 1, 2, 0)[None]
    turned = normalise_clip(x, layout)[0].permute(3, 1, 2, 0).numpy()
    if layout.num_coordinates == 2:
        places = turned[..., :2] * (1, -1)
    else:
        across = np.cos(_YAW) * turned[..., 0] - np.sin(_YAW) * turned[..., 2]
        places = np.stack([-across, turned[..., 1]], axis=-1)
    return np.where(known, places, np.nan)
