"""`Shot`: one clip as one camera and the pose estimator see it, beside what is true; kept as a file."""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32

from calibration.figure.camera import Camera
from stf.atomic import output_file, write_errors
from stf.errors import UserError


@dataclass(frozen=True, slots=True)
class Shot:
    """T frames of a rendered clip: the truth, and all that the pose estimator said, before any mapping.

    Attributes:
        name: of its file, `CLIP_vVIEW`.
        label, subject: as of `Clip`.
        fps: frames per second.
        camera: as it stood.
        truth: (T, 25, 3) NTU25 joints in metres, camera coordinates (Kinect axes, origin in the pinhole).
        landmarks, world: (T, 33, 3) as of `PersonPose`; NaN where nobody was found.
        visibility: (T, 33) as of `PersonPose`; NaN where nobody was found.
        height: (T,) how much of the picture's height the figure takes, in [0, 1].
        whole: (T,) whether no part of the figure reaches the picture's edge.
    """

    name: str
    label: int
    subject: int
    fps: float
    camera: Camera
    truth: Float32[np.ndarray, "T 25 3"] = field(repr=False)
    landmarks: Float32[np.ndarray, "T 33 3"] = field(repr=False)
    world: Float32[np.ndarray, "T 33 3"] = field(repr=False)
    visibility: Float32[np.ndarray, "T 33"] = field(repr=False)
    height: Float32[np.ndarray, " T"] = field(repr=False)
    whole: Bool[np.ndarray, " T"] = field(repr=False)

    @property
    def found(self) -> Bool[np.ndarray, " T"]:
        """(T,) where somebody was found."""
        return np.asarray(np.isfinite(self.visibility).all(axis=1))


def save_shot(path: Path, shot: Shot) -> None:
    """Write a shot as `.npz`."""
    content = {part.name: getattr(shot, part.name) for part in fields(shot)[1:]}
    content["camera"] = json.dumps(asdict(shot.camera))
    with output_file(path) as temporary, write_errors(path), temporary.open("wb") as file:
        np.savez_compressed(file, **content)


def read_shots(folder: Path) -> list[Shot]:
    """The shots in a folder that `save_shot` filled, by file name.

    Raises:
        UserError: if there is none or one cannot be read.
    """
    shots = [_read_shot(path) for path in sorted(folder.glob("*.npz"))]
    if not shots:
        raise UserError(f"{folder} holds no shots (*.npz); render some first")
    return shots


def _read_shot(path: Path) -> Shot:
    try:
        with np.load(path) as file:
            content: dict[str, Any] = {name: array[()] for name, array in file.items()}
        camera = json.loads(str(content.pop("camera")))
        tuples = {name: tuple(value) for name, value in camera.items() if isinstance(value, list)}
        return Shot(path.stem, camera=Camera(**(camera | tuples)), **content)
    except (OSError, ValueError, TypeError, EOFError) as error:
        raise UserError(f"{path} cannot be read as a shot ({error}); remove it, and it is rendered anew") from error
