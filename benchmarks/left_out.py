"""What a recipe for everyday actions learns for people of another laboratory: a dataset left out, and tested on.

    python benchmarks/left_out.py EVERYDAY --dataset ui_prmd --name plain --set epochs=10

EVERYDAY is the folder of `stf data build-default`. Trains on the training people of the other datasets and measures on
the *training* people of the one left out, so that recipes can be chosen by it; the model chooses among all of its
labels, clips of labels that the others lack are left out, and so are made clips. Every network is kept in
runs/left-out/, a second call goes on where the first one stopped; docs/results/left-out.csv gets a row for clean and
one for rendered clips.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
from _machine import ROOT, describe
from _seeds import write_table

from apps.train import TrainOptions, run_train
from calibration.everyday.made import is_made
from calibration.everyday.merge import SOURCES, TEST_SUBJECTS
from stf.datasets import open_corpus
from stf.datasets.clip import Clip
from stf.datasets.corpus import read_clips
from stf.evaluation import fuse, score_clips
from stf.recogniser import Recogniser

PARTS = ("clean", "seen")


def source_of(subject: int) -> str:
    """The dataset that somebody is from."""
    return max((source for source in SOURCES if source.first <= subject), key=lambda source: source.first).form


def train() -> Path:
    """The network that has not seen the dataset."""
    output = ROOT / "runs" / "left-out" / f"{arguments.name}-{arguments.dataset}-{arguments.seed}.safetensors"
    if not output.exists():
        split = f"{{by: subject, train: {sorted(others)}, test: {sorted(left_out)}}}"
        data = f"data=[{{format: clips, split: {split}}}, {{format: clips, split: {split}, estimated: true}}]"
        changes = [data, f"seed={arguments.seed}", *arguments.set]
        run_train(arguments.recipe, output, TrainOptions(folders, changes, resume=True, threads=1))
    return output


def measure(clips: list[Clip]) -> dict[str, object]:
    """How many clips of the dataset there are with labels that others have as well, and how many are named right."""
    known = {clip.label for clip in clips if clip.subject in others}
    tested = [clip for clip in clips if clip.subject in left_out and clip.label in known]
    labels = np.array([clip.label for clip in tested])
    right = fuse(score_clips(recogniser, tested), recogniser.header.streams).argmax(axis=1) == labels
    mean = np.mean([right[labels == label].mean() for label in np.unique(labels)])
    return {"clips": len(tested), "top1": f"{right.mean():.4f}", "class_mean": f"{mean:.4f}"}


words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
words.add_argument("folder", type=Path, help="of stf data build-default")
words.add_argument("--recipe", default="everyday-3d", help="a recipe that comes with the program, or a file")
words.add_argument("--dataset", choices=[source.form for source in SOURCES], required=True, help="what is left out")
words.add_argument("--name", required=True, help="of what is tried, for the table")
words.add_argument("--seed", type=int, default=0)
words.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="in place of what the recipe says")
arguments = words.parse_args()

describe(str(arguments.folder))
folders = [arguments.folder / part for part in PARTS]
recorded = {
    part: [clip for clip in read_clips(open_corpus(folder)) if not is_made(clip)]
    for part, folder in zip(PARTS, folders, strict=True)
}
people = {clip.subject for clips in recorded.values() for clip in clips} - TEST_SUBJECTS
left_out = {subject for subject in people if source_of(subject) == arguments.dataset}
others = people - left_out
recogniser = Recogniser.load(train(), device="cpu")
table = ROOT / "docs" / "results" / "left-out.csv"
rows: list[dict[str, object]] = list(csv.DictReader(table.open(encoding="utf-8"))) if table.exists() else []
for part, clips in recorded.items():
    row = {"tried": arguments.name, "left_out": arguments.dataset, "seed": arguments.seed, "seen": part}
    found = measure(clips)
    rows = [old for old in rows if any(str(old[key]) != str(value) for key, value in row.items())]
    rows.append(row | found)
    print(f"{part}: {float(str(found['top1'])):.1%} of {found['clips']} clips, {found['class_mean']} mean over labels")
write_table("left-out", rows)
