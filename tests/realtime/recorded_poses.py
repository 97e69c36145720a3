"""What MediaPipe found in two real videos (tests/data/README.md says which)."""

from pathlib import Path

import numpy as np

from realtime.frames import PersonPose

_FILE = Path(__file__).parents[1] / "data" / "poses_intel.npz"


def poses(name: str) -> list[PersonPose]:
    with np.load(_FILE) as data:
        arrays = [data[f"{name}_{part}"] for part in ("landmarks", "world", "visibility")]
    return [PersonPose(*parts) for parts in zip(*arrays, strict=True)]


def times(name: str) -> list[float]:
    with np.load(_FILE) as data:
        return data[f"{name}_time"].tolist()
