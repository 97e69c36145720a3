"""Poses compared."""

import numpy as np

from realtime.frames import PoseFrame


def same(one: PoseFrame, other: PoseFrame) -> bool:
    """Whether two frames hold the same people, bit by bit."""
    return (one.index, one.time, len(one.persons)) == (other.index, other.time, len(other.persons)) and all(
        np.array_equal(getattr(a, name), getattr(b, name)) and getattr(a, name).dtype == getattr(b, name).dtype
        for a, b in zip(one.persons, other.persons, strict=True)
        for name in ("landmarks", "world", "visibility")
    )
