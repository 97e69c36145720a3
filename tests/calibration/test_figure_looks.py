"""The figure in other clothes, light, builds and datasets: the look changes, the truth does not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from data.figures import CAMERA, LOOK, meeting, person

from calibration.figure.appearance import Appearance, Backdrop
from calibration.figure.camera import Camera
from calibration.figure.motion import facing, placed, render_people, studio_motion, studio_motions
from calibration.figure.occlusion import Occlusion
from calibration.figure.proportions import Proportions
from calibration.figure.render import Renderer
from realtime.camera import Camera as Lens
from stf.datasets import open_corpus
from stf.datasets.clip import Clip
from stf.datasets.utd_mhad import read_clip
from stf.skeleton import CMU22, HDM31, KINECT20, MEDIAPIPE33, NTU25, PRMD22


def test_varied_looks_have_every_backdrop_and_light():
    looks = [Appearance.varied(seed) for seed in range(40)]
    assert {look.backdrop for look in looks} == set(Backdrop)
    assert min(look.brightness[1] for look in looks) < 0.25
    assert min(look.trousers_to for look in looks) < 1
    assert looks[0] == Appearance.varied(0)


@pytest.mark.parametrize("backdrop", Backdrop)
def test_backdrop_and_brightness_change_the_light_and_never_the_truth(backdrop):
    small = replace(CAMERA, size=(160, 120), focal=131)
    plain = Renderer(KINECT20, small, LOOK).render(person())
    dim = replace(LOOK, backdrop=backdrop, brightness=(0.25, 0.25, 0.25))
    bright, dark = (
        Renderer(KINECT20, small, look).render(person()) for look in (replace(LOOK, backdrop=backdrop), dim)
    )
    assert np.array_equal(plain.depth, dark.depth)
    assert np.array_equal(plain.joints_2d, dark.joints_2d)
    assert dark.image.mean() == pytest.approx(bright.image.mean() / 2, rel=0.1)  # a gamma of two


def test_camera_with_a_calibrated_lens_projects_as_it_does():
    lens = Lens("cam", 320, 200, (300.0, 330.0), (150.0, 110.0))
    camera = Camera.with_lens(lens, yaw=0.4, pitch=0.1)
    rendering = Renderer(KINECT20, camera, LOOK).render(person())
    opencv = lens.project(rendering.joints_3d.astype(float) * (-1, -1, 1)) + 0.5
    assert rendering.image.shape == (200, 320, 3)
    assert rendering.joints_2d == pytest.approx(opencv, abs=1e-3)
    for (u, v), (_, _, z) in zip(rendering.joints_2d, rendering.joints_3d, strict=True):
        if 0 <= u < 320 and 0 <= v < 200:
            assert rendering.depth[int(v), int(u)] < z + 0.02


BUILD = Proportions(stature=0.9, arms=1.1, legs=1.2, shoulders=0.8, hips=1.3)


@pytest.mark.parametrize("layout", [NTU25, KINECT20, MEDIAPIPE33, HDM31, PRMD22, CMU22], ids=lambda layout: layout.name)
def test_another_build_has_its_lengths_and_the_same_directions(layout):
    joints = np.random.default_rng(0).normal(size=(4, layout.num_joints, 3))
    built = BUILD.applied(joints, layout)

    def bones(pairs):
        return [m[:, layout.indices(*a)].mean(axis=1) - m[:, layout.indices(*b)].mean(axis=1) for m in (joints, built)
                for a, b in pairs]  # fmt: skip

    def assert_scaled(pairs, factor):
        before, after = np.split(np.stack(bones(pairs)), 2)
        assert after == pytest.approx(factor * before)

    hips, shoulders = (("left_hip", "right_hip"), ("left_shoulder", "right_shoulder"))
    limb = layout.limbs["left arm"]
    assert_scaled([(["left_elbow"], ["left_shoulder"]), (["left_wrist"], ["left_elbow"])], 0.9 * 1.1)
    assert_scaled([([layout.joints[limb[-1]]], ["left_wrist"])], 0.9 * 1.1)
    assert_scaled([(["right_knee"], ["right_hip"]), (["right_ankle"], ["right_knee"])], 0.9 * 1.2)
    assert_scaled([(["left_shoulder"], ["right_shoulder"])], 0.9 * 0.8)
    assert_scaled([(["left_hip"], ["right_hip"])], 0.9 * 1.3)
    assert_scaled([(shoulders, hips)], 0.9)
    assert Proportions().applied(joints, layout) == pytest.approx(joints)


def test_feet_of_another_build_stay_on_the_floor_and_where_they_stand(utd_mhad: Path):
    clip = read_clip(utd_mhad / "a22_s8_t1_skeleton.mat")  # walks
    motion = studio_motion(clip)
    ankles = [m[:, KINECT20.indices("left_ankle", "right_ankle")] for m in (motion, BUILD.applied(motion, KINECT20))]
    lowest = [ankle[..., 1].min(axis=1) for ankle in ankles]
    assert lowest[1] == pytest.approx(lowest[0] * 0.9 * 1.2, abs=0.03)
    speed = [np.linalg.norm(np.diff(ankle, axis=0), axis=2).min(axis=1).mean() for ankle in ankles]
    assert speed[1] < 1.3 * speed[0]


def test_facing_is_the_yaw_of_the_camera_in_front(utd_mhad: Path):
    motion = studio_motion(read_clip(utd_mhad / "a26_s8_t1_skeleton.mat"))
    front = facing(motion, KINECT20)
    assert abs(front) < 0.3  # UTD-MHAD was recorded from the front
    assert facing(placed(motion, at=(3, 1), turn=0.7), KINECT20) == pytest.approx(front + 0.7, abs=1e-6)


def test_everybody_in_a_clip_stands_on_one_floor_where_they_stood_together():
    people = meeting(behind=0.7) + np.array([2.0, -0.4, 3.0])
    motions = studio_motions(Clip(people[:, None].repeat(5, axis=1).astype(np.float32), 30, KINECT20))
    assert motions[1] - motions[0] == pytest.approx(np.broadcast_to(people[1] - people[0], (5, 20, 3)), abs=1e-5)
    assert motions[..., KINECT20.index("left_ankle"), 1] == pytest.approx(0.09, abs=1e-5)
    small = replace(CAMERA, size=(160, 120), focal=131)
    rendering = next(render_people(motions, KINECT20, small, [LOOK, Appearance.random(1)]))
    assert (rendering.joints_2d > 0).all()
    assert (rendering.joints_2d < small.size).all()


@pytest.mark.parametrize("dataset", ["cmu", "hdm05", "ui_prmd", "precog", "nucla"])
def test_joints_of_every_dataset_lie_within_the_figure(dataset: str, request: pytest.FixtureRequest):
    corpus = open_corpus(request.getfixturevalue(dataset))
    clip = corpus.entries[1].read()
    motion = studio_motion(clip)[:1]
    camera = Camera(size=(320, 240), focal=262, yaw=facing(motion, clip.layout)).framing(motion)
    rendering = Renderer(clip.layout, camera, LOOK).render(motion[0])
    u, v = np.floor(rendering.joints_2d).astype(int).T
    behind = rendering.joints_3d[:, 2] - rendering.depth[v, u]
    assert ((behind > -0.02) & (behind < 0.6)).mean() > 0.8
    assert (rendering.occlusion == Occlusion.NONE).mean() > 0.5
