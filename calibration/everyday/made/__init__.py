"""Clips of what the recordings lack, made of what they have.

Nobody in the datasets gestures on a chair, as people before a webcam do, or walking, or with bent knees; of those to
train on four wave and throw, with the right hand, each in one way; nobody eats, types, telephones or scratches their
head, or does push-ups and sit-ups, which is none of these labels, or carries something, and walks or squats all the
same. Made clips are named after the clip they are made of, and keep its subject.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from calibration.everyday.labels import LABELS
from calibration.everyday.made.arms import is_still
from calibration.everyday.made.bends import Bend, bending
from calibration.everyday.made.exercises import bench_press, exercising, lying, pull_up, push_up, sit_up
from calibration.everyday.made.hands import Hands, busy
from calibration.everyday.made.legs import above, held, lowered
from calibration.everyday.made.sports import JumpingJack, Shot, jumping, shooting
from calibration.everyday.made.throws import STYLES, Throw, throwing
from calibration.everyday.made.waves import Wave, waving
from calibration.everyday.merge import TEST_SUBJECTS
from stf.datasets.clip import Clip
from stf.datasets.corpus import Part
from stf.prediction import NONE

SEATED, WALKING, BENT, CARRYING = "-seated", "-walking", "-bent", "-carrying"
WAVING, THROWING, BUSY = "-waving", "-throwing", "-busy"
LYING, EXERCISING, BENDING, JUMPING, SHOOTING = "-lying", "-exercising", "-bending", "-jumping", "-shooting"
MADE = (SEATED, WALKING, BENT, CARRYING, WAVING, THROWING, BUSY, LYING, EXERCISING, BENDING, JUMPING, SHOOTING)
"""What the names of made clips end with."""

GESTURES = (
    *("swipe left", "swipe right", "wave", "clap", "cross arms", "draw in the air", "knock", "push", "arm curl"),
    *("circle arms", "raise an arm", "stretch an arm back", "rotate an arm", "reach up", "throw", "catch", "punch"),
    NONE,
)
"""What people do on a chair as well."""

ON_ANY_LEGS = (
    *(label for label in GESTURES if label != NONE),
    *("shoot a basketball", "swing a bat", "tennis swing", "tennis serve"),
)
"""What is what it is however people walk or stand."""

SEATED_CLIPS: Mapping[Part, int] = {Part.TRAIN: 12, Part.TEST: 4}
"""How many gestures of each label of people of each side are moved to a chair."""

WAVING_CLIPS: Mapping[str, int] = {NONE: 40, "sit still": 30, "walk": 20}
BUSY_CLIPS: Mapping[str, int] = {NONE: 30, "sit still": 30}
THROWING_CLIPS: Mapping[str, int] = {NONE: 50, "sit still": 10, "walk": 40}
"""How many people to train on wave, have busy hands and throw, and what they do meanwhile: rest, or walk."""

THROWN_WALKING = ("overarm",)
"""How who walks throws: arms that swing as people walk look like the other throws."""

WITH_ANY_HANDS = ("walk", "squat", "lunge", "sit down", "stand up", "kick", "jump", "raise a leg")
"""What is what it is whatever people do with their hands."""

CARRYING_CLIPS: Mapping[Part, int] = {Part.TRAIN: 16, Part.TEST: 4}
"""How many clips of each of these labels of people of each side get hands that are elsewhere."""

MORE_WALKERS = 40
"""How many more of who walks, to train on, as it is what people do most with something in their hands."""

_HIGHEST = 0.2
"""Radians over the horizontal: how high the upper arms are then, at most."""

WALKING_CLIPS: Mapping[Part, int] = {Part.TRAIN: 4, Part.TEST: 2}
BENT_CLIPS: Mapping[Part, int] = {Part.TRAIN: 8, Part.TEST: 2}
"""How many clips of each label of people of each side are moved to legs that walk, and to legs that are bent."""

ON_THE_FLOOR = (
    *("push", "punch", "arm curl", "raise an arm", "circle arms", "clap", "squat", "kick", "raise a leg"),
    *("elbow to knee", "twist"),
)
"""What is none of the labels when it is done on the floor."""

LYING_CLIPS: Mapping[Part, int] = {Part.TRAIN: 4, Part.TEST: 2}
"""How many clips of each of these labels of people of each side are laid down."""

EXERCISES = (push_up, bench_press, sit_up, pull_up)
EXERCISE_CLIPS = 24
"""How many people to train on do each of these exercises."""

BENDING_CLIPS, JUMPING_CLIPS, SHOOTING_CLIPS = 60, 30, 30
"""How many people to train on bend down, do jumping jacks and shoot at a basket."""

_LOWERED = (0.7, 0.97)
"""How high bent legs leave the hips, as a share of their greatest height."""

Groups = Mapping[tuple[str, Part], Sequence[Clip]]


def made_clips(recorded: Sequence[Clip]) -> Iterator[Clip]:
    """Every made clip of the everyday data, the same ones for the same recorded ones.

    Args:
        recorded: the clips of `calibration.everyday.merge.merged_clips`.
    """
    groups = defaultdict(list)
    for clip in recorded:
        groups[LABELS[clip.label], Part.TEST if clip.subject in TEST_SUBJECTS else Part.TRAIN].append(clip)
    rng = np.random.default_rng(0)
    yield from _seated(groups, rng)
    yield from _moving_a_hand(groups, rng)
    yield from _on_any_legs(groups, rng)
    yield from _with_any_hands(groups, rng)
    yield from _at_the_gym(groups, rng)
    yield from _bending(groups, rng)
    yield from _carrying_on(groups, rng)
    yield from _at_sports(groups, rng)


def is_made(clip: Clip) -> bool:
    """Whether a clip of the everyday data, clean or as it was seen in a shot, is made of a recorded one."""
    return made_how(clip) is not None


def made_how(clip: Clip) -> str | None:
    """What the name of a made clip, clean or as it was seen in a shot, ends with; None for a recorded one."""
    name = re.sub(r"_v\d+$", "", clip.name)
    return next((how for how in MADE if name.endswith(how)), None)


def _seated(groups: Groups, rng: np.random.Generator) -> Iterator[Clip]:
    for part, count in SEATED_CLIPS.items():
        if sitters := groups["sit still", part]:
            for label in GESTURES:
                moving = [clip for clip in groups[label, part] if not is_still(clip)]
                for clip in _some(moving, count, rng):
                    yield _named(above(clip, held(sitters[int(rng.integers(len(sitters)))])), SEATED)


def _moving_a_hand(groups: Groups, rng: np.random.Generator) -> Iterator[Clip]:
    bases = {
        label: [clip for clip in groups[label, Part.TRAIN] if label == "walk" or is_still(clip)] for label in LABELS
    }
    for label, count in WAVING_CLIPS.items():
        for clip in _some(bases[label], count, rng):
            yield _named(waving(clip, Wave.random(rng)), WAVING)
    for label, count in BUSY_CLIPS.items():
        for clip in _some(bases[label], count, rng):
            yield _named(replace(busy(clip, Hands.random(rng)), label=LABELS.index(NONE)), BUSY)
    for label, count in THROWING_CLIPS.items():
        styles = THROWN_WALKING if label == "walk" else tuple(STYLES)
        for clip in _some(bases[label], count, rng):
            yield _named(throwing(clip, Throw.random(rng, styles)), THROWING)


def _on_any_legs(groups: Groups, rng: np.random.Generator) -> Iterator[Clip]:
    for part, count in WALKING_CLIPS.items():
        walkers, benders = groups["walk", part], [*groups["squat", part], *groups["lunge", part]]
        for label in ON_ANY_LEGS:
            if walkers:
                for clip in _some(groups[label, part], count, rng):
                    yield _named(above(clip, walkers[int(rng.integers(len(walkers)))]), WALKING)
            if benders:
                for clip in _some(groups[label, part], BENT_CLIPS[part], rng):
                    legs = lowered(benders[rng.integers(len(benders))], rng.uniform(*_LOWERED))
                    yield _named(above(clip, legs), BENT)


def _with_any_hands(groups: Groups, rng: np.random.Generator) -> Iterator[Clip]:
    for part, count in CARRYING_CLIPS.items():
        for label in WITH_ANY_HANDS:
            for clip in _some(groups[label, part], count, rng):
                yield _named(busy(clip, Hands.random(rng, places=2, highest=_HIGHEST)), CARRYING)


def _at_the_gym(groups: Groups, rng: np.random.Generator) -> Iterator[Clip]:
    none = LABELS.index(NONE)
    for part, count in LYING_CLIPS.items():
        for label in ON_THE_FLOOR:
            for clip in _some(groups[label, part], count, rng):
                tilt = rng.choice((-1, 1)) * rng.uniform(1.3, 1.7)
                yield _named(replace(lying(clip, tilt), label=none), LYING)
    for exercise in EXERCISES:
        for clip in _some(_standing(groups), EXERCISE_CLIPS, rng):
            yield _named(exercising(clip, exercise(rng)), f"-{exercise.__name__}{EXERCISING}")


def _bending(groups: Groups, rng: np.random.Generator) -> Iterator[Clip]:
    for clip in _some(_standing(groups), BENDING_CLIPS, rng):
        yield _named(bending(clip, Bend.random(rng)), BENDING)


def _carrying_on(groups: Groups, rng: np.random.Generator) -> Iterator[Clip]:
    for clip in _some(groups["walk", Part.TRAIN], MORE_WALKERS, rng):
        yield _named(busy(clip, Hands.random(rng, places=1, highest=_HIGHEST)), f"-more{CARRYING}")


def _at_sports(groups: Groups, rng: np.random.Generator) -> Iterator[Clip]:
    for clip in _some(_standing(groups), JUMPING_CLIPS, rng):
        yield _named(jumping(clip, JumpingJack.random(rng)), JUMPING)
    for clip in _some(_standing(groups), SHOOTING_CLIPS, rng):
        yield _named(shooting(clip, Shot.random(rng)), SHOOTING)


def _standing(groups: Groups) -> list[Clip]:
    """Of people to train on, standing at rest."""
    return [clip for clip in groups[NONE, Part.TRAIN] if is_still(clip)]


def _some(clips: Sequence[Clip], count: int, rng: np.random.Generator) -> list[Clip]:
    """At most so many of the clips, by chance."""
    return [clips[place] for place in rng.permutation(len(clips))[:count]]


def _named(clip: Clip, how: str) -> Clip:
    return replace(clip, name=clip.name + how)
