from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from stf.errors import UserError
from stf.focus import gradient_focus, normalise_focus
from stf.losses import (
    AdjacencyConsistency,
    Coherence,
    Divergence,
    Exploration,
    FocusLosses,
    FocusState,
    Schedule,
    SoftMask,
    focus_adjacency,
    overlap,
    share_seen,
    statistics_untouched,
)
from stf.models import build_model
from stf.skeleton import NTU25

ALWAYS = Schedule(1.0, warm_up=0.0, ramp=0.0)
LOSSES = {loss.name: loss for loss in (Exploration(ALWAYS), Coherence(ALWAYS), Divergence(ALWAYS))}
LOSSES["adjacency"] = AdjacencyConsistency(ALWAYS)
MASK = SoftMask()


def make_network(*, classes: int = 5, seed: int = 0):
    torch.manual_seed(seed)
    return build_model(
        "stf", layout=NTU25, num_classes=classes, widths=(8, 8, 12, 12), strides=(1, 2, 1, 1), embedding=4
    )


def make_input(clips: int = 4, persons: int = 2) -> Tensor:
    x = torch.randn(clips, 3, 16, 25, persons)
    x[0, ..., 1:] = 0
    return x


def make_state(seed: int = 0, **options: object) -> FocusState:
    network, x = make_network(seed=seed), make_input()
    return FocusState(network, x, network.run(x), **options)


# Numbers


@pytest.mark.parametrize("method", ["pooled", "elementwise"])
@pytest.mark.parametrize("module", [0, 1, 2, 3])
def test_the_focus_agrees_with_central_differences(module: int, method: str) -> None:
    network, x = make_network().double().eval(), make_input(2).double()
    output = network.run(x)
    classes = output.logits.argmax(dim=1)
    features = output.features[module].detach()

    def logit(changed: Tensor) -> Tensor:
        handle = network.stages[module].register_forward_hook(lambda _m, _i, given: (changed, given[1]))
        with torch.no_grad():
            value = network(x).gather(1, classes[:, None]).sum()
        handle.remove()
        return value

    step = 1e-5
    places = torch.randperm(features.numel())[:40]
    numeric = torch.zeros(features.numel(), dtype=torch.float64)
    for place in places:
        there, back = features.flatten().clone(), features.flatten().clone()
        there[place] += step
        back[place] -= step
        numeric[place] = (logit(there.view_as(features)) - logit(back.view_as(features))) / (2 * step)
    (exact,) = torch.autograd.grad(
        output.logits.gather(1, classes[:, None]).sum(), output.features[module], retain_graph=True
    )
    exact_at = exact.flatten()[places]
    assert (numeric[places] - exact_at).norm() < 1e-3 * exact_at.norm()
    expected = gradient_focus(features, exact, method)
    torch.testing.assert_close(
        network.focus_of(output, classes, module=module, method=method), expected, rtol=1e-9, atol=1e-12
    )


def test_the_second_order_gradient_of_a_focus_agrees_with_central_differences() -> None:
    network, x = make_network().double().eval(), make_input(2).double()
    weight = network.stages[3].time.weight
    classes = network(x).argmax(dim=1)

    def volume(*, differentiable: bool) -> Tensor:
        return (
            network.focus_of(network.run(x), classes, module=2, method="elementwise", differentiable=differentiable)
            .square()
            .sum()
        )

    (exact,) = torch.autograd.grad(volume(differentiable=True), weight)
    (first_order,) = torch.autograd.grad(volume(differentiable=False), weight, allow_unused=True)
    direction = torch.randn_like(weight)
    step = 1e-6
    values = []
    for sign in (1, -1):
        with torch.no_grad():
            weight += sign * step * direction
        values.append(volume(differentiable=False).item())
        with torch.no_grad():
            weight -= sign * step * direction
    numeric = (values[0] - values[1]) / (2 * step)
    assert numeric == pytest.approx((exact * direction).sum().item(), rel=1e-3)
    assert first_order is None  # the module after it has a say through the gradient alone


def test_golden_numbers_of_the_overlap_and_the_share() -> None:
    first = torch.tensor([[[1.0, 0.5], [0.0, 0.0]]])
    second = torch.tensor([[[0.5, 1.0], [1.0, 0.0]]])
    everything = torch.ones_like(first)
    assert overlap(first, second, everything).item() == pytest.approx(2 * 1.0 / 4.0)
    assert overlap(first, second, torch.tensor([[[1.0, 0.0], [0.0, 0.0]]])).item() == pytest.approx(2 * 0.5 / 4.0)
    assert overlap(first, first, everything).item() == pytest.approx(1.0)
    assert share_seen(second, first).item() == pytest.approx((0.5 + 0.5) / 2.5)


def test_golden_numbers_of_the_focus_adjacency() -> None:
    focus = torch.tensor([[[1.0, 0.5, 0.0], [0.0, 0.5, 0.0]]])
    expected = torch.tensor([[[2 / 3, 0.5, 1 / 3], [1 / 3, 0.5, 1 / 3], [0.0, 0.0, 1 / 3]]])
    torch.testing.assert_close(focus_adjacency(focus), expected, atol=1e-6, rtol=0)


# Bounds


