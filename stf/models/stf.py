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
from stf.network import Network, NetworkConfig, Stage, merge_norm, merge_projection, pointwise, projection
from stf.skeleton import SkeletonLayout


@dataclass(frozen=True, slots=True)
class STFConfig(NetworkConfig):
    """The shape of an STF network; kept in the checkpoint.

    Attributes:
        widths: output channels of each module.
        strides: temporal stride of each module.
        kernel: frames of the temporal convolution, odd.
        dropout: share of pooled features dropped before the linear head while training.
        instance: whether there is an instance-dependent adjacency beside the fixed and the learned one.
        embedding: channels of the two embeddings whose product is the instance-dependent adjacency.
    """

    widths: tuple[PositiveInt, ...] = (64, 64, 128, 128, 256, 256)
    strides: tuple[PositiveInt, ...] = (1, 1, 2, 1, 2, 1)
    kernel: PositiveInt = 5
    dropout: NonNegativeFloat = 0.0
    instance: bool = True
    embedding: PositiveInt = 16


class STFModule(Stage):
    """One STF-GCN module: graph convolution over joints, then convolution over time, each with a residual.

    The adjacency of subset k is A_k + B_k (fixed + learned); a further subset, unless the configuration leaves it out,
    uses G, computed from the module's input:
    G = softmax(phi(F)^T psi(F) / sqrt(E T)) over the source joint, so that columns sum to one.
    """

    def __init__(
        self, adjacency: Float[Tensor, "S V V"], inputs: int, outputs: int, stride: int, config: STFConfig
    ) -> None:
        super().__init__()
        self.register_buffer("fixed", adjacency, persistent=False)
        self.fixed: Tensor
        self.learned = nn.Parameter(torch.zeros_like(adjacency))
        self.embed = nn.Conv2d(inputs, 2 * config.embedding, 1) if config.instance else None
        self.mix = nn.Conv2d((len(adjacency) + config.instance) * inputs, outputs, 1, bias=False)
        self.mix_norm: nn.Module = nn.BatchNorm2d(outputs)
        self.mix_residual: nn.Module = (
            nn.Identity() if inputs == outputs else projection(inputs, outputs, 1, bias=False)
        )
        self.time = nn.Conv2d(outputs, outputs, (config.kernel, 1), (stride, 1), (config.kernel // 2, 0), bias=False)
        self.time_norm: nn.Module = nn.BatchNorm2d(outputs)
        self.time_residual: nn.Module | None = (
            nn.Identity() if stride == 1 else projection(outputs, outputs, stride, bias=False)
        )

    def instance_adjacency(self, x: Float[Tensor, "R C T V"]) -> Float[Tensor, "R V V"] | None:
        """G of each sample, or None where the module has none; entry [i, j] weighs the way from joint i into j."""
        if self.embed is None:
            return None
        phi, psi = pointwise(self.embed, x).permute(0, 3, 2, 1).chunk(2, dim=3)
        phi, psi = phi.flatten(2), psi.flatten(2)
        return functional.softmax(phi @ psi.transpose(1, 2) / phi.shape[2] ** 0.5, dim=1)

    def neighbours(
        self, x: Float[Tensor, "R C T V"], instance: Float[Tensor, "R V V"] | None
    ) -> Float[Tensor, "R S*C T V"]:
        """What each joint gathers along every subset: one product with all adjacencies stacked.

        Either each moment takes a copy of the adjacencies, or the joints are moved to the front and back again,
        so that one product does all moments of a sample: with few channels, as at the input, that moves less.
        """
        subsets = (self.fixed + self.learned).expand(len(x), -1, -1, -1)
        if instance is not None:
            subsets = torch.cat([subsets, instance[:, None]], dim=1)
        into = subsets.permute(0, 3, 1, 2).flatten(1, 2)
        (count, channels, frames, joints), stacked = x.shape, subsets.shape[1]
        if channels * (stacked + 1) < stacked * joints:
            whole = into @ x.permute(0, 3, 2, 1).reshape(count, joints, frames * channels)
            gathered = whole.view(count, joints, stacked, frames, channels).permute(0, 3, 1, 2, 4)
        else:
            gathered = into[:, None] @ x.permute(0, 2, 3, 1)
        return gathered.reshape(count, frames, joints, stacked * channels).permute(0, 3, 1, 2)

    def forward(self, x: Float[Tensor, "R C T V"]) -> tuple[Float[Tensor, "R D S V"], Float[Tensor, "R V V"] | None]:
        """The module's features F_k and its instance-dependent adjacency G_k."""
        instance = self.instance_adjacency(x)
        mixed = self.mix_norm(pointwise(self.mix, self.neighbours(x, instance)))
        space = functional.relu(mixed + self.mix_residual(x), inplace=True)
        moved = self.time_norm(self.time(space))
        if self.time_residual is not None:
            moved = moved + self.time_residual(space)
        return functional.relu(moved, inplace=True), instance

    def fold(self) -> None:
        """Merge the normalisations, and the residual over time, which acts as the middle of the temporal kernel."""
        self.mix, self.mix_norm = merge_norm(self.mix, self.mix_norm), nn.Identity()
        self.mix_residual = merge_projection(self.mix_residual) or nn.Identity()
        self.time, self.time_norm = merge_norm(self.time, self.time_norm), nn.Identity()
        residual, self.time_residual = merge_projection(self.time_residual), None
        middle = self.time.weight[:, :, self.time.kernel_size[0] // 2, 0]
        if isinstance(residual, nn.Conv2d):
            middle.add_(residual.weight[:, :, 0, 0])
            self.time.get_parameter("bias").add_(residual.get_parameter("bias"))
        else:
            middle.add_(torch.eye(len(middle), device=middle.device))


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
