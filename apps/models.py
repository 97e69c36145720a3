"""`stf models`: what recognisers and pose models there are, and where."""

import sys
from functools import partial

from rich.table import Column, Table

from apps.console import make_console, say
from realtime.pose_models import cache_folder, fetch, list_models
from stf.checkpoint import load_checkpoint, shipped_models


def run_list() -> None:
    """Print two tables: the shipped recognisers and the pose models."""
    recognisers = Table(
        "recogniser", "classes", "skeleton", "window", "accuracy", title="Recognisers", title_justify="left"
    )
    for name, path in shipped_models().items():
        header, _ = load_checkpoint(path)
        seconds = header.samples / header.rate_hz
        accuracy = "\n".join(f"{a.top1:.1%} top-1: {a.data}, {a.split}, {a.clips} clips" for a in header.accuracy)
        recognisers.add_row(name, str(len(header.classes)), header.layout, f"{seconds:.1f} s", accuracy)
    file = Column("file", overflow="fold")
    poses = Table("pose model", "cached", "MB", file, title="Pose models", title_justify="left")
    for info in list_models():
        size = f"{info.size_bytes / 1e6:.1f}" if info.size_bytes else ""
        poses.add_row(info.name, "yes" if info.cached else "no", size, str(info.path))
    make_console().print(recognisers, poses, sep="\n")


def run_fetch(name: str) -> None:
    """Fetch one pose model and print where it lies."""
    path = fetch(name, say=partial(say, make_console(stderr=True)))
    sys.stdout.write(f"{path}\n")


def run_where() -> None:
    """Print the cache folder."""
    sys.stdout.write(f"{cache_folder()}\n")
