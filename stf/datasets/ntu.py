"""NTU RGB+D 60 and 120: everyday, medical and two-person actions, three Kinect v2 at once (56,880 and 114,480 clips).

A. Shahroudy, J. Liu, T.-T. Ng, G. Wang, "NTU RGB+D: A Large Scale Dataset for 3D Human Activity Analysis", CVPR 2016;
J. Liu et al., "NTU RGB+D 120: A Large-Scale Benchmark for 3D Human Activity Understanding", TPAMI 2020. Files are
called `SsssCcccPpppRrrrAaaa.skeleton`: setup, camera, performer, replication, action. Their authors' list of samples
with missing skeletons, which they ask everybody to leave out, must lie beside them (github.com/shahroudy/NTURGB-D,
folder Matlab).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain, pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int

from stf.datasets.clip import Clip, Joints
from stf.datasets.corpus import BrokenClipError, Corpus, Entry, Origin, Part, Split, by_camera, by_subject
from stf.errors import UserError
from stf.skeleton import NTU25

CLASSES: tuple[str, ...] = (
    "drink water", "eat meal or snack", "brush teeth", "brush hair", "drop", "pick up", "throw", "sit down", "stand up",
    "clap", "read", "write", "tear up paper", "put on jacket", "take off jacket", "put on shoe", "take off shoe",
    "put on glasses", "take off glasses", "put on hat or cap", "take off hat or cap", "cheer up", "wave",
    "kick something", "reach into pocket", "hop", "jump up", "phone call", "play with phone or tablet", "type",
    "point to something", "take selfie", "check time", "rub hands", "nod or bow", "shake head", "wipe face", "salute",
    "put palms together", "cross hands in front", "sneeze or cough", "stagger", "fall", "headache", "chest pain",
    "back pain", "neck pain", "nausea or vomiting", "fan self", "punch or slap", "kick person", "push person",
    "pat on back", "point at person", "hug", "give something", "touch pocket", "shake hands", "walk towards each other",
    "walk apart", "put on headphones", "take off headphones", "shoot at basket", "bounce ball", "tennis swing",
    "juggle table tennis balls", "hush", "flick hair", "thumb up", "thumb down", "ok sign", "victory sign",
    "staple book", "count money", "cut nails", "cut paper", "snap fingers", "open bottle", "sniff", "squat down",
    "toss coin", "fold paper", "ball up paper", "play magic cube", "cream on face", "cream on hand", "put on bag",
    "take off bag", "put into bag", "take out of bag", "open box", "move heavy objects", "shake fist", "throw up cap",
    "hands up", "cross arms", "arm circles", "arm swings", "run on the spot", "butt kicks", "cross toe touch",
    "side kick", "yawn", "stretch", "blow nose", "hit with object", "wield knife", "knock over", "grab stuff",
    "shoot with gun", "step on foot", "high-five", "cheers and drink", "carry together", "take photo of person",
    "follow person", "whisper", "exchange things", "support somebody", "rock-paper-scissors",
)  # fmt: skip
"""Class names by label, shortened from both papers; label = action number - 1. The first 60 are NTU RGB+D 60."""

NTU60_CLASSES = 60

TRAIN_SUBJECTS = frozenset(
    {
        *(1, 2, 4, 5, 8, 9, 13, 14, 15, 16, 17, 18, 19, 25, 27, 28, 31, 34, 35, 38),  # NTU RGB+D 60
        *(45, 46, 47, 49, 50, 52, 53, 54, 55, 56, 57, 58, 59, 70, 74, 78, 80, 81, 82, 83, 84, 85, 86, 89, 91, 92, 93),
        *(94, 95, 97, 98, 100, 103),
    }
)
"""The 53 of 106 subjects that train in both cross-subject splits (CVPR 2016, TPAMI 2020); the 60 has 20 of them."""

FPS = 30.0

_TERMS = "academic research only, on request: measure, ship no weights"
NTU60 = Origin("NTU RGB+D 60", _TERMS, "A. Shahroudy et al., NTU RGB+D, CVPR 2016")
NTU120 = Origin("NTU RGB+D 120", _TERMS, "J. Liu et al., NTU RGB+D 120, TPAMI 2020")


class Sample(NamedTuple):
    """The numbers in the name of a sample."""

    setup: int
    camera: int
    subject: int
    replication: int
    action: int


_NAME = re.compile(r"S(\d{3})C(\d{3})P(\d{3})R(\d{3})A(\d{3})")


def parse_name(name: str) -> Sample | None:
    """The numbers in `SsssCcccPpppRrrrAaaa`; None where this is no such name or no action of the 120."""
    match = _NAME.fullmatch(name)
    sample = Sample(*map(int, match.groups())) if match else None
    return sample if sample and 1 <= sample.action <= len(CLASSES) else None


def splits(num_classes: int) -> Mapping[str, Split]:
    """The official splits of NTU RGB+D 60 (60 classes or fewer) or 120."""
    subjects = by_subject(frozenset(range(1, 107)) - TRAIN_SUBJECTS)
    if num_classes <= NTU60_CLASSES:
        return {"cross-subject": subjects, "cross-view": by_camera(frozenset({1}))}
    return {"cross-subject": subjects, "cross-setup": _by_setup}


def _by_setup(clip: Clip) -> Part | None:
    sample = parse_name(clip.name)
    if sample is None:
        return None
    return Part.TRAIN if sample.setup % 2 == 0 else Part.TEST


def read_clip(path: Path, missing: frozenset[str] = frozenset()) -> Clip:
    """Read one `SsssCcccPpppRrrrAaaa.skeleton`.

    Args:
        path: the file.
        missing: names of samples with missing skeletons.

    Returns:
        A clip of one or two persons in the NTU25 layout, who moves most first: x to the sensor's left, y up, z away
        from the sensor. Frames without a person are NaN.

    Raises:
        BrokenClipError: if it cannot be read, does not hold whole finite skeletons, or is one of `missing`.
    """
    sample = parse_name(path.stem)
    if sample is None or path.suffix != ".skeleton":
        raise BrokenClipError(f"{path} is not named like an NTU skeleton (SsssCcccPpppRrrrAaaa.skeleton, A to 120)")
    if path.stem in missing:
        raise BrokenClipError(f"{path} is on its authors' list of samples with missing skeletons")
    try:
        frames, bodies = _parse(path.read_text("ascii"))
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenClipError(f"{path} is missing, damaged or no text") from error
    except (ValueError, IndexError) as error:
        detail = str(error) if isinstance(error, _FormatError) else "it is cut off or holds something else than numbers"
        raise BrokenClipError(f"{path} is no whole NTU skeleton: {detail}") from error
    if not bodies:
        raise BrokenClipError(f"{path} holds {frames} frames and nobody in them")
    joints = _persons(bodies, frames)
    return Clip(joints, FPS, NTU25, sample.action - 1, sample.subject, path.stem, sample.camera)


class _FormatError(ValueError):
    """What is wrong with the text, in words."""


@dataclass(frozen=True, slots=True)
class _Body:
    """What one of Kinect's body ids did.

    Attributes:
        frames: (F,) the frames it is seen in, ascending.
        joints: (F, 25, 3) metres.
    """

    frames: Int[np.ndarray, " F"]
    joints: Float32[np.ndarray, "F 25 3"]

    @property
    def motion(self) -> float:
        """Motion energy: standard deviation over time, summed over joints and coordinates."""
        return float(self.joints.std(axis=0).sum())

    @property
    def is_human(self) -> bool:
        """Whether it is seen for long enough, and taller than wide often enough, to be a person."""
        extent = np.ptp(self.joints, axis=1)
        wide = extent[:, 0] > _WIDE * extent[:, 1]
        return len(self.frames) > _SHORT and bool(wide.mean() < _OFTEN)


_SHORT = 11
_WIDE = 0.8
_OFTEN = 0.7


def _parse(text: str) -> tuple[int, list[_Body]]:
    """The number of frames, and the bodies in order of appearance.

    The text is a count of frames; for every frame a count of bodies; for every body a line that begins with its id, a
    count of joints, and per joint a line of x, y, z and eight or more numbers that are not needed.
    """
    lines = iter(text.rstrip().split("\n"))
    frames = _count(next(lines, ""), "frames")
    if frames == 0:
        raise _FormatError("it has no frames")
    seen: dict[str, list[int]] = {}
    rows: dict[str, list[list[str]]] = {}
    for frame in range(frames):
        for _ in range(_count(next(lines, ""), "bodies")):
            info = next(lines, "").split()
            if not info:
                raise _FormatError(f"it is cut off in frame {frame}")
            body = info[0]
            if (joints := _count(next(lines, ""), "joints")) != NTU25.num_joints:
                raise _FormatError(f"a body in frame {frame} has {joints} joints, 25 are needed")
            if frame in seen.setdefault(body, [])[-1:]:
                raise _FormatError(f"body {body} is twice in frame {frame}")
            seen[body].append(frame)
            for _ in range(joints):
                row = next(lines, "").split()
                if len(row) < _FIELDS:
                    raise _FormatError(f"a joint in frame {frame} has {len(row)} numbers, {_FIELDS} are needed")
                rows.setdefault(body, []).append(row[:3])
    if next(lines, None) is not None:
        raise _FormatError(f"it goes on after its {frames} frames")
    return frames, [_body(seen[body], rows[body]) for body in seen]


_FIELDS = 11


def _count(line: str, what: str) -> int:
    if not re.fullmatch(r"\s*\d{1,5}\s*", line):
        raise _FormatError(f"it has '{line[:20].strip()}' for a number of {what}")
    return int(line)


def _body(frames: list[int], rows: list[list[str]]) -> _Body:
    joints = np.array(rows, dtype=np.float32).reshape(len(frames), NTU25.num_joints, 3)
    if not np.isfinite(joints).all():
        raise _FormatError("it holds joints that are not finite")
    return _Body(np.array(frames), joints)


def _persons(bodies: list[_Body], frames: int) -> Joints:
    """One or two persons (M, T, 25, 3), NaN where they are not seen.

    Kinect tracks up to six bodies, some of them furniture, and may lose a person and find them again under another id.
    Where there are several bodies, those seen in 11 frames or fewer and those wider than 0.8 of their height in 0.7 of
    their frames are dropped (the preprocessing published with SGN, CVPR 2020, and used with CTR-GCN, ICCV 2021, has
    11, 0.8 and 0.69754), unless none would be left. The rest are ranked by motion energy, as in ST-GCN (AAAI 2018).
    In that order each joins the first of two persons who is not seen in any of its frames (ours), so that nobody
    changes places on the way.
    """
    human = bodies if len(bodies) == 1 else [body for body in bodies if body.is_human] or bodies
    joints = np.full((2, frames, NTU25.num_joints, 3), np.nan, np.float32)
    for body in sorted(human, key=lambda body: body.motion, reverse=True):
        for person in joints:
            if np.isnan(person[body.frames]).all():
                person[body.frames] = body.joints
                break
    return joints if np.isfinite(joints[1]).any() else joints[:1]


_LISTS = {
    NTU60.name: "NTU_RGBD_samples_with_missing_skeletons.txt",
    NTU120.name: "NTU_RGBD120_samples_with_missing_skeletons.txt",
}


def read_missing(path: Path) -> frozenset[str]:
    """The names in one of the authors' lists of samples with missing skeletons.

    Args:
        path: the file: a line that begins with how many there are (302 or 535), then text, then one name per line.

    Raises:
        UserError: if it cannot be read or holds another number of names than it says.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is missing or no text; fetch it again") from error
    names = frozenset(line.strip() for line in lines if parse_name(line.strip()))
    announced = re.match(r"\d+", lines[0]) if lines else None
    if announced is None or int(announced[0]) != len(names):
        raise UserError(f"{path} holds {len(names)} names, and its first line does not say so; fetch it again")
    return names


