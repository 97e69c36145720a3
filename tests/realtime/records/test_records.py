import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from data.records import CLASSES, SEGMENTS, make_record, processing, save_record, settings, video_facts
from data.videos import write_video

from realtime.pose import PoseRecorder
from realtime.records import RecordWriter, hash_recording, json_schema, open_record, relative
from stf.checkpoint import DEFAULT_MODEL
from stf.errors import UserError
from stf.prediction import Prediction, Segment
from stf.recogniser import Recogniser

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser.load(device="cpu")


def prediction(recogniser: Recogniser, start: float) -> Prediction:
    classes, joints = len(recogniser.classes), recogniser.layout.num_joints
    scores = np.eye(classes, dtype=np.float32)[3]
    focus = np.full((recogniser.sampling.samples, joints), 0.4, np.float32)
    return Prediction(start, start + 2.1, 0, scores, recogniser.classes[3], 1.0, focus)


def write(path: Path, recogniser: Recogniser, video: Path, poses: Path | None = None) -> Path:
    size, digest = hash_recording(video)
    about = video_facts(video.name, relative(video, path.parent)).model_copy(
        update={"size_bytes": size, "sha256": digest}
    )
    with RecordWriter(path, recogniser, recogniser.sampling.samples) as writer:
        for start in (0.0, 0.25, 0.5):
            writer.write(prediction(recogniser, start))
        writer.finish(about, settings(), SEGMENTS, processing(), poses)
    return path


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "walk.mp4", 5)


def test_a_record_is_read_back_with_windows_video_and_poses(
    recogniser: Recogniser, video: Path, tmp_path: Path
) -> None:
    with PoseRecorder(tmp_path / "walk.poses.npz", video=video, estimator={}):
        pass
    (tmp_path / "out").mkdir()
    record = open_record(write(tmp_path / "out" / "walk.stf.json", recogniser, video, tmp_path / "walk.poses.npz"))
    assert record.name == "walk"
    assert record.segments == SEGMENTS
    assert record.facts.model.name == DEFAULT_MODEL
    assert record.facts.model.classes == recogniser.classes
    assert record.facts.video.path == "../walk.mp4"
    assert record.video().samefile(video)
    assert record.poses().samefile(tmp_path / "walk.poses.npz")
    with record.windows() as windows:
        assert [window.start for window in windows] == [0.0, 0.25, 0.5]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"walk.stf.json", "walk.stf.npz"}


def test_the_same_findings_give_the_same_bytes(recogniser: Recogniser, video: Path, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "walk.stf.json", recogniser, video)
    for name in ("walk.stf.json", "walk.stf.npz"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_segments_are_ordered_and_rounded_to_milliseconds(recogniser: Recogniser, tmp_path: Path) -> None:
    with RecordWriter(tmp_path / "walk.stf.json", recogniser, recogniser.sampling.samples) as writer:
        found = [Segment(2.00049, 3.0, 1, "wave", 0.123456), Segment(2.0, 9.9996, 0, "jog", 1.0)]
        facts = writer.finish(video_facts(), settings(), found, processing(), None)
    assert facts.segments == (Segment(2.0, 10.0, 0, "jog", 1.0), Segment(2.0, 3.0, 1, "wave", 0.1235))


def test_a_record_that_is_not_finished_leaves_nothing(recogniser: Recogniser, tmp_path: Path) -> None:
    def fail() -> None:
        with RecordWriter(tmp_path / "walk.stf.json", recogniser, recogniser.sampling.samples) as writer:
            writer.write(prediction(recogniser, 0.0))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_record_that_cannot_be_written_leaves_no_windows(recogniser: Recogniser, video: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / "walk.stf.json").mkdir(parents=True)
    with pytest.raises(UserError, match=r"walk\.stf\.json cannot be written"):
        write(tmp_path / "out" / "walk.stf.json", recogniser, video)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["walk.stf.json"]


def test_a_folder_of_images_is_told_by_names_and_contents(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        for name in ("a1.png", "a2.png"):
            (tmp_path / folder / name).write_text(name)
    size, digest = hash_recording(tmp_path / "one")
    assert size == 12
    assert hash_recording(tmp_path / "two") == (size, digest)
    (tmp_path / "two" / "a2.png").rename(tmp_path / "two" / "a3.png")
    assert hash_recording(tmp_path / "two")[1] != digest


def test_a_newer_record_is_refused_in_words(tmp_path: Path) -> None:
    path = save_record(make_record(tmp_path / "walk.stf.json"))
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | {"version": 2, "mood": "new"}))
    with pytest.raises(UserError, match=r"was written by a newer program .record version 2, .*update the program"):
        open_record(path)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda content: content | {"format": "another"}, "not a label record"),
        (lambda content: [content], "not a label record"),
        (lambda content: content | {"video": content["video"] | {"sha256": "1"}}, "damaged .* .video.sha256"),
        (lambda content: content | {"segments": [content["segments"][0] | {"end": -1}]}, "no segment from 0.0 to -1.0"),
        (lambda content: {key: value for key, value in content.items() if key != "model"}, "damaged .* .model"),
    ],
)
def test_a_damaged_record_is_one_sentence(damage: Callable[[dict], object], said: str, tmp_path: Path) -> None:
    path = save_record(make_record(tmp_path / "walk.stf.json"))
    path.write_text(json.dumps(damage(json.loads(path.read_text(encoding="utf-8")))))
    with pytest.raises(UserError, match=said) as raised:
        open_record(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"{", b"[" * 100_000])
def test_what_is_no_record_is_one_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.stf.json").write_bytes(content)
    with pytest.raises(UserError, match="not a label record"):
        open_record(tmp_path / "a.stf.json")
    with pytest.raises(UserError, match="cannot be read"):
        open_record(tmp_path / "missing.stf.json")


def test_what_a_record_names_must_be_there_and_its_own(recogniser: Recogniser, video: Path, tmp_path: Path) -> None:
    record = open_record(write(tmp_path / "walk.stf.json", recogniser, video))
    with pytest.raises(UserError, match="without keeping the landmarks: label the video with --format npz"):
        record.poses()
    moved = video.rename(tmp_path / "run.mp4")
    with pytest.raises(UserError, match=r"not at .*walk\.mp4: say where it is with --video"):
        record.video()
    assert replace(record, video_at=moved).video() == moved
    with pytest.raises(UserError, match="is another video than"):
        replace(record, video_at=write_video(tmp_path / "other.mp4", 4)).video()
    windows = tmp_path / "walk.stf.npz"
    windows.write_bytes(windows.read_bytes() + b"1")
    with pytest.raises(UserError, match="is damaged, or belongs to another record"):
        record.windows()
    windows.unlink()
    with pytest.raises(UserError, match="keep the two files together"):
        record.windows()


def test_the_published_schema_is_current_and_describes_what_is_written(tmp_path: Path) -> None:
    published = json.loads((DOCS / "label-record.schema.json").read_text(encoding="utf-8"))
    assert published == json_schema(), "run: stf export --schema > docs/label-record.schema.json"
    content = json.loads(save_record(make_record(tmp_path / "a.stf.json")).read_text(encoding="utf-8"))
    assert set(content) == set(published["properties"])
    assert set(content["video"]) == set(published["$defs"]["VideoFacts"]["properties"])
    assert content["model"]["classes"] == list(CLASSES)
