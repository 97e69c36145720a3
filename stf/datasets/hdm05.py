"""HDM05: 11 everyday actions, 5 actors, optical motion capture at 120 Hz (288 clips of the database's 130 classes).

M. Müller, T. Röder, M. Clausen, B. Eberhardt, B. Krüger, A. Weber, "Documentation Mocap Database HDM05", Universität
Bonn, 2007. Read from skeletons `HDM_actor.asf` and motions `HDM_actor_motion_NNN_120.amc` beside them (Acclaim's
formats), whatever the folders are called.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from stf.datasets.clip import Clip
from stf.datasets.corpus import BrokenClipError, Corpus, Entry, Origin, by_subject
from stf.errors import UserError
from stf.skeleton import HDM31

if TYPE_CHECKING:
    from scipy.spatial.transform import Rotation

MOTIONS: Mapping[str, str] = {
    "depositFloorR": "deposit floor",
    "elbowToKnee1RepsLelbowStart": "elbow to knee",
    "grabHighR": "grab high",
    "hopBothLegs1hops": "hop both legs",
    "jogLeftCircle4StepsRstart": "jog",
    "kickLFront1Reps": "kick front",
    "lieDownFloor": "lie down",
    "rotateArmsBothBackward1Reps": "rotate both arms",
    "sneak2StepsLStart": "sneak",
    "squat1Reps": "squat",
    "throwBasketball": "throw",
}
"""What the database calls a motion -> class name."""

CLASSES: tuple[str, ...] = tuple(MOTIONS.values())
"""Class names by label."""

ACTORS = ("bd", "bk", "dg", "mm", "tr")
"""The actors' letters; subject n is the n-th, counted from 1."""

FPS = 120.0

ORIGIN = Origin(
    "HDM05",
    "CC BY-SA 3.0; The data used in this project was obtained from HDM05",
    "M. Müller et al., Documentation Mocap Database HDM05, Universität Bonn, 2007",
    shippable=True,
)

_FILE = re.compile(r"HDM_([a-z]+)_(\w+)_(\d+)_120\.amc", re.IGNORECASE)
_INCH = 0.0254
_BONES = (
    "root",
    *("lhipjoint", "lfemur", "ltibia", "lfoot", "ltoes", "rhipjoint", "rfemur", "rtibia", "rfoot", "rtoes"),
    *("lowerback", "upperback", "thorax", "lowerneck", "upperneck", "head"),
    *("lclavicle", "lhumerus", "lradius", "lwrist", "lhand", "lfingers", "lthumb"),
    *("rclavicle", "rhumerus", "rradius", "rwrist", "rhand", "rfingers", "rthumb"),
)
"""The bone at whose far end each joint of HDM31 lies; parents come first."""


@dataclass(frozen=True, slots=True)
class Bone:
    """A bone of an ASF skeleton.

    Attributes:
        parent: the bone at whose far end it starts.
        offset: (3,) from its start to its end in the rest pose, metres.
        axes: its own axes in the rest pose.
        freedom: about which of its axes it turns, as numbers 0 to 2, in the order of the motion files.
    """

    parent: str
    offset: Float[np.ndarray, " 3"]
    axes: "Rotation"
    freedom: tuple[int, ...]


def read_skeleton(path: Path) -> tuple[Mapping[str, Bone], float]:
    """Read an `.asf`.

    Returns:
        The bones by name and the length of the file's unit in metres.

    Raises:
        BrokenClipError: if it cannot be read or is no such skeleton.
    """
    try:
        sections = dict(part.partition("\n")[::2] for part in _text(path).split("\n:"))
        unit = _INCH / float(re.findall(r"length\s+(\S+)", sections["units"])[0])  # the file's is 1 / length inches
        described = dict(_bone(block, unit) for block in sections["bonedata"].split("begin")[1:])
        bones: dict[str, Bone] = {}
        for parent, *children in filter(None, map(str.split, sections["hierarchy"].splitlines())):
            for child in children:
                offset, axes, freedom = described[child]
                bones[child] = Bone(parent, offset, axes, freedom)
    except (KeyError, ValueError, IndexError, ZeroDivisionError) as error:
        raise BrokenClipError(f"{path} is damaged or no ASF skeleton; fetch it again") from error
    return bones, unit


def _bone(block: str, unit: float) -> "tuple[str, tuple[Float[np.ndarray, ' 3'], Rotation, tuple[int, ...]]]":
    """Name, offset, axes and freedom of a bone."""
    from scipy.spatial.transform import Rotation  # noqa: PLC0415 - 0.4 s, which every start of the program would wait for

    words = {key: values for key, *values in filter(None, map(str.split, block.splitlines()))}
    offset = np.array(words["direction"], float) * float(words["length"][0]) * unit
    axes = np.array(words["axis"][:3], float)  # degrees
    if not offset.shape == axes.shape == (3,) or not np.isfinite([offset, axes]).all():
        raise ValueError(f"bone {words['name']} is not in space")
    freedom = tuple("xyz".index(word[1]) for word in words.get("dof", []))
    return words["name"][0], (offset, Rotation.from_euler("xyz", axes, degrees=True), freedom)


