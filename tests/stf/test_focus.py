from copy import deepcopy

import pytest
import torch

from stf.focus import channel_weights, gradient_focus, normalise_focus, project_to_input
from stf.models import build_model
from stf.skeleton import KINETICS18, NTU25

WIDTHS, STRIDES = (16, 16, 32, 32, 48, 48), (1, 1, 2, 1, 2, 1)


@pytest.fixture(
    scope="module",
    params=[("stf", NTU25), ("stf", KINETICS18), ("st_gcn", NTU25)],
    ids=lambda param: f"{param[0]}-{param[1].name}",
)
def network(request):
    torch.manual_seed(0)
    name, layout = request.param
    model = build_model(name, layout=layout, num_classes=7, widths=WIDTHS, strides=STRIDES)
    with torch.no_grad():
        for _ in range(5):
            model(torch.randn(4, 3, 64, layout.num_joints, 1))
    return model.eval()


@pytest.mark.parametrize("method", ["pooled", "elementwise"])
@pytest.mark.parametrize("frames", [64, 50])
def test_closed_form_equals_autograd_for_every_class_and_person(network, method: str, frames: int) -> None:
    x = torch.randn(3, 3, frames, network.layout.num_joints, 2)
    x[1, ..., 1] = 0
    output = network.run(x)
    for label in range(7):
        classes = torch.full((3,), label)
        (gradient,) = torch.autograd.grad(output.logits[:, label].sum(), output.features[-1], retain_graph=True)
        expected = gradient_focus(output.features[-1], gradient, method)
        actual = network.focus_of(output, classes, method=method)
        assert actual.max() > 0
        torch.testing.assert_close(actual / expected.max(), expected / expected.max(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("module", [2, 5])
@pytest.mark.parametrize("method", ["pooled", "elementwise"])
def test_a_contrast_is_the_focus_of_the_difference_of_two_logits(network, module: int, method: str) -> None:
    x = torch.randn(2, 3, 64, network.layout.num_joints, 2)
    x[1, ..., 1] = 0
    output = network.run(x)
    difference = output.logits[:, 1] - output.logits[:, 4]
    (gradient,) = torch.autograd.grad(difference.sum(), output.features[module], retain_graph=True)
    expected = gradient_focus(output.features[module], gradient, method)
    asked = torch.tensor([1, 1]), torch.tensor([4, 4])
    actual = network.focus_of(output, asked[0], contrast=asked[1], module=module, method=method)
    torch.testing.assert_close(actual / expected.max(), expected / expected.max(), atol=1e-5, rtol=0)
    volume = network.focus(x, asked[0], contrast=asked[1], module=module, method=method)[1]
    torch.testing.assert_close(volume[output.present] / expected.max(), expected / expected.max(), atol=1e-4, rtol=0)


@pytest.mark.parametrize("module", range(6))
def test_one_call_gives_logits_and_the_focus_of_any_module(network, module: int) -> None:
    x = torch.randn(2, 3, 64, network.layout.num_joints, 2)
    x[0, ..., 1] = 0
    logits, volume = network.focus(x, torch.tensor([1, 2]), module=module)
    torch.testing.assert_close(logits, network(x))
    assert volume.shape == (2, 2, 64 // (1, 1, 2, 2, 4, 4)[module], network.layout.num_joints)
    assert (volume >= 0).all()
    assert not volume[0, 1].any()
    assert volume[1].any()


def test_the_focus_depends_on_the_class_asked_about(network) -> None:
    x = torch.randn(1, 3, 64, network.layout.num_joints, 1)
    _, one = network.focus(x, torch.tensor([0]))
    _, other = network.focus(x, torch.tensor([1]))
    assert not torch.allclose(normalise_focus(one), normalise_focus(other), atol=1e-2)


def test_the_last_module_s_focus_needs_no_gradients(network) -> None:
    with torch.inference_mode():
        _, volume = network.focus(torch.randn(1, 3, 64, network.layout.num_joints, 1))
    assert volume.max() > 0


def test_an_inner_module_s_focus_can_be_asked_for_without_gradients_switched_on(network) -> None:
    with torch.no_grad():
        _, volume = network.focus(torch.randn(1, 3, 64, network.layout.num_joints, 1), module=2)
    assert volume.max() > 0


def test_the_focus_follows_the_moment_that_matters() -> None:
    """A network that can only see one frame's worth of motion must put its focus there."""
    torch.manual_seed(1)
    model = build_model("stf", layout=NTU25, num_classes=2, widths=(8,) * 6, kernel=1, strides=(1,) * 6).eval()
    still = torch.zeros(1, 3, 64, 25, 1)
    moved = still.clone()
    moved[:, :, 40, 7] = 3.0
    difference = (model.focus(moved, torch.tensor([0]))[1] - model.focus(still, torch.tensor([0]))[1]).abs()[0, 0]
    assert difference.sum(dim=1).argmax() == 40


def test_a_strided_focus_lands_on_the_frames_it_came_from() -> None:
    volume = torch.zeros(1, 16, 25)
    volume[0, 5, 3] = 1
    projected = project_to_input(volume, 64)
    assert projected.shape == (1, 64, 25)
    assert projected[0, :, 3].argmax() == 20
    assert torch.equal(projected[0, ::4], volume[0])
    assert projected[0, :, 3].nonzero().flatten().tolist() == list(range(17, 24))


def test_normalised_focus_peaks_at_one_and_nothing_stays_nothing() -> None:
    volume = torch.rand(4, 16, 25)
    volume[2] = 0
    assert normalise_focus(volume).amax(dim=(1, 2)).tolist() == pytest.approx([1, 1, 0, 1], abs=1e-5)


def test_a_typical_focus_of_one_clip_s_own_weights_is_its_pooled_focus_and_needs_no_gradient(network) -> None:
    x = torch.randn(1, 3, 64, network.layout.num_joints, 1)
    output = network.run(x)
    (gradient,) = torch.autograd.grad(output.logits[0, 3], output.features[2])
    told = deepcopy(network)
    told.typical_weights = channel_weights(gradient).expand(7, -1)
    with torch.inference_mode():
        logits, typical = told.focus(x, torch.tensor([3]), module=2, method="typical")
    _, pooled = network.focus(x, torch.tensor([3]), module=2)
    torch.testing.assert_close(logits, output.logits, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(typical, pooled, atol=1e-6, rtol=1e-4)
    with pytest.raises(ValueError, match="one class"):
        told.focus(x, torch.tensor([3]), contrast=torch.tensor([2]), module=2, method="typical")
