import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from data.poses import same
from hypothesis import given
from hypothesis import strategies as st
from mediapipe import Image, ImageFormat
from mediapipe.tasks.python import BaseOptions, vision
from mediapipe.tasks.python.components.containers.landmark import Landmark, NormalizedLandmark

from realtime.frames import Frame, PoseFrame
from realtime.native_log import without_chatter
from realtime.pose import MediaPipePose, PoseEstimator, PoseRecorder, RecordedPose
from realtime.pose.landmarker import _Milliseconds, _person
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
        os.write(2, b"[2026-11-22 14:29:18,429 W 2417 2417] rpc_client.h:153: chatter\n")
    assert capfd.readouterr().err == "E0000 00:00:1 17 b.cc:1] an error\n"


def test_standard_error_is_given_back_after_an_exception(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), without_chatter():
        os.write(2, str(1 // 0).encode())
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "afterwards\n"


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
