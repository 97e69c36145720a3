"""The pipeline on the demo clip: real video, real MediaPipe landmarks, a real (untrained) recogniser."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch

from realtime.body import Body
from realtime.camera import Camera, default_camera
from realtime.frames import Frame, PoseFrame, SkeletonFrame
from realtime.pipeline import Event, FrameResult, Pipeline
from realtime.pose import MediaPipePose, PoseRecorder, RecordedPose
from realtime.sources import Source, open_source
from realtime.window import WindowSpec, windows_of
from stf.checkpoint import Header
from stf.models import build_model
from stf.prediction import Ongoing, Prediction, Segment
from stf.recogniser import Recogniser
from stf.skeleton import NTU25

DEMO = Path(__file__).parents[2] / "apps" / "assets" / "demo.mp4"
SECONDS = 5.0


@pytest.fixture(scope="module")
def poses(tmp_path_factory: pytest.TempPathFactory, pose_model: Path) -> Path:
    """MediaPipe's landmarks of the first seconds of the demo clip."""
    path = tmp_path_factory.mktemp("poses") / "demo.npz"
    with (
        MediaPipePose(pose_model) as estimator,
        open_source(DEMO, end=SECONDS) as source,
        PoseRecorder(path, estimator=estimator.facts) as recorder,
    ):
        for frame in source:
            recorder.write(estimator.estimate(frame))
    return path


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return untrained()


def untrained(normalisation: Literal["body", "clip"] = "body") -> Recogniser:
    """An untrained network sure enough of itself to give segments."""
    torch.manual_seed(3)
    widths = (8,) * 6
    header = Header(
        architecture="stf",
        options={"widths": widths},
        layout="ntu25",
        classes=("a", "b", "c"),
        samples=64,
        rate_hz=30.0,
        streams={"joint": 1.0},
        normalisation=normalisation,
        temperature=0.02,
    )
    network = build_model("stf", layout=NTU25, num_classes=3, widths=widths)
    return Recogniser(header, {"joint": network}, torch.device("cpu"))


class Slow:
    """A `RecordedPose` that takes its time, or fails at a frame."""

    def __init__(self, poses: Path, seconds: float = 0.0, fail_at: int = -1) -> None:
        self._recorded = RecordedPose(poses)
        self._seconds = seconds
        self._fail_at = fail_at

    core = None

    def estimate(self, frame: Frame) -> PoseFrame:
        if frame.index == self._fail_at:
            raise RuntimeError("the estimator broke")
        time.sleep(self._seconds)
        return self._recorded.estimate(frame)

    def close(self) -> None:
        self._recorded.close()

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Paced:
    """A source whose frames come at a camera's pace."""

    live = True

    def __init__(self, source: Source, fps: float) -> None:
        self._source = source
        self._fps = fps

    def __iter__(self) -> Iterator[Frame]:
        for frame in self._source:
            time.sleep(1 / self._fps)
            yield frame

    def __getattr__(self, name: str) -> object:
        return getattr(self._source, name)


class Patient(Paced):
    """A source slow enough for the pipeline, however busy the machine."""

    pipeline: Pipeline

    def __init__(self, source: Source) -> None:
        super().__init__(source, fps=150)

    def __iter__(self) -> Iterator[Frame]:
        for frame in super().__iter__():
            while self.pipeline.statistics.frames < frame.index:
                time.sleep(0.001)
            yield frame


def clip(seconds: float = SECONDS) -> Source:
    return open_source(DEMO, end=seconds)


def test_every_frame_of_a_file_comes_out_once_in_order(poses: Path, recogniser: Recogniser) -> None:
    with Pipeline(clip(), RecordedPose(poses), recogniser) as pipeline:
        frames = [event.frame.index for event in pipeline if isinstance(event, FrameResult)]
    assert frames == list(range(round(SECONDS * 30)))
    assert pipeline.statistics.frames == pipeline.statistics.people_frames == len(frames)
    assert pipeline.statistics.people == 1
    assert pipeline.statistics.dropped == 0


def test_predictions_come_every_stride_and_segments_lie_within_the_video(poses: Path, recogniser: Recogniser) -> None:
    with Pipeline(clip(), RecordedPose(poses), recogniser) as pipeline:
        events = list(pipeline)
    predictions = [event for event in events if isinstance(event, Prediction)]
    ends = np.array([prediction.end for prediction in predictions])
    assert np.allclose(np.diff(ends[:-1]), 8 / 30)
    assert ends[-1] == pytest.approx(SECONDS - 1 / 30, abs=0.01)
    assert all(prediction.focus.shape == (WindowSpec().samples, 25) for prediction in predictions)
    said = [event for event in events if isinstance(event, Prediction | Ongoing)]
    assert all(isinstance(after, Ongoing) for after in said[1::2])
    assert len(said) == 2 * len(predictions)
    assert all(event.clock > 0 for event in events if isinstance(event, FrameResult))
    segments = [event for event in events if isinstance(event, Segment)]
    assert segments
    assert all(0 <= segment.start < segment.end <= SECONDS for segment in segments)


