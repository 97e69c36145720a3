"""What the benchmarks of accuracy have in common: a recipe trained for a seed, and measured on the test side."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from _machine import ROOT

from apps.train import TrainOptions, run_train
from stf.atomic import output_text
from stf.checkpoint import load_checkpoint
from stf.datasets import open_corpus
from stf.datasets.check import fingerprint
from stf.datasets.clip import Clip
from stf.datasets.corpus import Part, read_clips
from stf.evaluation import Logits, fuse, on_side, score_clips
from stf.recogniser import Recogniser
from stf.training.recipe import load_recipe

Row = Mapping[str, object]


def kept(name: str, seed: int) -> Path:
    """The networks of a seed that were trained under some name."""
    return ROOT / "runs" / "accuracy" / f"{name}-{seed}.safetensors"


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
        output = kept(self.name, seed)
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


@dataclass(frozen=True)
class Scores:
    """What networks say of the clips that are tested on.

    Attributes:
        logits: stream -> (N, K).
        weights: stream -> its weight in the fusion.
        sizes: stream -> how many parameters its network has.
    """

    logits: Mapping[str, Logits]
    weights: Mapping[str, float]
    sizes: Mapping[str, int]

    @classmethod
    def of(cls, checkpoint: Path, clips: Sequence[Clip]) -> Self:
        """Those of a checkpoint's networks."""
        recogniser = Recogniser.load(checkpoint, device="cpu")
        _, states = load_checkpoint(checkpoint)
        sizes = {
            stream: sum(
                tensor.numel() for key, tensor in state.items() if "running" not in key and "tracked" not in key
            )
            for stream, state in states.items()
        }
        return cls(score_clips(recogniser, clips), recogniser.header.streams, sizes)

    def __or__(self, other: "Scores") -> "Scores":
        """With another's streams in place of those of the same names."""
        parts = ((getattr(self, part), getattr(other, part)) for part in ("logits", "weights", "sizes"))
        return Scores(*({**ours, **theirs} for ours, theirs in parts))

    @property
    def fused(self) -> tuple[Logits, int]:
        """The logits of all streams together, and how many parameters that takes."""
        return fuse(self.logits, self.weights), sum(self.sizes.values())


def measure(checkpoint: Path, held_out: HeldOut, others: Mapping[str, Path] | None = None) -> list[dict[str, object]]:
    """A row for each stream, and one for all of them fused by the recipe's weights.

    Each says top-1 of all clips and of the new ones, how many they are, and how many parameters there are.

    Args:
        checkpoint: the networks.
        held_out: what is tested on.
        others: name -> other networks of the same classes, whose streams take the place of these in one more row.
    """
    scores = Scores.of(checkpoint, held_out.clips)
    asked = {stream: (logits, scores.sizes[stream]) for stream, logits in scores.logits.items()}
    if len(asked) > 1:
        asked["fused"] = scores.fused
    for name, other in (others or {}).items():
        asked[f"fused, with {name}"] = (scores | Scores.of(other, held_out.clips)).fused
    labels = np.array([clip.label for clip in held_out.clips])
    return [
        {
            "stream": stream,
            "top1": f"{np.mean(right := logits.argmax(axis=1) == labels):.4f}",
            "top1_new": f"{np.mean(right[held_out.new]):.4f}",
            "clips": len(labels),
            "new": int(held_out.new.sum()),
            "parameters": parameters,
        }
        for stream, (logits, parameters) in asked.items()
    ]


def write_table(name: str, rows: Sequence[Row]) -> None:
    """Write docs/results/NAME.csv; the first row's keys are the columns."""
    table = ROOT / "docs" / "results" / f"{name}.csv"
    table.parent.mkdir(exist_ok=True)
    with output_text(table) as write:
        lines = csv.DictWriter(type("Lines", (), {"write": staticmethod(write)}), list(rows[0]), lineterminator="\n")
        lines.writeheader()
        lines.writerows(rows)