@dataclass(frozen=True, slots=True)
class _Ntu:
    name: str = "ntu"

    def recognises(self, path: Path) -> bool:
        return path.is_dir() and any(parse_name(file.stem) for file in _files(path))

    def open(self, path: Path) -> Corpus:
        """The folder of `.skeleton` files, or the one above it or them, with the list of missing samples in either."""
        files = sorted(_files(path), key=lambda file: file.name)
        samples = [sample for file in files if (sample := parse_name(file.stem))]
        if not samples:
            raise UserError(f"{path} holds no NTU skeletons (SsssCcccPpppRrrrAaaa.skeleton)")
        for one, other in pairwise(files):
            if one.name == other.name:
                raise UserError(f"{path} holds {one.name} twice, in {one.parent} and {other.parent}; remove one")
        origin = NTU60 if max(sample.action for sample in samples) <= NTU60_CLASSES else NTU120
        classes = CLASSES[:NTU60_CLASSES] if origin is NTU60 else CLASSES
        missing = _missing(path, origin)
        entries = [Entry(file.stem, partial(read_clip, file, missing)) for file in files]
        return Corpus(origin, classes, NTU25, entries, splits(len(classes)))


def _files(path: Path) -> Iterable[Path]:
    return chain(path.glob("*.skeleton"), path.glob("*/*.skeleton"))


def _missing(path: Path, origin: Origin) -> frozenset[str]:
    """The names on the lists that lie at `path`; that of NTU RGB+D 120 holds the other's as well."""
    wanted = [_LISTS[NTU120.name]] if origin is NTU120 else list(_LISTS.values())
    lists = [file for name in wanted for pattern in (name, f"*/{name}") for file in path.glob(pattern)]
    if not lists:
        raise UserError(
            f"{path} lacks its authors' list {wanted[0]}, without which incomplete samples would be counted; "
            "fetch it from github.com/shahroudy/NTURGB-D and put it beside the skeletons"
        )
    return frozenset[str]().union(*map(read_missing, lists))


IMPORTER = _Ntu()