def test_live_and_recorded_give_the_same_predictions(poses: Path, recogniser: Recogniser) -> None:
    def predictions(*, live: bool) -> list[Prediction]:
        source = Patient(clip()) if live else clip()
        with Pipeline(source, RecordedPose(poses), recogniser, newest_wins=live) as pipeline:
            if isinstance(source, Patient):
                source.pipeline = pipeline
            found = [event for event in pipeline if isinstance(event, Prediction)]
        assert pipeline.statistics.dropped == 0
        return found

    recorded, live = predictions(live=False), predictions(live=True)
    assert len(recorded) == len(live) > 10
    for one, other in zip(recorded, live, strict=True):
        assert (one.start, one.end, one.person, one.label) == (other.start, other.end, other.person, other.label)
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-6)
        np.testing.assert_allclose(one.focus, other.focus, atol=1e-4)


def test_the_newest_frame_wins_when_the_estimator_is_behind(poses: Path, recogniser: Recogniser) -> None:
    with Pipeline(Paced(clip(2.0), fps=120), Slow(poses, seconds=0.05), recogniser) as pipeline:
        frames = [event.frame.index for event in pipeline if isinstance(event, FrameResult)]
    assert frames == sorted(frames)
    assert frames[-1] == 59
    assert len(frames) < 40
    assert pipeline.statistics.dropped == 60 - pipeline.statistics.frames > 20


def test_a_failure_comes_after_everything_complete_before_it(poses: Path, recogniser: Recogniser) -> None:
    events: list[Event] = []
    with Pipeline(clip(), Slow(poses, fail_at=100), recogniser) as pipeline:
        iterator = iter(pipeline)
        with pytest.raises(RuntimeError, match="the estimator broke"):
            events.extend(iterator)
    assert [event.frame.index for event in events if isinstance(event, FrameResult)] == list(range(100))
    assert max(event.end for event in events if isinstance(event, Prediction)) == pytest.approx(99 / 30, abs=0.01)


def test_stop_ends_the_video_early_and_keeps_what_is_under_way(poses: Path, recogniser: Recogniser) -> None:
    events = []
    with Pipeline(clip(), Slow(poses, seconds=0.01), recogniser) as pipeline:
        for event in pipeline:
            events.append(event)
            if isinstance(event, FrameResult) and event.frame.index == 60:
                pipeline.stop()
                stopped = time.monotonic()
    assert time.monotonic() - stopped < 1
    last = max(event.frame.time for event in events if isinstance(event, FrameResult))
    assert 2 <= last < 3
    assert max(event.end for event in events if isinstance(event, Prediction)) == pytest.approx(last, abs=0.01)
    assert any(isinstance(event, Segment) for event in events)


def test_leaving_the_loop_ends_every_worker_within_a_second(poses: Path, recogniser: Recogniser) -> None:
    with Pipeline(clip(), Slow(poses, seconds=0.02), recogniser) as pipeline:
        for event in pipeline:
            if isinstance(event, Prediction):
                break
        begun = time.monotonic()
    assert time.monotonic() - begun < 1
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("stf_")]


def test_an_idle_consumer_stops_a_file_but_not_a_camera(poses: Path, recogniser: Recogniser) -> None:
    with Pipeline(clip(), RecordedPose(poses), recogniser) as waiting:
        waiting.start()
        time.sleep(0.5)
        assert waiting.statistics.frames < 20
    with Pipeline(Paced(clip(1.0), fps=120), RecordedPose(poses), recogniser) as running:
        running.start()
        time.sleep(1.5)
        assert running.statistics.frames > 20


@pytest.mark.parametrize("normalisation", ["body", "clip"])
def test_a_model_that_knows_the_ways_people_go_is_shown_them(
    normalisation: Literal["body", "clip"], poses: Path
) -> None:
    recogniser = untrained(normalisation)
    with Pipeline(clip(), RecordedPose(poses), recogniser) as pipeline:
        events = list(pipeline)
    frames = [event.skeletons[0] for event in events if isinstance(event, FrameResult)]
    shown = [frame.placed() if normalisation == "clip" else frame for frame in frames]
    joints, moments = np.stack([frame.joints for frame in shown]), np.array([frame.time for frame in shown])
    windows = windows_of(moments, joints, WindowSpec().shown_to(recogniser))
    expected, _ = recogniser.recognise(np.stack([window.joints for window in windows]))
    scores = [event.scores for event in events if isinstance(event, Prediction)]
    np.testing.assert_allclose(np.stack(scores), expected, atol=1e-5)


