"""The scenes of the everyday data: who is filmed, from where, and at what rate."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from gestures import swipe

from calibration.everyday.labels import LABELS
from calibration.everyday.scenes import Look, set_webcam
from calibration.figure.motion import facing
from calibration.landmarks.film import Scene
from stf.skeleton import NTU25


def scenes(utd_mhad: Path, label: str, count: int = 60) -> Iterator[Scene]:
    clip = replace(swipe(utd_mhad), label=LABELS.index(label))
    return (set_webcam(Look(clip, view, view)) for view in range(count))


def aside(scene: Scene) -> float:
    """Degrees from the person's front to the camera."""
    return float(np.degrees(scene.camera.yaw - facing(scene.motion, NTU25)))


def test_cameras_see_people_from_all_sides_up_to_75_degrees_at_webcam_rates(utd_mhad: Path) -> None:
    filmed = list(scenes(utd_mhad, "knock"))
    yaws = [aside(scene) for scene in filmed]
    assert np.abs(yaws).max() <= 75.1
    assert np.histogram(yaws, bins=5, range=(-75, 75))[0].min() >= 6
    assert {scene.fps for scene in filmed} == {10.0, 12.0, 15.0, 20.0, 30.0}
    heights = [np.ptp(scene.motion[0, :, 1]) for scene in filmed]
    assert max(heights) / min(heights) > 1.15
    assert all(0.4 < len(scene.motion) / scene.fps / swipe(utd_mhad).seconds < 1.1 for scene in filmed)


def test_who_can_be_told_from_behind_is_sometimes_seen_from_behind(utd_mhad: Path) -> None:
    behind = np.abs([aside(scene) for scene in scenes(utd_mhad, "lunge")]) > 90
    assert 0.02 < behind.mean() < 0.25


def test_half_of_the_upper_body_scenes_end_at_the_hips_and_show_head_and_shoulders(utd_mhad: Path) -> None:
    def shown(scene: Scene, *joints: str) -> bool:
        pixels = scene.camera.project(scene.camera.to_camera(scene.motion[:, NTU25.indices(*joints)]))
        return bool(((pixels >= 0) & (pixels < scene.camera.size)).all())

    upper, whole = (
        [
            (shown(scene, "head", "left_shoulder", "right_shoulder"), shown(scene, "left_ankle", "right_ankle"))
            for scene in scenes(utd_mhad, label)
        ]
        for label in ("swipe left", "lunge")
    )
    assert 0.3 < np.mean([head and not feet for head, feet in upper]) < 0.75
    assert np.mean([head and feet for head, feet in whole]) > 0.7


def test_the_same_look_gives_the_same_scene_and_another_view_another(utd_mhad: Path) -> None:
    look = Look(swipe(utd_mhad), 0, 3)
    assert set_webcam(look).camera == set_webcam(look).camera
    assert set_webcam(look).look == set_webcam(look).look
    assert set_webcam(replace(look, view=1)).look != set_webcam(look).look
