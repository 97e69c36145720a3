"""Poses kept in a file, and read back."""

import tracemalloc
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from data.poses import same
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.frames import Frame, PersonPose, PoseFrame
from realtime.pose import PoseRecorder, RecordedPose
from stf.errors import UserError


def person(rng: np.random.Generator) -> PersonPose:
    return PersonPose(
        rng.normal(size=(33, 3)).astype(np.float32),
        rng.normal(size=(33, 3)).astype(np.float32),
        rng.random(33, np.float32),
    )


@pytest.fixture
def recording() -> list[PoseFrame]:
    """Twelve frames, with two people in every third."""
    rng = np.random.default_rng(0)
    return [PoseFrame(n, n / 30, tuple(person(rng) for _ in range(1 + (n % 3 == 0)))) for n in range(12)]


def record(path: Path, poses: Iterable[PoseFrame], video: Path | None = None) -> Path:
    with PoseRecorder(path, video=video, estimator={"estimator": "a test"}) as recorder:
        for pose in poses:
            recorder.write(pose)
    return path


def blank(pose: PoseFrame) -> Frame:
    return Frame(pose.index, pose.time, np.zeros((1, 1, 3), np.uint8))


@settings(deadline=None, max_examples=30)
@given(
    counts=st.lists(st.integers(0, 3), max_size=12),
    steps=st.lists(st.tuples(st.integers(1, 5), st.floats(1e-6, 10)), min_size=12, max_size=12),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_round_trip_is_exact(
    tmp_path_factory: pytest.TempPathFactory, counts: list[int], steps: list[tuple[int, float]], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    index = np.cumsum([step[0] for step in steps])
    times = np.cumsum([step[1] for step in steps])
    poses = [
        PoseFrame(int(index[n]), float(times[n]), tuple(person(rng) for _ in range(count)))
        for n, count in enumerate(counts)
    ]
    folder = tmp_path_factory.mktemp("poses")
    with RecordedPose(record(folder / "poses.npz", poses)) as recorded:
        assert len(recorded) == len(poses)
        assert all(same(a, b) for a, b in zip(recorded, poses, strict=True))
        assert all(same(recorded.estimate(blank(pose)), pose) for pose in reversed(poses))
    assert [path.name for path in folder.iterdir()] == ["poses.npz"]


def test_numpy_reads_the_documented_arrays_without_pickle(recording: list[PoseFrame], tmp_path: Path) -> None:
    record(tmp_path / "poses.npz", [*recording, PoseFrame(99, 9.0, ())])
    with np.load(tmp_path / "poses.npz", allow_pickle=False) as arrays:
        assert set(arrays) == {"time", "index", "offset", "landmarks", "world", "visibility", "facts"}
        assert arrays["offset"].tolist() == [0, *np.cumsum([len(pose.persons) for pose in recording]), 16]
        assert arrays["time"].dtype == np.float64
        np.testing.assert_array_equal(arrays["world"], [one.world for pose in recording for one in pose.persons])


def test_nothing_lies_under_the_final_name_before_the_end_or_after_an_error(
    recording: list[PoseFrame], tmp_path: Path
) -> None:
    path = record(tmp_path / "poses.npz", recording[:1])
    before = path.read_bytes()

    def breaking_off() -> Iterator[PoseFrame]:
        for pose in recording:
            assert path.read_bytes() == before
            yield pose
        raise EOFError

    with pytest.raises(EOFError):
        record(path, breaking_off())
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("place", "reason"), [("gone/poses.npz", "No such file"), (".", "is a folder")])
def test_a_place_that_cannot_be_written_is_said_before_any_work(tmp_path: Path, place: str, reason: str) -> None:
    with pytest.raises(UserError, match=f"cannot be written .*{reason}"):
        PoseRecorder(tmp_path / place, estimator={})


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full to stand for a full disk")
def test_a_full_disk_is_one_sentence_and_leaves_nothing(recording: list[PoseFrame], tmp_path: Path) -> None:
    def fill_the_disk() -> None:
        with Path("/dev/full").open("wb") as full, PoseRecorder(tmp_path / "poses.npz", estimator={}) as recorder:
            recorder._table._files["world"] = full
            for pose in 10 * recording:
                recorder.write(pose)

    with pytest.raises(UserError, match="No space left on device"):
        fill_the_disk()
    assert list(tmp_path.iterdir()) == []


def test_poses_of_another_video_are_refused(recording: list[PoseFrame], videos: Path, tmp_path: Path) -> None:
    clip = videos / "intel/asl_gestures/walk.mkv"
    path = record(tmp_path / "poses.npz", recording, video=clip)
    recorded = RecordedPose(path)
    image = np.zeros((1, 1, 3), np.uint8)
    for frame in (Frame(1, 1 / 25, image), Frame(len(recording), len(recording) / 30, image)):
        with pytest.raises(UserError, match=f"of another video: they hold no frame {frame.index} at"):
            recorded.estimate(frame)
    with pytest.raises(UserError, match=r"recorded from 'walk\.mkv' \(\d+ bytes\), not from 'again\.mkv'"):
        RecordedPose(path, video=clip.with_name("again.mkv"))


@pytest.mark.parametrize("fault", ["missing", "text", "truncated", "flipped", "other arrays", "compressed"])
def test_a_file_that_is_no_whole_recording_is_refused(fault: str, recording: list[PoseFrame], tmp_path: Path) -> None:
    path = record(tmp_path / "poses.npz", recording)
    content = path.read_bytes()
    match fault:
        case "missing":
            path.unlink()
        case "text":
            path.write_text("time,x,y")
        case "truncated":
            path.write_bytes(content[: len(content) // 2])
        case "flipped":
            with zipfile.ZipFile(path) as archive:
                place = archive.getinfo("world.npy").header_offset + 500
            path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        case "other arrays":
            np.savez(path, joints=np.zeros(3))
        case "compressed":
            with np.load(path) as arrays:
                np.savez_compressed(path.with_name("again.npz"), **arrays)
            path = path.with_name("again.npz")
    with pytest.raises(UserError, match="no poses file" if fault == "missing" else "not a whole recording"):
        RecordedPose(path)


def test_memory_does_not_grow_with_the_length_of_a_recording(recording: list[PoseFrame], tmp_path: Path) -> None:
    """Three minutes of video: 5 MB of poses, under 2 MB of memory to write them and read them again."""
    persons = recording[1].persons
    tracemalloc.start()
    try:
        with PoseRecorder(tmp_path / "poses.npz", estimator={}) as recorder:
            for n in range(6_000):
                recorder.write(PoseFrame(n, n / 30, persons))
        with RecordedPose(tmp_path / "poses.npz") as recorded:
            assert sum(len(pose.persons) for pose in recorded) == 6_000
        assert tracemalloc.get_traced_memory()[1] < 2e6
    finally:
        tracemalloc.stop()
    assert (tmp_path / "poses.npz").stat().st_size > 5e6
