"""Label records of made-up findings."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from realtime.records import LabelRecord, Processing, Record, Settings, VideoFacts
from realtime.records.schema import ModelFacts, WindowFacts
from realtime.records.windows import WindowWriter
from realtime.segments import SegmentSpec
from realtime.window import WindowSpec
from stf.prediction import Prediction, Segment
from stf.skeleton import NTU25

CLASSES = ("wave", "clap", "draw circle clockwise", 'say "hi", twice', "größer & <weiter>", "jog")
MOMENTS = 16
HASH = "0123456789abcdef" * 4

SEGMENTS = (
    Segment(0.0, 1.5, 0, "wave", 0.875),
    Segment(1.5, 2.0, 0, "größer & <weiter>", 0.5001),
    Segment(1.75, 3600.5, 1, 'say "hi", twice', 0.25),
    Segment(4.001, 5.0, 0, "draw circle clockwise", 1.0),
)


def settings() -> Settings:
    return Settings(
        device="cpu", estimator={"estimator": "a test"}, window=WindowSpec(samples=MOMENTS), segments=SegmentSpec()
    )


def video_facts(name: str = "walk.mp4", path: str = "walk.mp4", frames: int = 91, seconds: float = 3.0) -> VideoFacts:
    return VideoFacts(
        name=name, path=path, size_bytes=1, sha256=HASH, width=64, height=48, fps=30.0, frames=frames, seconds=seconds
    )


def processing() -> Processing:
    return Processing(program="0", frames_with_people=3, people=2, complete=True, problem=None)


def make_record(
    path: Path,
    segments: Sequence[Segment] = SEGMENTS,
    *,
    video: VideoFacts | None = None,
    classes: tuple[str, ...] = CLASSES,
) -> Record:
    """A record that was never written, without windows."""
    facts = LabelRecord(
        video=video or video_facts(),
        model=ModelFacts(name="tiny", sha256=HASH, layout="ntu25", classes=classes),
        settings=settings(),
        processing=processing(),
        windows=WindowFacts(file="none.npz", sha256=HASH, windows=0, moments=MOMENTS),
        poses=None,
        segments=tuple(segments),
    )
    return Record(path, facts)


def save_record(record: Record) -> Path:
    """Write a record's own file."""
    record.path.write_text(record.facts.model_dump_json(), encoding="utf-8")
    return record.path


def predict(rng: np.random.Generator, start: float = 0.1234567, person: int = 3) -> Prediction:
    scores = rng.dirichlet(np.ones(len(CLASSES))).astype(np.float32)
    best = int(scores.argmax())
    focus = rng.random((MOMENTS, NTU25.num_joints)).astype(np.float32)
    return Prediction(start, start + 2.1, person, scores, CLASSES[best], float(scores[best]), focus)


def write_windows(path: Path, predictions: Sequence[Prediction]) -> Path:
    """The windows of a record."""
    writer = WindowWriter(path, len(CLASSES), MOMENTS, NTU25.num_joints)
    for prediction in predictions:
        writer.write(prediction)
    writer.close()
    return path


def placed(prediction: Prediction) -> Prediction:
    return replace(prediction, root=(0.12345, -0.5, 3.2))
