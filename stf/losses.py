"""The four focus losses of STF, each with a weight and a schedule of its own.

The paper (Ke, Peng, Lyu, AAAI 2022) states what each loss is for, not its equation. The equations are reconstructions:
exploration after the attention mining of GAIN (Li et al., CVPR 2018, equations 3 to 5), coherence and divergence after
the consistency and separability of ICASC (Wang et al., ICCV 2019, equations 4 to 6), the adjacency consistency ours.

With c1, c2 the two classes a clip most resembles, S_k^c the focus of module k for class c, S~ = S / max S (maximum
detached) and T(A) = sigmoid(omega (A - sigma)) the soft mask of GAIN:

    exploration   L_e = softmax(f(x (1 - T(S~_K^c1))))_c1
    coherence     L_c = theta - sum(S~_K-1^c1 T(S~_K^c1)) / sum S~_K-1^c1
    divergence    L_d = 2 sum(min(S~_K^c1, S~_K^c2) T(S~_K^c1)) / sum(S~_K^c1 + S~_K^c2)
    adjacency     L_G = mean over k of || G_k - colnorm(S~_k^T S~_k) ||_F^2, the focus detached
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Protocol

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from stf.errors import UserError
from stf.focus import EPS, GradientMethod, gradient_focus, normalise_focus, project_to_input
from stf.network import Network, NetworkOutput

Volume = Float[Tensor, "R T V"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """The weight of a loss over a training run: nothing at first, then a linear ramp, then constant.

    Attributes:
        weight: after the ramp.
        warm_up: share of the run with cross-entropy alone, in [0, 1].
        ramp: share of the run that the ramp takes.
        every: apply the loss at every n-th step only, with n times its weight: what it costs is divided by n.
    """

    weight: float
    warm_up: float = 0.3
    ramp: float = 0.2
    every: int = 1

    def __post_init__(self) -> None:
        if self.weight < 0 or not 0 <= self.warm_up <= 1 or self.ramp < 0 or self.every < 1:
            raise UserError(f"a loss needs weight, ramp >= 0, a warm-up in [0, 1] and every >= 1, not {self}")

    def at(self, step: int, steps: int) -> float:
        """The weight at step number `step` of `steps`; 0 where the loss need not be computed."""
        if step % self.every:
            return 0.0
        beyond = step / steps - self.warm_up
        if beyond < 0:
            return 0.0
        return self.every * self.weight * (min(1.0, beyond / self.ramp) if self.ramp else 1.0)


@dataclass(frozen=True, slots=True)
class SoftMask:
    """T(A) = sigmoid(omega (A - sigma)) of a focus whose maximum is one (GAIN, CVPR 2018, equation 5).

    Attributes:
        omega: steepness; ICASC's 100 by default.
        sigma: the focus at which the mask is one half; ICASC's 0.55 of the maximum by default.
    """

    omega: float = 100.0
    sigma: float = 0.55

    def __call__(self, focus: Volume) -> Volume:
        """The mask, in [0, 1]."""
        return torch.sigmoid(self.omega * (focus - self.sigma))


@dataclass(frozen=True)
class FocusState:
    """One training step as the focus losses see it; what several of them need is computed once.

    Attributes:
        network: the network that is trained.
        x: (N, C, T, V, M) its input.
        output: what its `run` gave for `x`, gradients recorded.
        method: how the focus is computed.
        second_order: let the losses reach the weights through the gradients in the focus too; otherwise those
            gradients are constants, and a step costs less.
    """

    network: Network
    x: Float[Tensor, "N C T V M"]
    output: NetworkOutput
    method: GradientMethod = "pooled"
    second_order: bool = True

    @cached_property
    def top2(self) -> Int[Tensor, "2 N"]:
        """The most probable class of each clip, and the runner-up."""
        if self.output.logits.shape[1] < 2:
            raise UserError("the focus losses need at least two classes")
        classes: Tensor = self.output.logits.topk(2, dim=1).indices.T
        return classes

    @cached_property
    def focus(self) -> Volume:
        """S~ of the last module for the most probable class."""
        return self._focus_of(-1, 0)

    @cached_property
    def other_focus(self) -> Volume:
        """S~ of the last module for the runner-up."""
        return self._focus_of(-1, 1)

    @cached_property
    def inner_focus(self) -> Volume:
        """S~ of the last module but one for the most probable class, at its own temporal resolution."""
        return self._focus_of(-2, 0)

    def _focus_of(self, module: int, rank: int) -> Volume:
        volume = self.network.focus_of(
            self.output, self.top2[rank], module=module, method=self.method, differentiable=self.second_order
        )
        return normalise_focus(volume)

    def every_focus(self) -> list[Volume]:
        """S~ of every module for the most probable class, detached; one backward pass for all."""
        logits = self.output.logits.gather(1, self.top2[0][:, None]).sum()
        gradients = torch.autograd.grad(logits, self.output.features, retain_graph=True)
        with torch.no_grad():
            pairs = zip(self.output.features, gradients, strict=True)
            return [normalise_focus(gradient_focus(features, gradient, self.method)) for features, gradient in pairs]


class FocusLoss(Protocol):
    """A loss on the focus."""

    name: ClassVar[str]
    """What it is called in configurations and logs."""

    @property
    def schedule(self) -> Schedule:
        """Its weight over a run."""
        ...

    def __call__(self, state: FocusState) -> Float[Tensor, ""]:
        """The loss of a batch, not yet weighted."""
        ...


@dataclass(frozen=True, slots=True)
class Exploration:
    """L_e: what is left once the focus is erased from the input must not speak for the class, in [0, 1].

    It makes the focus cover all evidence for a class instead of the strongest piece. The second pass through the
    network uses the statistics of its own batch and leaves the running ones alone.

    Attributes:
        schedule: weight over a run.
        mask: gentler than the other losses' by default, so that gradients reach all of the focus (ours).
    """

    name: ClassVar[str] = "exploration"
    schedule: Schedule = Schedule(0.02, every=2)
    mask: SoftMask = SoftMask(10.0, 0.5)

    def __call__(self, state: FocusState) -> Float[Tensor, ""]:
        """Mean over the clips of the probability of c1 that the erased input still has."""
        volume = self.mask(project_to_input(state.focus, state.x.shape[2]))
        erased = volume.new_zeros(*state.output.present.shape, *volume.shape[1:])
        erased[state.output.present] = volume
        with statistics_untouched(state.network):
            logits: Tensor = state.network(state.x * (1 - erased.permute(0, 2, 3, 1)[:, None]))
        return logits.softmax(dim=1).gather(1, state.top2[0][:, None]).mean()


@dataclass(frozen=True, slots=True)
class Coherence:
    """L_c: the last two modules look at the same joints and moments, in [theta - 1, theta].

    Attributes:
        schedule: weight over a run.
        mask: of the last module's focus.
        theta: what share of the inner focus under the mask is enough; ICASC's by default.
    """

    name: ClassVar[str] = "coherence"
    schedule: Schedule = Schedule(0.02, every=2)
    mask: SoftMask = SoftMask()
    theta: float = 0.8

    def __call__(self, state: FocusState) -> Float[Tensor, ""]:
        """Theta minus the share of the inner focus under the last one's mask, averaged over the persons."""
        inner = state.inner_focus
        return self.theta - share_seen(inner, self.mask(project_to_input(state.focus, inner.shape[1]))).mean()


