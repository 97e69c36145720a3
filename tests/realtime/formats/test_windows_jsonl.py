import json
from dataclasses import replace

import numpy as np
import pytest

from realtime.formats.windows_jsonl import PredictionWriter, prediction_record, read_predictions
from stf.errors import UserError
from stf.prediction import Prediction
from stf.skeleton import KINETICS18, NTU25

CLASSES = ("wave", "clap", "draw circle clockwise", 'say "hi", twice', "größer\nzwei", "jog")


def predict(rng: np.random.Generator, start: float = 0.1234567, layout=NTU25) -> Prediction:
    scores = rng.dirichlet(np.ones(len(CLASSES))).astype(np.float32)
    best = int(scores.argmax())
    focus = rng.random((16, layout.num_joints)).astype(np.float32)
    return Prediction(start, start + 64 / 30, 3, scores, CLASSES[best], float(scores[best]), focus)


@pytest.mark.parametrize("layout", [NTU25, KINETICS18])
def test_predictions_read_back_as_they_were_written(tmp_path, layout):
    rng = np.random.default_rng(0)
    written = [predict(rng, start, layout) for start in (0.0, 8 / 30, 3600.1)]
    path = tmp_path / "windows.jsonl"
    with PredictionWriter(path, CLASSES, layout) as sink:
        for prediction in written:
            sink.write(prediction)

    read = read_predictions(path)
    assert read == [prediction_record(prediction, CLASSES, layout) for prediction in written]
    for record, prediction in zip(read, written, strict=True):
        assert (record.person, record.label) == (3, prediction.label)
        assert (record.start, record.end) == pytest.approx((prediction.start, prediction.end), abs=5e-4)
        assert record.confidence == pytest.approx(prediction.confidence, abs=5e-5)
        assert [entry.label for entry in record.top] == [CLASSES[number] for number, _ in prediction.top(5)]
        assert tuple(record.focus) == layout.joints
        assert list(record.focus.values()) == pytest.approx(prediction.focus.mean(axis=0).tolist(), abs=2.5e-3)


def test_every_line_is_one_json_object_with_the_documented_keys(tmp_path):
    path = tmp_path / "windows.jsonl"
    rng = np.random.default_rng(1)
    with PredictionWriter(path, CLASSES, NTU25) as sink:
        for _ in range(3):
            sink.write(predict(rng))
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n")
    records = [json.loads(line) for line in text.splitlines()]
    assert len(records) == 3
    for record in records:
        assert list(record) == ["start", "end", "person", "label", "confidence", "top", "focus", "root"]
        assert len(record["top"]) == 5
        assert record["top"][0] == {"label": record["label"], "score": record["confidence"]}
        assert record["start"] == 0.123


def test_a_place_is_written_to_the_millimetre_and_an_unknown_one_as_null(tmp_path):
    path = tmp_path / "windows.jsonl"
    placed = replace(predict(np.random.default_rng(3)), root=(0.12345, -0.5, 3.2))
    with PredictionWriter(path, CLASSES, NTU25) as sink:
        sink.write(placed)
        sink.write(replace(placed, root=None))
    assert [json.loads(line)["root"] for line in path.read_text().splitlines()] == [[0.123, -0.5, 3.2], None]
    assert [record.root for record in read_predictions(path)] == [(0.123, -0.5, 3.2), None]


def test_a_file_from_before_places_were_written_is_still_read(tmp_path):
    path = tmp_path / "windows.jsonl"
    record = prediction_record(predict(np.random.default_rng(4)), CLASSES, NTU25)
    path.write_text(record.model_dump_json(exclude={"root"}) + "\n")
    assert read_predictions(path) == [record]


def test_number_that_json_cannot_hold_is_never_written():
    prediction = predict(np.random.default_rng(2))
    prediction.focus[3, 4] = np.nan
    with pytest.raises(ValueError, match=r"focus\.left_shoulder"):
        prediction_record(prediction, CLASSES, NTU25)


def test_no_prediction_is_an_empty_file(tmp_path):
    path = tmp_path / "windows.jsonl"
    with PredictionWriter(path, CLASSES, NTU25):
        pass
    assert path.read_bytes() == b""
    assert read_predictions(path) == []


def test_failure_midway_leaves_no_file(tmp_path):
    path = tmp_path / "windows.jsonl"

    def fail():
        with PredictionWriter(path, CLASSES, NTU25) as sink:
            sink.write(predict(np.random.default_rng(3)))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda line: line[: len(line) // 2], "line 2 is not a prediction"),
        (lambda line: line.replace('"confidence":0.', '"confidence":7.'), "line 2 is not a prediction .confidence:"),
        (lambda line: line.replace('"person"', '"nobody"'), "line 2 is not a prediction .*person"),
        (lambda _: "\x80", "line 2 is not a prediction"),
    ],
)
def test_damaged_line_is_named_in_one_sentence(tmp_path, damage, complaint):
    path = tmp_path / "windows.jsonl"
    line = prediction_record(predict(np.random.default_rng(4)), CLASSES, NTU25).model_dump_json()
    assert damage(line) != line
    path.write_text(f"{line}\n{damage(line)}\n", encoding="utf-8")
    with pytest.raises(UserError, match=complaint) as raised:
        read_predictions(path)
    assert "\n" not in str(raised.value)


def test_binary_or_missing_file_is_a_user_error(tmp_path):
    (tmp_path / "video.mp4").write_bytes(b"\x00\xff\xfe")
    for name in ("video.mp4", "nothing.jsonl"):
        with pytest.raises(UserError, match=name):
            read_predictions(tmp_path / name)
