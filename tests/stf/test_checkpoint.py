import json
import pickle
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from sentences import refused

from stf.checkpoint import (
    DEFAULT_MODEL,
    Accuracy,
    Header,
    TrainingData,
    Unknown,
    VectorScaling,
    find_model,
    load_checkpoint,
    save_checkpoint,
    shipped_models,
)
from stf.errors import UserError
from stf.network import Network
from stf.recogniser import Recogniser


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


def states_of(networks: dict[str, Network]) -> dict[str, dict[str, torch.Tensor]]:
    return {stream: network.state_dict() for stream, network in networks.items()}


def write(path: Path, networks: dict[str, Network], metadata: Mapping[str, str]) -> None:
    """A .safetensors file of these networks with any header whatever."""
    tensors = {f"{s}.{name}": tensor for s, state in states_of(networks).items() for name, tensor in state.items()}
    save_file(tensors, path, metadata=dict(metadata))


def write_changed(path: Path, networks: dict[str, Network], header: Header, **changes: object) -> None:
    write(path, networks, {"stf": json.dumps(header.model_dump() | changes)})


# What is saved is what is loaded


def test_header_and_weights_survive_a_round_trip(path: Path, header: Header, networks: dict[str, Network]) -> None:
    header = header.model_copy(
        update={
            "data": (TrainingData(name="A", licence="CC0", citation="B, 2015"),),
            "accuracy": (Accuracy(data="A", split="odd -> even", clips=430, top1=1 / 3),),
            "recipe": 'with "quotes", Umlauten äöü and\nlines',
        }
    )
    save_checkpoint(path, header, states_of(networks))
    loaded, states = load_checkpoint(path)
    assert loaded.model_dump(mode="json") == header.model_dump(mode="json")
    assert states.keys() == networks.keys()
    for stream, network in networks.items():
        expected = network.state_dict()
        assert states[stream].keys() == expected.keys()
        for name, tensor in states[stream].items():
            assert tensor.dtype == expected[name].dtype
            torch.testing.assert_close(tensor, expected[name], rtol=2**-11, atol=2**-25)


def test_weights_take_half_precision_on_disk(checkpoint: Path, networks: dict[str, Network]) -> None:
    numbers = sum(tensor.numel() for state in states_of(networks).values() for tensor in state.values())
    assert 2 * numbers < checkpoint.stat().st_size < 2 * numbers + 30_000


def test_loading_again_and_saving_again_gives_the_same_file(path: Path, checkpoint: Path) -> None:
    save_checkpoint(path, *load_checkpoint(checkpoint))
    assert path.read_bytes() == checkpoint.read_bytes()


def test_sampling_is_the_header_s(header: Header) -> None:
    assert (header.sampling.samples, header.sampling.rate_hz) == (32, 15)


# Nothing is half-written


def test_weights_that_half_precision_cannot_hold_are_not_written(path: Path, header: Header, networks) -> None:
    path.write_text("before")
    for number in (float("nan"), 1e6):
        states = states_of(networks)
        states["bone"]["head.bias"] = torch.tensor([0, number, 0, 0, 0])
        with refused(path, r"bone\.head\.bias is finite"):
            save_checkpoint(path, header, states)
    assert path.read_text() == "before"
    assert list(path.parent.iterdir()) == [path]


def test_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path, header: Header, networks) -> None:
    (tmp_path / "file").touch()
    with refused(tmp_path / "file" / "model.safetensors", "cannot be written"):
        save_checkpoint(tmp_path / "file" / "model.safetensors", header, states_of(networks))


def test_failed_write_leaves_what_was_there(path: Path, header: Header, networks) -> None:
    path.mkdir()
    with refused(path, "not an ordinary file"):
        save_checkpoint(path, header, states_of(networks))
    assert list(path.parent.iterdir()) == [path]


# Every wrong file is one sentence that names it


def test_missing_file_and_folder_are_refused(path: Path) -> None:
    for wrong in (path, path.parent):
        with refused(wrong, "no model file"):
            load_checkpoint(wrong)


