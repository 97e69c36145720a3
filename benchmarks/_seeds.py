"""What the benchmarks of accuracy have in common: a recipe trained for a seed, and measured on the test side."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _machine import ROOT

from apps.train import TrainOptions, run_train
from stf.atomic import output_text
from stf.checkpoint import load_checkpoint
from stf.datasets import open_corpus
from stf.datasets.check import fingerprint
from stf.datasets.clip import Clip
from stf.datasets.corpus import Part, read_clips
from stf.evaluation import fuse, on_side, score_clips
from stf.recogniser import Recogniser
from stf.training.recipe import load_recipe

Row = Mapping[str, object]


@dataclass(frozen=True)
class Trained:
    """A recipe on a dataset; its networks and their logs are kept in runs/accuracy/.

    Attributes:
        recipe: a recipe that comes with the program, or a file.
        data: the dataset.
        name: what the kept networks are called, beside the seed.
        changes: `key=value`, in place of what the recipe says.
    """

    recipe: str
    data: Path
    name: str
    changes: Sequence[str] = ()

    def train(self, seed: int) -> Path:
        """The checkpoint of a seed, trained unless it is there."""
        output = ROOT / "runs" / "accuracy" / f"{self.name}-{seed}.safetensors"
        if not output.exists():
            changes = [*self.changes, f"seed={seed}"]
            run_train(self.recipe, output, TrainOptions([self.data], changes, resume=True, threads=1))
        return output

    def held_out(self) -> "HeldOut":
        """The clips of the test side of the recipe's split."""
        (source,) = load_recipe(self.recipe, self.changes).data
        corpus = open_corpus(self.data, source.format).without(source.without)
        _, side = source.find_split(corpus)
        every = list(read_clips(corpus, on_broken=source.on_broken))
        trained, clips = (on_side(every, side, part) for part in (Part.TRAIN, Part.TEST))
        known = {fingerprint(clip) for clip in trained}
        return HeldOut(clips, np.array([fingerprint(clip) not in known for clip in clips], bool))


@dataclass(frozen=True)
class HeldOut:
    """What is tested on.

    Attributes:
        clips: N of them.
        new: (N,) which of them are not to the last bit the same as a clip that is trained on.
    """

    clips: Sequence[Clip]
    new: np.ndarray

    def __len__(self) -> int:
        return len(self.clips)


def measure(checkpoint: Path, held_out: HeldOut) -> list[dict[str, object]]:
    """A row for each stream, and one for all of them fused by the recipe's weights.

    Each says top-1 of all clips and of the new ones, how many they are, and how many parameters there are.
    """
    clips = held_out.clips
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
            "stream": stream,
            "top1": f"{np.mean(right := scores.argmax(axis=1) == labels):.4f}",
            "top1_new": f"{np.mean(right[held_out.new]):.4f}",
            "clips": len(clips),
            "new": int(held_out.new.sum()),
            "parameters": sizes[stream],
        }
        for stream, scores in logits.items()
    ]


def write_table(name: str, rows: Sequence[Row]) -> None:
    """Write docs/results/NAME.csv; the first row's keys are the columns."""
    table = ROOT / "docs" / "results" / f"{name}.csv"
    table.parent.mkdir(exist_ok=True)
    with output_text(table) as write:
        lines = csv.DictWriter(type("Lines", (), {"write": staticmethod(write)}), list(rows[0]), lineterminator="\n")
        lines.writeheader()
        lines.writerows(rows)
