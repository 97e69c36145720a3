"""The everyday data on disk: a store of clean clips, the shots, and stores of what the shots' landmarks become.

In one folder: `clean` (NTU25 at 30 Hz), `shots` (one file each), `seen` (NTU25) and `seen-2d` (KINETICS18). Shots that
are there are not made again; the stores of them are made anew each time, which takes seconds, so that another mapping,
smoothing or list of labels needs no filming.
"""

import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

import numpy as np

from calibration.everyday.labels import LABELS
from calibration.everyday.made import is_made, made_clips
from calibration.everyday.merge import MERGED, TEST_SUBJECTS, Report, merged_clips
from calibration.everyday.scenes import Look, set_webcam
from calibration.landmarks.film import film_scenes
from calibration.landmarks.shots import read_shots
from calibration.seen import seen_clip
from realtime.mapping import get_mapping
from stf.datasets import open_corpus
from stf.datasets.clip import Clip
from stf.datasets.corpus import Part, read_clips
from stf.datasets.store import write_store
from stf.errors import UserError
from stf.prediction import NONE
from stf.skeleton import KINETICS18, NTU25

CLEAN, SHOTS = "clean", "shots"
SEEN = {"seen": NTU25, "seen-2d": KINETICS18}
"""The stores of what is seen, and their layouts."""

PER_LABEL: Mapping[Part, int] = {Part.TRAIN: 32, Part.TEST: 16}
"""How many shots of each label a round makes of people of each side; of `NONE`, three times as many."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How much has been seen.

    Attributes:
        clips: that each store of what is seen has.
        frames: of all shots.
        found: frames in which somebody was found.
    """

    clips: int
    frames: int
    found: int


def write_clean(data: Path, folder: Path, report: Report = lambda _: None) -> int:
    """Write the store of clean clips, recorded and made, unless it is there.

    Args:
        data: as of `merged_clips`.
        folder: of the everyday data.
        report: as of `merged_clips`.

    Returns:
        How many clips were written.

    Raises:
        UserError: if a dataset is missing or the store cannot be written.
    """
    if (folder / CLEAN).exists():
        return 0
    return write_store(folder / CLEAN, MERGED, _recorded_and_made(data, report))


def _recorded_and_made(data: Path, report: Report) -> Iterator[Clip]:
    recorded = []
    for clip in merged_clips(data, report):
        recorded.append(clip)
        yield clip
    yield from made_clips(recorded)


def plan_round(clips: Sequence[Clip], number: int, per_label: Mapping[Part, int] = PER_LABEL) -> list[Look]:
    """Which clips are filmed in a round, in an order that has some of everything early.

    Each label has as many shots as any other. Its clips come up one person after the other, and again, from other
    sides, when all have been filmed; where more of them are made than recorded, recorded and made ones take turns.

    Args:
        clips: all of the everyday data.
        number: of the round, from 0.
        per_label: as `PER_LABEL`.
    """
    groups = defaultdict(list)
    for clip in clips:
        groups[clip.label, Part.TEST if clip.subject in TEST_SUBJECTS else Part.TRAIN].append(clip)
    looks = []
    for (label, part), group in groups.items():
        count = per_label[part] * (3 if LABELS[label] == NONE else 1)
        piles = [_person_after_person(pile) for pile in _piles(group)]
        for place in range(number * count, (number + 1) * count):
            pile = piles[place % len(piles)]
            view, turn = divmod(place // len(piles), len(pile))
            looks.append(Look(pile[turn], view, place))
    return [looks[place] for place in np.random.default_rng(number).permutation(len(looks))]


def _piles(clips: Sequence[Clip]) -> list[list[Clip]]:
    """All clips, or recorded and made ones apart where more are made."""
    recorded, made = ([clip for clip in clips if is_made(clip) == is_so] for is_so in (False, True))
    return [recorded, made] if 0 < len(recorded) < len(made) else [list(clips)]


def _person_after_person(clips: Sequence[Clip]) -> list[Clip]:
    """The clips in turns by subject, those of each in an order by chance."""
    mixed = [clips[place] for place in np.random.default_rng(len(clips)).permutation(len(clips))]
    people = defaultdict(list)
    for clip in mixed:
        people[clip.subject].append(clip)
    turns = zip_longest(*(people[subject] for subject in sorted(people)))
    return [clip for turn in turns for clip in turn if clip is not None]


def film_round(
    folder: Path, number: int, *, per_label: Mapping[Part, int] = PER_LABEL, workers: int = 2
) -> Iterator[int]:
    """Film a round, but for the shots that are there.

    Args:
        folder: of the everyday data, with its clean clips.
        number: of the round, from 0.
        per_label: as `PER_LABEL`.
        workers: how many processes film.

    Yields:
        How many shots remain: once before the first, then after each.

    Raises:
        UserError: if the clean clips are not there or of other labels, or a shot cannot be written.
    """
    looks = [(look, folder / SHOTS / f"{look.name}.npz") for look in plan_round(_read_clean(folder), number, per_label)]
    yield from film_scenes([(set_webcam(look), path) for look, path in looks if not path.exists()], workers)


def _read_clean(folder: Path) -> list[Clip]:
    corpus = open_corpus(folder / CLEAN)
    if corpus.classes != LABELS:
        raise UserError(f"{folder / CLEAN} has other labels than this program; remove it, and it is made anew")
    return list(read_clips(corpus))


def write_seen(folder: Path) -> Seen:
    """Write the stores of what is seen, in place of earlier ones.

    A shot's label is that of the clean clip it is of, so that it follows the list of labels; shots of clips that are no
    more are left out, and so are those in which nobody was found.

    Args:
        folder: of the everyday data, with clean clips and shots.

    Raises:
        UserError: if there are no shots, or a store cannot be written.
    """
    labels = {clip.name: clip.label for clip in _read_clean(folder)}
    shots = [
        replace(shot, label=labels[name])
        for shot in read_shots(folder / SHOTS)
        if (name := shot.name.rpartition("_v")[0]) in labels
    ]
    used = [shot for shot in shots if shot.found.any()]
    origin = replace(MERGED.origin, name=f"{MERGED.origin.name}, rendered and seen by the pose estimator")
    for name, layout in SEEN.items():
        shutil.rmtree(folder / name, ignore_errors=True)
        seen = (seen_clip(shot, get_mapping(layout)) for shot in used)
        write_store(folder / name, replace(MERGED, origin=origin, layout=layout), seen)
    return Seen(len(used), sum(len(shot.found) for shot in shots), sum(int(shot.found.sum()) for shot in shots))
