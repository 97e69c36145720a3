"""Poses of every second frame of real people: what lies between is where they were."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from recorded_poses import poses, times

from realtime.frames import Frame, PersonPose, PoseFrame
from realtime.pose import PoseRecorder, RecordedPose
from realtime.pose.sparse import SparsePose

IMAGE = np.zeros((2, 2, 3), np.uint8)


def sparse(folder: Path, frames: Sequence[tuple[float, Sequence[PersonPose]]], every: int = 2) -> list[PoseFrame]:
    """What comes of frames of whom it is known who is in them."""
    path = folder / "poses.npz"
    with PoseRecorder(path, estimator={}) as recorder:
        for index, (time, persons) in enumerate(frames):
            recorder.write(PoseFrame(index, time, tuple(persons)))
    with RecordedPose(path) as recorded:
        estimator = SparsePose(recorded, every)
        given = [Frame(index, time, IMAGE) for index, (time, _) in enumerate(frames)]
        pairs = [pair for frame in given for pair in estimator.add(frame)] + list(estimator.flush())
    assert [frame for frame, _ in pairs] == given
    assert [(found.index, found.time) for _, found in pairs] == [(frame.index, frame.time) for frame in given]
    return [found for _, found in pairs]


@pytest.fixture
def seen() -> list[tuple[float, list[PersonPose]]]:
    name = _a_name()
    return [(time, [pose]) for time, pose in zip(times(name), poses(name), strict=True)][:40]


def _a_name() -> str:
    with np.load(Path(__file__).parents[1] / "data" / "poses_intel.npz") as data:
        return next(iter(data)).rpartition("_")[0]


def test_every_frame_has_its_people_and_those_between_are_near_where_they_were(
    seen: list[tuple[float, list[PersonPose]]], tmp_path: Path
) -> None:
    found = sparse(tmp_path, seen)
    apart = []
    for (_, true), frame in zip(seen, found, strict=True):
        same = np.array_equal(true[0].landmarks, frame.persons[0].landmarks)
        assert same == (frame.index % 2 == 0 or frame.index == len(seen) - 1)
        apart.append(np.abs(true[0].landmarks[:, :2] - frame.persons[0].landmarks[:, :2]).mean())
    still = [np.abs(b[0].landmarks[:, :2] - a[0].landmarks[:, :2]).mean() for (_, a), (_, b) in pairwise(seen)]
    assert 0 < np.mean(apart[1::2]) < np.mean(still)


def test_one_in_every_one_is_the_estimator_itself(seen: list[tuple[float, list[PersonPose]]], tmp_path: Path) -> None:
    for (_, true), frame in zip(seen, sparse(tmp_path, seen, every=1), strict=True):
        assert np.array_equal(true[0].world, frame.persons[0].world)


def test_who_is_in_one_frame_only_is_in_none_between_and_nobody_crosses_a_gap(
    seen: list[tuple[float, list[PersonPose]]], tmp_path: Path
) -> None:
    person = seen[0][1]
    assert not sparse(tmp_path, [(0.0, person), (0.04, person), (0.08, [])])[1].persons
    assert not sparse(tmp_path, [(0.0, []), (0.04, person), (0.08, person)])[1].persons
    assert not sparse(tmp_path, [(0.0, person), (0.2, person), (0.4, person)])[1].persons


def test_two_people_in_any_order_do_not_become_each_other(
    seen: list[tuple[float, list[PersonPose]]], tmp_path: Path
) -> None:
    left = seen[0][1][0]
    right = PersonPose(left.landmarks + np.float32([0.3, 0, 0]), left.world, left.visibility)
    between = sparse(tmp_path, [(0.0, [left, right]), (0.04, []), (0.08, [right, left])])[1]
    assert np.allclose([one.landmarks[0, 0] for one in between.persons], [left.landmarks[0, 0], right.landmarks[0, 0]])
