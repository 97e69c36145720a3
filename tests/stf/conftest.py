"""A small recogniser with random weights, kept in a real checkpoint."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from bodies import moving

from stf.checkpoint import Header, save_checkpoint
from stf.models import STFConfig, build_model
from stf.network import Network
from stf.recogniser import Recogniser
from stf.skeleton import NTU25
from stf.streams import make_stream
from stf.transforms import normalise_body

CONFIG = STFConfig(widths=(8,) * 6, embedding=4)


@pytest.fixture(scope="session")
def header() -> Header:
    return Header(
        architecture="stf",
        options=asdict(CONFIG),
        layout="ntu25",
        classes=("wave", "clap", "kick", "sit", "jump"),
        samples=32,
        rate_hz=15,
        streams={"joint": 1.0, "bone": 0.5},
        temperature=0.5,
        recipe="random weights",
    )


@pytest.fixture(scope="session")
def networks(header: Header) -> dict[str, Network]:
    """One network per stream, its batch statistics those of moving bodies."""
    torch.manual_seed(0)
    x = normalise_body(moving(NTU25, clips=8, frames=32).float(), NTU25)
    networks = {}
    for stream in header.streams:
        network = build_model("stf", layout=NTU25, num_classes=5, **header.options)
        with torch.no_grad():
            for _ in range(20):
                network(make_stream(stream, x, NTU25))
        networks[stream] = network.eval()
    return networks


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory, header: Header, networks: dict[str, Network]) -> Path:
    path = tmp_path_factory.mktemp("checkpoint") / "small.safetensors"
    save_checkpoint(path, header, {stream: network.state_dict() for stream, network in networks.items()})
    return path


@pytest.fixture(scope="session")
def shipped() -> Recogniser:
    """The default recogniser."""
    return Recogniser.load(device="cpu")


@pytest.fixture(scope="session")
def fidgeting() -> np.ndarray:
    """(2, 49, 25, 3) windows of bodies that fidget."""
    rng = np.random.default_rng(0)
    body = rng.normal(0, 0.4, (25, 3))
    return (body + rng.normal(0, 0.02, (2, 49, 25, 3)).cumsum(axis=1)).astype(np.float32)
