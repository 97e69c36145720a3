"""ST-GCN, the field's reference point.

From the paper (Yan, Xiong, Lin, "Spatial Temporal Graph Convolutional Networks for Skeleton-Based Action Recognition",
AAAI 2018): the spatial-configuration partition, learned edge importance in every block, ten blocks and their widths,
temporal kernel 9, residuals, dropout of 0.5. From its published model: strides of 2 at the fifth and eighth block,
where normalisation and biases stand, no residual around the first block. Ours: skipping empty persons; hop distances
beyond one bone (see `stf.graph.spatial_partition`).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from pydantic import NonNegativeFloat, PositiveInt
from torch import Tensor, nn
from torch.nn import functional

from stf.graph import spatial_partition
from stf.network import Network, NetworkConfig, Stage, merge_norm, merge_projection, pointwise, projection
from stf.skeleton import SkeletonLayout


@dataclass(frozen=True, slots=True)
class STGCNConfig(NetworkConfig):
    """The shape of an ST-GCN; kept in the checkpoint.

    Attributes:
        widths: output channels of each block.
        strides: temporal stride of each block.
        kernel: frames of the temporal convolution, odd.
        dropout: share of a block's features dropped while training; the first block drops none.
    """

    widths: tuple[PositiveInt, ...] = (64, 64, 64, 64, 128, 128, 128, 256, 256, 256)
    strides: tuple[PositiveInt, ...] = (1, 1, 1, 1, 2, 1, 1, 2, 1, 1)
    kernel: PositiveInt = 9
    dropout: NonNegativeFloat = 0.5


class STGCNBlock(Stage):
    """One block: graph convolution over joints, convolution over time, and around both a residual but in the first."""

    def __init__(
        self,
        adjacency: Float[Tensor, "S V V"],
        inputs: int,
        outputs: int,
        stride: int,
        config: STGCNConfig,
        first: bool,
    ) -> None:
        super().__init__()
        self.register_buffer("fixed", adjacency, persistent=False)
        self.fixed: Tensor
        self.importance = nn.Parameter(torch.ones_like(adjacency))
        self.mix = nn.Conv2d(inputs, len(adjacency) * outputs, 1)
        self.mix_norm = nn.BatchNorm2d(outputs)
        self.time = nn.Conv2d(outputs, outputs, (config.kernel, 1), (stride, 1), (config.kernel // 2, 0))
        self.time_norm: nn.Module = nn.BatchNorm2d(outputs)
        self.dropout = nn.Dropout(0.0 if first else config.dropout)
        self.residual: nn.Module | None = None
        if not first:
            same = inputs == outputs and stride == 1
            self.residual = nn.Identity() if same else projection(inputs, outputs, stride, bias=True)

    def forward(self, x: Float[Tensor, "R C T V"]) -> tuple[Float[Tensor, "R D S V"], None]:
        """The block's features; its graph is the same for every input, so there is no adjacency to return."""
        into = (self.fixed * self.importance).permute(2, 1, 0).flatten(1)
        subsets = pointwise(self.mix, x).permute(0, 2, 3, 1)
        subsets = subsets.reshape(*subsets.shape[:2], into.shape[1], self.time.in_channels)
        space = functional.relu(self.mix_norm((into[None, None] @ subsets).permute(0, 3, 1, 2)), inplace=True)
        y = self.dropout(self.time_norm(self.time(space)))
        return functional.relu(y if self.residual is None else y + self.residual(x), inplace=True), None

    def fold(self) -> None:
        """Merge the normalisations behind the temporal and the residual convolution into them."""
        self.time, self.time_norm = merge_norm(self.time, self.time_norm), nn.Identity()
        self.residual = merge_projection(self.residual)


class STGCN(Network):
    """The ST-GCN recogniser of one stream.

    Args:
        layout: the skeleton layout of the V joints; its channels are the C input channels.
        num_classes: K.
        config: widths, strides, kernel and dropout.
    """

    def __init__(self, layout: SkeletonLayout, num_classes: int, config: STGCNConfig | None = None) -> None:
        config = config or STGCNConfig()
        adjacency = torch.from_numpy(spatial_partition(layout))
        inputs = (len(layout.channels), *config.widths[:-1])
        shapes = zip(inputs, config.widths, config.strides, strict=True)
        blocks = [STGCNBlock(adjacency, *shape, config, first=n == 0) for n, shape in enumerate(shapes)]
        super().__init__(layout, num_classes, config, blocks)


NETWORK, CONFIG = STGCN, STGCNConfig
