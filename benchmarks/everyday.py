"""How right an everyday model is about people it has not seen: clean, and filmed as rendered figures, by how filmed.

    python benchmarks/everyday.py EVERYDAY --model everyday-3d

EVERYDAY is the folder of `stf data build-default`. Two tables go into docs/results/: MODEL-views.csv, a row for each
way of seeing, and MODEL-labels.csv, a row for each label; the confusion of the rendered clips is drawn beside them.
Shots in which nobody was found at all are left out. Rendered figures are not people. Made clips, gestures of people
who were recorded standing and that are put on a chair or on other legs, are in rows of their own and in no other.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from _machine import ROOT, describe
from _seeds import write_table

from apps.charts import draw_confusion
from calibration.everyday.build import CLEAN, SHOTS
from calibration.everyday.labels import LABELS, UPPER_BODY
from calibration.everyday.made import BENT, CARRYING, LYING, SEATED, WALKING, made_how
from calibration.everyday.merge import MERGED, SOURCES
from calibration.landmarks.shots import Shot, read_shots
from calibration.seen import seen_clip
from realtime.mapping import get_mapping
from stf.atomic import output_file
from stf.checkpoint import DEFAULT_MODEL
from stf.datasets import open_corpus
from stf.datasets.clip import Clip
from stf.datasets.corpus import Part, read_clips
from stf.evaluation import fuse, on_side, score_clips
from stf.metrics import confusion_matrix
from stf.recogniser import Recogniser
from stf.skeleton import KINETICS18, NTU25


@dataclass(frozen=True)
class Answers:
    """What the model says of N clips.

    Attributes:
        labels: (N,) what is true.
        said: (N,) the top class.
    """

    labels: np.ndarray
    said: np.ndarray

    def of(self, chosen: np.ndarray) -> "Answers":
        """Those of some clips."""
        return Answers(self.labels[chosen], self.said[chosen])

    @property
    def row(self) -> dict[str, object]:
        """Number of clips, share of right ones, and the mean over labels of that share."""
        right = self.said == self.labels
        classes = [right[self.labels == label].mean() for label in np.unique(self.labels)]
        return {"clips": len(right), "top1": f"{right.mean():.4f}", "class_mean": f"{np.mean(classes):.4f}"}


def answer(clips: Sequence[Clip]) -> Answers:
    """Show clips to the model."""
    said = fuse(score_clips(recogniser, clips), recogniser.header.streams).argmax(axis=1)
    return Answers(np.array([clip.label for clip in clips]), said)


def knees_in_view(shot: Shot) -> float:
    """Share of the frames in which one of the knees at least is in the picture."""
    places = shot.camera.project(shot.truth[:, NTU25.indices("left_knee", "right_knee")])
    return float(((places > 0) & (places < shot.camera.size)).all(axis=2).any(axis=1).mean())


def aside(shot: Shot) -> float:
    """Degrees between the camera and the person's front, in the middle of the shot."""
    across = np.diff(shot.truth[:, NTU25.indices("left_shoulder", "right_shoulder")], axis=1)[:, 0]
    x, _, z = np.median(across, axis=0)
    return float(abs(np.degrees(np.arctan2(z, x))))


def thinned(shot: Shot, every: int) -> Shot:
    """The shot as a camera of a lower frame rate would have taken it."""
    parts = ("truth", "landmarks", "world", "visibility", "height", "whole")
    return replace(shot, fps=shot.fps / every, **{part: getattr(shot, part)[::every] for part in parts})


def without(clip: Clip, *joints: str) -> Clip:
    """The clip as an estimator gives it that knows nothing of some joints."""
    kept = clip.joints.copy()
    kept[:, :, clip.layout.indices(*joints)] = np.nan
    return replace(clip, joints=kept)


def of_source(name: str, shot: Shot) -> bool:
    """Whether a shot's subject comes from a dataset."""
    return max((s for s in SOURCES if s.first <= shot.subject), key=lambda s: s.first).origin.name == name


