import math
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from bodies import moving, turned
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from stf.checkpoint import Header, Unknown, VectorScaling, save_checkpoint
from stf.errors import UserError
from stf.evaluation import answers, called_unknown
from stf.focus import project_to_input
from stf.models import build_model
from stf.network import Network
from stf.prediction import NONE
from stf.recogniser import Recogniser, choose_device
from stf.skeleton import KINETICS18, NTU25
from stf.streams import make_stream
from stf.transforms import normalise_body

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def recogniser(checkpoint: Path) -> Recogniser:
    return Recogniser.load(checkpoint, device="cpu")


def windows(x: Tensor) -> np.ndarray:
    """Clips (N, C, T, V, 1) as the recogniser takes them: (N, T, V, C) float32."""
    return np.ascontiguousarray(x[..., 0].permute(0, 2, 3, 1).float().numpy())


def people(count: int, seed: int = 1) -> Tensor:
    return moving(NTU25, clips=count, frames=32, seed=seed)


def test_a_recogniser_is_what_its_checkpoint_says(recogniser: Recogniser) -> None:
    assert recogniser.classes == ("wave", "clap", "kick", "sit", "jump")
    assert recogniser.layout is NTU25
    assert (recogniser.sampling.samples, recogniser.sampling.rate_hz) == (32, 15)
    assert recogniser.device == CPU


def test_probabilities_sum_to_one_and_the_focus_peaks_at_one(recogniser: Recogniser) -> None:
    probabilities, focus = recogniser.recognise(windows(people(6)))
    assert probabilities.shape == (6, 5)
    assert focus.shape == (6, 32, 25)
    assert probabilities.dtype == focus.dtype == np.float32
    assert (probabilities > 0).all()
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert focus.min() >= 0
    assert np.allclose(focus.max(axis=(1, 2)), 1, atol=1e-5)


def test_windows_are_told_apart(recogniser: Recogniser) -> None:
    probabilities, focus = recogniser.recognise(windows(people(6)))
    assert probabilities.std(axis=0).max() > 1e-3
    assert focus.std(axis=0).max() > 1e-2


def test_windows_together_give_what_each_gives_alone(recogniser: Recogniser) -> None:
    together = windows(people(5))
    together[3, 10:20] = 0
    probabilities, focus = recogniser.recognise(together)
    for n in range(5):
        alone, alone_focus = recogniser.recognise(together[n : n + 1])
        assert np.allclose(alone[0], probabilities[n], atol=1e-5)
        assert np.allclose(alone_focus[0], focus[n], atol=1e-4)


def test_a_shorter_window_is_shown_with_its_ends_held_and_explained_by_itself(recogniser: Recogniser) -> None:
    whole = windows(people(3))
    held = whole[:, np.clip(np.arange(32) - 8, 0, 15)]
    probabilities, focus = recogniser.recognise(whole[:, :16])
    expected, of_held = recogniser.recognise(held)
    assert np.allclose(probabilities, expected, atol=1e-5)
    within = of_held[:, 8:24]
    assert np.allclose(focus, within / within.max(axis=(1, 2), keepdims=True), atol=1e-4)
    assert recogniser.explain(whole[:, :16], np.array([0, 1, 2])).shape == (3, 16, 25)


def test_no_windows_give_no_answers(recogniser: Recogniser) -> None:
    probabilities, focus = recogniser.recognise(windows(people(1))[:0])
    assert probabilities.shape == (0, 5)
    assert focus.shape == (0, 32, 25)


@given(
    place=st.tuples(*[st.floats(-3, 3)] * 3),
    size=st.floats(0.5, 2),
    yaw=st.floats(-math.pi, math.pi),
)
@settings(max_examples=25)
def test_place_size_and_direction_of_the_person_do_not_matter(recogniser, place, size, yaw) -> None:
    x = people(2)
    elsewhere = size * turned(x, yaw) + torch.tensor(place, dtype=x.dtype)[:, None, None, None]
    for ours, theirs in zip(recogniser.recognise(windows(x)), recogniser.recognise(windows(elsewhere)), strict=True):
        assert np.allclose(ours, theirs, atol=2e-3)


