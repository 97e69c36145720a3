"""Kinetics-Skeleton: 400 actions in YouTube clips of ten seconds, OpenPose skeletons at 30 Hz (about 260,000 clips).

S. Yan, Y. Xiong, D. Lin, "Spatial Temporal Graph Convolutional Networks for Skeleton-Based Action Recognition", AAAI
2018. Folders `kinetics_train` and `kinetics_val` with one JSON per clip, `{"data": [{"frame_index", "skeleton":
[{"pose": [x1, y1, ...], "score": [...]}, ...]}, ...], "label", "label_index"}`, x and y in [0, 1]; beside them
`kinetics_train_label.json` and `kinetics_val_label.json`, clip -> `has_skeleton`, `label`, `label_index`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from stf.datasets.clip import Clip, Joints
from stf.datasets.corpus import BrokenClipError, Corpus, Entry, Origin, by_name
from stf.errors import UserError
from stf.skeleton import KINETICS18

FPS = 30.0
MAX_FRAMES = 300

ORIGIN = Origin(
    "Kinetics-Skeleton",
    "skeletons without a licence, of videos that belong to others: measure, ship no weights",
    "S. Yan, Y. Xiong, D. Lin, ST-GCN, AAAI 2018; W. Kay et al., Kinetics, 2017",
)

_MAX_CLASSES = 10_000
_PEOPLE_READ, _PEOPLE_KEPT = 5, 2


def read_clip(path: Path, label: int, name: str) -> Clip:
    """Read the JSON of one clip.

    Of the first five people in a frame the two with the highest total score are kept, the higher first, in every frame
    anew: as in ST-GCN's own preparation, a place may pass from one person to another.

    Args:
        path: the file.
        label: class number, which the file must confirm.
        name: what to call the clip.

    Returns:
        A clip of one or two persons in the KINETICS18 layout, from the first frame listed to the last. Joints of score
        zero and frames without a person are NaN.

    Raises:
        BrokenClipError: if it cannot be read, or does not hold finite skeletons of that class.
    """
    try:
        content = json.loads(path.read_bytes())
        frames = np.array([frame["frame_index"] for frame in content["data"]])
        people = [[_person(person) for person in frame["skeleton"]] for frame in content["data"]]
        labelled = content["label_index"]
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise BrokenClipError(f"{path} is missing, damaged or no Kinetics skeleton") from error
    if not all(np.isfinite(person).all() for present in people for person in present):
        raise BrokenClipError(f"{path} holds joints that are not finite")
    if labelled != label:
        raise BrokenClipError(f"{path} is of another class than the list of labels says")
    if not frames.size or frames.dtype.kind != "i" or (np.diff(frames) <= 0).any():
        raise BrokenClipError(f"{path} has no frames whose frame_index increases")
    if frames[-1] - frames[0] >= MAX_FRAMES:
        raise BrokenClipError(f"{path} has frames {frames[0]} to {frames[-1]}; {MAX_FRAMES} at most are known")
    joints = np.full((_PEOPLE_KEPT, frames[-1] - frames[0] + 1, KINETICS18.num_joints, 3), np.nan, np.float32)
    for frame, present in zip(frames - frames[0], people, strict=True):
        ranked = sorted(present[:_PEOPLE_READ], key=lambda person: float(person[:, 2].sum()), reverse=True)
        for place, person in enumerate(ranked[:_PEOPLE_KEPT]):
            joints[place, frame] = person
    joints = _centred(joints)
    if not len(joints):
        raise BrokenClipError(f"{path} holds nobody")
    return Clip(joints, FPS, KINETICS18, label, name=name)


def _person(person: Mapping[str, list[float]]) -> Float32[np.ndarray, "18 3"]:
    """x, y and score of every joint, as they are in the file."""
    pose = np.array(person["pose"], np.float32).reshape(KINETICS18.num_joints, 2)
    score = np.array(person["score"], np.float32).reshape(KINETICS18.num_joints, 1)
    return np.concatenate([pose, score], axis=1)


def _centred(joints: Joints) -> Joints:
    """Joints about the middle of the image, those without a score missing, of the persons who are there at all."""
    joints[..., :2] -= 0.5
    joints[~(joints[..., 2] > 0)] = np.nan
    there: Joints = joints[np.isfinite(joints).any(axis=(1, 2, 3))]
    return there


@dataclass(frozen=True, slots=True)
class _Kinetics:
    name: str = "kinetics"

    def recognises(self, path: Path) -> bool:
        return any((path / f"kinetics_{part}_label.json").is_file() for part in _PARTS)

    def open(self, path: Path) -> Corpus:
        """The folder that holds `kinetics_train`, `kinetics_val` and their labels, or one part with its labels."""
        listed = {part: labels for part in _PARTS if (labels := _labels(path, part)) is not None}
        if not listed:
            raise UserError(f"{path} holds neither kinetics_train_label.json nor kinetics_val_label.json")
        classes = _classes(path, listed.values())
        entries = {part: list(_entries(path / f"kinetics_{part}", labels)) for part, labels in listed.items()}
        names = {part: {entry.name for entry in found} for part, found in entries.items()}
        splits = {"train-val": by_name(names["train"], names["val"])} if len(names) == 2 else {}
        return Corpus(ORIGIN, classes, KINETICS18, [entry for found in entries.values() for entry in found], splits)


_PARTS = ("train", "val")


@dataclass(frozen=True, slots=True)
class _Listed:
    """What the list of labels says of a clip."""

    has_skeleton: bool
    label: str
    label_index: int


def _labels(path: Path, part: str) -> Mapping[str, _Listed] | None:
    """Clip -> what the list of a part says; None where there is no list."""
    file = path / f"kinetics_{part}_label.json"
    if not file.exists():
        return None
    try:
        content = json.loads(file.read_bytes())
        listed = {
            name: _Listed(bool(of["has_skeleton"]), str(of["label"]), int(of["label_index"]))
            for name, of in content.items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UserError(f"{file} is damaged or no list of labels; fetch it again") from error
    if any(not 0 <= clip.label_index < _MAX_CLASSES for clip in listed.values()):
        raise UserError(f"{file} has a label_index that is not from 0 to {_MAX_CLASSES - 1}")
    return listed


def _classes(path: Path, parts: Iterable[Mapping[str, _Listed]]) -> tuple[str, ...]:
    """Class names by label; a number for the name of one that no clip has."""
    names: dict[int, str] = {}
    for listed in parts:
        for clip in listed.values():
            if names.setdefault(clip.label_index, clip.label) != clip.label:
                raise UserError(
                    f"{path} calls class {clip.label_index} both '{names[clip.label_index]}' and '{clip.label}'"
                )
    return tuple(names.get(label, str(label)) for label in range(max(names, default=-1) + 1))


def _entries(folder: Path, listed: Mapping[str, _Listed]) -> Iterator[Entry]:
    """Every clip that is listed or there."""
    for clip in sorted(listed.keys() | {file.stem for file in folder.glob("*.json")}):
        name, path = f"{folder.name}/{clip}", folder / f"{clip}.json"
        if clip not in listed:
            yield Entry(name, partial(_broken, f"{path} is not in the list of labels beside {folder.name}"))
        elif not listed[clip].has_skeleton:
            yield Entry(name, partial(_broken, f"{path} holds nobody, as the list of labels says"))
        else:
            yield Entry(name, partial(read_clip, path, listed[clip].label_index, name))


def _broken(reason: str) -> Clip:
    raise BrokenClipError(reason)


IMPORTER = _Kinetics()