def read_motion(path: Path) -> Mapping[str, Float[np.ndarray, "T _"]]:
    """Read an `.amc`.

    Returns:
        For each bone its numbers in every frame.

    Raises:
        BrokenClipError: if it cannot be read, or not every frame has the same bones.
    """
    frames = 0
    motion: dict[str, list[list[float]]] = {}
    try:
        for name, *values in filter(None, map(str.split, _text(path).splitlines())):
            if name.isdigit():
                frames += 1
            elif name.isalpha():
                motion.setdefault(name, []).append([float(value) for value in values])
        if not frames or any(len(rows) != frames for rows in motion.values()):
            raise BrokenClipError(f"{path} is truncated: not all of its {frames} frames have the same bones")
        return {name: np.array(rows) for name, rows in motion.items()}
    except ValueError as error:
        raise BrokenClipError(f"{path} is damaged or no AMC motion; fetch it again") from error


def read_clip(path: Path) -> Clip:
    """Read one `HDM_actor_motion_NNN_120.amc` with the skeleton beside it.

    Returns:
        A clip of one person in the HDM31 layout: metres, right-handed, y up, the floor at y = 0.

    Raises:
        BrokenClipError: if motion or skeleton cannot be used.
    """
    match = _FILE.fullmatch(path.name)
    if not match or match[1] not in ACTORS or match[2] not in MOTIONS:
        raise BrokenClipError(
            f"{path} is not named like a motion of HDM05's 11 classes (HDM_actor_motion_NNN_120.amc with an actor of "
            f"{', '.join(ACTORS)})"
        )
    skeleton = path.with_name(f"HDM_{match[1]}.asf")
    bones, unit = read_skeleton(skeleton)
    motion = read_motion(path)
    for number, name in enumerate(_BONES[1:]):
        if name not in bones or bones[name].parent not in _BONES[: number + 1]:
            raise BrokenClipError(f"{skeleton} has no bone {name} where HDM05 has it, so it is none of its skeletons")
    needed = {"root": 6} | {name: len(bone.freedom) for name, bone in bones.items()}
    for name, numbers in needed.items():
        given = motion[name].shape[1] if name in motion else 0
        if given != numbers:
            raise BrokenClipError(f"{path} has {given} numbers for the bone {name}; its skeleton needs {numbers}")
    if not all(np.isfinite(numbers).all() for numbers in motion.values()):
        raise BrokenClipError(f"{path} holds numbers that are not finite")
    ends = bone_ends(bones, motion, unit)
    joints = np.stack([ends[name] for name in _BONES], axis=1)[None].astype(np.float32)
    return Clip(joints, FPS, HDM31, CLASSES.index(MOTIONS[match[2]]), ACTORS.index(match[1]) + 1, path.stem)


def bone_ends(
    bones: Mapping[str, Bone], motion: Mapping[str, Float[np.ndarray, "T _"]], unit: float
) -> Mapping[str, Float[np.ndarray, "T 3"]]:
    """Where the far end of each bone is, by forward kinematics (Acclaim's: a bone turns about its own axes).

    Args:
        bones: those of HDM05.
        motion: for each bone its angles in degrees; for `root` its place, in the file's unit, and its angles.
        unit: the file's unit of length in metres.

    Returns:
        Metres by bone, `root` among them.
    """
    from scipy.spatial.transform import Rotation  # noqa: PLC0415 - as above

    turn = {"root": Rotation.from_euler("xyz", motion["root"][:, 3:], degrees=True)}
    end = {"root": motion["root"][:, :3] * unit}
    for name in _BONES[1:]:
        bone = bones[name]
        angles = np.zeros((len(motion["root"]), 3))
        if bone.freedom:
            angles[:, bone.freedom] = motion[name]
        own = bone.axes * Rotation.from_euler("xyz", angles, degrees=True) * bone.axes.inv()
        turn[name] = turn[bone.parent] * own
        end[name] = end[bone.parent] + turn[name].apply(bone.offset)
    return end


def _text(path: Path) -> str:
    try:
        return path.read_text("latin-1")  # comments hold German names of folders
    except OSError as error:
        raise BrokenClipError(f"{path} cannot be read: {error.strerror}") from error


def _motions(path: Path) -> Iterator[Path]:
    for depth in ("", "*/", "*/*/"):
        yield from (file for file in path.glob(f"{depth}HDM_*") if _FILE.fullmatch(file.name))


@dataclass(frozen=True, slots=True)
class _Hdm05:
    name: str = "hdm05"

    def recognises(self, path: Path) -> bool:
        return path.is_dir() and any(_motions(path))

    def open(self, path: Path) -> Corpus:
        """Every motion in a folder, the folders in it, and those in them (`train/10/`)."""
        files = sorted(_motions(path), key=lambda file: file.name)
        if not files:
            raise UserError(f"{path} holds no motions of HDM05 (HDM_actor_motion_NNN_120.amc)")
        entries = [Entry(file.stem, partial(read_clip, file)) for file in files]
        return Corpus(ORIGIN, CLASSES, HDM31, entries, {"cross-actor": by_subject(frozenset({4, 5}))})


IMPORTER = _Hdm05()
