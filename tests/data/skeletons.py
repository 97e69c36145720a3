"""Small skeleton datasets, written in the formats that their owners publish."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np


def body(frames: int, *, sway: float = 0.1, x: float = 0.0, wide: bool = False) -> np.ndarray:
    """(T, 25, 3) metres: something taller than wide, unless `wide`, at `x`, that sways by `sway`."""
    rng = np.random.default_rng(round(1000 * (x + sway)) + frames)
    size = (3.0, 0.5, 0.3) if wide else (0.5, 1.7, 0.3)
    standing = (rng.random((25, 3)) - 0.5) * size
    moving = sway * np.sin(np.arange(frames) / 3 + rng.random((25, 1)) * 6).T[..., None]
    return (standing + moving + (x, 0, 3)).astype(np.float32)


def write_ntu(path: Path, bodies: Mapping[str, Mapping[int, np.ndarray]], frames: int) -> Path:
    """Write a `.skeleton` file.

    Args:
        path: where.
        bodies: Kinect's body id -> frame -> (25, 3) joints.
        frames: how many frames.
    """
    lines: list[str] = [str(frames)]
    for frame in range(frames):
        present = {name: seen[frame] for name, seen in bodies.items() if frame in seen}
        lines.append(str(len(present)))
        for name, joints in present.items():
            lines += [f"{name} 0 1 1 1 1 0 0.01 -0.25 2", str(len(joints))]
            lines += [f"{x!r} {y!r} {z!r} 253.1 194.8 1032 478.6 0.2 0.03 0.97 -0.04 2" for x, y, z in joints.tolist()]
    path.write_text("\n".join(lines) + "\n")
    return path


def whole(joints: np.ndarray, start: int = 0) -> dict[int, np.ndarray]:
    """A body seen without a break from frame `start` on."""
    return dict(enumerate(joints, start))


def write_missing(folder: Path, names: Iterable[str], release: str = "RGBD120") -> Path:
    """Write the list of NTU samples with missing skeletons as the dataset's authors write it."""
    names = list(names)
    text = f'{len(names)} of the captured samples in "NTU" have missing or incomplete skeleton data.\nIgnore.\n\n'
    path = folder / f"NTU_{release}_samples_with_missing_skeletons.txt"
    path.write_text(text + "".join(f"{name}\n" for name in names))
    return path


def annotation(name: str, keypoint: np.ndarray, label: int, score: np.ndarray | None = None) -> dict[str, object]:
    """One clip as PYSKL has it: (M, T, 25, 3) metres, or (M, T, 17, 2) pixels of a 1920 x 1080 image with a score."""
    entry: dict[str, object] = {
        "frame_dir": name,
        "label": label,
        "total_frames": keypoint.shape[1],
        "keypoint": keypoint,
    }
    return entry if score is None else entry | {"keypoint_score": score, "img_shape": (1080, 1920)}


def write_kinetics(
    root: Path,
    part: str,
    name: str,
    frames: Sequence[Sequence[np.ndarray]],
    label: int = 0,
    *,
    label_name: str = "wave",
) -> Path:
    """Write one clip of Kinetics-Skeleton and add it to the list of its part.

    Args:
        root: the folder of the dataset.
        part: `train` or `val`.
        name: what the clip is called.
        frames: for every frame the (18, 3) x, y, score of each person.
        label: class number.
        label_name: class name.
    """
    folder = root / f"kinetics_{part}"
    folder.mkdir(exist_ok=True)
    data = [
        {
            "frame_index": number,
            "skeleton": [{"pose": person[:, :2].ravel().tolist(), "score": person[:, 2].tolist()} for person in people],
        }
        for number, people in enumerate(frames, 1)
    ]
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"data": data, "label": label_name, "label_index": label}))
    labels = root / f"kinetics_{part}_label.json"
    listed = json.loads(labels.read_text()) if labels.exists() else {}
    listed[name] = {"has_skeleton": any(map(len, frames)), "label": label_name, "label_index": label}
    labels.write_text(json.dumps(listed))
    return path
