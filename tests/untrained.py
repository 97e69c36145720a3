"""A recogniser whose network is random and whose head was fitted in a moment, and which remembers real clips."""

from pathlib import Path

import torch
from torch.nn import functional

from stf.checkpoint import Header, save_checkpoint
from stf.datasets import open_corpus
from stf.datasets.clip import Clip
from stf.models import build_model
from stf.recogniser import Recogniser
from stf.skeleton import NTU25, SkeletonLayout
from stf.teaching import remember

KNOWN = ("clap", "squat", "jog", "bowling")
OPTIONS = {"widths": [32, 64], "strides": [2, 2], "embedding": 4}


def clips_of(utd_mhad: Path, name: str, subjects: tuple[int, ...]) -> list[Clip]:
    """Every clip in which some people do something."""
    corpus = open_corpus(utd_mhad)
    number = corpus.classes.index(name) + 1
    wanted = {f"a{number}_s{subject}_t{take}" for subject in subjects for take in (1, 2, 3, 4)}
    return [entry.read() for entry in corpus.entries if entry.name.removesuffix("_skeleton") in wanted]


def write_untrained(path: Path, utd_mhad: Path, *, memory: bool = True) -> Path:
    """Write its checkpoint."""
    torch.manual_seed(0)
    header = Header(
        architecture="stf",
        options=OPTIONS,
        layout="ntu25",
        classes=KNOWN,
        samples=64,
        rate_hz=30,
        streams={"joint": 1.0},
    )
    network = build_model("stf", layout=NTU25, num_classes=len(KNOWN), **OPTIONS).eval()
    if memory:
        recogniser = Recogniser(header, {"joint": network}, torch.device("cpu"))
        labelled = [
            Clip(clip.joints, clip.fps, clip.layout, label, name=clip.name)
            for label, name in enumerate(KNOWN)
            for clip in clips_of(utd_mhad, name, (1, 3))
        ]
        network.memory = remember(recogniser, labelled)["joint"]
        features = functional.pad(network.memory.flatten(0, 1), (0, 1), value=1.0)
        wanted = 10 * torch.eye(len(KNOWN)).repeat_interleave(network.memory.shape[1], dim=0)
        ridge = features.T @ features + 1e-3 * torch.eye(features.shape[1])
        solved = torch.linalg.solve(ridge, features.T @ wanted)
        network.head.weight.data, network.head.bias.data = solved[:-1].T.contiguous(), solved[-1]
    save_checkpoint(path, header, {"joint": network.state_dict()})
    return path


def write_random(path: Path, layout: SkeletonLayout, classes: tuple[str, ...], seed: int = 0) -> Path:
    """Write a checkpoint of random weights, which takes whole clips and tells classes apart by chance."""
    options = {"widths": [4, 4], "strides": [2, 2], "embedding": 2}
    header = Header(
        architecture="stf",
        options=options,
        layout=layout.name,
        classes=classes,
        samples=8,
        rate_hz=8,
        whole_clips=True,
        streams={"joint": 1.0},
    )
    torch.manual_seed(seed)
    network = build_model("stf", layout=layout, num_classes=len(classes), **options)
    save_checkpoint(path, header, {"joint": network.state_dict()})
    return path
