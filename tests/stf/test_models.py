from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import stf.models
from stf.errors import UserError
from stf.graph import hop_distance
from stf.models import build_model, model_names
from stf.skeleton import KINECT20, KINETICS18, NTU25

every_model = pytest.mark.parametrize("name", model_names())


def test_adding_a_model_is_adding_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shallow.py").write_text("from stf.models.stf import CONFIG, NETWORK")
    monkeypatch.setattr(stf.models, "__path__", [*stf.models.__path__, str(tmp_path)])
    assert {"stf", "st_gcn", "shallow"} <= set(model_names())
    model = build_model("shallow", layout=NTU25, num_classes=5, widths=(8,), strides=(1,))
    assert model(torch.randn(1, 3, 16, 25, 1)).shape == (1, 5)


@every_model
@pytest.mark.parametrize("layout", [NTU25, KINETICS18, KINECT20], ids=lambda layout: layout.name)
def test_any_layout_and_any_number_of_persons_and_frames(name: str, layout) -> None:
    model = build_model(name, layout=layout, num_classes=60).eval()
    for frames, persons in ((64, 1), (30, 2), (7, 3)):
        assert model(torch.randn(2, 3, frames, layout.num_joints, persons)).shape == (2, 60)


@pytest.mark.parametrize(
    ("name", "layout", "num_classes", "parameters"),
    [
        ("stf", NTU25, 60, 1_544_740),
        ("st_gcn", NTU25, 60, 3_098_832),
        ("st_gcn", KINETICS18, 400, 3_177_140),
    ],
)
def test_the_default_networks_have_the_documented_sizes(name: str, layout, num_classes: int, parameters: int) -> None:
    model = build_model(name, layout=layout, num_classes=num_classes)
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters


@every_model
def test_an_empty_person_changes_nothing_and_is_not_computed(name: str) -> None:
    model = build_model(name, layout=NTU25, num_classes=5).eval()
    alone = torch.randn(3, 3, 64, 25, 1)
    padded = torch.cat([alone, torch.zeros_like(alone)], dim=-1)
    torch.testing.assert_close(model(padded), model(alone))
    assert model.run(padded).features[0].shape[0] == 3


@every_model
def test_the_order_of_persons_does_not_matter(name: str) -> None:
    model = build_model(name, layout=NTU25, num_classes=5).eval()
    x = torch.randn(2, 3, 64, 25, 2)
    torch.testing.assert_close(model(x.flip(-1)), model(x), atol=1e-5, rtol=1e-4)


@every_model
def test_a_clip_without_any_person_gives_finite_logits(name: str) -> None:
    model = build_model(name, layout=NTU25, num_classes=5).eval()
    assert torch.isfinite(model(torch.zeros(1, 3, 64, 25, 2))).all()


def test_the_instance_dependent_adjacency_has_columns_summing_to_one_and_differs_between_clips() -> None:
    model = build_model("stf", layout=NTU25, num_classes=5).eval()
    output = model.run(torch.randn(2, 3, 64, 25, 1))
    assert len(output.adjacency) == 6
    for adjacency in output.adjacency:
        torch.testing.assert_close(adjacency.sum(dim=1), torch.ones(2, 25))
        assert not torch.allclose(adjacency[0], adjacency[1])


@pytest.mark.parametrize(("number", "channels"), [(0, 3), (1, 32)])
def test_a_module_gathers_along_each_subset_as_its_adjacency_says(number: int, channels: int) -> None:
    module = build_model("stf", layout=NTU25, num_classes=5, widths=(32, 8), strides=(1, 1)).stages[number]
    torch.nn.init.normal_(module.learned)
    x, instance = torch.randn(2, channels, 4, 25), torch.rand(2, 25, 25)
    subsets = [(module.fixed + module.learned)[k].expand(2, -1, -1) for k in range(3)] + [instance]
    expected = torch.cat([torch.einsum("rctv,rvw->rctw", x, subset) for subset in subsets], dim=1)
    torch.testing.assert_close(module.neighbours(x, instance), expected)


@pytest.mark.parametrize(
    ("name", "options"), [("st_gcn", {"widths": (32,)}), ("stf", {"widths": (8,), "instance": False})]
)
def test_a_fixed_graph_carries_a_joint_to_its_neighbours_only(name: str, options: dict[str, Any]) -> None:
    model = build_model(name, layout=NTU25, num_classes=5, strides=(1,), **options).eval()
    x = torch.randn(1, 3, 16, 25, 1)
    changed = x.clone()
    elbow = NTU25.index("left_elbow")
    changed[:, :, :, elbow] += 1
    difference = (model.run(changed).features[0] - model.run(x).features[0]).abs().amax(dim=(0, 1, 2))
    reached = (difference > 1e-6).nonzero().flatten().tolist()
    assert reached == np.flatnonzero(hop_distance(NTU25)[elbow] <= 1).tolist()