WAYS: Mapping[str, Callable[[Shot], bool]] = {
    "all": lambda _: True,
    "all in the picture": lambda shot: bool(shot.whole.mean() > 0.5),
    "waist up, upper-body labels": lambda shot: LABELS[shot.label] in UPPER_BODY and knees_in_view(shot) < 0.1,
    "up to 25 degrees aside": lambda shot: aside(shot) <= 25,
    "50 degrees aside and more": lambda shot: aside(shot) >= 50,
    **{source.origin.name: partial(of_source, source.origin.name) for source in SOURCES},
}
"""How somebody can be filmed, and whom."""


MADE_ROWS: Mapping[str, str] = {
    SEATED: "gestures, on a chair",
    WALKING: "gestures, while walking",
    BENT: "gestures, with bent knees",
    CARRYING: "of legs, with hands elsewhere",
    LYING: "lying, none of the labels",
}
"""Made clips of test people, and what a row of them is called."""


def rows() -> Iterator[dict[str, object]]:
    """A row for each way of seeing."""
    if clean is not None:
        yield {"seen": "clean", **clean.row}
    for way, fits in WAYS.items():
        chosen = np.array([fits(shot) for shot in shots])
        if chosen.any():
            yield {"seen": f"rendered: {way}", **rendered.of(chosen).row}
    for how, name in MADE_ROWS.items():
        if made[how]:
            yield {"seen": f"rendered: {name}", **answer([seen_clip(shot, mapping) for shot in made[how]]).row}
    if recogniser.layout is KINETICS18:
        clips = [without(seen_clip(shot, mapping), "left_eye", "right_eye", "left_ear", "right_ear") for shot in shots]
        yield {"seen": "rendered: without eyes and ears, as others give them", **answer(clips).row}
    fast = [shot for shot in shots if shot.fps == 30]
    for every in (1, 3):
        clips = [seen_clip(thinned(shot, every), mapping) for shot in fast]
        yield {"seen": f"rendered: the same at {30 // every} frames a second", **answer(clips).row}


def of_label(label: int) -> dict[str, object]:
    """How many clips of a label there are and how many of them are named right, for each way of seeing."""
    said = {"clean": clean, "rendered": rendered}
    rows = {way: answers.of(answers.labels == label).row for way, answers in said.items() if answers is not None}
    return {f"{way}_{key}": row[key] for way, row in rows.items() for key in ("clips", "top1")}


words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
words.add_argument("folder", type=Path, help="of stf data build-default")
words.add_argument("--model", default=DEFAULT_MODEL, help="the recogniser: a shipped model or a file")
arguments = words.parse_args()

describe(str(arguments.folder))
recogniser = Recogniser.load(arguments.model, device="cpu")
mapping = get_mapping(recogniser.layout)
corpus = open_corpus(arguments.folder / CLEAN)
clips = on_side(read_clips(corpus), MERGED.splits["cross-subject"], Part.TEST)
tested = {clip.name: clip for clip in clips}
shots: list[Shot] = []
made: defaultdict[str, list[Shot]] = defaultdict(list)
for shot in read_shots(arguments.folder / SHOTS):
    clip = tested.get(shot.name.rpartition("_v")[0])
    if clip is not None and shot.found.any():
        how = made_how(clip)
        (made[how] if how else shots).append(replace(shot, label=clip.label))
clean = answer([clip for clip in clips if not made_how(clip)]) if recogniser.layout is NTU25 else None
rendered = answer([seen_clip(shot, mapping) for shot in shots])

name = Path(arguments.model).stem
table = list(rows())
write_table(f"{name}-views", table)
for row in table:
    print(f"{row['seen']}: {float(str(row['top1'])):.1%} of {row['clips']} clips, {row['class_mean']} mean over labels")
by_label = [{"label": word, **of_label(label)} for label, word in enumerate(LABELS)]
write_table(f"{name}-labels", by_label)
with output_file(ROOT / "docs" / "results" / f"{name}-confusion.png") as temporary:
    confusion = confusion_matrix(np.eye(len(LABELS))[rendered.said], rendered.labels)
    draw_confusion(temporary, f"{name}, rendered test people, {len(shots)} shots", LABELS, confusion)
