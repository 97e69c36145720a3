"""Filming motion capture, fitting the map from landmarks to joints, and measuring it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calibration.figure.camera import Camera
from calibration.landmarks.film import Plan, film_corpus, set_scene
from calibration.landmarks.fit import BODY, Form, apply, fit_map, fit_weights, position_errors, table
from calibration.landmarks.measure import by_yaw, detection, measure
from calibration.landmarks.pairs import Pairs, in_torsos, pair, unseen_camera
from calibration.landmarks.shots import Shot, read_shots, save_shot
from realtime.mapping import load_mapping, save_mapping
from stf.datasets import open_corpus
from stf.datasets.corpus import Corpus
from stf.datasets.utd_mhad import read_clip
from stf.errors import UserError
from stf.skeleton import MEDIAPIPE33, NTU25

MIRROR = np.array([-1.0, 1.0, 1.0])


def with_entries(corpus: Corpus, count: int) -> Corpus:
    return replace(corpus, entries=corpus.entries[:count])


def bodies(count: int, seed: int = 0) -> np.ndarray:
    """(N, 33, 3) landmarks of people of whom every one stands in another way, hips around the origin."""
    rng = np.random.default_rng(seed)
    upright = np.zeros((33, 3))
    for name, height in (
        ("shoulder", 1.0),
        ("ear", 1.4),
        ("knee", -0.8),
        ("ankle", -1.6),
        ("elbow", 0.5),
        ("wrist", 0),
    ):
        upright[MEDIAPIPE33.indices(f"left_{name}", f"right_{name}"), 1] = height
    moved = upright + rng.normal(0, 0.3, (count, 33, 3))
    left, right = MEDIAPIPE33.indices("left_hip", "right_hip")
    return moved - (moved[:, [left]] + moved[:, [right]]) / 2


def pairs_of(estimated: np.ndarray, truth: np.ndarray, subjects: int = 4) -> Pairs:
    count = len(estimated)
    each = np.ones(count)
    return Pairs(
        estimated, truth, torso=0.5 * each, shot=np.arange(count) // 50, frame=np.arange(count) % 50,
        subject=np.arange(count) // 50 % subjects, yaw=0 * each, pitch=0 * each, distance=2 * each, whole=each > 0,
    )  # fmt: skip


def a_map(seed: int = 1) -> np.ndarray:
    """Weights for each axis, the same for both sides, that sum to one."""
    change = np.random.default_rng(seed).normal(0, 0.02, (3, 25, 33))
    change += change[:, NTU25.mirror][:, :, MEDIAPIPE33.mirror]
    weights = table() + change - change.mean(axis=2, keepdims=True)
    for side in ("left", "right"):
        hand, *rest = NTU25.indices(f"{side}_hand", f"{side}_hand_tip", f"{side}_thumb")
        weights[:, rest] = weights[:, [hand]] + table()[:, rest] - table()[:, [hand]]
    return weights


def test_a_known_map_is_found_again() -> None:
    seen, true = bodies(2000), a_map()
    found = fit_weights(pairs_of(seen, apply(true, seen)), Form.AXES, 1e-9)
    np.testing.assert_allclose(found, true, atol=1e-4)


def test_weights_sum_to_one_and_treat_both_sides_alike_whatever_the_data_say() -> None:
    seen = bodies(400)
    noise = np.random.default_rng(5).normal(0, 0.3, (400, 25, 3))
    for form in Form:
        weights = fit_weights(pairs_of(seen, apply(a_map(), seen) + noise), form, 1e-2)
        np.testing.assert_allclose(weights.sum(axis=2), 1, atol=1e-9)
        np.testing.assert_allclose(weights, weights[:, NTU25.mirror][:, :, MEDIAPIPE33.mirror], atol=1e-9)


def test_mirrored_people_give_the_same_map() -> None:
    seen = bodies(300)
    truth = apply(a_map(), seen) + np.random.default_rng(5).normal(0, 0.1, (300, 25, 3))
    mirrored = pairs_of(seen[:, MEDIAPIPE33.mirror] * MIRROR, truth[:, NTU25.mirror] * MIRROR)
    one, other = (fit_weights(pairs, Form.AXES, 1e-3) for pairs in (pairs_of(seen, truth), mirrored))
    np.testing.assert_allclose(one, other, atol=1e-9)


def test_one_weight_for_all_axes_is_one_weight_for_all_axes() -> None:
    seen = bodies(300)
    weights = fit_weights(pairs_of(seen, apply(a_map(), seen)), Form.SHARED, 1e-3)
    np.testing.assert_allclose(weights[0], weights[1])
    np.testing.assert_allclose(weights[0], weights[2])


def test_a_strong_pull_keeps_the_table_and_landmarks_that_never_move_keep_their_weights() -> None:
    seen = bodies(300)
    np.testing.assert_allclose(fit_weights(pairs_of(seen, apply(a_map(), seen)), Form.AXES, 1e9), table(), atol=1e-6)
    still = seen.copy()
    still[:, :, 2] = 0  # nothing is known of depth
    weights = fit_weights(pairs_of(still, apply(a_map(), seen) * [1, 1, 0]), Form.AXES, 1e-3)
    np.testing.assert_allclose(weights[2], table()[2], atol=1e-9)


def test_hand_tips_and_thumbs_keep_their_offset_from_the_hand() -> None:
    seen = bodies(300)
    weights = fit_weights(pairs_of(seen, apply(a_map(), seen) + 0.3), Form.AXES, 1e-3)
    joints, hand_made = apply(weights, seen), apply(table(), seen)
    hand, tip = NTU25.indices("left_hand", "left_hand_tip")
    np.testing.assert_allclose(joints[:, tip] - joints[:, hand], hand_made[:, tip] - hand_made[:, hand], atol=1e-9)


def test_the_fit_is_chosen_on_people_left_out_and_beats_the_table_where_axes_differ() -> None:
    seen = bodies(1200)
    pairs = pair_in_torsos(seen, apply(a_map(), seen))
    fit = fit_map(pairs)
    assert fit.chosen.form is Form.AXES
    assert min(choice.error for choice in fit.tried) <= fit.chosen.error
    assert position_errors(pairs, fit.weights)[:, BODY].mean() < 0.5 * position_errors(pairs, table())[:, BODY].mean()


@pytest.mark.parametrize(("count", "subjects", "said"), [(900, 4, "only 900 frames"), (1200, 1, "one person only")])
def test_too_little_to_fit_on_is_refused(count: int, subjects: int, said: str) -> None:
    seen = bodies(count)
    with pytest.raises(UserError, match=said):
        fit_map(pairs_of(seen, apply(table(), seen), subjects))


def test_a_saved_map_is_the_live_mapping_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    seen = bodies(1200)
    fit = fit_map(pairs_of(seen, apply(a_map(), seen)))
    save_mapping(tmp_path / "map.npz", fit.mapping, {"data": "made up"})
    axes = np.array([-1, -1, 1])
    joints, _ = load_mapping(tmp_path / "map.npz").map_arrays(
        (seen * axes).astype(np.float32), np.ones(seen.shape[:2], np.float32)
    )
    np.testing.assert_allclose(joints, apply(fit.weights, seen), atol=1e-5)
    (tmp_path / "map.npz").write_bytes(b"no arrays")
    with pytest.raises(UserError, match=r"map\.npz cannot be read"):
        load_mapping(tmp_path / "map.npz")


def test_errors_are_zero_for_the_truth_and_exchanged_sides_are_counted() -> None:
    seen = bodies(200)
    truth = apply(table(), seen)
    crossed = seen[:, MEDIAPIPE33.mirror]
    right = measure(pair_in_torsos(seen, truth), table())
    wrong = measure(pair_in_torsos(crossed, truth), table())
    assert right.mean == pytest.approx(0, abs=1e-9)
    assert right.swaps == 0
    assert wrong.swaps == 1


def pair_in_torsos(seen: np.ndarray, truth: np.ndarray) -> Pairs:
    """Pairs whose truth is in torsos, as `pair` makes them."""
    pairs = pairs_of(seen, truth)
    shots = [in_torsos(truth[pairs.shot == number], NTU25)[0] for number in np.unique(pairs.shot)]
    return replace(pairs, truth=np.concatenate(shots))


def test_a_shot_is_kept_as_it_is_and_a_damaged_file_is_named(tmp_path: Path) -> None:
    shot = a_shot(found=[True, True, False])
    save_shot(tmp_path / f"{shot.name}.npz", shot)
    (again,) = read_shots(tmp_path)
    assert (again.name, again.label, again.subject, again.fps, again.camera) == ("a1_v0", 3, 2, 15.0, shot.camera)
    np.testing.assert_array_equal(again.world, shot.world)
    assert again.found.tolist() == [True, True, False]
    (tmp_path / "b_v0.npz").write_bytes(b"cut short")
    with pytest.raises(UserError, match=r"b_v0\.npz cannot be read as a shot"):
        read_shots(tmp_path)
    with pytest.raises(UserError, match="holds no shots"):
        read_shots(tmp_path / "nowhere")


def a_shot(found: list[bool], yaw: float = 0.4, height: float = 0.5) -> Shot:
    """Somebody standing still, found in some frames."""
    count = len(found)
    world = bodies(1).repeat(count, axis=0).astype(np.float32)
    world[~np.array(found)] = np.nan
    visibility = np.where(found, np.float32(1), np.float32(np.nan))[:, None].repeat(33, axis=1)
    truth = apply(table(), np.nan_to_num(bodies(1)).repeat(count, axis=0)).astype(np.float32)
    size = np.full(count, height, np.float32)
    camera = Camera(yaw=yaw, pitch=0.2)
    return Shot("a1_v0", 3, 2, 15.0, camera, truth, world, world, visibility, size, np.ones(count, bool))


def test_detection_is_counted_by_yaw_and_height() -> None:
    shots = [a_shot([True, False, True, True]), a_shot([False], yaw=-3.0, height=0.2)]
    counts = detection(shots)
    assert counts.frames.sum() == 5
    assert counts.large == (3, 4)
    assert counts.frames[-1].sum() == 1


def test_the_truth_of_a_pitched_camera_is_turned_level() -> None:
    shot = a_shot([True, True])
    upright = shot.truth.copy()
    tilt = shot.camera.room_pose[:3, :3]
    shot.truth[:] = upright @ tilt.T
    level = pair([shot])
    np.testing.assert_allclose(level.truth[0] * level.torso[0], upright[0] - upright[0, 0], atol=1e-5)
    assert not np.allclose(pair([shot], level=False).truth, level.truth, atol=0.05)
    assert len(by_yaw(level, np.zeros((2, 25)))) == 6


def test_some_yaws_pitches_and_distances_are_held_out() -> None:
    pairs = pair([a_shot([True], yaw=yaw) for yaw in np.radians([10, 30, -30, 50, 90, 170])])
    assert unseen_camera(pairs).tolist() == [False, True, True, False, True, False]
    assert unseen_camera(replace(pairs, pitch=pairs.pitch + 0.1)).all()
    assert unseen_camera(replace(pairs, distance=0 * pairs.distance + 3.2)).all()


def test_cameras_come_from_all_sides_and_follow_from_name_and_view_alone(utd_mhad: Path) -> None:
    clip = read_clip(utd_mhad / "a1_s1_t1_skeleton.mat")
    scenes = [set_scene(clip, number, Plan()) for number in range(36)]
    bands = np.histogram(np.degrees([scene.camera.yaw for scene in scenes]), 6, (-180, 180))[0]
    assert bands.min() >= 4
    again = set_scene(clip, 7, Plan())
    assert (again.camera, again.look) == (scenes[7].camera, scenes[7].look)
    assert set_scene(clip, 7, Plan(view=1)).camera != again.camera
    assert all(abs(set_scene(clip, number, Plan(yaw=0.3)).camera.yaw) <= 0.3 for number in range(9))


@pytest.mark.slow
@pytest.mark.usefixtures("pose_model")
def test_filming_goes_on_where_it_stopped_and_the_estimator_is_near_the_truth(utd_mhad: Path, tmp_path: Path) -> None:
    corpus = open_corpus(utd_mhad)
    plan = Plan(yaw=0.5, close=0, every=8)
    assert list(film_corpus(with_entries(corpus, 1), tmp_path, plan, workers=1)) == [1, 0]
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert next(film_corpus(with_entries(corpus, 2), tmp_path, plan, workers=1)) == 1
    assert list(film_corpus(with_entries(corpus, 1), tmp_path, plan, workers=1)) == [0]
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    (shot,) = read_shots(tmp_path)
    assert shot.found.all()
    assert shot.whole.all()
    pairs = pair([shot])
    assert position_errors(pairs, table())[:, BODY].mean() < 0.25
    pixels = shot.camera.project(shot.truth.astype(np.float64))[:, NTU25.index("left_knee")]
    seen = shot.landmarks[:, MEDIAPIPE33.index("left_knee"), :2] * shot.camera.size
    assert np.linalg.norm(pixels - seen, axis=1).mean() < 0.1 * shot.camera.size[1]


def test_a_dataset_without_depth_is_refused(penn_action: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has no depth"):
        next(film_corpus(open_corpus(penn_action), tmp_path, Plan()))
