from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bodies import moving

from stf.datasets import open_corpus
from stf.datasets.check import checked, suspicions
from stf.datasets.clip import Clip
from stf.datasets.corpus import BrokenClipError, Corpus, Entry, OnBroken, Origin, read_clips
from stf.skeleton import KINECT20, KINETICS18, NTU25, SkeletonLayout

CLASSES = ("wave", "clap")


def clip(layout: SkeletonLayout = KINECT20, *, name: str = "one", persons: int = 1, label: int = 1) -> Clip:
    joints = moving(layout, frames=10, persons=persons)[0].permute(3, 1, 2, 0)
    return Clip(joints.numpy().astype(np.float32), 30.0, layout, label, name=name)


def corpus(*clips: Clip) -> Corpus:
    entries = [Entry(clip.name, lambda clip=clip: clip) for clip in clips]
    return Corpus(Origin("small", "any", "nobody"), CLASSES, clips[0].layout, entries)


def filled(value: float) -> Clip:
    return replace(clip(), joints=np.full((1, 10, 20, 3), value, np.float32))


def infinite() -> Clip:
    bad = clip()
    bad.joints[0, 3, 4, 1] = -np.inf
    return bad


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (filled(np.nan), "has no joint in any frame"),
        (filled(0), "has every joint at zero"),
        (infinite(), "has infinite coordinates"),
        (replace(clip(), joints=clip().joints[:, :1]), "has one frame only, so nothing moves in it"),
        (clip(label=2), "has label 2, but the dataset has 2 classes"),
        (clip(label=-2), "has label -2, but the dataset has 2 classes"),
    ],
)
def test_a_clip_that_says_nothing_is_broken(bad: Clip, reason: str) -> None:
    with pytest.raises(BrokenClipError) as caught:
        next(read_clips(checked(corpus(bad))))
    assert str(caught.value) == f"clip 'one' {reason}"


def test_the_second_clip_of_a_name_is_broken_and_the_first_is_not() -> None:
    broken: list[BrokenClipError] = []
    twice = corpus(clip(name="a"), clip(name="b"), clip(name="a", persons=2))
    read = list(read_clips(checked(twice), on_broken=OnBroken.SKIP, report=broken.append))
    assert [(clip.name, len(clip.joints)) for clip in read] == [("a", 1), ("b", 1)]
    assert [str(error) for error in broken] == ["clip 'a' has the same name as a clip before it"]


@pytest.mark.parametrize("layout", [KINECT20, NTU25, KINETICS18])
def test_people_who_move_or_are_seen_in_part_are_neither_broken_nor_suspicious(layout: SkeletonLayout) -> None:
    good = clip(layout, persons=3, label=-1)
    good.joints[0, :, 3:] = np.nan
    good.joints[1, 4:] = np.nan
    good.joints[2] = np.nan
    assert next(read_clips(checked(corpus(good)))) is good
    assert list(suspicions(good)) == []


def test_an_impossible_bone_a_jump_and_joints_at_zero_are_each_said_of_the_right_person() -> None:
    odd = clip(persons=2)
    odd.joints[1, 4, KINECT20.index("left_hand")] += (0, 1.5, 0)
    said = f"person 1: bone left_hand - left_wrist is {ratio(odd)} body sizes long in frame 4"
    assert list(suspicions(odd)) == [said]
    odd = clip()
    odd.joints[0, 7:] += (3, 0, 0)
    assert [words.split(" by ")[0] for words in suspicions(odd)] == [jumper(odd)]
    odd = clip()
    odd.joints[0, 2:4, 5:8] = 0
    assert next(suspicions(odd)) == "several joints exactly at zero in 2 of 10 frames"


def ratio(odd: Clip) -> str:
    """How long the bone of the left hand is at most, from the definition."""
    person = odd.joints[1]
    size = np.median([np.linalg.norm(np.ptp(frame, axis=0)) for frame in person])
    hand, wrist = person[:, KINECT20.index("left_hand")], person[:, KINECT20.index("left_wrist")]
    return f"{np.linalg.norm(hand - wrist, axis=1).max() / size:.1f}"


def jumper(odd: Clip) -> str:
    steps = np.linalg.norm(odd.joints[0, 7] - odd.joints[0, 6], axis=1)
    return f"{KINECT20.joints[steps.argmax()]} jumps"


@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_the_unit_of_length_does_not_matter(unit: float) -> None:
    odd = clip()
    odd.joints[0, 7:, 3] += (3, 0, 0)
    scaled = replace(odd, joints=odd.joints * np.float32(unit))
    assert list(suspicions(scaled)) == list(suspicions(odd)) != []


def test_one_joint_at_zero_may_be_the_origin() -> None:
    centred = clip()
    centred.joints[:] -= centred.joints[:, :, :1]
    assert list(suspicions(centred)) == []


def test_utd_mhad_is_clean(utd_mhad: Path) -> None:
    assert not any(words for clip in read_clips(checked(open_corpus(utd_mhad))) for words in suspicions(clip))


def test_n_ucla_has_two_clips_of_one_frame(nucla: Path) -> None:
    broken: list[BrokenClipError] = []
    read = list(read_clips(checked(open_corpus(nucla)), on_broken=OnBroken.SKIP, report=broken.append))
    assert len(read) == 1482
    assert [str(error).partition(" has ")[0] for error in broken] == [
        "clip 'a02_s09_e04_v02'",
        "clip 'a02_s09_e04_v03'",
    ]
