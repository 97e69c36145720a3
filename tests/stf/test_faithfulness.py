from pathlib import Path

import numpy as np
import pytest
import torch
from bodies import moving
from torch import Tensor

from stf.faithfulness import (
    Curves,
    at_rest,
    chance,
    change_times_gradient,
    deviation,
    feature_norm,
    focus_saliency,
    gradient,
    impute,
    input_times_gradient,
    measure_curves,
    order_cells,
    stability,
)
from stf.models import build_model
from stf.recogniser import Recogniser
from stf.skeleton import NTU25
from stf.streams import make_stream
from stf.transforms import normalise_body

LABELS = [0, 1, 2, 3]
SALIENCIES = [
    *(focus_saliency(2), focus_saliency(-1, "elementwise"), feature_norm(2)),
    *(gradient, input_times_gradient, deviation),
]


@pytest.fixture(scope="module")
def recogniser(checkpoint: Path) -> Recogniser:
    return Recogniser.load(checkpoint, device="cpu")


@pytest.fixture(scope="module")
def x() -> Tensor:
    """Four clips of two people, the second of whom is missing in the last two; a joint is missing for a while."""
    joints = moving(NTU25, clips=4, frames=32, persons=2).float()
    joints[2:, ..., 1] = 0
    joints[:, :, 5:9, 7] = 0
    return normalise_body(joints, NTU25)


def probability(recogniser: Recogniser, x: Tensor) -> np.ndarray:
    header = recogniser.header
    with torch.no_grad():
        logits = sum(
            header.streams[name] * network(make_stream(name, x, NTU25)) for name, network in recogniser.networks.items()
        )
    return (logits / header.temperature).softmax(dim=1)[range(4), LABELS].numpy()


# Order and rest


def test_cells_are_ordered_by_saliency_with_unknown_ones_behind() -> None:
    cells = torch.tensor([[3.0, 9.0, 1.0, 2.0]]).view(1, 4, 1, 1)
    known = torch.tensor([True, False, True, True]).view(1, 4, 1, 1)
    place = order_cells(cells, known, torch.Generator()).flatten()
    torch.testing.assert_close(place, torch.tensor([0, 1, 2 / 3, 1 / 3]))


def test_equal_cells_are_ordered_at_random() -> None:
    cells, known = torch.zeros(300, 2, 2, 1), torch.ones(300, 2, 2, 1, dtype=torch.bool)
    place = order_cells(cells, known, torch.Generator().manual_seed(0)).flatten(1)
    assert torch.equal(place.sort(dim=1).values, torch.tensor([0, 0.25, 0.5, 0.75]).expand(300, -1))
    torch.testing.assert_close(place.mean(dim=0), torch.full((4,), 0.375), atol=0.05, rtol=0)


def test_at_rest_joints_stand_at_the_mean_of_where_they_are_known() -> None:
    x = torch.zeros(1, 3, 3, 2, 1)
    x[0, 0, :, 0, 0] = torch.tensor([1.0, 0.0, 3.0])
    still = at_rest(x)
    assert still[0, 0, :, 0, 0].tolist() == [2, 0, 2]
    assert not still[:, :, :, 1].any()


# Curves


@pytest.mark.parametrize("saliency", SALIENCIES)
def test_curves_begin_and_end_with_the_whole_clip_and_with_nobody_moving(recogniser, x, saliency) -> None:
    curves = measure_curves(recogniser, x, LABELS, saliency, (0, 0.5, 1))
    whole, still = probability(recogniser, x), probability(recogniser, at_rest(x))
    np.testing.assert_allclose(curves.deletion[:, 0], whole, atol=1e-5)
    np.testing.assert_allclose(curves.insertion[:, 2], whole, atol=1e-5)
    np.testing.assert_allclose(curves.deletion[:, 2], still, atol=1e-5)
    np.testing.assert_allclose(curves.insertion[:, 0], still, atol=1e-5)
    np.testing.assert_allclose(curves.imputation[:, [0, 2]].T, [whole, still], atol=1e-5)
    assert np.abs(whole - still).max() > 1e-3


def test_deletion_of_a_share_is_insertion_of_the_rest_in_the_reversed_order(recogniser, x) -> None:
    reversed_deviation = lambda *asked: -deviation(*asked)  # noqa: E731
    shares = (0.25, 0.75)
    forth = measure_curves(recogniser, x, LABELS, deviation, shares)
    back = measure_curves(recogniser, x, LABELS, reversed_deviation, shares)
    np.testing.assert_allclose(forth.deletion, back.insertion[:, ::-1], atol=1e-3)


def test_deleting_a_share_holds_just_so_many_known_cells_still(recogniser, x, monkeypatch) -> None:
    seen = []
    for name, network in recogniser.networks.items():
        monkeypatch.setitem(recogniser.networks, name, lambda y, of=network: seen.append(y) or of(y))
    measure_curves(recogniser, x, LABELS, chance(0), (0.2,))
    whole, still, deleted, inserted, imputed = seen[0].split(len(x))
    assert torch.equal(whole, x)
    assert torch.equal(still, at_rest(x))
    moved = (deleted != still).any(dim=1)
    known = (x != 0).any(dim=1)
    assert torch.equal((inserted != still).any(dim=1), known & ~moved)
    assert torch.equal((imputed == x).all(dim=1), moved | ~known)
    torch.testing.assert_close(moved.sum((1, 2, 3)) / known.sum((1, 2, 3)), torch.full((4,), 0.8), atol=0.01, rtol=0)
    assert not moved[~known].any()


