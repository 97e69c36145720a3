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

    A score channel is no coordinate: a bone's score is the lower of its two joints' scores (ours).

    Args:
        x: (N, C, T, V, M) joints.
        layout: says which joint is whose parent.

    Returns:
        (N, C, T, V, M) bones, numbered by their child joint.
    """
    spatial = layout.num_coordinates
    ends = x[:, :, :, list(layout.parents)]
    bones = x[:, :spatial] - ends[:, :spatial]
    scores = torch.minimum(x[:, spatial:], ends[:, spatial:])
    return torch.cat([bones, scores], dim=1)


STREAMS: Mapping[str, Stream] = {"joint": joint_stream, "bone": bone_stream}


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
