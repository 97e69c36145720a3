"""The demo clip in the package is what its description says, and the command that made it still makes it."""

import itertools
import json
from pathlib import Path

import av
import numpy as np
import pytest

from calibration.demo_clip import ACTIONS, choreograph, make_demo
from calibration.everyday.labels import LABELS
from stf.datasets.utd_mhad import CLASSES, FPS, TRAIN_SUBJECTS, read_clip
from stf.errors import UserError

ASSETS = Path(__file__).parents[2] / "apps" / "assets"


def test_demo_video_and_its_description_agree():
    facts = json.loads((ASSETS / "demo.json").read_text(encoding="utf-8"))
    segments = facts["segments"]
    with av.open(str(ASSETS / "demo.mp4")) as container:
        stream = container.streams.video[0]
        times = [float(frame.time) for frame in container.decode(stream)]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height) == (640, 480)
    seconds = len(times) / FPS
    assert times[-1] == pytest.approx(seconds - 1 / FPS, abs=1e-3)
    assert 20 <= seconds <= 30
    assert segments[0]["start"] > 0.5
    assert segments[-1]["end"] == pytest.approx(seconds - 0.7, abs=0.02)
    assert all(a["end"] + 1 < b["start"] for a, b in itertools.pairwise(segments))
    assert len({segment["label"] for segment in segments} & set(LABELS)) == len(segments) == len(ACTIONS) >= 6
    assert facts["subject"] not in TRAIN_SUBJECTS
    assert (ASSETS / "demo.mp4").stat().st_size <= 1.5e6


def test_figure_never_jumps_between_actions(utd_mhad: Path):
    clips = [read_clip(utd_mhad / f"a{CLASSES.index(action) + 1}_s8_t1_skeleton.mat") for action in ACTIONS]
    motion, spans = choreograph(clips)
    between = np.ones(len(motion), bool)
    for span in spans:
        between[round(span.start * FPS) : round(span.end * FPS)] = False
    speed = np.linalg.norm(np.diff(motion, axis=0), axis=2).max(axis=1) * FPS
    assert speed[between[1:] & between[:-1]].max() < 2.5
    assert [span.label for span in spans] == ["clap", "squat", "punch", "tennis serve", "lunge", "bowl", "walk"]


def test_unknown_action_is_refused_before_anything_is_written(utd_mhad: Path, tmp_path: Path):
    with pytest.raises(UserError, match="no action juggle"):
        make_demo(utd_mhad, tmp_path / "out", actions=["wave", "juggle"])
    with pytest.raises(UserError, match="a3_s9_t1"):
        make_demo(utd_mhad, tmp_path / "out", actions=["wave"], subject=9)
    assert not list(tmp_path.rglob("*.*"))
