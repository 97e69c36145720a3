"""PYSKL's annotation files: many datasets, 2D (COCO-17) and 3D (NTU-25) skeletons, in one `.pkl` each.

H. Duan, J. Wang, K. Chen, D. Lin, "PYSKL: Towards Good Practices for Skeleton Action Recognition", ACM MM 2022. A
pickle of a dict: `split` is a dict of lists of clip names, `annotations` a list of dicts with `frame_dir` (the name),
`label`, `total_frames`, `keypoint` (M, T, V, 2 or 3), and in 2D `keypoint_score` (M, T, V) and `img_shape` (height,
width) in pixels. Its file for Kinetics-400 holds no keypoints, only places of files that do, and cannot be read.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from stf.datasets import ntu
from stf.datasets.clip import Clip, Joints
from stf.datasets.corpus import BrokenClipError, Corpus, Entry, Origin, Split, by_name
from stf.datasets.unpickle import PickledArray, load_plain
from stf.errors import UserError
from stf.skeleton import COCO17, NTU25, SkeletonLayout

FPS = 30.0
"""Not in the files: NTU RGB+D's, and near that of the others, whose videos differ."""

MAX_CLASSES = 10_000

_LAYOUTS: Mapping[tuple[int, int], SkeletonLayout] = {(17, 2): COCO17, (25, 3): NTU25}
_CITATION = "H. Duan et al., PYSKL, ACM MM 2022, and the authors of the dataset"
_TERMS = "those of the dataset it was made from, and of its videos: measure, ship no weights"


def _keypoints(annotation: Mapping[str, object], name: str, key: str = "keypoint") -> np.ndarray:
    """An array of an annotation as float32."""
    array = annotation.get(key)
    if not isinstance(array, PickledArray):
        raise BrokenClipError(f"clip '{name}' has no array {key}")
    try:
        values = array.numpy()
    except (TypeError, ValueError, OverflowError) as error:
        raise BrokenClipError(f"clip '{name}' has a damaged array {key}") from error
    if values.dtype.kind not in "iuf" or not np.isfinite(values := values.astype(np.float32)).all():
        raise BrokenClipError(f"clip '{name}' has a {key} that is not finite numbers")
    return values


def _clip(annotation: Mapping[str, object], name: str, layout: SkeletonLayout, num_classes: int) -> Clip:
    """One annotation as a clip of the persons who are there; what is not seen is NaN."""
    keypoint = _keypoints(annotation, name)
    if keypoint.ndim != 4 or not keypoint.size or _LAYOUTS.get(keypoint.shape[2:]) is not layout:
        raise BrokenClipError(f"clip '{name}' has keypoints of shape {keypoint.shape}, which is not {layout.name}")
    if annotation.get("total_frames") != keypoint.shape[1]:
        raise BrokenClipError(f"clip '{name}' has keypoints of {keypoint.shape[1]} frames, but another total_frames")
    label = annotation.get("label")
    if type(label) is not int or not 0 <= label < num_classes:
        raise BrokenClipError(f"clip '{name}' has no label from 0 to {num_classes - 1}")
    joints = _in_space(keypoint) if layout is NTU25 else _in_image(keypoint, annotation, name)
    joints = joints[np.isfinite(joints).any(axis=(1, 2, 3))]
    if not len(joints):
        raise BrokenClipError(f"clip '{name}' holds nobody")
    sample = ntu.parse_name(name)
    subject, camera = (sample.subject, sample.camera) if sample else (-1, -1)
    return Clip(joints, FPS, layout, label, subject, name, camera)


def _in_space(keypoint: Joints) -> Joints:
    keypoint[~(keypoint != 0).any(axis=(2, 3))] = np.nan
    return keypoint


def _in_image(keypoint: np.ndarray, annotation: Mapping[str, object], name: str) -> Joints:
    """Pixels to fractions of the image minus 0.5, as in KINETICS18."""
    score = _keypoints(annotation, name, "keypoint_score")
    if score.shape != keypoint.shape[:3]:
        raise BrokenClipError(f"clip '{name}' has scores of shape {score.shape} for keypoints of {keypoint.shape}")
    match annotation.get("img_shape"):
        case (int(height), int(width)) if height > 0 and width > 0:
            placed = keypoint / np.array([width, height], np.float32) - np.float32(0.5)
        case _:
            raise BrokenClipError(f"clip '{name}' has no img_shape (height, width) in pixels")
    joints: Joints = np.concatenate([placed, score[..., None]], axis=3)
    joints[score <= 0] = np.nan
    return joints