def test_streams_are_fused_as_the_header_weighs_them(header: Header, networks: dict[str, Network]) -> None:
    """Everything again by hand, from the networks alone."""
    joints = windows(people(4))
    x = normalise_body(torch.from_numpy(joints).permute(0, 3, 1, 2)[..., None], NTU25)
    streams = {name: make_stream(name, x, NTU25) for name in networks}
    with torch.no_grad():
        logits = {name: networks[name](streams[name]) for name in networks}
        mixed = (1.0 * logits["joint"] + 0.5 * logits["bone"]) / 0.5
        expected = mixed.exp() / mixed.exp().sum(dim=1, keepdim=True)
        volumes = {name: networks[name].focus(streams[name], expected.argmax(dim=1))[1][:, 0] for name in networks}
    share = {name: volume / volume.amax(dim=(1, 2), keepdim=True) for name, volume in volumes.items()}
    volume = project_to_input(1.0 * share["joint"] + 0.5 * share["bone"], 32)
    probabilities, focus = Recogniser(header, networks, CPU).recognise(joints)
    assert np.allclose(probabilities, expected, atol=1e-5)
    assert np.allclose(focus, volume / volume.amax(dim=(1, 2), keepdim=True), atol=1e-4)


def test_the_order_of_the_streams_does_not_matter(header: Header, networks: dict[str, Network]) -> None:
    joints = windows(people(3))
    turned_round = Recogniser(header, dict(reversed(networks.items())), CPU).recognise(joints)
    for ours, theirs in zip(Recogniser(header, networks, CPU).recognise(joints), turned_round, strict=True):
        assert np.allclose(ours, theirs, atol=1e-6)


def test_a_higher_temperature_evens_probabilities_out_and_leaves_order_and_focus(header: Header, networks) -> None:
    joints = windows(people(4))
    cold, cold_focus = Recogniser(header, networks, CPU).recognise(joints)
    warm, warm_focus = Recogniser(header.model_copy(update={"temperature": 1.5}), networks, CPU).recognise(joints)
    root = cold ** (0.5 / 1.5)
    assert np.allclose(warm, root / root.sum(axis=1, keepdims=True), atol=1e-5)
    assert np.array_equal(warm_focus, cold_focus)


def test_a_factor_and_an_offset_for_each_class_change_its_odds_and_are_what_is_measured(
    header: Header, networks
) -> None:
    joints = windows(people(4))
    x = normalise_body(torch.from_numpy(joints).permute(0, 3, 1, 2)[..., None], NTU25)
    with torch.no_grad():
        mixed = sum(header.streams[name] * networks[name](make_stream(name, x, NTU25)) for name in networks)
    vector = VectorScaling(factors=(1, 2, 1, 0.5, 1), offsets=(0, 0, 3, -1, 0))
    scaled = Recogniser(header.model_copy(update={"vector": vector}), networks, CPU)
    odds = (mixed / header.temperature * torch.tensor(vector.factors) + torch.tensor(vector.offsets)).exp()
    assert np.allclose(scaled.recognise(joints)[0], odds / odds.sum(dim=1, keepdim=True), atol=1e-5)
    rows = {stream: np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32) for stream in header.streams}
    fused = scaled.fuse({stream: torch.from_numpy(logits) for stream, logits in rows.items()})
    assert np.allclose(fused, answers(rows, scaled.header)["fused"], atol=1e-5)


def test_more_than_half_is_none_of_these_just_where_the_energy_is_above_the_threshold(header: Header, networks) -> None:
    wary = header.model_copy(update={"unknown": Unknown(energy=-4.0, false_alarms=0.05)})
    named = wary.model_copy(update={"classes": (*header.classes[:-1], NONE)})
    logits = torch.from_numpy(np.random.default_rng(0).normal(0, 2, (200, 5)).astype(np.float32))
    alone, among = (Recogniser(some, networks, CPU).probabilities(logits) for some in (wary, named))
    unknown = called_unknown(logits.numpy(), wary.unknown)
    assert 20 < unknown.sum() < 180
    assert np.array_equal(alone.sum(dim=1) < 0.5, unknown)
    assert torch.allclose(alone / alone.sum(dim=1, keepdim=True), logits.softmax(dim=1), atol=1e-5)
    assert torch.allclose(among.sum(dim=1), torch.ones(200), atol=1e-5)
    assert torch.allclose(among[:, :-1], alone[:, :-1])


def test_a_loaded_checkpoint_says_what_the_networks_said(recogniser: Recogniser, header: Header, networks) -> None:
    joints = windows(people(4))
    original = Recogniser(header, networks, CPU).recognise(joints)
    for ours, theirs in zip(recogniser.recognise(joints), original, strict=True):
        assert np.allclose(ours, theirs, atol=2e-2)  # weights were rounded to half precision