@dataclass(frozen=True, slots=True)
class Divergence:
    """L_d: the two most probable classes look at different joints and moments, in [0, 1]; 0 for disjoint ones.

    Attributes:
        schedule: weight over a run.
        mask: of the focus for the most probable class.
    """

    name: ClassVar[str] = "divergence"
    schedule: Schedule = Schedule(0.02)
    mask: SoftMask = SoftMask()

    def __call__(self, state: FocusState) -> Float[Tensor, ""]:
        """Mean over the persons of the shared part of the two."""
        return overlap(state.focus, state.other_focus, self.mask(state.focus)).mean()


@dataclass(frozen=True, slots=True)
class AdjacencyConsistency:
    """L_G: joints that are in focus together are neighbours in the instance-dependent adjacency (ours).

    At test time the adjacency comes from features alone: this is how it learns what only gradients tell.

    Attributes:
        schedule: weight over a run.
    """

    name: ClassVar[str] = "adjacency"
    schedule: Schedule = Schedule(0.02, every=2)

    def __call__(self, state: FocusState) -> Float[Tensor, ""]:
        """Mean over modules and persons of the squared distance of G_k to the focus's own adjacency.

        Raises:
            UserError: if the network has no instance-dependent adjacency.
        """
        if not state.output.adjacency:
            raise UserError("the adjacency loss needs a model with an instance-dependent adjacency, such as stf")
        pairs = zip(state.output.adjacency, state.every_focus(), strict=True)
        distances = [(adjacency - focus_adjacency(focus)).square().sum(dim=(1, 2)) for adjacency, focus in pairs]
        return torch.stack(distances).mean()