_TRAIN = re.compile(r"((?:\w+_)?)train(\d*)")


def _splits(path: Path, lists: object) -> Mapping[str, Split]:
    """`xsub_train` with `xsub_val` or `xsub_test` is `xsub`; `train1` with `test1` is `fold1`; `train` is `file`."""
    if not isinstance(lists, dict):
        raise UserError(f"{path} has no dict of splits, so it is no PYSKL file")
    splits = {}
    for name in lists:
        match = _TRAIN.fullmatch(name) if isinstance(name, str) else None
        if match is None:
            continue
        stem, fold = match.groups()
        other = next((other for part in ("test", "val") if (other := f"{stem}{part}{fold}") in lists), None)
        if other is None:
            continue
        train, test = _names(path, lists[name]), _names(path, lists[other])
        if both := train & test:
            raise UserError(f"{path} has clip '{min(both)}' both in {name} and in {other}; take it out of one")
        splits[f"{stem}fold{fold}" if fold else stem.rstrip("_") or "file"] = by_name(train, test)
    return splits


def _names(path: Path, members: object) -> frozenset[str]:
    if not isinstance(members, list | tuple | set) or not all(isinstance(name, str) for name in members):
        raise UserError(f"{path} has a split that is no list of names, so it is no PYSKL file")
    return frozenset(members)


@dataclass(frozen=True, slots=True)
class _Pyskl:
    name: str = "pyskl"

    def recognises(self, path: Path) -> bool:
        if path.suffix not in {".pkl", ".pickle"} or not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(1) == b"\x80"  # the protocol, in every pickle since protocol 2

    def open(self, path: Path) -> Corpus:
        """The file, read whole: a pickle cannot be read in part. Its arrays stay as they lie in it until asked for."""
        content = load_plain(path)
        annotations = content.get("annotations") if isinstance(content, dict) else None
        if not isinstance(content, dict) or not isinstance(annotations, list) or not annotations:
            raise UserError(f"{path} has no list of annotations, so it is no PYSKL file")
        named: dict[str, Mapping[str, object]] = {}
        for number, annotation in enumerate(annotations):
            name = annotation.get("frame_dir") if isinstance(annotation, dict) else None
            if not isinstance(name, str) or not name.isprintable() or name in named:
                raise UserError(f"{path} has an annotation (number {number}) without a name of its own (frame_dir)")
            named[name] = annotation
        origin, classes = _classes(path, named)
        layout = _layout(path, named)
        entries = [Entry(name, partial(_clip, item, name, layout, len(classes))) for name, item in named.items()]
        return Corpus(origin, classes, layout, entries, _splits(path, content.get("split")))


def _classes(path: Path, named: Mapping[str, Mapping[str, object]]) -> tuple[Origin, tuple[str, ...]]:
    """Whose dataset it is, and its classes: known by its clips' names for NTU RGB+D, numbers for the others."""
    samples = [ntu.parse_name(name) for name in named]
    if None not in samples:
        small = all(sample.action <= ntu.NTU60_CLASSES for sample in samples if sample)
        return (ntu.NTU60, ntu.CLASSES[: ntu.NTU60_CLASSES]) if small else (ntu.NTU120, ntu.CLASSES)
    labels = [label for item in named.values() if type(label := item.get("label")) is int and 0 <= label < MAX_CLASSES]
    if not labels:
        raise UserError(f"{path} has no annotation with a label from 0 to {MAX_CLASSES - 1}")
    return Origin(path.stem, _TERMS, _CITATION), tuple(map(str, range(max(labels) + 1)))


def _layout(path: Path, named: Mapping[str, Mapping[str, object]]) -> SkeletonLayout:
    """The layout of the first clip that has a known one."""
    for name, annotation in named.items():
        try:
            return _LAYOUTS[_keypoints(annotation, name).shape[2:]]
        except (BrokenClipError, KeyError):
            continue
    raise UserError(f"{path} has no keypoints of shape (persons, frames, 17, 2) or (persons, frames, 25, 3)")


IMPORTER = _Pyskl()
