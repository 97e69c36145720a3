"""The adjacency of a module: fixed, learned, of this fidgeting[:1], and asked for by the focus."""

import numpy as np
import pytest

from stf.checkpoint import Header
from stf.errors import UserError
from stf.explanation import Question, module_graph
from stf.graph import spatial_partition
from stf.models import build_model
from stf.recogniser import Recogniser, choose_device
from stf.skeleton import NTU25


def test_every_kind_is_there_and_what_should_sum_to_one_does(shipped: Recogniser, fidgeting: np.ndarray) -> None:
    graph = module_graph(shipped, fidgeting[:1], Question("wave", module=2, stream="bone"))
    assert (graph.module, graph.stream, graph.label) == (2, "bone", "wave")
    assert set(graph.matrices) == {"fixed", "learned", "instance", "asked"}
    np.testing.assert_allclose(graph.matrices["fixed"], spatial_partition(NTU25).sum(axis=0), atol=1e-6)
    for kind in ("instance", "asked"):
        np.testing.assert_allclose(graph.matrices[kind].sum(axis=0), 1, atol=1e-4)


def test_the_strongest_links_join_two_joints_and_come_heaviest_first(
    shipped: Recogniser, fidgeting: np.ndarray
) -> None:
    links = module_graph(shipped, fidgeting[:1]).strongest("learned", 6)
    weights = [abs(link.weight) for link in links]
    assert len(links) == 6
    assert weights == sorted(weights, reverse=True)
    assert all(link.source != link.target for link in links)


def test_another_window_has_another_graph_of_its_own_but_the_same_learned_one(
    shipped: Recogniser, fidgeting: np.ndarray
) -> None:
    one, other = (module_graph(shipped, part) for part in (fidgeting[:1], fidgeting[1:]))
    assert np.abs(one.matrices["instance"] - other.matrices["instance"]).max() > 1e-5
    np.testing.assert_array_equal(one.matrices["learned"], other.matrices["learned"])


def test_a_model_whose_graph_is_fixed_says_so(fidgeting: np.ndarray) -> None:
    network = build_model("st_gcn", layout=NTU25, num_classes=2)
    header = Header(
        architecture="st_gcn",
        options={},
        layout="ntu25",
        classes=("a", "b"),
        samples=49,
        rate_hz=30.0,
        streams={"joint": 1.0},
    )
    with pytest.raises(UserError, match="no learned adjacency"):
        module_graph(Recogniser(header, {"joint": network}, choose_device("cpu")), fidgeting[:1])