@given(st.integers(0, 10**6))
def test_overlap_and_share_stay_in_their_bounds(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    first, second = normalise_focus(torch.rand(2, 3, 4, 5, generator=generator).pow(4))
    assert ((overlap(first, second, MASK(first)) >= 0) & (overlap(first, second, MASK(first)) <= 1)).all()
    assert ((share_seen(first, MASK(second)) >= 0) & (share_seen(first, MASK(second)) <= 1)).all()
    apart = torch.where(first > 0.2, 0.0, second)
    assert overlap(torch.where(first > 0.2, first, 0.0), apart, MASK(first)).max() == 0


@pytest.mark.parametrize("seed", range(5))
def test_losses_stay_in_their_bounds(seed: int) -> None:
    state = make_state(seed)
    assert 0 <= Exploration()(state) <= 1
    assert 0 <= Divergence()(state) <= 1
    assert Coherence().theta - 1 <= Coherence()(state) <= Coherence().theta
    assert AdjacencyConsistency()(state) >= 0


def test_empty_focuses_give_finite_losses_and_gradients() -> None:
    network = make_network()
    with torch.no_grad():
        network.head.weight.fill_(-1.0)  # nothing speaks for any class
    x = make_input()
    state = FocusState(network, x, network.run(x))
    assert not state.focus.any()
    total = sum(loss(state) for loss in LOSSES.values())
    total.backward()
    assert total.isfinite()
    assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())


# What each loss does


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("second_order", [True, False])
def test_each_loss_lowers_its_own_value(name: str, second_order: bool) -> None:
    network, x = make_network(), make_input(8)
    optimiser = torch.optim.Adam(network.parameters(), 5e-3)
    values = []
    for _ in range(15):
        state = FocusState(network, x, network.run(x), second_order=second_order)
        value = LOSSES[name](state)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        values.append(value.item())
    assert values[-1] < values[0] - 0.01 * abs(values[0])


def test_erasing_the_focus_lowers_the_probability_of_the_class_in_a_trained_network() -> None:
    network, x = make_network(classes=2), torch.randn(16, 3, 16, 25, 1) * 0.1
    labels = torch.arange(16) % 2
    x[labels == 1, :, 4:10, NTU25.index("right_hand")] += 2.0
    optimiser = torch.optim.Adam(network.parameters(), 1e-2)
    for _ in range(40):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(network(x), labels).backward()
        optimiser.step()
    acting = x[labels == 1]
    network.eval()
    state = FocusState(network, acting, network.run(acting))
    before = state.output.logits.softmax(dim=1)[:, 1].mean()
    assert before > 0.9
    assert Exploration()(state) < before - 0.1


def test_the_masked_pass_leaves_statistics_features_and_adjacency_alone() -> None:
    state = make_state()
    before = {name: buffer.clone() for name, buffer in state.network.named_buffers()}
    features = [f.clone() for f in state.output.features]
    adjacency = [g.clone() for g in state.output.adjacency]
    Exploration()(state).backward()
    assert all(torch.equal(before[name], buffer) for name, buffer in state.network.named_buffers())
    assert all(torch.equal(f, g) for f, g in zip(features, state.output.features, strict=True))
    assert all(torch.equal(f, g) for f, g in zip(adjacency, state.output.adjacency, strict=True))


def test_statistics_are_tracked_again_afterwards_also_after_an_error() -> None:
    network, x = make_network(), make_input()
    with pytest.raises(ZeroDivisionError), statistics_untouched(network):
        raise ZeroDivisionError
    before = network.input_norm.running_mean.clone()
    network(x)
    assert not torch.equal(before, network.input_norm.running_mean)


def test_the_adjacency_target_is_a_constant() -> None:
    state = make_state()
    targets = state.every_focus()
    assert len(targets) == len(state.output.adjacency)
    assert not any(target.requires_grad for target in targets)


def test_one_class_is_refused() -> None:
    network, x = make_network(classes=1), make_input()
    with pytest.raises(UserError, match="at least two classes"):
        Divergence()(FocusState(network, x, network.run(x)))


# Schedules


def test_a_loss_waits_then_ramps_then_stays() -> None:
    schedule = Schedule(0.1, warm_up=0.2, ramp=0.4)
    assert [round(schedule.at(step, 10), 3) for step in range(10)] == [0, 0, 0, 0.025, 0.05, 0.075, 0.1, 0.1, 0.1, 0.1]


def test_a_loss_at_every_other_step_has_twice_the_weight() -> None:
    schedule = Schedule(0.1, warm_up=0.0, ramp=0.0, every=2)
    assert [schedule.at(step, 4) for step in range(4)] == [0.2, 0, 0.2, 0]


@pytest.mark.parametrize("wrong", [{"weight": -1.0}, {"warm_up": 1.5}, {"ramp": -0.1}, {"every": 0}])
def test_an_impossible_schedule_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UserError, match="a loss needs"):
        replace(Schedule(1.0), **wrong)


def test_a_set_of_losses_adds_them_weighted_and_reports_each_by_itself() -> None:
    network, x = make_network(), make_input()
    output = network.run(x)
    half = replace(ALWAYS, weight=0.5)
    losses = FocusLosses((Coherence(half), Divergence(ALWAYS), Exploration(Schedule(1.0, warm_up=1.0))))
    total, values = losses(network, x, output, 0, 10)
    assert set(values) == {"coherence", "divergence"}
    torch.testing.assert_close(total.detach(), 0.5 * values["coherence"] + values["divergence"])


def test_during_the_warm_up_nothing_is_computed() -> None:
    network, x = make_network(), make_input()
    total, values = FocusLosses()(network, x, network.run(x), 0, 10)
    assert (total.item(), values) == (0.0, {})
