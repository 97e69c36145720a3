"""The STF network: six spatio-temporal focus modules over a skeleton graph.

Stated by the paper (Ke, Peng, Lyu, "Towards To-a-T Spatio-Temporal Focus for Skeleton-Based Action Recognition",
AAAI 2022): six STF-GCN modules, each with its own learnable, instance-dependent adjacency; a focus volume over joints
and frames taken from gradients. From its ancestors: the adjacency as a sum of a fixed partition A, a learned B and an
instance-dependent part (2s-AGCN, CVPR 2019, equations 3 and 4). Ours: widths, kernel, strides, the normalisation of
the instance-dependent part by columns (so that it can be trained to agree with the focus), skipping empty persons.
"""

from dataclasses import dataclass
from typing import Self

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from stf.errors import UserError
from stf.focus import FocusMethod, closed_form_focus, gradient_focus
from stf.graph import spatial_partition
from stf.skeleton import SkeletonLayout


@dataclass(frozen=True, slots=True)
class STFConfig:
    """The shape of an STF network; kept in the checkpoint.

    Attributes:
        widths: output channels of each module.
        strides: temporal stride of each module.
        kernel: frames of the temporal convolution, odd.
        embedding: channels of the two embeddings whose product is the instance-dependent adjacency.
        dropout: share of pooled features dropped before the linear head while training.
    """

    widths: tuple[int, ...] = (64, 64, 128, 128, 256, 256)
    strides: tuple[int, ...] = (1, 1, 2, 1, 2, 1)
    kernel: int = 5
    embedding: int = 16
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if len(self.widths) != len(self.strides) or not self.widths:
            raise UserError(f"STF needs as many strides as widths, not {len(self.strides)} and {len(self.widths)}")
        if self.kernel % 2 == 0:
            raise UserError(f"STF needs an odd temporal kernel, not {self.kernel}")
        if min(*self.widths, *self.strides, self.kernel, self.embedding) < 1 or not 0 <= self.dropout <= 1:
            raise UserError(f"STF needs sizes of at least one and a dropout in [0, 1], not {self}")


@dataclass(frozen=True, slots=True)
class STFOutput:
    """Everything one pass through the network produced; nothing of it is stored in the network.

    R counts the persons that were computed: those of the N x M that are not empty.

    Attributes:
        logits: (N, K).
        features: F_k (R, C_k, T_k, V) of each module.
        adjacency: G_k (R, V, V) of each module, instance-dependent, columns summing to one.
        present: (N, M) which persons are not empty; R is its sum, in row-major order.
    """

    logits: Float[Tensor, "N K"]
    features: tuple[Float[Tensor, "R C T V"], ...]
    adjacency: tuple[Float[Tensor, "R V V"], ...]
    present: Bool[Tensor, "N M"]

    def persons(self) -> tuple[Int[Tensor, " R"], Float[Tensor, " R"]]:
        """For each computed person: the number of its clip, and how many persons that clip has."""
        clip = self.present.nonzero()[:, 0]
        return clip, self.present.sum(dim=1)[clip].to(self.logits.dtype)


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


