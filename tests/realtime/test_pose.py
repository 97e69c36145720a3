import os
import re
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mediapipe import Image, ImageFormat
from mediapipe.tasks.python import BaseOptions, vision
from mediapipe.tasks.python.components.containers.landmark import Landmark, NormalizedLandmark

from realtime.frames import Frame, PersonPose, PoseFrame
from realtime.pose import MediaPipePose, PoseEstimator, PoseRecorder, RecordedPose
from realtime.pose.landmarker import _Milliseconds, _person
from realtime.pose.native_log import without_chatter
from stf.errors import UserError
from stf.skeleton import MEDIAPIPE33


@pytest.fixture(scope="session")
def clip(videos: Path) -> Path:
    return videos / "intel/asl_gestures/walk.mkv"


@pytest.fixture(scope="session")
def frames(clip: Path) -> list[Frame]:
    """The first twelve frames of a woman who faces the camera and signs."""
    capture = cv2.VideoCapture(str(clip))
    return [Frame(index, index / 30, capture.read()[1]) for index in range(12)]


@pytest.fixture
def estimator(pose_model: Path) -> Iterator[MediaPipePose]:
    with MediaPipePose(pose_model) as estimator:
        yield estimator


@pytest.fixture(scope="session")
def poses(pose_model: Path, frames: list[Frame]) -> list[PoseFrame]:
    with MediaPipePose(pose_model) as estimator:
        return [estimator.estimate(frame) for frame in frames]


def same(one: PoseFrame, other: PoseFrame) -> bool:
    return (one.index, one.time, len(one.persons)) == (other.index, other.time, len(other.persons)) and all(
        np.array_equal(getattr(a, name), getattr(b, name)) and getattr(a, name).dtype == getattr(b, name).dtype
        for a, b in zip(one.persons, other.persons, strict=True)
        for name in ("landmarks", "world", "visibility")
    )


def test_a_person_facing_the_camera_is_found_with_the_body_the_right_way_round(poses: list[PoseFrame]) -> None:
    left, right, nose, hip = MEDIAPIPE33.indices("left_shoulder", "right_shoulder", "nose", "left_hip")
    for pose in poses:
        (person,) = pose.persons
        assert person.landmarks.shape == person.world.shape == (33, 3)
        assert person.landmarks.dtype == person.world.dtype == person.visibility.dtype == np.float32
        assert person.visibility.shape == (33,)
        assert person.visibility[[left, right, nose]].min() > 0.9
        assert person.visibility.min() >= 0
        assert person.visibility.max() <= 1
        assert person.landmarks[left, 0] > person.landmarks[right, 0]
        assert person.landmarks[nose, 1] < person.landmarks[left, 1] < person.landmarks[hip, 1]
        assert 0.2 < np.linalg.norm(person.world[left] - person.world[right]) < 0.5  # metres


def test_the_landmarks_are_those_of_bare_mediapipe(
    pose_model: Path, frames: list[Frame], poses: list[PoseFrame]
) -> None:
    options = vision.PoseLandmarkerOptions(BaseOptions(str(pose_model)), vision.RunningMode.VIDEO)
    with vision.PoseLandmarker.create_from_options(options) as bare:
        for frame, pose in zip(frames, poses, strict=True):
            rgb = np.ascontiguousarray(frame.image[..., ::-1])
            result = bare.detect_for_video(Image(ImageFormat.SRGB, rgb), round(frame.time * 1000))
            (person,) = pose.persons
            expected = np.array([(p.x, p.y, p.z, p.visibility) for p in result.pose_landmarks[0]], np.float32)
            np.testing.assert_array_equal(np.column_stack([person.landmarks, person.visibility]), expected)
            expected = np.array([(p.x, p.y, p.z) for p in result.pose_world_landmarks[0]], np.float32)
            np.testing.assert_array_equal(person.world, expected)


def test_a_frame_without_a_person_gives_nobody_and_keeps_its_own_time(estimator: MediaPipePose) -> None:
    assert estimator.estimate(Frame(7, 1.25, np.zeros((48, 64, 3), np.uint8))) == PoseFrame(7, 1.25, ())


def test_two_people_are_found_where_two_are_asked_for(pose_model: Path, frames: list[Frame]) -> None:
    image = np.concatenate([frames[0].image, frames[0].image[:, ::-1]], axis=1)
    with MediaPipePose(pose_model, num_poses=2) as estimator:
        found = [estimator.estimate(Frame(n, n / 30, image)) for n in range(3)]
    noses = sorted(person.landmarks[0, 0] for person in found[-1].persons)
    assert len(noses) == 2
    assert noses[0] < 0.5 < noses[1]


def test_frames_of_one_millisecond_and_a_source_that_starts_again_are_taken(
    estimator: MediaPipePose, frames: list[Frame]
) -> None:
    times = [5.0, 5.0, 5.0001, 5.1, 0.0, 0.0333, 0.0667]
    taken = [estimator.estimate(Frame(n, time, frames[n].image)) for n, time in enumerate(times)]
    assert [pose.time for pose in taken] == times
    assert all(len(pose.persons) == 1 for pose in taken)


