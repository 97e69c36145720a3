"""Bodies that the tests of `stf` move about."""

import math

import numpy as np
import torch
from torch import Tensor

from stf.skeleton import SkeletonLayout

_MIDDLE = {
    "head": (1.66, 0.0),
    "nose": (1.62, -0.1),
    "neck": (1.48, 0.0),
    "spine_shoulder": (1.42, 0.0),
    "spine_mid": (1.2, 0.0),
    "spine_base": (0.94, 0.0),
}
_SIDE = {
    "shoulder": (0.18, 1.4, 0.0),
    "elbow": (0.22, 1.12, 0.03),
    "wrist": (0.24, 0.88, -0.02),
    "hand": (0.24, 0.8, -0.04),
    "thumb": (0.21, 0.82, -0.08),
    "hand_tip": (0.24, 0.72, -0.05),
    "hip": (0.1, 0.92, 0.0),
    "knee": (0.11, 0.5, -0.03),
    "ankle": (0.11, 0.1, 0.02),
    "foot": (0.12, 0.04, -0.12),
    "eye": (0.03, 1.65, -0.09),
    "ear": (0.08, 1.63, 0.0),
}


def standing(layout: SkeletonLayout) -> np.ndarray:
    """A person (V, C) in metres who stands 2.5 m before the camera and faces it.

    Kinect axes: the right side has positive x, y is up, what is nearer to the camera has smaller z. A layout with
    scores has 0.9 in place of z.
    """
    at = {name: (0.0, y, 2.5 + z) for name, (y, z) in _MIDDLE.items()}
    at |= {f"left_{name}": (-x, y, 2.5 + z) for name, (x, y, z) in _SIDE.items()}
    at |= {f"right_{name}": (x, y, 2.5 + z) for name, (x, y, z) in _SIDE.items()}
    joints = np.array([at[name] for name in layout.joints])
    if "score" in layout.channels:
        joints[:, 2] = 0.9
    return joints


def moving(layout: SkeletonLayout, *, frames: int = 16, clips: int = 1, persons: int = 1, seed: int = 0) -> Tensor:
    """Clips (N, C, T, V, M) in double precision: each person stands, every joint sways, in its own way and time."""
    random = np.random.default_rng(seed)
    shape = (clips, 1, persons, layout.num_joints, len(layout.channels))
    time = np.linspace(0, 2, frames)[:, None, None, None]
    sway = np.sin(random.uniform(2, 6, shape) * time + random.uniform(-math.pi, math.pi, shape))
    if "score" in layout.channels:
        sway[..., 2] = np.abs(sway[..., 2]) - 1
    joints = standing(layout) + random.uniform(0.02, 0.06, shape) * sway
    return torch.from_numpy(joints).permute(0, 4, 1, 3, 2).contiguous()


def turned(x: Tensor, yaw: float) -> Tensor:
    """Clips (N, 3, T, V, M) turned about the vertical through the camera."""
    cos, sin = math.cos(yaw), math.sin(yaw)
    matrix = torch.tensor([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]], dtype=x.dtype)
    return torch.einsum("ij,njtvm->nitvm", matrix, x)


def across(x: Tensor, layout: SkeletonLayout) -> Tensor:
    """From left to right, shoulders and hips together, mean over time: (N, 3, M)."""
    right = x[:, :, :, layout.indices("right_shoulder", "right_hip")]
    return (right - x[:, :, :, layout.indices("left_shoulder", "left_hip")]).mean(dim=(2, 3))


def chest(x: Tensor, layout: SkeletonLayout) -> Tensor:
    """Directions out of the chest, (N, 3, T, M)."""
    right, left, top, base = (
        x[:, :, :, layout.index(name)] for name in ("right_shoulder", "left_shoulder", "spine_shoulder", "spine_base")
    )
    return torch.linalg.cross(left - right, top - base, dim=1)
