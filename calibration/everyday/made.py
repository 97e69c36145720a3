"""Clips of what the recordings lack, made of what they have: gestures on a chair, waves, and hands that are busy.

Nobody in the datasets gestures on a chair, as people before a webcam do; of those to train on four wave, with the right
hand, once or twice; and nobody eats, types, telephones or scratches their head, which is none of these labels. Made
clips are named after the clip they are made of, and keep its subject.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64

from calibration.everyday.labels import LABELS
from calibration.everyday.merge import RATE_HZ, TEST_SUBJECTS, at_rate
from calibration.figure.motion import facing, placed
from calibration.figure.points import SIDES
from stf.datasets.clip import Clip, Joints
from stf.datasets.corpus import Part
from stf.prediction import NONE
from stf.skeleton import NTU25

SEATED, WAVING, BUSY = "-seated", "-waving", "-busy"
"""What the names of made clips end with."""

GESTURES = (
    *("swipe left", "swipe right", "wave", "clap", "cross arms", "draw in the air", "knock", "push", "arm curl"),
    *("circle arms", "raise an arm", "stretch an arm back", "rotate an arm", "reach up", "throw", "catch", "punch"),
    NONE,
)
"""What people do on a chair as well."""

SEATED_CLIPS: Mapping[Part, int] = {Part.TRAIN: 12, Part.TEST: 4}
"""How many gestures of each label of people of each side are moved to a chair."""

WAVING_CLIPS: Mapping[str, int] = {NONE: 40, "sit still": 30, "walk": 20}
BUSY_CLIPS: Mapping[str, int] = {NONE: 30, "sit still": 30}
"""How many people wave, and have busy hands, while they do what: people to train on only, at rest, or walking."""

_LEGS = NTU25.indices(*(f"{side}_{joint}" for side in SIDES for joint in ("hip", "knee", "ankle", "foot")))
_BASE, _TOP = NTU25.indices("spine_base", "spine_shoulder")
_STILL = 0.05
"""Metres: of somebody who does nothing, no joint has a larger standard deviation."""

Vectors = Float64[np.ndarray, "T 3"]
Column = Float64[np.ndarray, "T 1"]


def made_clips(recorded: Sequence[Clip]) -> Iterator[Clip]:
    """Every made clip of the everyday data, the same ones for the same recorded ones.

    Args:
        recorded: the clips of `calibration.everyday.merge.merged_clips`.
    """
    groups = defaultdict(list)
    for clip in recorded:
        groups[LABELS[clip.label], Part.TEST if clip.subject in TEST_SUBJECTS else Part.TRAIN].append(clip)
    rng = np.random.default_rng(0)
    for part, count in SEATED_CLIPS.items():
        if sitters := groups["sit still", part]:
            for label in GESTURES:
                moving = [clip for clip in groups[label, part] if not _is_still(clip)]
                for clip in _some(moving, count, rng):
                    yield seated(clip, sitters[rng.integers(len(sitters))])
    bases = {
        label: [clip for clip in groups[label, Part.TRAIN] if label == "walk" or _is_still(clip)] for label in LABELS
    }
    for label, count in WAVING_CLIPS.items():
        for clip in _some(bases[label], count, rng):
            yield waving(clip, Wave.random(rng))
    for label, count in BUSY_CLIPS.items():
        for clip in _some(bases[label], count, rng):
            yield busy(clip, Hands.random(rng))


def is_made(clip: Clip) -> bool:
    """Whether a clip of the everyday data, clean or as it was seen in a shot, is made of a recorded one."""
    return re.sub(r"_v\d+$", "", clip.name).endswith((SEATED, WAVING, BUSY))


def _some(clips: Sequence[Clip], count: int, rng: np.random.Generator) -> list[Clip]:
    """At most so many of the clips, by chance."""
    return [clips[place] for place in rng.permutation(len(clips))[:count]]


def _is_still(clip: Clip) -> bool:
    return bool(clip.joints[0].std(axis=0).max() < _STILL)


def seated(gesture: Clip, sitter: Clip) -> Clip:
    """What somebody does with head, trunk and arms, above the legs of somebody who sits.

    Args:
        gesture: a clip in NTU25.
        sitter: a clip of somebody sitting still, from anywhere and of any size.
    """
    motion = gesture.joints[0].astype(np.float64)
    pose = np.median(sitter.joints[0].astype(np.float64), axis=0)[None]
    pose = placed(pose, turn=facing(motion, NTU25) - facing(pose, NTU25))[0]
    trunks = (np.linalg.norm(joints[..., _TOP, :] - joints[..., _BASE, :], axis=-1) for joints in (motion, pose))
    pose *= np.divide(*(np.median(trunk) for trunk in trunks))
    made = motion + (pose[_BASE] - motion[:, _BASE])[:, None]
    made[:, _LEGS] = pose[_LEGS]
    return replace(gesture, joints=made[None].astype(np.float32), name=gesture.name + SEATED)


@dataclass(frozen=True, slots=True)
class Wave:
    """How somebody waves. Angles are radians.

    Attributes:
        side: of the hand.
        seconds: about how long it lasts, of somebody who keeps still otherwise.
        rises, falls: seconds from its start in which the hand is raised, from its end in which it is lowered; 0 if the
            hand is up then.
        elevation: of the upper arm over the horizontal.
        forward: of the upper arm, from the side to the front.
        lean: of the forearm from the vertical outwards, in the middle of its swing.
        tilt: of the forearm from the vertical to the front.
        swing: how far the forearm goes to either side.
        rate_hz: swings there and back, a second.
        phase: where in a swing the clip starts.
        upper: share of the swing that the upper arm joins in.
        wrist: how much farther the hand swings than the forearm, as a share of its swing.
    """

    side: str
    seconds: float
    rises: float
    falls: float
    elevation: float
    forward: float
    lean: float
    tilt: float
    swing: float
    rate_hz: float
    phase: float
    upper: float
    wrist: float

    @classmethod
    def random(cls, rng: np.random.Generator) -> "Wave":
        """A wave as various as people's: from a hand beside the shoulder to a long arm over the head (ours)."""
        elevation = float(rng.uniform(-1.2, 1.1))
        return cls(
            side=SIDES[rng.integers(2)],
            seconds=float(rng.uniform(1.5, 3.5)),
            rises=float(rng.choice([0.0, rng.uniform(0.3, 0.8)])),
            falls=float(rng.choice([0.0, rng.uniform(0.3, 0.8)], p=(0.7, 0.3))),
            elevation=elevation,
            forward=float(rng.uniform(0.0, 1.3)),
            lean=float(rng.uniform(-0.3, 0.5)),
            tilt=float(rng.uniform(-0.1, 0.6)),
            swing=float(rng.uniform(0.2, 0.75)),
            rate_hz=float(rng.uniform(0.9, 2.8)),
            phase=float(rng.uniform(0, 2 * np.pi)),
            upper=float(rng.uniform(0.0, 0.8 if elevation > 0.5 else 0.3)),
            wrist=float(rng.uniform(0.0, 0.6)),
        )