def share_seen(focus: Volume, mask: Volume) -> Float[Tensor, " R"]:
    """Share of a focus that lies under a mask, in [0, 1]; 0 for an empty focus (ICASC, ICCV 2019, equation 6)."""
    return (focus * mask).sum(dim=(1, 2)) / (focus.sum(dim=(1, 2)) + EPS)


def overlap(first: Volume, second: Volume, mask: Volume) -> Float[Tensor, " R"]:
    """What two focuses share under a mask, relative to their mean, in [0, 1] (ICASC, ICCV 2019, equation 4)."""
    shared = (torch.minimum(first, second) * mask).sum(dim=(1, 2))
    return 2 * shared / ((first + second).sum(dim=(1, 2)) + EPS)


def focus_adjacency(focus: Volume) -> Float[Tensor, "R V V"]:
    """colnorm(S^T S): how much of each joint's focus is shared with each other joint; columns sum to one.

    A joint without any focus has nothing to share: its column is even.
    """
    product = focus.transpose(1, 2) @ focus + EPS
    return product / product.sum(dim=1, keepdim=True)


@contextmanager
def statistics_untouched(network: nn.Module) -> Iterator[None]:
    """Within, batch normalisation uses the batch's statistics while training, and remembers nothing of them."""
    norms = [module for module in network.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]  # noqa: SLF001
    tracked = [norm.track_running_stats for norm in norms]
    for norm in norms:
        norm.track_running_stats = norm.track_running_stats and not norm.training
    try:
        yield
    finally:
        for norm, before in zip(norms, tracked, strict=True):
            norm.track_running_stats = before


@dataclass(frozen=True, slots=True)
class FocusLosses:
    """A set of focus losses and how their focus is computed.

    Attributes:
        losses: what is added to the cross-entropy.
        method: `pooled` or `elementwise`, see `stf.focus`.
        second_order: see `FocusState`.
    """

    losses: Sequence[FocusLoss] = field(
        default_factory=lambda: (Exploration(), Coherence(), Divergence(), AdjacencyConsistency())
    )
    method: GradientMethod = "pooled"
    second_order: bool = True

    def __call__(
        self, network: Network, x: Float[Tensor, "N C T V M"], output: NetworkOutput, step: int, steps: int
    ) -> tuple[Float[Tensor, ""], dict[str, Tensor]]:
        """The weighted sum of the losses that are due, and each by itself.

        Args:
            network: the network that is trained.
            x: (N, C, T, V, M) its input.
            output: what its `run` gave for `x`.
            step: number of this training step.
            steps: how many there will be.

        Returns:
            The sum to add to the cross-entropy; and name -> loss, not weighted, detached, of those that were computed.
        """
        state = FocusState(network, x, output, self.method, self.second_order)
        total = output.logits.new_zeros(())
        values = {}
        for loss in self.losses:
            weight = loss.schedule.at(step, steps)
            if weight > 0:
                value = loss(state)
                total = total + weight * value
                values[loss.name] = value.detach()
        return total, values