def test_stf_without_an_instance_dependent_adjacency_computes_none() -> None:
    output = build_model("stf", layout=NTU25, num_classes=5, instance=False).run(torch.randn(1, 3, 16, 25, 1))
    assert output.adjacency == ()


def test_the_graph_of_st_gcn_is_the_same_for_every_input() -> None:
    output = build_model("st_gcn", layout=NTU25, num_classes=5).eval().run(torch.randn(1, 3, 64, 25, 1))
    assert len(output.features) == 10
    assert output.adjacency == ()


@every_model
@pytest.mark.parametrize("module", [-1, 1])
def test_the_copy_for_inference_computes_the_same_and_leaves_the_network_alone(name: str, module: int) -> None:
    model = build_model(name, layout=NTU25, num_classes=5, widths=(8, 8, 16), strides=(1, 2, 1))
    for parameter in model.parameters():  # no weight at its first value, whose mistakes could cancel out
        parameter.data += 0.1 * torch.randn_like(parameter)
    for _ in range(3):
        model(torch.randn(4, 3, 16, 25, 2))
    before = deepcopy(model.eval().state_dict())
    x = torch.randn(2, 3, 16, 25, 2)
    fast = model.for_inference()
    for expected, actual in zip(model.focus(x, module=module), fast.focus(x, module=module), strict=True):
        assert expected.any()
        torch.testing.assert_close(actual, expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(model.state_dict(), before, atol=0, rtol=0)


@every_model
def test_every_parameter_learns(name: str) -> None:
    model = build_model(name, layout=NTU25, num_classes=5)
    model(torch.randn(4, 3, 64, 25, 2)).logsumexp(dim=1).sum().backward()
    idle = [parameter for parameter, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert [parameter for parameter in idle if not parameter.endswith("embed.bias")] == []


@every_model
def test_a_network_learns_to_tell_two_motions_apart(name: str) -> None:
    torch.manual_seed(0)
    model = build_model(name, layout=NTU25, num_classes=2, widths=(8, 8, 8), strides=(1, 2, 1), dropout=0.0)
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    wave = torch.sin(torch.arange(16) * 0.8)

    def batch() -> tuple[torch.Tensor, torch.Tensor]:
        x, y = 0.3 * torch.randn(16, 3, 16, 25, 1), torch.randint(2, (16,))
        hand = torch.where(y == 0, *NTU25.indices("left_hand", "right_hand"))
        x[torch.arange(16), 0, :, hand, 0] += wave
        return x, y

    for _ in range(60):
        x, y = batch()
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    x, y = batch()
    assert (model.eval()(x).argmax(dim=1) == y).float().mean() >= 0.9


def test_weights_that_do_not_fit_are_refused_by_the_first_that_does_not() -> None:
    model = build_model("stf", layout=NTU25, num_classes=5)
    state = model.state_dict()
    wrong = {
        r"head\.bias is missing and should be \(5,\)": {k: v for k, v in state.items() if k != "head.bias"},
        r"tail is \(2, 3\) and should be absent": state | {"tail": torch.zeros(2, 3)},
        r"head\.bias is \(4,\) and should be \(5,\)": state | {"head.bias": torch.zeros(4)},
    }
    for message, weights in wrong.items():
        with pytest.raises(UserError, match=message):
            model.load(weights)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("stgcnn", {}, "no model 'stgcnn'"),
        ("stf", {"width": 3}, "no option 'width'"),
        ("stf", {"kernel": 4}, "odd temporal kernel"),
        ("stf", {"widths": (8, 8)}, "as many strides as widths"),
        ("stf", {"widths": "wide"}, "option widths"),
        ("stf", {"widths": (8, 0, 8, 8, 8, 8)}, "option widths.* greater than 0"),
        ("stf", {"strides": (1, 1, 0, 1, 2, 1)}, "option strides.* greater than 0"),
        ("stf", {"kernel": -1}, "option kernel.* greater than 0"),
        ("stf", {"embedding": 0}, "option embedding.* greater than 0"),
        ("stf", {"dropout": 1.5}, r"dropout in \[0, 1\]"),
        ("st_gcn", {"embedding": 16}, "no option 'embedding'"),
        ("st_gcn", {"strides": (2,)}, "as many strides as widths"),
    ],
)
def test_wrong_options_are_refused_by_name(name: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        build_model(name, layout=NTU25, num_classes=5, **options)
