"""Normalisation and augmentation, on whole batches (N, C, T, V, M).

A sample (one person at one frame) whose joints are all zero is missing; it stays zero through everything here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from stf.skeleton import SkeletonLayout

Batch = Float[Tensor, "N C T V M"]


def known_samples(x: Batch) -> Bool[Tensor, "N 1 T 1 M"]:
    """Which samples are not missing."""
    return (x != 0).any(dim=3, keepdim=True).any(dim=1, keepdim=True)


def normalise_body(x: Batch, layout: SkeletonLayout) -> Batch:
    """Make a skeleton independent of where the person stands, how big they are and which way they face (ours).

    The middle of the hips is put at the origin in every frame, since the pose estimator's skeleton has no translation.
    The torso, hip middle to shoulder middle, is made one long by its median over the known frames,
    since that skeleton's scale is its own. In space the person is turned about the vertical so that the axis from left
    to right shoulder and hip, averaged over the known frames, lies along +x, as for somebody facing the camera.

    Args:
        x: (N, C, T, V, M); coordinates in any unit with y vertical, missing samples zero.
        layout: a layout with hips and shoulders.

    Returns:
        (N, C, T, V, M); coordinates in torso lengths, a score channel untouched.
    """
    spatial = layout.num_coordinates
    known = known_samples(x)
    hips = x[:, :spatial, :, layout.indices("left_hip", "right_hip")].mean(dim=3, keepdim=True)
    placed = x[:, :spatial] - hips  # missing samples stay zero, as their hips are zero
    shoulders = placed[:, :, :, layout.indices("left_shoulder", "right_shoulder")].mean(dim=3, keepdim=True)
    torso = shoulders.norm(dim=1, keepdim=True)
    length = torso.masked_fill(~known, torch.nan).nanmedian(dim=2, keepdim=True).values.nan_to_num(1.0).clamp(min=1e-6)
    scaled = placed / length
    if spatial == 3:
        scaled = _turn_to_camera(scaled, layout)
    return torch.cat([scaled, x[:, spatial:]], dim=1)


def _turn_to_camera(x: Batch, layout: SkeletonLayout) -> Batch:
    right = x[:, :, :, layout.indices("right_shoulder", "right_hip")]
    left = x[:, :, :, layout.indices("left_shoulder", "left_hip")]
    across = (right - left).sum(dim=(2, 3))
    yaw = torch.atan2(across[:, 2], across[:, 0])
    cos, sin = yaw.cos()[:, None, None], yaw.sin()[:, None, None]
    return torch.stack([cos * x[:, 0] + sin * x[:, 2], x[:, 1], cos * x[:, 2] - sin * x[:, 0]], dim=1)


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Random changes to normalised 3D skeletons; every draw is per clip unless said otherwise.

    Normalise again afterwards: the yaw then decides in which direction of the body the depth is stretched.

    Attributes:
        yaw: radians, uniform in +-yaw, about the vertical.
        tilt: radians, standard deviation of a rotation about each horizontal axis.
        scale: standard deviation of each axis's relative stretch (estimated depth is the least certain).
        bias: torso lengths, standard deviation of a displacement of each joint that lasts the whole clip.
        jitter: torso lengths, standard deviation of noise per joint and frame.
        gap: probability that a run of up to a third of the frames goes missing.
    """

    yaw: float = 1.3
    tilt: float = 0.1
    scale: float = 0.1
    bias: float = 0.06
    jitter: float = 0.01
    gap: float = 0.1

    def __call__(self, x: Batch, generator: torch.Generator | None = None) -> Batch:
        """Augment a batch of 3D skeletons (N, 3, T, V, M)."""
        count, channels, frames, joints, persons = x.shape
        known = known_samples(x)

        def normal(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=generator).to(x.device)

        yaw = (torch.rand(count, generator=generator).to(x.device) * 2 - 1) * self.yaw
        turn = rotation(torch.stack([normal(count) * self.tilt, yaw, normal(count) * self.tilt], dim=1))
        stretch = 1 + self.scale * normal(count, channels, 1, 1, 1)
        displaced = x + self.bias * normal(count, channels, 1, joints, persons)
        noisy = displaced + self.jitter * normal(count, channels, frames, joints, persons)
        turned = torch.einsum("nij,njtvm->nitvm", turn, noisy) * stretch
        start = torch.rand(count, generator=generator) * frames
        length = torch.rand(count, generator=generator) * frames / 3
        length[torch.rand(count, generator=generator) >= self.gap] = 0
        frame = torch.arange(frames)
        lost = (frame >= start[:, None]) & (frame < (start + length)[:, None])
        return torch.where(known & ~lost.to(x.device)[:, None, :, None, None], turned, 0.0)


def rotation(angles: Float[Tensor, "N 3"]) -> Float[Tensor, "N 3 3"]:
    """Rotation matrices R_y R_x R_z of angles (about x, y, z) in radians; y is up."""
    x, y, z = (_axis_rotation(angle, axis) for axis, angle in enumerate(angles.unbind(dim=1)))
    return y @ x @ z


def _axis_rotation(angle: Float[Tensor, " N"], axis: int) -> Float[Tensor, "N 3 3"]:
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = torch.zeros(len(angle), 3, 3, device=angle.device, dtype=angle.dtype)
    matrix[:, axis, axis] = 1
    matrix[:, first, first] = matrix[:, second, second] = angle.cos()
    matrix[:, second, first] = angle.sin()
    matrix[:, first, second] = -angle.sin()
    return matrix


def mirror(x: Batch, layout: SkeletonLayout) -> Batch:
    """Mirror left and right: negate x and let the joints of the two sides change places."""
    swapped = x[:, :, :, list(layout.mirror)]
    return torch.cat([-swapped[:, :1], swapped[:, 1:]], dim=1)


def mirrored_labels(classes: Sequence[str]) -> list[int]:
    """For each class the class that its mirror image shows, by the words in its name.

    `swipe left` becomes `swipe right`, `clockwise` becomes `counter-clockwise`; other classes stay themselves, as does
    a class whose counterpart is not in the list.
    """
    number = {name: n for n, name in enumerate(classes)}

    def other(name: str) -> str:
        opposite = {"left": "right", "right": "left"}
        opposite |= {"clockwise": "counter-clockwise", "counter-clockwise": "clockwise"}
        return " ".join(opposite.get(word, word) for word in name.split())

    return [number.get(other(name), n) for n, name in enumerate(classes)]


def random_mirror(
    x: Batch,
    labels: Int[Tensor, " N"],
    layout: SkeletonLayout,
    mirrored: Int[Tensor, " K"],
    generator: torch.Generator | None = None,
) -> tuple[Batch, Int[Tensor, " N"]]:
    """Mirror every second clip at random and give it its mirror image's label; negative labels stay."""
    chosen = (torch.rand(len(x), generator=generator) < 0.5).to(x.device)
    flipped = torch.where(chosen[:, None, None, None, None], mirror(x, layout), x)
    return flipped, torch.where(chosen & (labels >= 0), mirrored[labels], labels)
