"""What happens when in the trials of CMU: `cmu_spans.csv`, marked by text, speed and heights, and looked at.

Walking is where the hips move at 0.4 to 2.4 m/s in a trial said to be a walk, running where they do at over 1.8 m/s in
one said to be a run; a jump lasts from 0.9 s before both feet are highest to 0.8 s after; a kick likewise around the
foot's highest point; climbing is where a foot is off the floor. The rest was marked by hand on pictures.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.resources import files
from itertools import pairwise

from stf.datasets.clip import Clip

WINDOW = 2.5
"""Seconds; longer spans become several clips of about this length."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a trial in which somebody does one thing.

    Attributes:
        trial: its number, `02_01`.
        label: what they do.
        start, stop: seconds.
    """

    trial: str
    label: str
    start: float
    stop: float


def read_spans() -> list[Span]:
    """Every span, by trial and time."""
    text = (files("calibration.everyday") / "cmu_spans.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return [Span(row["trial"], row["label"], float(row["start"]), float(row["stop"])) for row in rows]


def cut_span(trial: Clip, span: Span) -> Iterator[Clip]:
    """The clips of a span, each called by trial and frames: `02_01-0-43`."""
    start, stop = round(span.start * trial.fps), min(round(span.stop * trial.fps), trial.joints.shape[1])
    pieces = max(1, round((span.stop - span.start) / WINDOW))
    bounds = [start + round(number * (stop - start) / pieces) for number in range(pieces + 1)]
    for first, last in pairwise(bounds):
        yield replace(trial, joints=trial.joints[:, first:last], name=f"{span.trial}-{first}-{last}")
