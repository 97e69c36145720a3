"""The arguments and options that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_MODEL = "everyday-3d"
DEFAULT_POSE = "full"


class Side(StrEnum):
    """The clips of a dataset to measure on."""

    TEST = "test"
    TRAIN = "train"
    ALL = "all"


class Show(StrEnum):
    """What to show of a long run."""

    BARS = "bars"
    JSON = "json"
    NOTHING = "nothing"


class Delegate(StrEnum):
    """What runs the pose estimator."""

    CPU = "cpu"
    GPU = "gpu"


Model = Annotated[str, typer.Option("--model", metavar="NAME|FILE", help="The recogniser: a shipped model or a file.")]
Device = Annotated[str, typer.Option("--device", metavar="auto|cpu|cuda", help="Where the recogniser computes.")]
PoseModel = Annotated[
    str, typer.Option("--pose-model", metavar="lite|full|heavy|FILE", help="The pose estimator's model.")
]
PoseDelegate = Annotated[Delegate, typer.Option("--pose-delegate", help="Where the pose estimator computes.")]
People = Annotated[int, typer.Option("--people", min=1, help="How many people to look for at most.")]
CameraFile = Annotated[
    Path | None, typer.Option("--camera", metavar="FILE.toml", help="The camera, as stf calibrate camera found it.")
]
BodyFile = Annotated[
    Path | None, typer.Option("--body", metavar="FILE.toml", help="The person, as stf calibrate body measured them.")
]
AddOnFile = Annotated[
    Path | None, typer.Option("--with", metavar="FILE", help="What the recogniser has been taught; see stf teach.")
]
Formats = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="NAME,...",
        help="Any of csv, srt, vtt, eaf, jsonl, parquet, mp4, npz (poses), clips.",
    ),
]

Dataset = Annotated[Path, typer.Argument(metavar="PATH", help="The folder or file of a dataset.")]
Format = Annotated[
    str | None, typer.Option("--format", metavar="NAME", help="The dataset's format; found out by default.")
]

SplitName = Annotated[
    str | None,
    typer.Option("--split", metavar="NAME", help="A published split, or subject=2,4 or camera=3 to test on these."),
]
SkipBroken = Annotated[bool, typer.Option("--skip-broken", help="Leave broken clips out, and name them.")]
