"""Normalisation and augmentation, on whole batches (N, C, T, V, M).

A joint whose numbers are all zero is missing; it stays zero through everything here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from stf.skeleton import SkeletonLayout

Batch = Float[Tensor, "N C T V M"]


def known_joints(x: Batch) -> Bool[Tensor, "N 1 T V M"]:
    """Which joints are not missing."""
    return (x != 0).any(dim=1, keepdim=True)


def known_samples(x: Batch) -> Bool[Tensor, "N 1 T 1 M"]:
    """Which samples (one person at one frame) are not missing altogether."""
    return known_joints(x).any(dim=3, keepdim=True)


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
    origin, length, across = _body(x, layout)
    placed = _place(x, origin, _median(length), layout)
    return _turn(placed, across.sum(dim=(2, 3)), layout)


def normalise_clip(x: Batch, layout: SkeletonLayout) -> Batch:
    """Make a clip independent of where it happens and how big people are, but keep their ways through it (ours).

    The first person's hips in that person's first known frame become the origin of everybody; lengths are measured in
    that person's torso, and everything is turned as that person is by `normalise_body`.

    Args:
        x: (N, C, T, V, M); coordinates in any unit with y vertical, missing joints zero.
        layout: a layout with hips and shoulders.

    Returns:
        (N, C, T, V, M); coordinates in torso lengths, a score channel untouched.
    """
    origin, length, across = _body(x[..., :1], layout)
    first = known_samples(x[..., :1]).int().argmax(dim=2, keepdim=True)
    start = origin.gather(2, first.expand(-1, origin.shape[1], -1, -1, -1))
    placed = _place(x, start, _median(length), layout)
    return _turn(placed, across.sum(dim=(2, 3)), layout)


def normalise_box(x: Batch, layout: SkeletonLayout) -> Batch:
    """Stretch each axis of a clip, over all its people and frames, to [-1, 1].

    So do the published recognisers of Northwestern-UCLA (CTR-GCN and those after it). Nobody is turned to the front: an
    augmentation has to show people from all sides.

    Args:
        x: (N, C, T, V, M); coordinates in any unit, missing joints zero.
        layout: of the joints.

    Returns:
        (N, C, T, V, M); a score channel untouched.
    """
    space, known = x[:, : layout.num_coordinates], known_joints(x)
    low = torch.where(known, space, torch.inf).amin(dim=(2, 3, 4), keepdim=True)
    high = torch.where(known, space, -torch.inf).amax(dim=(2, 3, 4), keepdim=True)
    boxed = 2 * (space - low) / (high - low).clamp(min=1e-6) - 1
    return torch.cat([torch.where(known, boxed, 0.0), x[:, layout.num_coordinates :]], dim=1)


Normalisation = Literal["body", "clip", "box"]
"""What checkpoints and recipes call a way to prepare joints; see `NORMALISATIONS`."""

NORMALISATIONS: Mapping[Normalisation, Callable[[Batch, SkeletonLayout], Batch]] = {
    "body": normalise_body,
    "clip": normalise_clip,
    "box": normalise_box,
}
"""How joints can be prepared."""

BEFORE: frozenset[Normalisation] = frozenset({"body", "clip"})
"""What comes before an augmentation; "box" would stretch people before they are turned."""

AFTER: frozenset[Normalisation] = frozenset({"body", "box"})
"""What comes after an augmentation."""


def _body(
    x: Batch, layout: SkeletonLayout
) -> tuple[Float[Tensor, "N D T 1 M"], Float[Tensor, "N 1 T 1 M"], Float[Tensor, "N D T 2 M"]]:
    """Hip middle, torso length (NaN where unknown) and the ways from left to right shoulder and hip, frame by frame.

    A hip or shoulder that is missing leaves the other one to speak for both. Where no frame of a person shows a hip and
    a shoulder, the root mean square distance of the known joints from their middle stands for the torso's length.
    """
    space = x[:, : layout.num_coordinates]
    known = known_joints(x)
    hips = layout.indices("left_hip", "right_hip")
    shoulders = layout.indices("left_shoulder", "right_shoulder")
    everything = _mean(space, known)
    origin = torch.where(known[:, :, :, hips].any(dim=3, keepdim=True), _mean(space, known, hips), everything)
    torso = (_mean(space, known, shoulders) - origin).norm(dim=1, keepdim=True)
    seen = known[:, :, :, hips].any(dim=3, keepdim=True) & known[:, :, :, shoulders].any(dim=3, keepdim=True)
    spread = torch.where(known, space - everything, 0.0).square().sum(dim=(1, 3), keepdim=True)
    spread = (spread / known.sum(dim=3, keepdim=True)).sqrt()  # NaN where nothing is known
    measured = seen.any(dim=2, keepdim=True)  # in some frame
    length = torch.where(measured, torso.masked_fill(~seen, torch.nan), spread)
    left, right = (layout.indices(f"{side}_shoulder", f"{side}_hip") for side in ("left", "right"))
    both = known[:, :, :, left] & known[:, :, :, right]
    return origin, length, (space[:, :, :, right] - space[:, :, :, left]) * both


def _mean(
    space: Batch, known: Bool[Tensor, "N 1 T V M"], joints: list[int] | None = None
) -> Float[Tensor, "N D T 1 M"]:
    """Mean over those joints that are known; zero where none is."""
    if joints is not None:
        space, known = space[:, :, :, joints], known[:, :, :, joints]
    return space.sum(dim=3, keepdim=True) / known.sum(dim=3, keepdim=True).clamp(min=1)


def _median(length: Float[Tensor, "N 1 T 1 M"]) -> Float[Tensor, "N 1 1 1 M"]:
    return length.nanmedian(dim=2, keepdim=True).values.nan_to_num(1.0).clamp(min=1e-6)


def _place(x: Batch, origin: Tensor, length: Tensor, layout: SkeletonLayout) -> Batch:
    space = (x[:, : layout.num_coordinates] - origin) / length
    return torch.cat([torch.where(known_joints(x), space, 0.0), x[:, layout.num_coordinates :]], dim=1)


def _turn(x: Batch, across: Float[Tensor, "N D M"], layout: SkeletonLayout) -> Batch:
    """Turn people about the vertical so that their way from left to right lies along +x; in the image plane nothing."""
    if layout.num_coordinates == 2:
        return x
    yaw = torch.atan2(across[:, 2], across[:, 0])
    cos, sin = yaw.cos()[:, None, None], yaw.sin()[:, None, None]
    return torch.stack([cos * x[:, 0] + sin * x[:, 2], x[:, 1], cos * x[:, 2] - sin * x[:, 0]], dim=1)


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Random changes to normalised skeletons; every draw is per clip unless said otherwise.

    Normalise by `body` again afterwards: the yaw then decides in which direction of the body the depth is stretched.
    Before `box` nothing is normalised, and lengths are in the dataset's unit.

    Attributes:
        yaw: radians, uniform in +-yaw, about the vertical; only in space.
        tilt: radians, standard deviation of a rotation about each other axis.
        scale: standard deviation of each axis's relative stretch (estimated depth is the least certain).
        shear: standard deviation of the share of each axis that is added to each other one.
        bias: torso lengths, standard deviation of a displacement of each joint that lasts the whole clip.
        jitter: torso lengths, standard deviation of noise per joint and frame.
        swap: probability that left and right change names for the whole clip, as where a sensor takes a back for the
            front; in space the body is then turned round, as normalisation would have turned it.
        gap: probability that a run of up to a third of the frames goes missing.
        joint_dropout: probability of each joint to go missing for the whole clip.
        limb_dropout: probability that one body part (`SkeletonLayout.limbs`) goes missing for the whole clip.
    """

    yaw: float = 1.3
    tilt: float = 0.1
    scale: float = 0.1
    shear: float = 0.0
    bias: float = 0.06
    jitter: float = 0.01
    swap: float = 0.0
    gap: float = 0.1
    joint_dropout: float = 0.0
    limb_dropout: float = 0.0

    def __call__(self, x: Batch, layout: SkeletonLayout, generator: torch.Generator | None = None) -> Batch:
        """Augment a batch (N, C, T, V, M); a score channel stays, but for joints that go missing."""
        count, _, frames, joints, persons = x.shape
        spatial = layout.num_coordinates

        def normal(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=generator).to(x.device)

        def uniform(*shape: int) -> Tensor:
            return torch.rand(*shape, generator=generator).to(x.device)

        x = torch.where((uniform(count) < self.swap).view(-1, 1, 1, 1, 1), _swap_sides(x, layout), x)
        known = known_joints(x)
        stretch = torch.eye(spatial, device=x.device) * (1 + self.scale * normal(count, spatial, 1))
        linear = stretch @ (self._turn(count, spatial, normal, uniform) + self.shear * normal(count, spatial, spatial))
        displaced = x[:, :spatial] + self.bias * normal(count, spatial, 1, joints, persons)
        noisy = displaced + self.jitter * normal(count, spatial, frames, joints, persons)
        moved = torch.einsum("nij,njtvm->nitvm", linear, noisy)
        start, length = uniform(count) * frames, uniform(count) * frames / 3
        length = torch.where(uniform(count) < self.gap, length, 0.0)
        frame = torch.arange(frames, device=x.device)
        lost = (frame >= start[:, None]) & (frame < (start + length)[:, None])
        dropped = (uniform(count, joints) < self.joint_dropout) | self._dropped_limb(count, layout, uniform)
        kept = known & ~lost[:, None, :, None, None] & ~dropped[:, None, None, :, None]
        return torch.where(kept, torch.cat([moved, x[:, spatial:]], dim=1), 0.0)

    def _turn(
        self, count: int, spatial: int, normal: Callable[..., Tensor], uniform: Callable[..., Tensor]
    ) -> Float[Tensor, "N D D"]:
        if spatial == 2:
            angle = normal(count) * self.tilt
            return _axis_rotation(angle, 2)[:, :2, :2]
        yaw = (uniform(count) * 2 - 1) * self.yaw
        return rotation(torch.stack([normal(count) * self.tilt, yaw, normal(count) * self.tilt], dim=1))

    def _dropped_limb(self, count: int, layout: SkeletonLayout, uniform: Callable[..., Tensor]) -> Bool[Tensor, "N V"]:
        members = torch.zeros(len(layout.limbs), layout.num_joints, dtype=torch.bool)
        for number, limb in enumerate(layout.limbs.values()):
            members[number, list(limb)] = True
        chosen = (uniform(count) * len(members)).long()
        return members.to(chosen.device)[chosen] & (uniform(count) < self.limb_dropout)[:, None]


