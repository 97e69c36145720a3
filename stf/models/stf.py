"""The STF network: six spatio-temporal focus modules over a skeleton graph.

Stated by the paper (Ke, Peng, Lyu, "Towards To-a-T Spatio-Temporal Focus for Skeleton-Based Action Recognition",
AAAI 2022): six STF-GCN modules, each with its own learnable, instance-dependent adjacency; a focus volume over joints
and frames taken from gradients. From its ancestors: the adjacency as a sum of a fixed partition A, a learned B and an
instance-dependent part (2s-AGCN, CVPR 2019, equations 3 and 4). Ours: widths, kernel, strides, the normalisation of
the instance-dependent part by columns (so that it can be trained to agree with the focus), skipping empty persons.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from pydantic import NonNegativeFloat, PositiveInt
from torch import Tensor, nn
from torch.nn import functional

from stf.graph import spatial_partition
from stf.network import Network, NetworkConfig
from stf.skeleton import SkeletonLayout


@dataclass(frozen=True, slots=True)
class STFConfig(NetworkConfig):
    """The shape of an STF network; kept in the checkpoint.

    Attributes:
        widths: output channels of each module.
        strides: temporal stride of each module.
        kernel: frames of the temporal convolution, odd.
        dropout: share of pooled features dropped before the linear head while training.
        embedding: channels of the two embeddings whose product is the instance-dependent adjacency.
    """

    widths: tuple[PositiveInt, ...] = (64, 64, 128, 128, 256, 256)
    strides: tuple[PositiveInt, ...] = (1, 1, 2, 1, 2, 1)
    kernel: PositiveInt = 5
    dropout: NonNegativeFloat = 0.0
    embedding: PositiveInt = 16


class STFModule(nn.Module):
    """One STF-GCN module: graph convolution over joints, then convolution over time, each with a residual.

    The adjacency of subset k is A_k + B_k (fixed + learned); a further subset uses G, computed from the module's input:
    G = softmax(phi(F)^T psi(F) / sqrt(E T)) over the source joint, so that columns sum to one.
    """

    def __init__(
        self, adjacency: Float[Tensor, "S V V"], inputs: int, outputs: int, stride: int, config: STFConfig
    ) -> None:
        super().__init__()
        self.register_buffer("fixed", adjacency, persistent=False)
        self.fixed: Tensor
        self.learned = nn.Parameter(torch.zeros_like(adjacency))
        self.embed = nn.Conv2d(inputs, 2 * config.embedding, 1)
        self.mix = nn.Conv2d((len(adjacency) + 1) * inputs, outputs, 1, bias=False)
        self.mix_norm = nn.BatchNorm2d(outputs)
        self.mix_residual = nn.Identity() if inputs == outputs else _projection(inputs, outputs, 1)
        self.time = nn.Conv2d(outputs, outputs, (config.kernel, 1), (stride, 1), (config.kernel // 2, 0), bias=False)
        self.time_norm = nn.BatchNorm2d(outputs)
        self.time_residual = nn.Identity() if stride == 1 else _projection(outputs, outputs, stride)

    def instance_adjacency(self, x: Float[Tensor, "R C T V"]) -> Float[Tensor, "R V V"]:
        """G of each sample; entry [i, j] weighs the way from joint i into joint j."""
        phi, psi = self.embed(x).chunk(2, dim=1)
        phi, psi = phi.flatten(1, 2), psi.flatten(1, 2)
        return functional.softmax(phi.transpose(1, 2) @ psi / phi.shape[1] ** 0.5, dim=1)

    def forward(self, x: Float[Tensor, "R C T V"]) -> tuple[Float[Tensor, "R D S V"], Float[Tensor, "R V V"]]:
        """The module's features F_k and its instance-dependent adjacency G_k."""
        instance = self.instance_adjacency(x)
        rows = x.flatten(1, 2)
        aggregated = [rows @ subset for subset in self.fixed + self.learned] + [rows @ instance]
        neighbours = torch.cat([part.view_as(x) for part in aggregated], dim=1)
        space = functional.relu(self.mix_norm(self.mix(neighbours)) + self.mix_residual(x))
        features = functional.relu(self.time_norm(self.time(space)) + self.time_residual(space))
        return features, instance


def _projection(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, (stride, 1), bias=False), nn.BatchNorm2d(outputs))


class STF(Network):
    """The STF recogniser of one stream.

    Args:
        layout: the skeleton layout of the V joints; its channels are the C input channels.
        num_classes: K.
        config: widths, strides, kernel and so on.
    """

    def __init__(self, layout: SkeletonLayout, num_classes: int, config: STFConfig | None = None) -> None:
        config = config or STFConfig()
        adjacency = torch.from_numpy(spatial_partition(layout))
        inputs = (len(layout.channels), *config.widths[:-1])
        modules = [
            STFModule(adjacency, c_in, c_out, stride, config)
            for c_in, c_out, stride in zip(inputs, config.widths, config.strides, strict=True)
        ]
        super().__init__(layout, num_classes, config, modules, config.dropout)


NETWORK, CONFIG = STF, STFConfig
