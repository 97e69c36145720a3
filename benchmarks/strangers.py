"""What a model of everyday actions says of real people whom it has never seen, by other sensors and other doings.

    python benchmarks/strangers.py nucla NUCLA_FOLDER
    python benchmarks/strangers.py penn_action PENN_ACTION_FOLDER --model everyday-2d

Northwestern-UCLA (Kinect v1) for models of space, Penn Action (videos from the web, joints marked by hand) for those of
the picture. The middle window of every clip; the model chooses among all of its labels, and may say that it is none.
Nothing is trained on these clips.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from _machine import describe

from stf.checkpoint import DEFAULT_MODEL
from stf.datasets import open_corpus
from stf.datasets.corpus import OnBroken, read_clips
from stf.errors import UserError
from stf.evaluation import called_unknown, fuse, score_clips
from stf.prediction import NONE
from stf.recogniser import Recogniser

SAME: Mapping[str, Mapping[str, str | None]] = {
    "nucla": {
        "walk around": "walk",
        "carry": "walk",
        "sit down": "sit down",
        "stand up": "stand up",
        "throw": "throw",
        "pick up with one hand": "bend down",
        "pick up with two hands": "bend down",
        **dict.fromkeys(("drop trash", "donning", "doffing")),
    },
    "penn_action": {
        "squat": "squat",
        "jumping jacks": "jumping jack",
        "jump rope": "jump",
        "baseball pitch": "throw",
        "baseball swing": "swing a bat",
        "tennis forehand": "tennis swing",
        "tennis serve": "tennis serve",
        "bowl": "bowl",
        **dict.fromkeys(("bench press", "clean and jerk", "golf swing", "pullup", "pushup", "situp", "strum guitar")),
    },
}
"""Format -> what a dataset's class is called by the everyday models; None for what they have no label for."""


def row(theirs: str) -> tuple[int, float, float, str]:
    """Clips of a class; the share of them given its label, and called none of the labels; the other labels given."""
    chosen = names == theirs
    given = np.where(nothing[chosen], NONE, said[chosen])
    others, counts = np.unique(given[(given != NONE) & (given != SAME[arguments.format][theirs])], return_counts=True)
    most = ", ".join(f"{others[place]} {counts[place]}" for place in np.argsort(-counts)[:3])
    right = float(np.mean(given == SAME[arguments.format][theirs]))
    return int(chosen.sum()), right, float(np.mean(given == NONE)), most


words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
words.add_argument("format", choices=SAME)
words.add_argument("data", type=Path, help="the dataset")
words.add_argument("--model", default=DEFAULT_MODEL, help="the recogniser: a shipped model or a file")
arguments = words.parse_args()

describe(str(arguments.data.name))
recogniser = Recogniser.load(arguments.model, device="cpu")
header = recogniser.header
if header.unknown is None:
    raise UserError(f"'{arguments.model}' has no threshold for what it does not know")
corpus = open_corpus(arguments.data, arguments.format)
clips = list(read_clips(corpus, on_broken=OnBroken.SKIP))
names = np.array([corpus.classes[clip.label] for clip in clips])
logits = fuse(score_clips(recogniser, clips), header.streams, header.temperature, header.vector)
said = np.array(recogniser.classes)[logits.argmax(axis=1)]
nothing = called_unknown(logits, header.unknown) | (said == NONE)

listed = {theirs: row(theirs) for theirs, ours in SAME[arguments.format].items() if ours}
others = {theirs: row(theirs) for theirs, ours in SAME[arguments.format].items() if not ours}
for theirs, (count, right, none, most) in listed.items():
    name = SAME[arguments.format][theirs]
    print(f"{theirs}: {count} clips, {right:.0%} '{name}', {none:.0%} none of the labels; otherwise {most}")
for theirs, (count, _, none, most) in others.items():
    print(f"{theirs}, no label: {count} clips, {none:.0%} none of the labels; otherwise {most}")
print(f"right, mean over classes: {np.mean([right for _, right, _, _ in listed.values()]):.1%}")
print(f"no label, and called none of the labels: {np.mean([none for _, _, none, _ in others.values()]):.1%}")