def test_a_video_that_changes_size_midway_is_followed(estimator: MediaPipePose, frames: list[Frame]) -> None:
    image = frames[0].image
    for n, shown in enumerate([image, image[::2, ::2], np.ascontiguousarray(image[1:, 3:]), image]):
        (person,) = estimator.estimate(Frame(n, n / 30, shown)).persons
        assert 0.3 < person.landmarks[0, 0] < 0.7


@given(st.lists(st.floats(0, 1e5), min_size=2, max_size=50))
def test_milliseconds_always_increase(times: list[float]) -> None:
    clock = _Milliseconds()
    given_out = [clock.after(time) for time in times]
    assert all(later > earlier for earlier, later in pairwise(given_out))


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=20), st.integers(0, 10**6))
def test_milliseconds_keep_their_steps_after_a_restart(steps: list[int], start: int) -> None:
    clock = _Milliseconds()
    clock.after(start / 1000)
    times = np.cumsum([0, *steps])
    assert np.diff([clock.after(time / 1000) for time in times]).tolist() == steps


@pytest.mark.parametrize("place", ["landmarks", "world", "visibility"])
@pytest.mark.parametrize("number", [float("nan"), float("inf"), None])
def test_a_person_with_a_landmark_that_is_no_number_is_left_out(place: str, number: float | None) -> None:
    landmarks = [NormalizedLandmark(0.5, 0.5, 0.0, visibility=1.0) for _ in range(33)]
    world = [Landmark(0.1, 0.2, 0.3, visibility=1.0) for _ in range(33)]
    assert _person(landmarks, world) is not None
    if place == "visibility":
        landmarks[20].visibility = number
    else:
        (landmarks if place == "landmarks" else world)[20].y = number
    assert _person(landmarks, world) is None


def test_an_error_of_mediapipe_is_one_sentence_with_the_frame(estimator: MediaPipePose) -> None:
    estimator.estimate(Frame(0, 0.0, np.zeros((48, 64, 3), np.uint8)))
    with pytest.raises(UserError, match=r"MediaPipe fails at frame 1 \(64 x 48, 9300000000000\.000 s\): .+; cut"):
        estimator.estimate(Frame(1, 9.3e12, np.zeros((48, 64, 3), np.uint8)))


def test_a_closed_estimator_refuses_rather_than_finding_nobody(pose_model: Path, frames: list[Frame]) -> None:
    estimator = MediaPipePose(pose_model)
    estimator.close()
    estimator.close()
    with pytest.raises(ValueError, match="closed"):
        estimator.estimate(frames[0])


@pytest.mark.parametrize("knob", [{"num_poses": 0}, {"min_tracking_confidence": 1.5}])
def test_a_knob_out_of_range_is_refused(pose_model: Path, knob: dict[str, float]) -> None:
    with pytest.raises(UserError, match="give "):
        MediaPipePose(pose_model, **knob)


def test_a_gpu_that_does_not_work_points_to_the_cpu(pose_model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    try:
        MediaPipePose(pose_model, delegate="gpu").close()
    except UserError as error:
        sentence = str(error)
    else:
        pytest.skip("MediaPipe's GPU delegate works on this machine")
    assert re.fullmatch(r"MediaPipe cannot use the GPU here \(.+\); use the cpu delegate", sentence)
    assert capfd.readouterr().err == ""


def test_a_whole_run_writes_nothing_to_the_terminal_and_fast_help_stays_possible(pose_model: Path, clip: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from realtime.frames import Frame
from realtime.pose import MediaPipePose
assert not {{"cv2", "mediapipe", "matplotlib"}} & set(sys.modules)
import cv2
capture = cv2.VideoCapture({str(clip)!r})
with MediaPipePose(Path({str(pose_model)!r})) as estimator:
    people = [len(estimator.estimate(Frame(n, n / 30, capture.read()[1])).persons) for n in range(5)]
assert people == [1] * 5
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_only_chatter_is_held_back_from_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    with without_chatter():
        os.write(2, b"W0000 00:00:1795253091.8 17 a.cc:1] chatter\nE0000 00:00:1 17 b.cc:1] an error\nINFO: chatter\n")
    assert capfd.readouterr().err == "E0000 00:00:1 17 b.cc:1] an error\n"


def test_standard_error_is_given_back_after_an_exception(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), without_chatter():
        os.write(2, str(1 // 0).encode())
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "afterwards\n"


# --- recording ---------------------------------------------------------------------------------------------------


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


def test_recorded_poses_stand_in_for_mediapipe(
    clip: Path, frames: list[Frame], poses: list[PoseFrame], estimator: MediaPipePose, tmp_path: Path
) -> None:
    path = tmp_path / "poses.npz"
    with PoseRecorder(path, video=clip, estimator=estimator.facts) as recorder:
        for pose in poses:
            recorder.write(pose)
    recorded: PoseEstimator = RecordedPose(path, video=clip)
    with recorded:
        assert all(same(recorded.estimate(frame), pose) for frame, pose in zip(frames, poses, strict=True))
    assert RecordedPose(path).facts == dict(estimator.facts)
    assert len(estimator.facts["model_sha256"]) == 64


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


def test_poses_of_another_video_are_refused(recording: list[PoseFrame], clip: Path, tmp_path: Path) -> None:
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