def test_file_cut_short_anywhere_is_refused(path: Path, checkpoint: Path) -> None:
    whole = checkpoint.read_bytes()
    for length in (0, 1, 7, 8, 9, 500, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with refused(path, r"not a readable \.safetensors file"):
            load_checkpoint(path)


@pytest.mark.parametrize(
    "content",
    [
        b"\n".join([b"a text"] * 1000),
        bytes(5000),
        np.random.default_rng(0).bytes(5000),
        (100).to_bytes(8, "little") + b"{" * 100,
        (100).to_bytes(8, "little") + b"\xff" * 100,
    ],
    ids=["text", "zeros", "random", "broken header", "no UTF-8"],
)
def test_file_of_another_kind_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with refused(path, r"not a readable \.safetensors file"):
        load_checkpoint(path)


class Trap:
    """Unpickling this makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("dump", [torch.save, pickle.dump], ids=["torch.save", "pickle"])
def test_pickle_is_refused_without_being_opened(tmp_path: Path, dump) -> None:
    path, trap = tmp_path / "model.safetensors", tmp_path / "sprung"
    with path.open("wb") as file:
        dump({"weights": Trap(trap)}, file)
    with refused(path, r"not a readable \.safetensors file"):
        load_checkpoint(path)
    assert not trap.exists()


@pytest.mark.parametrize("metadata", [{}, {"format": "pt"}])
def test_somebody_else_s_safetensors_file_is_refused(path: Path, networks, metadata: dict[str, str]) -> None:
    write(path, networks, metadata)
    with refused(path, "not a checkpoint of this program"):
        load_checkpoint(path)


@pytest.mark.parametrize("text", ["", "{not json", "[]", "3", "[" * 100_000])
def test_header_that_is_no_object_is_refused(path: Path, networks, text: str) -> None:
    write(path, networks, {"stf": text})
    with refused(path, r"does not fit this version of the program \(as a whole"):
        load_checkpoint(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"surprise": 1},
        {"architecture": None},
        {"layout": None},
        {"classes": []},
        {"classes": "wave"},
        {"samples": 0},
        {"rate_hz": -1},
        {"rate_hz": float("inf")},
        {"streams": {}},
        {"streams.joint": 0},
        {"streams.joint": -1},
        {"streams.joint": float("nan")},
        {"normalisation": "none"},
        {"temperature": 0},
        {"temperature": float("nan")},
        {"temperature": float("inf")},
        {"unknown": {"below": 1.5, "false_alarms": 0.05}},
        {"unknown": {"energy": float("nan"), "false_alarms": 0.05}},
        {"vector": {"factors": [-1] * 5, "offsets": [0] * 5}},
    ],
    ids=str,
)
def test_header_of_another_version_or_with_senseless_values_is_refused(path, networks, header, changes) -> None:
    (field, value), *_ = changes.items()
    outer, _, inner = field.partition(".")
    write_changed(path, networks, header, **{outer: {"bone": 1.0, inner: value} if inner else value})
    with refused(path, rf"does not fit this version of the program \({field}\b.*: .*; update the program"):
        load_checkpoint(path)


def test_vector_scaling_of_other_classes_is_refused(path: Path, networks, header: Header) -> None:
    write_changed(path, networks, header, vector={"factors": [1] * 5, "offsets": [0] * 4})
    with refused(path, "the vector scaling is of another number of classes"):
        load_checkpoint(path)


def test_a_checkpoint_of_before_scales_nothing_and_knows_no_unknown(path: Path, networks, header: Header) -> None:
    fields = header.model_dump()
    del fields["vector"], fields["unknown"]
    write(path, networks, {"stf": json.dumps(fields)})
    assert load_checkpoint(path)[0].model_dump(mode="json") == header.model_dump(mode="json")
    write(path, networks, {"stf": json.dumps(fields | {"unknown": {"below": 0.4, "false_alarms": 0.05}})})
    assert load_checkpoint(path)[0].unknown == Unknown(below=0.4, false_alarms=0.05)


def test_scaling_and_threshold_are_kept(path: Path, networks, header: Header) -> None:
    vector = VectorScaling(factors=(1.5, 0.1, 1, 1, 1), offsets=(0, 0.1, -2.25, 0, 1e-9))
    for unknown in (Unknown(energy=-6.5, false_alarms=0.05), Unknown(below=0.4, false_alarms=0.05)):
        scaled = header.model_copy(update={"vector": vector, "unknown": unknown})
        save_checkpoint(path, scaled, states_of(networks))
        assert load_checkpoint(path)[0].model_dump(mode="json") == scaled.model_dump(mode="json")


def test_header_without_a_field_is_refused_by_that_field(path: Path, networks, header: Header) -> None:
    fields = header.model_dump()
    del fields["classes"]
    write(path, networks, {"stf": json.dumps(fields)})
    with refused(path, r"\(classes: Field required\)"):
        load_checkpoint(path)


def test_weights_of_a_stream_that_the_header_does_not_name_are_refused(path: Path, networks, header: Header) -> None:
    write_changed(path, networks, header, streams={"joint": 1.0})
    with refused(path, "stream 'bone' that its header does not name"):
        load_checkpoint(path)


def test_weights_that_are_not_finite_are_refused(path: Path, header: Header) -> None:
    tensors = {"joint.head.bias": torch.tensor([0, 0, float("nan")]), "joint.head.weight": torch.zeros(3, 8)}
    save_file(tensors, path, metadata={"stf": header.model_dump_json()})
    with refused(path, r"damaged: .*joint\.head\.bias"):
        load_checkpoint(path)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"architecture": "stgcn"}, "no model 'stgcn'"),
        ({"layout": "ntu26"}, "no skeleton layout 'ntu26'"),
        ({"layout": "kinect20"}, r"weights do not fit .*\(75,\) and should be \(60,\)"),
        ({"layout": "kinetics18"}, r"weights do not fit .*\(75,\) and should be \(54,\)"),
        ({"classes": ["wave", "clap"]}, r"head\.weight is \(5, 8\) and should be \(2, 8\)"),
        ({"options": {}}, r"embed\.weight is .* and should be \(32, "),
        ({"options": {"widths": [8] * 5}}, "as many strides as widths"),
        ({"options": {"widths": [-8] * 6}}, "option widths.* greater than 0"),
        ({"options": {"width": 8}}, "no option 'width'"),
        ({"streams": {"joint": 1, "bone": 1, "motion": 1}}, "no stream 'motion'"),
    ],
    ids=str,
)
def test_header_that_does_not_fit_the_weights_is_refused(path, networks, header, changes, reason) -> None:
    write_changed(path, networks, header, **changes)
    with refused(path, reason):
        Recogniser.load(path, device="cpu")


def test_stream_without_weights_is_refused(path: Path, networks, header: Header) -> None:
    write(path, {"joint": networks["joint"]}, {"stf": header.model_dump_json()})
    with refused(path, "is missing and should be"):
        Recogniser.load(path, device="cpu")


# Finding models


def test_a_path_means_that_file_as_text_or_as_a_path(checkpoint: Path) -> None:
    assert find_model(checkpoint) == find_model(str(checkpoint)) == checkpoint


@pytest.mark.parametrize("model", ["no-such-model", "no/such/file.safetensors", "", "."])
def test_unknown_model_is_refused_with_those_that_come_with_the_program(model: str) -> None:
    with pytest.raises(UserError, match=f"no model '{model}'") as caught:
        find_model(model)
    assert (", ".join(shipped_models()) or "none") in str(caught.value)


@pytest.mark.parametrize("name", shipped_models())
def test_shipped_model_is_small_and_says_everything_about_itself(name: str) -> None:
    path = find_model(name)
    assert path.stat().st_size <= 6_000_000
    recogniser = Recogniser.load(name, device="cpu")
    header = recogniser.header
    assert len(header.classes) == len(set(header.classes))
    assert header.data
    assert all(data.licence and data.citation for data in header.data)
    assert header.recipe
    assert header.accuracy
    assert all(0 < figure.top1 <= 1 and figure.clips > 0 for figure in header.accuracy)


@pytest.mark.parametrize("name", shipped_models())
def test_shipped_model_s_name_means_it_even_where_a_file_is_called_so(name: str, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / name).write_text("something else")
    monkeypatch.chdir(tmp_path)
    assert find_model(name) == find_model(Path(name)) == shipped_models()[name]


def test_the_default_model_is_shipped_with_its_licence_and_its_figures() -> None:
    header, _ = load_checkpoint(shipped_models()[DEFAULT_MODEL])
    assert all(data.licence and data.citation for data in header.data)
    assert {figure.data for figure in header.accuracy} == {
        "everyday actions",
        "everyday actions, rendered and seen by the pose estimator",
    }