def waving(clip: Clip, wave: Wave) -> Clip:
    """Somebody who does what they did, and waves with one hand (ours).

    Args:
        clip: a clip in NTU25 of somebody who needs that arm for nothing.
        wave: how.
    """
    motion = _lasting(clip, wave.seconds)
    times = _times(motion)
    out, up, front = _axes(motion, wave.side)

    def swung(delay: float) -> Column:
        return np.asarray(wave.swing * np.sin(2 * np.pi * wave.rate_hz * (times - delay) + wave.phase))

    def upright(lean: Column) -> Vectors:
        upwards = np.cos(wave.tilt) * up + np.sin(wave.tilt) * front
        return np.asarray(np.cos(lean) * upwards + np.sin(lean) * out)

    elevation = wave.elevation - wave.upper * swung(0)
    level = np.cos(wave.forward) * out + np.sin(wave.forward) * front
    arm = np.cos(elevation) * level + np.sin(elevation) * up
    forearm = upright(wave.lean + swung(0))
    fingers = upright(wave.lean + swung(0) + wave.wrist * swung(0.06))
    raised = _eased(times, wave.rises) * _eased(times[-1] - times, wave.falls)
    made = _with_arm(motion, wave.side, raised, arm, forearm, fingers)
    return replace(clip, label=LABELS.index("wave"), joints=made, name=clip.name + WAVING)


@dataclass(frozen=True, slots=True)
class Hold:
    """Where a hand is kept near the body for a while. Angles are radians.

    Attributes:
        elevation, forward: as of `Wave`.
        inward: of the forearm, from the front to the other side of the body.
        pitch: of the forearm over the horizontal.
        swing: how far the forearm goes up and down, as of who types or stirs.
        rate_hz: up and down, a second.
    """

    elevation: float
    forward: float
    inward: float
    pitch: float
    swing: float
    rate_hz: float

    @classmethod
    def random(cls, rng: np.random.Generator) -> "Hold":
        """From the lap to the face and the other shoulder (ours)."""
        return cls(
            elevation=float(rng.uniform(-1.4, -0.4)),
            forward=float(rng.uniform(0.2, 1.5)),
            inward=float(rng.uniform(-0.2, 1.4)),
            pitch=float(rng.uniform(-0.6, 1.35)),
            swing=float(rng.choice([0.0, rng.uniform(0.03, 0.2)])),
            rate_hz=float(rng.uniform(0.5, 4.0)),
        )


@dataclass(frozen=True, slots=True)
class Hands:
    """What hands are busy with.

    Attributes:
        holds: where each hand that is goes, one after the other, by its side.
        seconds: as of `Wave`.
        rises: as of `Wave`.
    """

    holds: Mapping[str, Sequence[Hold]]
    seconds: float
    rises: float

    @classmethod
    def random(cls, rng: np.random.Generator) -> "Hands":
        """One hand, two that do the same, or two that each do their own, in one to three places (ours)."""
        places = int(rng.integers(1, 4))
        one, other = ([Hold.random(rng) for _ in range(places)] for _ in SIDES)
        first, second = rng.permutation(SIDES)
        kinds = ({first: one}, {first: one, second: one}, {first: one, second: other})
        return cls(kinds[rng.integers(3)], float(rng.uniform(1.5, 4.0)), float(rng.choice([0.0, 0.5])))


