"""A body is measured on the moments of standing, and refused with a reason where there are none."""

import math
from pathlib import Path

import numpy as np
import pytest

from calibration.body import Standing, load_body, save_body
from realtime.body import Body
from realtime.frames import PersonPose
from realtime.mapping import NTU25_TABLE, SkeletonMapping, get_mapping, table_weights
from stf.errors import UserError
from stf.skeleton import KINETICS18, MEDIAPIPE33, NTU25

STANCE = {
    "eye": (0.03, -0.65, -0.08),
    "ear": (0.07, -0.64, 0.0),
    "shoulder": (0.17, -0.48, 0.0),
    "elbow": (0.22, -0.20, 0.02),
    "wrist": (0.24, 0.04, -0.03),
    "index": (0.24, 0.12, -0.05),
    "hip": (0.11, 0.0, 0.0),
    "knee": (0.12, 0.42, -0.02),
    "ankle": (0.12, 0.80, 0.02),
    "heel": (0.12, 0.84, 0.05),
    "foot_index": (0.13, 0.85, -0.12),
}
"""The left half of somebody who faces the camera, in MediaPipe's world axes."""


TABLE = SkeletonMapping(NTU25, table_weights(NTU25, NTU25_TABLE))
"""Which has most joints where a landmark is, so that the lengths that must come out are known."""


def stance(**moved: tuple[float, float, float]) -> np.ndarray:
    """World landmarks (33, 3) of a neutral stance; `moved` puts parts of both sides elsewhere."""
    parts = STANCE | moved
    world = np.zeros((33, 3), np.float32)
    for number, name in enumerate(MEDIAPIPE33.joints):
        side, _, part = name.partition("_")
        nearest = {"pinky": "index", "thumb": "index", "mouth": "eye"}.get(part.partition("_")[0], part)
        x, y, z = parts[nearest if nearest in parts else "eye"]
        world[number] = (-x if side == "right" else x, y, z)
    return world


def watched(
    worlds: list[np.ndarray], *, hidden: tuple[str, ...] = (), fps: float = 30.0, noise: float = 0.005
) -> Standing:
    rng = np.random.default_rng(0)
    visibility = np.ones(33, np.float32)
    visibility[MEDIAPIPE33.indices(*hidden)] = 0.1
    standing = Standing(TABLE)
    for number, world in enumerate(worlds):
        seen = (world + noise * rng.normal(size=(33, 3))).astype(np.float32)
        standing.add(number / fps, [PersonPose(np.zeros((33, 3), np.float32), seen, visibility)])
    return standing


def length(one: str, other: str) -> float:
    return math.dist(STANCE[one], STANCE[other])


def test_ten_seconds_of_standing_give_the_lengths_of_the_limbs() -> None:
    measurement = watched([stance()] * 300).measure()
    for side in ("left", "right"):
        for child, parent in (("elbow", "shoulder"), ("wrist", "elbow"), ("knee", "hip"), ("ankle", "knee")):
            expected = length(child, parent) if child != "knee" else math.hypot(0.42, 0.054, 0.02)
            assert measurement.body.lengths[f"{side}_{child}"] == pytest.approx(expected, abs=0.002)
    assert measurement.seconds == pytest.approx(10, abs=0.7)
    assert measurement.spread < 0.05
    assert measurement.body.scale == 1
    assert not [name for name in measurement.body.lengths if name.endswith(("thumb", "tip"))]


def test_left_and_right_are_alike_where_the_camera_sees_them_differently() -> None:
    uneven = stance()
    uneven[MEDIAPIPE33.indices("left_ankle", "left_heel", "left_foot_index"), 1] += 0.04
    lengths = watched([uneven] * 120).measure().body.lengths
    assert lengths["left_ankle"] == lengths["right_ankle"] == pytest.approx(length("ankle", "knee") + 0.02, abs=0.003)


def test_what_happens_before_and_after_standing_does_not_matter() -> None:
    waving = [stance(wrist=(0.4 + 0.2 * math.sin(n / 3), -0.5, -0.3)) for n in range(150)]
    sitting = [stance(knee=(0.12, 0.05, -0.4), ankle=(0.12, 0.4, -0.4))] * 100
    alone = watched([stance()] * 200, noise=0).measure()
    among = watched([*waving, *[stance()] * 200, *sitting], noise=0).measure()
    assert among.body.lengths == pytest.approx(alone.body.lengths, abs=1e-3)
    assert among.seconds == pytest.approx(alone.seconds, abs=0.8)


def test_the_height_of_the_person_makes_metres_true() -> None:
    plain, tall = (watched([stance()] * 120).measure(height) for height in (None, 1.8))
    assert tall.body.scale == pytest.approx(1.8 * 0.897 / 1.458, abs=0.01)  # eyes to ankles
    assert tall.body.lengths["left_knee"] == pytest.approx(tall.body.scale * plain.body.lengths["left_knee"], abs=2e-4)


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (lambda: Standing(TABLE), "nobody is in it"),
        (lambda: watched([stance()] * 60), r"still for 1\.[5-9] of 2\.0 s in view; 3 s are the least"),
        (
            lambda: watched([stance(wrist=(0.4 + 0.2 * math.sin(n / 3), -0.5, -0.3)) for n in range(300)]),
            r"still for 0\.. of 10\.0 s",
        ),
        (
            lambda: watched([stance(knee=(0.12, 0.05, -0.4), ankle=(0.12, 0.4, -0.4))] * 300),
            r"upright and still for 0\.0 of 10\.0 s",
        ),
        (
            lambda: watched([stance()] * 300, hidden=("left_wrist", "left_index", "right_ankle")),
            r"hidden are left wrist, left hand, right ankle; stand where",
        ),
    ],
    ids=["nobody", "too short", "waving", "sitting", "hidden"],
)
def test_what_cannot_be_measured_is_refused_with_the_reason(standing, said: str) -> None:
    with pytest.raises(UserError, match=said):
        standing().measure()


def test_frames_without_the_person_are_passed_over() -> None:
    standing = watched([stance()] * 60)
    standing.add(2.0, [])
    assert standing.seconds == pytest.approx(2, abs=0.3)


def test_a_layout_of_the_picture_has_no_lengths() -> None:
    with pytest.raises(UserError, match="no length in kinetics18"):
        Standing(get_mapping(KINETICS18))


def test_a_body_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    body = Body("ntu25", {"left_knee": 0.41, "head": 0.15}, 1.07)
    save_body(tmp_path / "new" / "me.toml", body)
    assert load_body(tmp_path / "new" / "me.toml") == body


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no body file"),
        ("layout = ", "not a readable TOML file"),
        ('layout = "ntu25"', "lengths: Field required"),
        ('layout = "ntu25"\n[lengths]\nhead = "long"', "lengths.head"),
        ('layout = "ntu25"\n[lengths]\nhead = -1', "must be positive"),
        ('layout = "ntu25"\n[lengths]\n', "must be positive"),
        ('layout = "ntu25"\nscale = nan\n[lengths]\nhead = 0.2', "must be positive"),
        ('layout = "ntu25"\n[lengths]\nnose = 0.2', "nose"),
    ],
)
def test_a_broken_file_is_one_sentence(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "me.toml").write_text(content)
    with pytest.raises(UserError, match=said):
        load_body(tmp_path / "me.toml")
