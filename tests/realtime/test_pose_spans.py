"""Poses found span by span: work that was cut off goes on to the same poses, bit by bit."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from realtime.frames import Frame
from realtime.pose import MediaPipePose, SpannedPose
from realtime.pose.spans import find_minutes
from realtime.pose.sparse import SparsePose
from realtime.sources import open_source

DEMO = Path(__file__).parents[2] / "apps" / "assets" / "demo.mp4"
SPAN, FRAMES = 0.8, 60


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    with open_source(DEMO) as source:
        return list(islice(source, FRAMES))


def spanned(folder: Path) -> SpannedPose:
    return SpannedPose(MediaPipePose, folder, span=SPAN)


def estimate(folder: Path, frames: list[Frame]) -> Iterator[bytes]:
    """What is found in each frame, as bytes."""
    with spanned(folder) as estimator:
        for frame in frames:
            yield b"".join(
                array.tobytes()
                for person in estimator.estimate(frame).persons
                for array in (person.landmarks, person.world, person.visibility)
            )


@pytest.fixture(scope="module")
def unbroken(frames: list[Frame], pose_model: Path, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:  # noqa: ARG001
    folder = tmp_path_factory.mktemp("unbroken") / "spans"
    found = list(estimate(folder, frames))
    assert [path.name for path in sorted(folder.iterdir())] == ["000000.npz", "000001.npz"], "whole spans are kept"
    return found


@pytest.mark.parametrize("reached", [10, 30, 50])
def test_work_cut_off_anywhere_goes_on_to_the_same_poses(
    reached: int, frames: list[Frame], unbroken: list[bytes], tmp_path: Path
) -> None:
    first = list(islice(estimate(tmp_path / "spans", frames), reached))
    assert first == unbroken[:reached]
    assert len(list((tmp_path / "spans").glob("*.npz"))) == reached // round(30 * SPAN)
    assert list(estimate(tmp_path / "spans", frames)) == unbroken
    assert len(set(unbroken)) > FRAMES // 2


def test_half_a_span_is_found_again_and_not_believed(
    frames: list[Frame], unbroken: list[bytes], tmp_path: Path
) -> None:
    list(estimate(tmp_path / "spans", frames[:30]))
    kept = tmp_path / "spans" / "000000.npz"
    kept.write_bytes(kept.read_bytes()[:1000])
    assert list(estimate(tmp_path / "spans", frames[:30])) == unbroken[:30]


def test_nothing_is_left_where_no_span_is_whole(frames: list[Frame], pose_model: Path, tmp_path: Path) -> None:  # noqa: ARG001
    list(estimate(tmp_path / "spans", frames[:5]))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("every", [1, 3])
def test_minutes_found_apart_are_those_of_one_run(
    every: int,
    frames: list[Frame],
    pose_model: Path,  # noqa: ARG001
    tmp_path: Path,
) -> None:
    with spanned(tmp_path / "one") as estimator:
        sparse = SparsePose(estimator, every)
        for frame in frames:
            list(sparse.add(frame))
        list(sparse.flush())
        estimator.complete()
    for minutes in (range(2, 9), range(1), range(1, 2)):
        with open_source(DEMO, end=FRAMES / 30) as source:
            found = list(find_minutes(source, MediaPipePose, tmp_path / "apart", minutes, every=every, span=SPAN))
            assert len({frame.index for frame in found}) == len(found) > 10
    one, apart = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "apart"))
    assert sorted(one) == ["000000.npz", "000001.npz", "000002.npz"]
    assert apart == one