class STF(nn.Module):
    """The STF recogniser of one stream: (N, C, T, V, M) in, logits (N, K) out.

    Args:
        layout: the skeleton layout of the V joints; its channels are the C input channels.
        num_classes: K.
        config: widths, strides, kernel and so on.
    """

    def __init__(self, layout: SkeletonLayout, num_classes: int, config: STFConfig | None = None) -> None:
        super().__init__()
        config = config or STFConfig()
        self.layout = layout
        self.config = config
        adjacency = torch.from_numpy(spatial_partition(layout))
        channels = len(layout.channels)
        self.input_norm = nn.BatchNorm1d(channels * layout.num_joints)
        inputs = (channels, *config.widths[:-1])
        self.stages = nn.ModuleList(
            STFModule(adjacency, c_in, c_out, stride, config)
            for c_in, c_out, stride in zip(inputs, config.widths, config.strides, strict=True)
        )
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(config.widths[-1], num_classes)

    def forward(self, x: Float[Tensor, "N C T V M"]) -> Float[Tensor, "N K"]:
        """Logits of each clip."""
        return self.run(x).logits

    def run(self, x: Float[Tensor, "N C T V M"], *, graph_from: int | None = None) -> STFOutput:
        """Logits together with every module's features and adjacency.

        A person whose joints are all zero is empty: it is not computed and has no part in the clip's average. A clip
        without any person is computed as one person of zeros.

        Args:
            x: (N, C, T, V, M) the input.
            graph_from: number of the module from whose features on, and no earlier, gradients can be asked for; all by
                default. That is what a focus without training needs, at a part of the cost.
        """
        recorded = torch.is_grad_enabled()
        present = (x != 0).flatten(1, 3).any(dim=1)
        present[:, 0] |= ~present.any(dim=1)
        rows = x.permute(0, 4, 1, 2, 3)[present]
        count, channels, frames, joints = rows.shape
        flat = rows.permute(0, 1, 3, 2).reshape(count, channels * joints, frames)
        rows = self.input_norm(flat).view(count, channels, joints, frames).transpose(2, 3).contiguous()
        features, adjacency = [], []
        for number, stage in enumerate(self.stages):
            with torch.set_grad_enabled(recorded and (graph_from is None or number > graph_from)):
                rows, instance = stage(rows)
            if number == graph_from:
                rows = rows.detach().requires_grad_()
            features.append(rows)
            adjacency.append(instance)
        pooled = rows.mean(dim=(2, 3))
        clip = present.nonzero()[:, 0]
        summed = pooled.new_zeros(len(x), pooled.shape[1]).index_add(0, clip, pooled)
        mean = summed / present.sum(dim=1, keepdim=True)
        return STFOutput(self.head(self.dropout(mean)), tuple(features), tuple(adjacency), present)

    def focus(
        self,
        x: Float[Tensor, "N C T V M"],
        classes: Int[Tensor, " N"] | None = None,
        *,
        module: int = -1,
        method: FocusMethod = "pooled",
    ) -> tuple[Float[Tensor, "N K"], Float[Tensor, "N M S V"]]:
        """Logits and the focus volume of a class, from one call.

        The last module's focus is in closed form and works in inference mode; that of the others takes one backward
        pass from the logits to that module.

        Args:
            x: (N, C, T, V, M) the input.
            classes: (N,) the class to explain; by default each clip's most probable one.
            module: 0 .. 5, or negative from the end.
            method: `pooled` or `elementwise`, see `stf.focus`.

        Returns:
            logits (N, K), and the focus (N, M, T_k, V), not negative, not normalised, zero for empty persons.
        """
        output = self.run_for_focus(x, module)
        chosen = output.logits.argmax(dim=1) if classes is None else classes
        rows = self.focus_of(output, chosen, module=module, method=method)
        volume = rows.new_zeros(*output.present.shape, *rows.shape[1:])
        volume[output.present] = rows
        return output.logits, volume

    def run_for_focus(self, x: Float[Tensor, "N C T V M"], module: int = -1) -> STFOutput:
        """`run`, recording what `focus_of` that module will ask for: nothing, for the last one."""
        number = module % len(self.stages)
        if number == len(self.stages) - 1:
            return self.run(x)
        with torch.enable_grad():
            return self.run(x, graph_from=number)

    def focus_of(
        self,
        output: STFOutput,
        classes: Int[Tensor, " N"],
        *,
        module: int = -1,
        method: FocusMethod = "pooled",
        differentiable: bool = False,
    ) -> Float[Tensor, "R S V"]:
        """The focus volume of each computed person, from an earlier `run`: what losses on the focus build on.

        Args:
            output: what `run` or `run_for_focus` gave, with gradients recorded unless `module` is the last one.
            classes: (N,) the class to explain, per clip.
            module: 0 .. 5, or negative from the end.
            method: `pooled` or `elementwise`.
            differentiable: keep the graph of the backward pass, for losses of second order.
        """
        clip, persons = output.persons()
        features = output.features[module]
        if module % len(self.stages) == len(self.stages) - 1:
            return closed_form_focus(features, self.head.weight, classes[clip], persons)
        with torch.enable_grad():
            logits = output.logits.gather(1, classes[:, None]).sum()
        (gradient,) = torch.autograd.grad(logits, features, retain_graph=True, create_graph=differentiable)
        return gradient_focus(features, gradient, method)

    def load(self, state: dict[str, Tensor]) -> Self:
        """Load weights, which must fit exactly.

        Raises:
            UserError: if a tensor is missing, superfluous or of another shape.
        """
        needed = {name: tuple(tensor.shape) for name, tensor in self.state_dict().items()}
        given = {name: tuple(tensor.shape) for name, tensor in state.items()}
        for name in needed | given:
            if needed.get(name) != given.get(name):
                raise UserError(
                    "the weights do not fit an STF network of this layout and width: "
                    f"{name} is {given.get(name, 'missing')} and should be {needed.get(name, 'absent')}"
                )
        self.load_state_dict(state)
        return self