def test_windows_are_as_long_as_asked_and_no_longer_than_the_recogniser_s_own(
    poses: Path, recogniser: Recogniser
) -> None:
    own = recogniser.sampling
    for asked, samples in ((0.8, round(0.8 * own.rate_hz) + 1), (60.0, own.samples)):
        with Pipeline(clip(), RecordedPose(poses), recogniser, window=WindowSpec(seconds=asked)) as pipeline:
            predictions = [event for event in pipeline if isinstance(event, Prediction)]
        assert {len(prediction.focus) for prediction in predictions} == {samples}
        for prediction in predictions:
            assert prediction.end - prediction.start == pytest.approx((samples - 1) / own.rate_hz)


def test_frames_and_predictions_say_where_people_are(poses: Path, recogniser: Recogniser) -> None:
    with Pipeline(clip(), RecordedPose(poses), recogniser) as pipeline:
        events = list(pipeline)
    roots = {event.frame.time: event.skeletons[0].root for event in events if isinstance(event, FrameResult)}
    assert np.ptp(list(roots.values()), axis=0).max() < 0.5  # the figure stays on its spot
    for prediction in (event for event in events if isinstance(event, Prediction)):
        moment = min(roots, key=lambda time: abs(time - prediction.end))
        np.testing.assert_allclose(prediction.root, roots[moment], atol=1e-6)


def test_a_narrower_camera_sees_the_same_people_from_further_away(poses: Path, recogniser: Recogniser) -> None:
    def distance(camera: Camera | None) -> float:
        with Pipeline(clip(1.0), RecordedPose(poses), recogniser, camera=camera) as pipeline:
            return float(np.median([e.skeletons[0].root[2] for e in pipeline if isinstance(e, FrameResult)]))

    wide = default_camera(640, 480)
    narrow = replace(wide, focal=(2 * wide.focal[0], 2 * wide.focal[1]), rms=0.1)
    assert distance(wide) == pytest.approx(distance(None))
    assert distance(narrow) == pytest.approx(2 * distance(wide), rel=0.1)


def test_a_body_is_kept_in_every_frame(poses: Path, recogniser: Recogniser) -> None:
    body = Body("ntu25", {"left_wrist": 0.25, "right_wrist": 0.25, "left_knee": 0.4}, scale=1.2)
    elbow, wrist = NTU25.indices("left_elbow", "left_wrist")

    def see(body: Body | None) -> list[SkeletonFrame]:
        with Pipeline(clip(2.0), RecordedPose(poses), recogniser, body=body) as pipeline:
            return [event.skeletons[0] for event in pipeline if isinstance(event, FrameResult)]

    kept, free = see(body), see(None)
    lengths = [np.linalg.norm(frame.joints[wrist] - frame.joints[elbow]) for frame in kept]
    np.testing.assert_allclose(lengths, 0.25, rtol=1e-4)
    np.testing.assert_allclose([f.root for f in kept], [1.2 * f.root for f in free], rtol=1e-5)


def test_many_frames_at_a_time_and_recognisers_side_by_side_change_no_bit(poses: Path, recogniser: Recogniser) -> None:
    def see(chunk: int, recognisers: int) -> tuple[list[bytes], list[object]]:
        with Pipeline(
            clip(), RecordedPose(poses), recogniser, batch=4, chunk=chunk, recognisers=recognisers
        ) as pipeline:
            events = list(pipeline)
        frames = [event for event in events if isinstance(event, FrameResult)]
        predictions = [event for event in events if isinstance(event, Prediction)]
        arrays = [
            *(part for frame in frames for one in frame.skeletons for part in (one.joints, one.visibility, one.root)),
            *(part for one in predictions for part in (one.scores, one.focus)),
        ]
        others = [
            *((frame.frame.index, [one.person for one in frame.people]) for frame in frames),
            *((one.start, one.end, one.person, one.label, one.root) for one in predictions),
            *(event for event in events if isinstance(event, (Segment, Ongoing))),
        ]
        return [array.tobytes() for array in arrays], others

    assert see(1, 1) == see(64, 1) == see(7, 2)


def test_frames_before_a_failure_come_out_of_a_chunk_too(poses: Path, recogniser: Recogniser) -> None:
    events: list[Event] = []
    with Pipeline(clip(), Slow(poses, fail_at=100), recogniser, chunk=64) as pipeline:
        iterator = iter(pipeline)
        with pytest.raises(RuntimeError, match="the estimator broke"):
            events.extend(iterator)
    assert [event.frame.index for event in events if isinstance(event, FrameResult)] == list(range(100))