def rotation(angles: Float[Tensor, "N 3"]) -> Float[Tensor, "N 3 3"]:
    """Rotation matrices R_y R_x R_z of angles (about x, y, z) in radians; y is up."""
    x, y, z = (_axis_rotation(angle, axis) for axis, angle in enumerate(angles.unbind(dim=1)))
    return y @ x @ z


def turned(x: Batch, yaw: float | Float[Tensor, " N"], layout: SkeletonLayout) -> Batch:
    """Turn people in space about the vertical through the origin; a score channel stays.

    Args:
        x: (N, C, T, V, M); missing joints zero.
        yaw: radians, of all clips or of each.
        layout: of the joints.
    """
    angles = x.new_zeros(len(x), 3)
    angles[:, 1] = yaw
    spatial = layout.num_coordinates
    moved = torch.einsum("nij,njtvm->nitvm", rotation(angles), x[:, :spatial])
    return torch.cat([moved, x[:, spatial:]], dim=1)


def _axis_rotation(angle: Float[Tensor, " N"], axis: int) -> Float[Tensor, "N 3 3"]:
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = torch.zeros(len(angle), 3, 3, device=angle.device, dtype=angle.dtype)
    matrix[:, axis, axis] = 1
    matrix[:, first, first] = matrix[:, second, second] = angle.cos()
    matrix[:, second, first] = angle.sin()
    matrix[:, first, second] = -angle.sin()
    return matrix


def _swap_sides(x: Batch, layout: SkeletonLayout) -> Batch:
    """Let left and right change names, and turn bodies in space by half a turn about the vertical."""
    swapped = x[:, :, :, list(layout.mirror)]
    if layout.num_coordinates == 2:
        return swapped
    return torch.cat([-swapped[:, :1], swapped[:, 1:2], -swapped[:, 2:3], swapped[:, 3:]], dim=1)


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
