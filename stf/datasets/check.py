"""Which clips can be read but say nothing, and which look as if something went wrong with them."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from hashlib import blake2b

import numpy as np
from jaxtyping import Float32

from stf.datasets.clip import Clip
from stf.datasets.corpus import BrokenClipError, Corpus, Entry
from stf.skeleton import SkeletonLayout

LONGEST_BONE = 0.6
"""In body sizes; a bone longer than this is suspicious (UTD-MHAD has 0.41 at most, 99.9 % of N-UCLA 1.2)."""

FARTHEST_JUMP = 1.0
"""In body sizes from one frame to the next; 25 m/s at 15 fps (UTD-MHAD has 0.66 at most, 99.9 % of N-UCLA 2.2)."""


def checked(corpus: Corpus) -> Corpus:
    """The same dataset, in which a clip that can be read but says nothing is broken as well.

    That is a clip without a joint, with every joint at zero, with infinite coordinates, of one frame, of a class that
    the dataset does not have, or of the same name as one before it.
    """
    names: set[str] = set()
    entries = []
    for entry in corpus.entries:
        read = partial(_repeated if entry.name in names else _read, entry, len(corpus.classes))
        entries.append(Entry(entry.name, read))
        names.add(entry.name)
    return replace(corpus, entries=entries)


def _repeated(entry: Entry, _classes: int) -> Clip:
    raise BrokenClipError(f"clip '{entry.name}' has the same name as a clip before it")


def _read(entry: Entry, classes: int) -> Clip:
    clip = entry.read()
    if flaw := _flaw(clip, classes):
        raise BrokenClipError(f"clip '{entry.name}' {flaw}")
    return clip


def _flaw(clip: Clip, classes: int) -> str | None:
    coordinates = clip.joints[..., : clip.layout.num_coordinates]
    if np.isinf(coordinates).any():
        return "has infinite coordinates"
    if np.isnan(coordinates).any(axis=-1).all():
        return "has no joint in any frame"
    if not np.nan_to_num(coordinates).any():
        return "has every joint at zero"
    if clip.joints.shape[1] == 1:
        return "has one frame only, so nothing moves in it"
    if not -1 <= clip.label < classes:
        return f"has label {clip.label}, but the dataset has {classes} classes"
    return None


def fingerprint(clip: Clip) -> bytes:
    """The same for two clips whose joints are the same to the last bit, as copies of one recording are."""
    return blake2b(repr(clip.joints.shape).encode() + clip.joints.tobytes(), digest_size=16).digest()


def suspicions(clip: Clip) -> Iterator[str]:
    """What looks wrong about a clip that can be used, a few words each: impossible bones, jumps, joints at zero.

    Lengths are measured in body sizes, the median diagonal of the box around the person in the frames where at least
    half of the joints are seen, so that any unit will do; where there is no such frame, nothing is said of lengths.
    """
    for person, joints in enumerate(clip.joints[..., : clip.layout.num_coordinates]):
        who = f"person {person}: " if len(clip.joints) > 1 else ""
        for what in _suspicions(joints, clip.layout):
            yield who + what


def _suspicions(joints: Float32[np.ndarray, "T V C"], layout: SkeletonLayout) -> Iterator[str]:
    zero = ((joints == 0).all(axis=2).sum(axis=1) > 1).sum()  # one joint may well be the origin
    if zero:
        yield f"several joints exactly at zero in {zero} of {len(joints)} frames"
    sizes = np.linalg.norm(np.fmax.reduce(joints, axis=1) - np.fmin.reduce(joints, axis=1), axis=1)
    seen = (np.isfinite(joints).all(axis=2).mean(axis=1) >= 0.5) & (sizes > 0)
    if not seen.any():
        return
    size = np.median(sizes[seen])
    child, parent = np.array(layout.edges).T
    bones = np.nan_to_num(np.linalg.norm(joints[:, child] - joints[:, parent], axis=2) / size)
    frame, bone = np.unravel_index(bones.argmax(), bones.shape)
    if bones[frame, bone] > LONGEST_BONE:
        names = f"{layout.joints[child[bone]]} - {layout.joints[parent[bone]]}"
        yield f"bone {names} is {bones[frame, bone]:.1f} body sizes long in frame {frame}"
    jumps = np.nan_to_num(np.linalg.norm(np.diff(joints, axis=0), axis=2) / size)
    if not len(jumps):
        return
    frame, joint = np.unravel_index(jumps.argmax(), jumps.shape)
    if jumps[frame, joint] > FARTHEST_JUMP:
        yield f"{layout.joints[joint]} jumps by {jumps[frame, joint]:.1f} body sizes from frame {frame} to the next"
