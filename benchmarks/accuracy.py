"""Accuracy of a recipe over seeds: trains each, measures the last epoch on the test side, keeps a table of it.

    python benchmarks/accuracy.py nucla --data NUCLA_FOLDER --seeds 0 1 2
    python benchmarks/accuracy.py nucla --data NUCLA_FOLDER --name nucla-st_gcn --set "model={name: st_gcn}"

Interrupted or not, a second call goes on where the first one stopped. One row per seed and stream goes into
docs/results/NAME.csv; the networks and their logs stay in runs/accuracy/.
"""

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev

import numpy as np
from _machine import ROOT, describe

from apps.train import TrainOptions, run_train
from stf.atomic import output_text
from stf.checkpoint import load_checkpoint
from stf.datasets import open_corpus
from stf.datasets.clip import Clip
from stf.datasets.corpus import Part, read_clips
from stf.evaluation import fuse, on_side, score_clips
from stf.recogniser import Recogniser
from stf.training.recipe import load_recipe

FIELDS = ("seed", "stream", "top1", "clips", "parameters")


def train(seed: int) -> Path:
    """The checkpoint of a seed, trained unless it is there."""
    output = ROOT / "runs" / "accuracy" / f"{name}-{seed}.safetensors"
    if not output.exists():
        changes = [*arguments.set, f"seed={seed}"]
        run_train(arguments.recipe, output, TrainOptions([arguments.data], changes, resume=True, threads=1))
    return output


def held_out() -> list[Clip]:
    """The clips of the test side of the recipe's split."""
    (source,) = load_recipe(arguments.recipe, arguments.set).data
    corpus = open_corpus(arguments.data, source.format)
    _, side = source.find_split(corpus)
    return on_side(read_clips(corpus, on_broken=source.on_broken), side, Part.TEST)


def measure(checkpoint: Path, seed: int, clips: Sequence[Clip]) -> list[dict[str, object]]:
    """A row for each stream, and one for all of them fused by the recipe's weights."""
    recogniser = Recogniser.load(checkpoint, device="cpu")
    _, states = load_checkpoint(checkpoint)
    labels = np.array([clip.label for clip in clips])
    logits = score_clips(recogniser, clips)
    sizes = {
        stream: sum(tensor.numel() for key, tensor in state.items() if "running" not in key and "tracked" not in key)
        for stream, state in states.items()
    }
    if len(logits) > 1:
        logits["fused"] = fuse(logits, recogniser.header.streams)
        sizes["fused"] = sum(sizes.values())
    return [
        {
            "seed": seed,
            "stream": stream,
            "top1": f"{np.mean(scores.argmax(axis=1) == labels):.4f}",
            "clips": len(clips),
            "parameters": sizes[stream],
        }
        for stream, scores in logits.items()
    ]


words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
words.add_argument("recipe", help="a recipe that comes with the program, or a file")
words.add_argument("--data", type=Path, required=True, help="the dataset")
words.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
words.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="in place of what the recipe says")
words.add_argument("--name", help="of the table; the recipe's name by default")
arguments = words.parse_args()
name = arguments.name or Path(arguments.recipe).stem

describe(str(arguments.data.name))
clips = held_out()
rows = [row for seed in arguments.seeds for row in measure(train(seed), seed, clips)]
table = ROOT / "docs" / "results" / f"{name}.csv"
table.parent.mkdir(exist_ok=True)
with output_text(table) as write:
    lines = csv.DictWriter(type("Lines", (), {"write": staticmethod(write)}), FIELDS, lineterminator="\n")
    lines.writeheader()
    lines.writerows(rows)
for stream in dict.fromkeys(str(row["stream"]) for row in rows):
    figures = [100 * float(str(row["top1"])) for row in rows if row["stream"] == stream]
    spread = f" +- {stdev(figures):.1f}" if len(figures) > 1 else ""
    print(f"{stream}: {mean(figures):.1f}{spread} % top-1 of {len(clips)} clips, {len(figures)} seed(s), last epoch")
