"""How well a model knows what it does not know: clips of classes it was trained without, against test clips it knows.

    stf train everyday-3d --data EVERYDAY/clean --data EVERYDAY/seen -o base.safetensors --set "data=[...]"
    python benchmarks/unknown.py EVERYDAY/clean --model base.safetensors --unknown "clap,kick,lunge,bowl,arm curl"

Compares the ways of `stf.unknown`. Both sides are clips of test people; "none of these" is on neither.
"""

import argparse
from pathlib import Path

import numpy as np
from _machine import describe

from calibration.everyday.made import is_made
from stf.checkpoint import DEFAULT_MODEL
from stf.datasets import open_corpus
from stf.datasets.corpus import Part, find_split, read_clips
from stf.errors import UserError
from stf.evaluation import on_side
from stf.metrics import auroc, false_positive_rate
from stf.recogniser import Recogniser
from stf.unknown import UNLIKENESS, Evidence, look_at

words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
words.add_argument("data", type=Path, help="a dataset")
words.add_argument("--model", default=DEFAULT_MODEL, help="the recogniser: a shipped model or a file")
words.add_argument("--unknown", type=lambda text: text.split(","), help="classes; by default all it does not know")
words.add_argument("--none", default="none of these", help="the class that is neither")
arguments = words.parse_args()

describe(str(arguments.data))
recogniser = Recogniser.load(arguments.model, device="cpu")
corpus = open_corpus(arguments.data)
_, side = find_split(corpus, None)
unknown = arguments.unknown or [name for name in corpus.classes if name not in recogniser.classes]
if both := set(unknown) & set(recogniser.classes):
    raise UserError(f"the model was trained on '{min(both)}'")
clips = [clip for clip in on_side(read_clips(corpus), side, Part.TEST) if not is_made(clip)]
names = np.array([corpus.classes[clip.label] for clip in clips])


def evidence(chosen: np.ndarray) -> Evidence:
    """What the model has to say of some of the clips."""
    return look_at(recogniser, [clips[number] for number in np.flatnonzero(chosen)])


familiar = evidence(np.isin(names, recogniser.classes) & (names != arguments.none))
strange = {name: evidence(names == name) for name in unknown}
everything = evidence(np.isin(names, unknown))
print(
    f"{len(familiar.logits)} clips of {len(recogniser.classes)} known classes; {len(everything.logits)} of unknown ones"
)
for name, unlikeness in UNLIKENESS.items():
    known, other = unlikeness(recogniser, familiar), unlikeness(recogniser, everything)
    each = ", ".join(f"{word} {auroc(known, unlikeness(recogniser, some)):.2f}" for word, some in strange.items())
    print(
        f"{name}: AUROC {auroc(known, other):.3f}, {false_positive_rate(known, other):.0%} of the unknown pass where "
        f"95 % of the known do; AUROC by class: {each}"
    )