def test_areas_are_means_over_the_shares() -> None:
    rows = (np.array([row], np.float32) for row in ([1, 0.5, 0], [0, 1, 1], [1, 1, 0]))
    curves = Curves(np.array([0, 0.5, 1], np.float32), *rows)
    assert [curves.area(kind).item() for kind in ("deletion", "insertion", "imputation")] == [0.5, 0.75, 0.75]


def test_a_model_of_another_architecture_is_measured_in_the_same_way(recogniser: Recogniser, x: Tensor) -> None:
    header = recogniser.header.model_copy(update={"streams": {"joint": 1.0}, "architecture": "st_gcn"})
    torch.manual_seed(0)
    network = build_model("st_gcn", layout=NTU25, num_classes=5, widths=(8, 8), strides=(1, 2)).eval()
    other = Recogniser(header, {"joint": network}, torch.device("cpu"))
    for saliency in (focus_saliency(0, "elementwise"), feature_norm(), gradient):
        assert np.isfinite(measure_curves(other, x, LABELS, saliency, (0, 0.5, 1)).deletion).all()


# Imputation and stability


def test_an_imputed_cell_lies_between_the_moments_that_are_left() -> None:
    x = torch.zeros(1, 3, 7, 2, 1)
    x[0, 0, :, 0, 0] = torch.tensor([1.0, 9, 9, 4, 9, 0, 9])  # the sixth is missing
    gone = torch.zeros(1, 7, 2, 1, dtype=torch.bool)
    gone[0, [1, 2, 4, 6], 0] = True
    put = impute(x, gone, NTU25, torch.Generator().manual_seed(0))[0, 0, :, 0, 0]
    torch.testing.assert_close(put, torch.tensor([1.0, 2, 3, 4, 4, 0, 4]), atol=0.06, rtol=0)
    assert put[[0, 3, 5]].tolist() == [1, 4, 0]
    assert not torch.equal(put[[1, 2]], torch.tensor([2.0, 3.0]))


def test_a_joint_that_is_gone_altogether_stands_where_it_was_on_average(x: Tensor) -> None:
    gone = torch.zeros(4, 32, 25, 2, dtype=torch.bool)
    gone[:, :, 7] = True
    put = impute(x, gone, NTU25, torch.Generator().manual_seed(0))
    torch.testing.assert_close(put[:, :, :, 7], at_rest(x)[:, :, :, 7], atol=0.06, rtol=0)
    assert torch.equal(put[:, :, :, 8], x[:, :, :, 8])


def test_what_is_drawn_at_random_is_not_stable_and_what_does_not_change_is(recogniser: Recogniser, x: Tensor) -> None:
    assert np.abs(stability(recogniser, x, LABELS, chance(0))).max() < 0.1
    fixed = torch.rand(x[:, 0].shape)
    np.testing.assert_allclose(stability(recogniser, x, LABELS, lambda *_: fixed), 1)
    little, much = (stability(recogniser, x, LABELS, gradient, jitter=jitter) for jitter in (1e-3, 0.3))
    assert (little > much).all()


# Saliencies


def test_the_focus_of_one_person_is_the_one_that_is_shown(recogniser: Recogniser) -> None:
    joints = moving(NTU25, clips=2, frames=32).float()
    _, shown = recogniser.recognise(joints[..., 0].permute(0, 2, 3, 1).numpy())
    top = torch.from_numpy(recogniser.recognise(joints[..., 0].permute(0, 2, 3, 1).numpy())[0]).argmax(dim=1)
    module = recogniser.header.focus_module
    cells = focus_saliency(module)(recogniser, normalise_body(joints, NTU25), top)[..., 0]
    cells = cells / cells.amax(dim=(1, 2), keepdim=True)
    np.testing.assert_allclose(cells.numpy(), shown, atol=1e-4)


def test_change_times_gradient_foretells_what_a_small_change_does_to_the_logit(recogniser, x) -> None:
    near = at_rest(x) + 1e-2 * (x - at_rest(x))
    classes = torch.tensor(LABELS)
    foretold = change_times_gradient(recogniser, near, classes).sum(dim=(1, 2, 3))

    def logit(y: Tensor) -> Tensor:
        header = recogniser.header
        fused = sum(header.streams[n] * net(make_stream(n, y, NTU25)) for n, net in recogniser.networks.items())
        return (fused / header.temperature)[range(4), LABELS]

    with torch.no_grad():
        torch.testing.assert_close(foretold, logit(near) - logit(at_rest(x)), rtol=0.1, atol=2e-4)


def test_gradients_say_nothing_of_who_is_not_there(recogniser, x) -> None:
    classes = torch.tensor(LABELS)
    for saliency in (gradient, input_times_gradient, change_times_gradient, deviation):
        cells = saliency(recogniser, x, classes)
        assert cells.shape == (4, 32, 25, 2)
        assert not cells[2:, ..., 1].any()
        assert cells[:2, ..., 1].any()