def test_missing_samples_count_as_no_person_and_give_finite_answers(recogniser: Recogniser) -> None:
    joints = windows(people(3))
    joints[0, :16] = 0
    joints[1] = 0
    joints[2, 1:] = 0
    probabilities, focus = recogniser.recognise(joints)
    assert np.isfinite(focus).all()
    assert (focus >= 0).all()
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_recognising_leaves_the_windows_and_the_networks_as_they_were(header: Header, networks) -> None:
    joints = windows(people(2))
    before = joints.copy()
    given = {name: deepcopy(network).train() for name, network in networks.items()}
    recogniser = Recogniser(header, given, CPU)
    first, _ = recogniser.recognise(joints)
    second, _ = recogniser.recognise(joints)
    assert np.array_equal(joints, before)
    assert np.array_equal(first, second)
    for name, network in given.items():
        assert network.training
        assert all(parameter.requires_grad for parameter in network.parameters())
        torch.testing.assert_close(network.state_dict(), networks[name].state_dict(), rtol=0, atol=0)


def test_another_layout_is_recognised_in_its_own_joints(header: Header) -> None:
    flat = header.model_copy(update={"layout": "kinetics18", "streams": {"bone": 1.0}})
    recogniser = Recogniser(flat, {"bone": build_model("stf", layout=KINETICS18, num_classes=5)}, CPU)
    x = moving(KINETICS18, clips=2, frames=32)
    probabilities, focus = recogniser.recognise(windows(x))
    assert focus.shape == (2, 32, 18)
    x[:, :2] = 3 * x[:, :2] + 1
    assert np.allclose(recogniser.recognise(windows(x))[0], probabilities, atol=1e-3)


def test_any_architecture_is_kept_in_a_checkpoint_and_shows_the_focus_of_any_stage(header: Header, tmp_path) -> None:
    options = {"widths": (8, 8, 8), "strides": (1, 2, 1)}
    networks = {name: build_model("st_gcn", layout=NTU25, num_classes=5, **options) for name in header.streams}
    states = {name: network.state_dict() for name, network in networks.items()}
    joints = windows(people(2))
    for module in range(3):
        facts = header.model_copy(update={"architecture": "st_gcn", "options": options, "focus_module": module})
        save_checkpoint(tmp_path / "st_gcn.safetensors", facts, states)
        probabilities, focus = Recogniser.load(tmp_path / "st_gcn.safetensors", device="cpu").recognise(joints)
        assert np.allclose(probabilities, Recogniser(facts, networks, CPU).recognise(joints)[0], atol=1e-2)
        assert np.allclose(focus.max(axis=(1, 2)), 1, atol=1e-5)


# Devices


def test_auto_means_the_graphics_processor_where_there_is_one() -> None:
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert choose_device("cpu") == CPU


@pytest.mark.parametrize("name", ["toaster", "", "cuda:99", "cpu:-1", "hpu", "meta"])
def test_device_that_is_not_here_is_refused_by_name(checkpoint: Path, name: str) -> None:
    with pytest.raises(UserError, match=f"device '{name}' cannot be used here; use --device auto or cpu"):
        Recogniser.load(checkpoint, device=name)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_cuda_is_refused_where_there_is_none(checkpoint: Path) -> None:
    with pytest.raises(UserError, match="device 'cuda' cannot be used here"):
        Recogniser.load(checkpoint, device="cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA")
def test_cuda_gives_what_the_processor_gives(checkpoint: Path, recogniser: Recogniser) -> None:
    joints = windows(people(4))
    on_cuda = Recogniser.load(checkpoint, device="cuda").recognise(joints)
    for ours, theirs in zip(recogniser.recognise(joints), on_cuda, strict=True):
        assert np.allclose(ours, theirs, atol=1e-2)


def test_a_chosen_class_is_explained_by_its_own_focus_and_recognising_goes_on_as_before(recogniser: Recogniser) -> None:
    joints = windows(people(3))
    before = recogniser.recognise(joints)
    volumes = [recogniser.explain(joints, np.full(3, number)) for number in range(5)]
    for volume in volumes:
        assert volume.shape == (3, 32, 25)
        assert volume.min() >= 0
        assert np.allclose(volume.max(axis=(1, 2)), 1, atol=1e-5)
    mixed = recogniser.explain(joints, np.array([2, 0, 4]))
    assert np.allclose(mixed, np.stack([volumes[2][0], volumes[0][1], volumes[4][2]]), atol=1e-5)
    likeness = [np.corrcoef(volumes[a].ravel(), volumes[b].ravel())[0, 1] for a in range(5) for b in range(a)]
    assert max(likeness) < 0.99
    for old, new in zip(before, recogniser.recognise(joints), strict=True):
        assert np.array_equal(old, new)