def busy(clip: Clip, hands: Hands) -> Clip:
    """Somebody who does what they did, and something with their hands that has no label (ours).

    Args:
        clip: a clip in NTU25 of somebody who needs their arms for nothing.
        hands: what.
    """
    motion = _lasting(clip, hands.seconds)
    times = _times(motion)
    raised = _eased(times, hands.rises)
    for side, holds in hands.holds.items():
        out, up, front = _axes(motion, side)
        arm, forearm = np.zeros_like(out), np.zeros_like(out)
        for number, hold in enumerate(holds):
            begins = number * times[-1] / len(holds)
            share = _eased(times - begins, 0.5 if number else 0.0)
            level = np.cos(hold.forward) * out + np.sin(hold.forward) * front
            inwards = np.cos(hold.inward) * front - np.sin(hold.inward) * out
            pitch = hold.pitch + hold.swing * np.sin(2 * np.pi * hold.rate_hz * times)
            arm += share * (np.cos(hold.elevation) * level + np.sin(hold.elevation) * up - arm)
            forearm += share * (np.cos(pitch) * inwards + np.sin(pitch) * up - forearm)
        motion = _with_arm(motion, side, raised, _unit(arm), _unit(forearm), _unit(forearm))
    return replace(clip, label=LABELS.index(NONE), joints=motion, name=clip.name + BUSY)


def _lasting(clip: Clip, seconds: float) -> Joints:
    """The joints of somebody who keeps still for so long; of somebody who moves, as they are."""
    return at_rate(clip.joints, clip.joints.shape[1] / seconds, RATE_HZ) if _is_still(clip) else clip.joints


def _times(joints: Joints) -> Column:
    return np.arange(joints.shape[1])[:, None] / RATE_HZ


def _with_arm(joints: Joints, side: str, raised: Column, arm: Vectors, forearm: Vectors, fingers: Vectors) -> Joints:
    """The same person with another arm, of the same length.

    Args:
        joints: (1, T, 25, 3).
        side: whose arm it is.
        raised: from 0, the arm as it was, to 1, as is wanted.
        arm: the direction of the upper arm.
        forearm: that of the forearm.
        fingers: that of the hand.
    """
    made = joints.astype(np.float64)
    places = NTU25.indices(*(f"{side}_{joint}" for joint in ("elbow", "wrist", "hand", "hand_tip", "thumb")))
    shoulder = made[0, :, NTU25.index(f"{side}_shoulder")]
    elbow, wrist, hand, tip, thumb = np.moveaxis(made[0][:, places], 1, 0)
    out, _, front = _axes(joints, side)
    by_front = 2.4 * raised * (1 - raised) * front

    def bone(start: Vectors, end: Vectors, wanted: Vectors) -> Vectors:
        """From its recorded direction to the wanted one, by the front."""
        length = np.median(np.linalg.norm(end - start, axis=-1))
        return np.asarray(length * _unit((1 - raised) * _unit(end - start) + raised * wanted + by_front))

    spread = np.linalg.norm(thumb - hand, axis=-1, keepdims=True) / np.linalg.norm(hand - wrist, axis=-1, keepdims=True)
    new_elbow = shoulder + bone(shoulder, elbow, arm)
    new_wrist = new_elbow + bone(elbow, wrist, forearm)
    new_hand = new_wrist + bone(wrist, hand, fingers)
    new_tip = new_hand + bone(hand, tip, fingers)
    new_thumb = new_wrist + bone(wrist, thumb, _unit(fingers - spread * out))
    made[0][:, places] = np.stack([new_elbow, new_wrist, new_hand, new_tip, new_thumb], axis=1)
    return made.astype(np.float32)


def _axes(joints: Joints, side: str) -> tuple[Vectors, Vectors, Vectors]:
    """The directions away from the body on one side, up, and to the person's front, frame by frame."""
    motion = joints[0].astype(np.float64)
    left, right = (motion[:, NTU25.index(f"{name}_shoulder")] for name in SIDES)
    up = _unit(motion[:, _TOP] - motion[:, _BASE])
    across = _unit(left - right)
    return (across if side == "left" else -across), up, _unit(np.cross(across, up))


def _eased(times: Column, seconds: float) -> Column:
    """From 0 to 1 within so many seconds, without a jerk at either end; 1 from the start for none."""
    share = np.clip(times / seconds, 0, 1) if seconds else np.ones_like(times)
    return np.asarray(share**2 * (3 - 2 * share))


def _unit(vectors: Vectors) -> Vectors:
    """The directions of vectors; zero where two joints are in one place, as the first Kinect's hand and its tip are."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1))
