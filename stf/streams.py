"""Input streams: what a recogniser looks at, computed from joints."""

from collections.abc import Callable, Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from stf.errors import UserError
from stf.skeleton import SkeletonLayout

Sequence5 = Float[Tensor, "N C T V M"]
Stream = Callable[[Sequence5, SkeletonLayout], Sequence5]


def joint_stream(x: Sequence5, layout: SkeletonLayout) -> Sequence5:
    """The joints as they are."""
    del layout
    return x


def bone_stream(x: Sequence5, layout: SkeletonLayout) -> Sequence5:
    """Each joint's coordinates minus its parent's; the centre's bone is zero (2s-AGCN, CVPR 2019, section 4.4).

    A score channel is no coordinate: a bone's score is the lower of its two joints' scores, and a bone that begins or
    ends at a missing joint is zero (ours).

    Args:
        x: (N, C, T, V, M) joints.
        layout: says which joint is whose parent.

    Returns:
        (N, C, T, V, M) bones, numbered by their child joint.
    """
    spatial = layout.num_coordinates
    ends = x[:, :, :, list(layout.parents)]
    return _way(ends, x, spatial)


def motion(x: Sequence5, layout: SkeletonLayout) -> Sequence5:
    """From each frame to the next, of joints or bones; zero at the last frame (MS-AAGCN, TIP 2020, section III-E).

    A way that begins or ends at a missing joint is zero too, and the score of a way is the lower of its ends' (ours).

    Args:
        x: (N, C, T, V, M) joints or bones; missing ones are zero.
        layout: says which channels are coordinates.

    Returns:
        (N, C, T, V, M).
    """
    ways = _way(x[:, :, :-1], x[:, :, 1:], layout.num_coordinates)
    return torch.cat([ways, torch.zeros_like(x[:, :, :1])], dim=2)


def _way(start: Sequence5, end: Sequence5, spatial: int) -> Sequence5:
    """From one place to another, with the lower of their scores; zero where either is missing.

    Missing is what has a score of zero or, without scores, a person whose joints are all zero: a single joint may well
    lie at the origin.
    """
    known = torch.minimum(_known(start, spatial), _known(end, spatial))
    return torch.cat([(end - start)[:, :spatial] * known, torch.minimum(start, end)[:, spatial:]], dim=1)


def _known(x: Sequence5, spatial: int) -> Sequence5:
    if x.shape[1] > spatial:
        return (x[:, spatial:] > 0).to(x.dtype)
    return (x != 0).any(dim=3, keepdim=True).any(dim=1, keepdim=True).to(x.dtype)


def joint_motion_stream(x: Sequence5, layout: SkeletonLayout) -> Sequence5:
    """How the joints move, see `motion`."""
    return motion(x, layout)


def bone_motion_stream(x: Sequence5, layout: SkeletonLayout) -> Sequence5:
    """How the bones move, see `motion`; the bone of the centre, always zero, stays so."""
    return motion(bone_stream(x, layout), layout)


STREAMS: Mapping[str, Stream] = {
    "joint": joint_stream,
    "bone": bone_stream,
    "joint_motion": joint_motion_stream,
    "bone_motion": bone_motion_stream,
}


def get_stream(name: str) -> Stream:
    """The stream called `name`.

    Raises:
        UserError: if there is none.
    """
    try:
        return STREAMS[name]
    except KeyError:
        raise UserError(f"there is no stream '{name}'; known are {', '.join(STREAMS)}") from None


def make_stream(name: str, x: Sequence5, layout: SkeletonLayout) -> Sequence5:
    """The stream called `name` of joints `x` (N, C, T, V, M).

    Raises:
        UserError: if there is no such stream.
    """
    return get_stream(name)(x, layout)
