"""UI-PRMD: 10 exercises of physical therapy, 10 subjects, 10 repetitions in good and 10 in bad form (2000 clips).

A. Vakanski, H. Jun, D. Paul, R. Baker, "A Data Set of Human Body Movements for Physical Rehabilitation Exercises",
Data 3(1):2, 2018. Read from the segmented movements of its Kinect v2: `mMM_sSS_eEE_positions.txt` and `..._angles.txt`
(or those with `.gz`), one row of 3 x 22 numbers per frame.

What is called positions are each joint's offsets from its parent, in the parent's frame, so that only the waist's is a
position; joints come from forward kinematics over both files.
"""

import gzip
import re
import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float

from stf.datasets.clip import Clip
from stf.datasets.corpus import BrokenClipError, Corpus, Entry, Origin, by_subject
from stf.errors import UserError
from stf.skeleton import PRMD22

CLASSES: tuple[str, ...] = (
    "deep squat", "hurdle step", "inline lunge", "side lunge", "sit to stand", "standing active straight leg raise",
    "standing shoulder abduction", "standing shoulder extension", "standing shoulder internal-external rotation",
    "standing shoulder scaption",
)  # fmt: skip
"""Class names by label; label = movement number - 1. Good and bad form are one class."""

FPS = 30.0

ORIGIN = Origin(
    "UI-PRMD",
    "Open Data Commons PDDL 1.0",
    "A. Vakanski et al., A Data Set of Human Body Movements, Data 3(1):2, 2018",
    shippable=True,
)

_FILE = re.compile(r"(m(\d+)_s(\d+)_e\d+)_positions(_inc)?\.txt(?:\.gz)?")
_FOLDERS = ("Segmented Movements", "Incorrect Segmented Movements")
_PARENTS = PRMD22.indices(
    *("waist", "waist", "spine", "chest", "neck", "head"),
    *("chest", "left_collar", "left_shoulder", "left_elbow", "chest", "right_collar", "right_shoulder", "right_elbow"),
    *("waist", "left_hip", "left_knee", "left_ankle", "waist", "right_hip", "right_knee", "right_ankle"),
)
"""The parent of each joint on the way from the waist."""

_TO_SENSOR_AXES = np.array([-1, 1, -1]) / 100
"""From centimetres with x to the person's left, who looks along z, to metres in Kinect's axes: half a turn about y."""


def read_clip(path: Path) -> Clip:
    """Read one `mMM_sSS_eEE_positions[_inc].txt[.gz]` and the angles of the same name in the folder beside its own.

    Returns:
        A clip of one person in the PRMD22 layout: metres, x to the sensor's left, y up, z away from the sensor. Its
        name ends in `_inc` where the movement was deliberately done in bad form, as the files' own names do.

    Raises:
        BrokenClipError: if either file cannot be read, or they do not fit together.
    """
    match = _FILE.fullmatch(path.name)
    if not match or not 1 <= int(match[2]) <= len(CLASSES):
        raise BrokenClipError(
            f"{path} is not named like positions of UI-PRMD (mMM_sSS_eEE_positions.txt, MM 1 to {len(CLASSES)})"
        )
    positions = _table(path)
    angles = _table(path.parent.parent / "Angles" / path.name.replace("positions", "angles"))
    if len(positions) != len(angles):
        raise BrokenClipError(f"{path} has {len(positions)} frames, but its angles have {len(angles)}")
    name, movement, subject, bad_form = match.groups()
    joints = (joint_positions(positions, angles) * _TO_SENSOR_AXES).astype(np.float32)[None]
    return Clip(joints, FPS, PRMD22, int(movement) - 1, int(subject), name + (bad_form or ""))


def joint_positions(
    offsets: Float[np.ndarray, "T 22 3"], angles: Float[np.ndarray, "T 22 3"]
) -> Float[np.ndarray, "T 22 3"]:
    """Where the joints are, by forward kinematics.

    The order of rotations is not published: with this one the ankles of those who squat move by 7 cm (median of 100
    clips), with two others by 46 and 79 cm.

    Args:
        offsets: of each joint from its parent, in the parent's frame.
        angles: degrees about x, y, z; turns about the parent's y, then x, then z axis.

    Returns:
        Positions in the unit of the offsets.
    """
    from scipy.spatial.transform import Rotation  # noqa: PLC0415 - 0.4 s, which every start of the program would wait for

    positions = np.empty_like(offsets)
    frames: list[Rotation] = []
    for joint, parent in enumerate(_PARENTS):
        own = Rotation.from_euler("yxz", angles[:, joint, [1, 0, 2]], degrees=True)
        if joint == parent:
            positions[:, joint] = offsets[:, joint]
            frames.append(own)
        else:
            positions[:, joint] = positions[:, parent] + frames[parent].apply(offsets[:, joint])
            frames.append(frames[parent] * own)
    return positions


def _table(path: Path) -> Float[np.ndarray, "T 22 3"]:
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("ascii")
        table = np.array([line.split(",") for line in text.split()], float)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise BrokenClipError(f"{path} is missing, damaged or no table of UI-PRMD; fetch it again") from error
    if table.shape[1:] != (66,):
        raise BrokenClipError(f"{path} holds numbers of shape {table.shape}; (frames, 66) is needed")
    if not np.isfinite(table).all():
        raise BrokenClipError(f"{path} holds numbers that are not finite")
    return table.reshape(-1, 22, 3)


@dataclass(frozen=True, slots=True)
class _UiPrmd:
    name: str = "ui_prmd"

    def recognises(self, path: Path) -> bool:
        return any((path / folder / "Kinect" / "Positions").is_dir() for folder in _FOLDERS)

    def open(self, path: Path) -> Corpus:
        """The folder that holds `Segmented Movements`, `Incorrect Segmented Movements` or both."""
        files = [
            file
            for folder in _FOLDERS
            for file in sorted((path / folder / "Kinect" / "Positions").glob("*"))
            if _FILE.fullmatch(file.name)
        ]
        if not files:
            raise UserError(f"{path} holds no movements of UI-PRMD ({_FOLDERS[0]}/Kinect/Positions/mMM_sSS_eEE_...)")
        entries = [
            Entry(file.name.partition(".")[0].replace("_positions", ""), partial(read_clip, file)) for file in files
        ]
        return Corpus(ORIGIN, CLASSES, PRMD22, entries, {"cross-subject": by_subject(frozenset(range(6, 11)))})


IMPORTER = _UiPrmd()
