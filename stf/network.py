"""What every recogniser network has in common: persons, the linear head, the focus, loading weights.

A model (a file of `stf.models`) brings its configuration and its stages, each of which takes the features of the one
before it; everything else is here.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Self, cast

import torch
from jaxtyping import Bool, Float, Int
from pydantic import NonNegativeFloat, PositiveInt
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from stf.errors import UserError
from stf.focus import FocusMethod, closed_form_focus, gradient_focus, pooled_focus
from stf.skeleton import SkeletonLayout


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """The shape of a network; kept in the checkpoint.

    Attributes:
        widths: output channels of each stage.
        strides: temporal stride of each stage.
        kernel: frames of the temporal convolution, odd.
        dropout: share of features dropped while training, in [0, 1].
    """

    widths: tuple[PositiveInt, ...]
    strides: tuple[PositiveInt, ...]
    kernel: PositiveInt
    dropout: NonNegativeFloat

    def __post_init__(self) -> None:
        if len(self.widths) != len(self.strides) or not self.widths:
            raise UserError(
                f"a network needs as many strides as widths, not {len(self.strides)} and {len(self.widths)}"
            )
        if self.kernel % 2 == 0:
            raise UserError(f"a network needs an odd temporal kernel, not {self.kernel}")
        if self.dropout > 1:
            raise UserError(f"a network needs a dropout in [0, 1], not {self.dropout}")


@dataclass(frozen=True, slots=True)
class NetworkOutput:
    """Everything one pass through a network produced; nothing of it is stored in the network.

    R counts the persons that were computed: those of the N x M that are not empty.

    Attributes:
        logits: (N, K).
        features: F_k (R, C_k, T_k, V) of each stage.
        adjacency: G_k (R, V, V) of each stage, instance-dependent, columns summing to one; empty for a model whose
            graph is the same for every input.
        present: (N, M) which persons are not empty; R is its sum, in row-major order.
        pooled: (N, C_K) the last stage's features, averaged over joints, moments and persons: what the head is given.
    """

    logits: Float[Tensor, "N K"]
    features: tuple[Float[Tensor, "R C T V"], ...]
    adjacency: tuple[Float[Tensor, "R V V"], ...]
    present: Bool[Tensor, "N M"]
    pooled: Float[Tensor, "N C"]

    def persons(self) -> tuple[Int[Tensor, " R"], Float[Tensor, " R"]]:
        """For each computed person: the number of its clip, and how many persons that clip has."""
        clip = self.present.nonzero()[:, 0]
        return clip, self.present.sum(dim=1)[clip].to(self.logits.dtype)


@dataclass(frozen=True, slots=True)
class Rows:
    """What a network needs to know of k classes that it has not been trained on.

    Attributes:
        weight: (k, C_K) of the head.
        bias: (k,) of the head.
        typical: (k, C_k) see `Network.typical_weights`; None where the network has none.
    """

    weight: Float[Tensor, "k C"]
    bias: Float[Tensor, " k"]
    typical: Float[Tensor, "k D"] | None = None


class Stage(nn.Module, ABC):
    """One step of a network; its tensors lie in channels-last memory, where a 1x1 convolution is a matrix product."""

    @abstractmethod
    def forward(self, x: Float[Tensor, "R C T V"]) -> tuple[Float[Tensor, "R D S V"], Float[Tensor, "R V V"] | None]:
        """Features, not negative, and the instance-dependent adjacency, or None where there is none."""

    @abstractmethod
    def fold(self) -> None:
        """Merge in place what inference need not compute apart; the result in evaluation mode stays the same."""


class Network(nn.Module):
    """A recogniser of one stream: (N, C, T, V, M) in, logits (N, K) out.

    Args:
        layout: the skeleton layout of the V joints; its channels are the C input channels.
        num_classes: K.
        config: the shape of the network.
        stages: what computes the features, one after the other.
        dropout: share of the pooled features dropped before the linear head while training.
    """

    def __init__(
        self,
        layout: SkeletonLayout,
        num_classes: int,
        config: NetworkConfig,
        stages: Sequence[Stage],
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.layout = layout
        self.config = config
        self.input_norm = nn.BatchNorm1d(len(layout.channels) * layout.num_joints)
        self.stages = nn.ModuleList(stages)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(config.widths[-1], num_classes)
        self.register_buffer("typical_weights", None)  # (K, C_k) of the module whose focus is shown, once trained
        self.typical_weights: Tensor
        self.register_buffer("memory", None)  # (K, R, C) see stf.teaching
        self.memory: Tensor

    def forward(self, x: Float[Tensor, "N C T V M"]) -> Float[Tensor, "N K"]:
        """Logits of each clip."""
        return self.run(x).logits

    def run(self, x: Float[Tensor, "N C T V M"], *, graph_from: int | None = None) -> NetworkOutput:
        """Logits together with every stage's features and adjacency.

        A person whose joints are all zero is empty: it is not computed and has no part in the clip's average. A clip
        without any person is computed as one person of zeros.

        Args:
            x: (N, C, T, V, M) the input.
            graph_from: number of the stage from whose features on, and no earlier, gradients can be asked for; all by
                default. That is what a focus without training needs, at a part of the cost.
        """
        recorded = torch.is_grad_enabled()
        present = (x != 0).flatten(1, 3).any(dim=1)
        present[:, 0] |= ~present.any(dim=1)
        rows = x.permute(0, 4, 1, 2, 3)[present]
        count, channels, frames, joints = rows.shape
        flat = rows.permute(0, 1, 3, 2).reshape(count, channels * joints, frames)
        rows = self.input_norm(flat).view(count, channels, joints, frames).transpose(2, 3)
        rows = rows.contiguous(memory_format=torch.channels_last)
        features, adjacency = [], []
        for number, stage in enumerate(self.stages):
            with torch.set_grad_enabled(recorded and (graph_from is None or number > graph_from)):
                rows, instance = stage(rows)
            if number == graph_from:
                rows = rows.detach().requires_grad_()
            features.append(rows)
            if instance is not None:
                adjacency.append(instance)
        pooled = rows.mean(dim=(2, 3))
        clip = present.nonzero()[:, 0]
        summed = pooled.new_zeros(len(x), pooled.shape[1]).index_add(0, clip, pooled)
        mean = summed / present.sum(dim=1, keepdim=True)
        return NetworkOutput(self.head(self.dropout(mean)), tuple(features), tuple(adjacency), present, mean)

    def focus(
        self,
        x: Float[Tensor, "N C T V M"],
        classes: Int[Tensor, " N"] | None = None,
        *,
        contrast: Int[Tensor, " N"] | None = None,
        module: int = -1,
        method: FocusMethod = "pooled",
    ) -> tuple[Float[Tensor, "N K"], Float[Tensor, "N M S V"]]:
        """Logits and the focus volume of a class, from one call.

        The last stage's focus is in closed form and works in inference mode; that of the others takes one backward
        pass from the logits to that stage.

        Args:
            x: (N, C, T, V, M) the input.
            classes: (N,) the class to explain; by default each clip's most probable one.
            contrast: (N,) the class it is told from: the focus is then that of the difference of their logits (ours).
            module: number of the stage, or negative from the end.
            method: `pooled`, `elementwise` or `typical`, see `stf.focus`.

        Returns:
            logits (N, K), and the focus (N, M, T_k, V), not negative, not normalised, zero for empty persons.
        """
        output = self.run_for_focus(x, module, method)
        chosen = output.logits.argmax(dim=1) if classes is None else classes
        rows = self.focus_of(output, chosen, contrast=contrast, module=module, method=method)
        volume = rows.new_zeros(*output.present.shape, *rows.shape[1:])
        volume[output.present] = rows
        return output.logits, volume

    def run_for_focus(
        self, x: Float[Tensor, "N C T V M"], module: int = -1, method: FocusMethod = "pooled"
    ) -> NetworkOutput:
        """`run`, recording what `focus_of` that stage will ask for: nothing, for the last one or a typical focus."""
        number = module % len(self.stages)
        if number == len(self.stages) - 1 or method == "typical":
            return self.run(x)
        with torch.enable_grad():
            return self.run(x, graph_from=number)

    def focus_of(
        self,
        output: NetworkOutput,
        classes: Int[Tensor, " N"],
        *,
        contrast: Int[Tensor, " N"] | None = None,
        module: int = -1,
        method: FocusMethod = "pooled",
        differentiable: bool = False,
    ) -> Float[Tensor, "R S V"]:
        """The focus volume of each computed person, from an earlier `run`: what losses on the focus build on.

        Args:
            output: what `run` or `run_for_focus` gave, with gradients recorded unless `module` is the last one.
            classes: (N,) the class to explain, per clip.
            contrast: (N,) the class it is told from, as in `focus`; a typical focus has none.
            module: number of the stage, or negative from the end; of a typical focus the one its weights are of.
            method: `pooled`, `elementwise`, or `typical` where the network has weights for it.
            differentiable: keep the graph of the backward pass, for losses of second order.
        """
        clip, persons = output.persons()
        features = output.features[module]
        if module % len(self.stages) == len(self.stages) - 1:
            weight = self.head.weight[classes]
            if contrast is not None:
                weight = weight - self.head.weight[contrast]
            return closed_form_focus(features, weight[clip], persons)
        if method == "typical":
            if contrast is not None:
                raise ValueError("a typical focus is that of one class")
            return pooled_focus(features, self.typical_weights[classes[clip]])
        with torch.enable_grad():
            logits = output.logits.gather(1, classes[:, None]).sum()
            if contrast is not None:
                logits = logits - output.logits.gather(1, contrast[:, None]).sum()
        (gradient,) = torch.autograd.grad(logits, features, retain_graph=True, create_graph=differentiable)
        return gradient_focus(features, gradient, method)

    def for_inference(self) -> Self:
        """A copy that computes the same with fewer operations, for evaluation only: not to be trained or saved."""
        network = deepcopy(self).eval().requires_grad_(requires_grad=False)
        for stage in network.stages:
            if isinstance(stage, Stage):
                stage.fold()
        return network

    def extended(self, rows: Rows) -> Self:
        """A copy that knows k classes more, behind its own."""
        network, head = deepcopy(self), self.head
        network.head = nn.Linear(head.in_features, head.out_features + len(rows.bias), device=head.weight.device)
        with torch.no_grad():
            network.head.weight.copy_(torch.cat([head.weight, rows.weight.to(head.weight)]))
            network.head.bias.copy_(torch.cat([head.bias, rows.bias.to(head.bias)]))
        typical = None if rows.typical is None else torch.cat([self.typical_weights, rows.typical.to(head.weight)])
        network.register_buffer("typical_weights", typical)
        return network.requires_grad_(requires_grad=False)

    def load(self, state: dict[str, Tensor]) -> Self:
        """Load weights, which must fit exactly.

        Raises:
            UserError: if a tensor is missing, superfluous or of another shape.
        """
        if "typical_weights" in state:
            self.typical_weights = torch.empty(self.head.out_features, state["typical_weights"].shape[-1])
        if "memory" in state:
            self.memory = torch.empty(self.head.out_features, state["memory"].shape[1], self.head.in_features)
        needed = {name: tuple(tensor.shape) for name, tensor in self.state_dict().items()}
        given = {name: tuple(tensor.shape) for name, tensor in state.items()}
        for name in needed | given:
            if needed.get(name) != given.get(name):
                raise UserError(
                    f"the weights do not fit a network {type(self).__name__} of this layout and width: "
                    f"{name} is {given.get(name, 'missing')} and should be {needed.get(name, 'absent')}"
                )
        self.load_state_dict(state)
        return self


def pointwise(conv: nn.Conv2d, x: Float[Tensor, "R C T V"]) -> Float[Tensor, "R D T V"]:
    """A 1x1 convolution as one matrix product, without a copy where `x` lies in channels-last memory."""
    return functional.linear(x.permute(0, 2, 3, 1), conv.weight.flatten(1), conv.bias).permute(0, 3, 1, 2)


def projection(inputs: int, outputs: int, stride: int, *, bias: bool) -> nn.Sequential:
    """The residual where width or stride change: a 1x1 convolution with batch normalisation."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, (stride, 1), bias=bias), nn.BatchNorm2d(outputs))


def merge_norm(conv: nn.Module, norm: nn.Module) -> nn.Conv2d:
    """A convolution and the batch normalisation behind it as one convolution that equals both in evaluation mode."""
    return fuse_conv_bn_eval(cast(nn.Conv2d, conv), cast(nn.BatchNorm2d, norm))


def merge_projection(residual: nn.Module | None) -> nn.Module | None:
    """A residual with its normalisation merged, if it has one."""
    return merge_norm(*residual) if isinstance(residual, nn.Sequential) else residual
