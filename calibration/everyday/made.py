"""Clips of what the recordings lack, made of what they have: people who gesture while they sit, and people who wave.

Nobody in the datasets gestures on a chair, as people before a webcam do, and of those to train on four wave, with the
right hand, once or twice. Made clips are named after the clip they are made of, and keep its subject.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Float64

from calibration.everyday.labels import LABELS
from calibration.everyday.merge import RATE_HZ, TEST_SUBJECTS, at_rate
from calibration.figure.motion import facing, placed
from calibration.figure.points import SIDES
from stf.datasets.clip import Clip
from stf.datasets.corpus import Part
from stf.prediction import NONE
from stf.skeleton import NTU25

SEATED, WAVING = "-seated", "-waving"
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
"""How many people wave while they do what; people to train on only."""

_LEGS = NTU25.indices(*(f"{side}_{joint}" for side in SIDES for joint in ("hip", "knee", "ankle", "foot")))
_BASE, _TOP = NTU25.indices("spine_base", "spine_shoulder")
_STILL = 0.05
"""Metres: of somebody who does nothing, no joint has a larger standard deviation."""

Motion = Float64[np.ndarray, "T 25 3"]
Vectors = Float[np.ndarray, "T 3"]


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
    for label, count in WAVING_CLIPS.items():
        bases = groups[label, Part.TRAIN]
        for clip in _some([clip for clip in bases if label != NONE or _is_still(clip)], count, rng):
            yield waving(clip, Wave.random(rng))


def is_made(clip: Clip) -> bool:
    """Whether a clip of the everyday data is made, not recorded."""
    return clip.name.endswith((SEATED, WAVING))


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
    joints = clip.joints
    if _is_still(clip):  # for as long as is wanted
        joints = at_rate(joints, joints.shape[1] / wave.seconds, RATE_HZ)
    made = joints[0].astype(np.float64)
    made[:, _arm(wave.side)] = _waved(made, wave)
    return replace(clip, label=LABELS.index("wave"), joints=made[None].astype(np.float32), name=clip.name + WAVING)


def _arm(side: str) -> list[int]:
    return NTU25.indices(*(f"{side}_{joint}" for joint in ("elbow", "wrist", "hand", "hand_tip", "thumb")))


def _waved(motion: Motion, wave: Wave) -> Float64[np.ndarray, "T 5 3"]:
    """Elbow, wrist, hand, tip of the hand and thumb."""
    shoulder = motion[:, NTU25.index(f"{wave.side}_shoulder")]
    elbow, wrist, hand, tip, thumb = np.moveaxis(motion[:, _arm(wave.side)], 1, 0)
    out, up, front = _axes(motion, wave.side)
    times = np.arange(len(motion)) / RATE_HZ
    raised = _eased(times, wave.rises) * _eased(times[-1] - times, wave.falls)

    def swung(delay: float) -> Float64[np.ndarray, "T 1"]:
        return np.asarray(wave.swing * np.sin(2 * np.pi * wave.rate_hz * (times - delay) + wave.phase)[:, None])

    def upright(lean: Float[np.ndarray, "T 1"]) -> Vectors:
        upwards = np.cos(wave.tilt) * up + np.sin(wave.tilt) * front
        return np.asarray(np.cos(lean) * upwards + np.sin(lean) * out)

    def bone(start: Vectors, end: Vectors, wanted: Vectors) -> Vectors:
        """From its recorded direction to the wanted one, by the front."""
        share = raised[:, None]
        by_front = 2.4 * share * (1 - share) * front
        length = np.median(np.linalg.norm(end - start, axis=-1))
        return np.asarray(length * _unit((1 - share) * _unit(end - start) + share * wanted + by_front))

    elevation = wave.elevation - wave.upper * swung(0)
    level = np.cos(wave.forward) * out + np.sin(wave.forward) * front
    fingers = upright(wave.lean + swung(0) + wave.wrist * swung(0.06))
    spread = np.linalg.norm(thumb - hand, axis=-1, keepdims=True) / np.linalg.norm(hand - wrist, axis=-1, keepdims=True)
    new_elbow = shoulder + bone(shoulder, elbow, np.cos(elevation) * level + np.sin(elevation) * up)
    new_wrist = new_elbow + bone(elbow, wrist, upright(wave.lean + swung(0)))
    new_hand = new_wrist + bone(wrist, hand, fingers)
    new_tip = new_hand + bone(hand, tip, fingers)
    new_thumb = new_wrist + bone(wrist, thumb, _unit(fingers - spread * out))
    return np.stack([new_elbow, new_wrist, new_hand, new_tip, new_thumb], axis=1)


def _axes(motion: Motion, side: str) -> tuple[Vectors, Vectors, Vectors]:
    """The directions away from the body on one side, up, and to the person's front, frame by frame."""
    left, right = (motion[:, NTU25.index(f"{name}_shoulder")] for name in SIDES)
    up = _unit(motion[:, _TOP] - motion[:, _BASE])
    across = _unit(left - right)
    return (across if side == "left" else -across), up, _unit(np.cross(across, up))


def _eased(times: Float64[np.ndarray, " T"], seconds: float) -> Float64[np.ndarray, " T"]:
    """From 0 to 1 within so many seconds, without a jerk at either end; 1 throughout for none."""
    share = np.clip(times / seconds, 0, 1) if seconds else np.ones_like(times)
    return np.asarray(share**2 * (3 - 2 * share))


def _unit(vectors: Vectors) -> Vectors:
    """The directions of vectors; zero where two joints are in one place, as the first Kinect's hand and its tip are."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1))
