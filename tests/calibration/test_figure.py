"""The figure is where its joints are said to be, from every camera, in every layout, and always the same."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from data.figures import CAMERA, LOOK, meeting, ntu25, person
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.figure.appearance import Appearance
from calibration.figure.camera import Camera
from calibration.figure.motion import render_clip, studio_motion
from calibration.figure.occlusion import Occlusion
from calibration.figure.quadrics import Solids, cast
from calibration.figure.render import Renderer
from stf.datasets.clip import Clip, to_layout
from stf.datasets.utd_mhad import read_clip
from stf.errors import UserError
from stf.skeleton import KINECT20, KINETICS18, MEDIAPIPE33, NTU25, SkeletonLayout

yaws = st.floats(-math.pi, math.pi)


def turned(joints: np.ndarray, yaw: float) -> np.ndarray:
    """`joints` turned about the vertical axis through the origin."""
    cos, sin = math.cos(yaw), math.sin(yaw)
    return joints @ np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]).T


def at_joint(picture: np.ndarray, joints_2d: np.ndarray, name: str, layout: SkeletonLayout = KINECT20) -> np.ndarray:
    """What `picture` shows at a joint."""
    u, v = np.floor(joints_2d[layout.index(name)]).astype(int)
    return picture[v, u]


@given(
    st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.floats(1.5, 4)),
    st.tuples(*[st.floats(0.03, 0.3)] * 3),
    st.lists(st.floats(-1, 1), min_size=9, max_size=9),
)
@settings(max_examples=30, deadline=None)
def test_every_hit_lies_on_the_near_side_of_the_ellipsoid(centre, radii, numbers):
    axes, _ = np.linalg.qr(np.eye(3) + 0.4 * np.array(numbers).reshape(3, 3))
    frame = np.eye(4)
    frame[:3, :3], frame[:3, 3] = axes * radii, centre
    ball = Solids(frame[None], np.array([[1, 0, -1]]), np.array([[-1, 1]]), np.zeros(1), np.zeros((1, 2, 3)))
    camera = Camera(size=(320, 240), focal=260)
    surface = cast(ball, camera)
    v, u = np.nonzero(surface.solid == 0)
    assert np.array_equal(np.isfinite(surface.depth), surface.solid == 0)
    z = surface.depth[v, u].astype(float)
    points = np.stack([(160 - 0.5 - u) / 260 * z, (120 - 0.5 - v) / 260 * z, z], axis=-1)
    local = (points - centre) @ np.linalg.inv(axes * radii).T
    assert np.abs(np.linalg.norm(local, axis=1) - 1).max() < 2e-3
    outward = local @ np.linalg.inv(axes * radii)
    assert (np.einsum("nc,nc->n", outward, points) <= 1e-2 * np.linalg.norm(outward, axis=1)).all()
    inside = np.linalg.norm((points * 1.001 - centre) @ np.linalg.inv(axes * radii).T, axis=1) < 1
    assert inside.mean() > 0.8
    assert surface.solid[tuple(np.floor(camera.project(np.array(centre))).astype(int)[::-1])] == 0


def test_a_ball_has_the_outline_that_perspective_gives_it():
    frame = np.diag([0.5, 0.5, 0.5, 1.0])
    frame[2, 3] = 2
    ball = Solids(frame[None], np.array([[1, 0, -1]]), np.array([[-1, 1]]), np.zeros(1), np.zeros((1, 2, 3)))
    hit = cast(ball, Camera()).solid == 0
    assert hit.sum() == pytest.approx(math.pi * (525 * 0.5) ** 2 / (2**2 - 0.5**2), rel=2e-3)


@pytest.mark.parametrize("yaw", [0.0, 0.5, -1.0, 2.5])
def test_every_joint_lies_just_behind_the_drawn_surface(yaw):
    rendering = Renderer(KINECT20, replace(CAMERA, yaw=yaw), LOOK).render(person())
    for name, (_, _, z) in zip(KINECT20.joints, rendering.joints_3d, strict=True):
        surface = at_joint(rendering.depth, rendering.joints_2d, name)
        assert np.isfinite(surface), f"{name} is not on the figure"
        assert surface < z + 0.02, f"{name} is in front of the figure"
        if abs(yaw) < 1:
            assert surface > z - 0.2, f"{name} is hidden far behind the surface"


def test_left_hand_of_one_who_faces_the_camera_is_at_the_right_of_the_picture():
    rendering = Renderer(KINECT20, CAMERA, LOOK).render(person())
    left, right = rendering.joints_2d[KINECT20.indices("left_wrist", "right_wrist")]
    assert left[0] > 320 > right[0]
    assert left[1] == pytest.approx(right[1], abs=1e-3)


def test_same_seed_gives_same_pixels_and_another_seed_others():
    joints = person()
    first, again, other = (Renderer(KINECT20, CAMERA, Appearance.random(s)).render(joints).image for s in (5, 5, 6))
    assert np.array_equal(first, again)
    assert (first != other).any(axis=2).mean() > 0.5


def test_nearer_limb_occludes_the_farther():
    def forearm(z: float) -> np.ndarray:
        arm = {"right_elbow": (0.28, 1.14, z), "right_wrist": (0.05, 1.2, z), "right_hand": (-0.01, 1.2, z)}
        rendering = Renderer(KINECT20, CAMERA, LOOK).render(person(**arm))
        return at_joint(rendering.image, rendering.joints_2d, "right_wrist")[::-1] / 255

    def hue(colour):
        return np.array(colour) / np.sum(colour)

    assert hue(forearm(-0.3)) == pytest.approx(hue(LOOK.skin), abs=0.05)
    assert hue(forearm(0.3)) == pytest.approx(hue(LOOK.shirt), abs=0.05)


@given(yaws)
@settings(max_examples=8, deadline=None)
def test_turning_the_figure_is_turning_the_camera_the_other_way(yaw):
    joints = person(left_wrist=(-0.3, 1.3, -0.3), left_hand=(-0.25, 1.33, -0.33))
    small = replace(CAMERA, size=(320, 240), focal=262)
    figure = Renderer(KINECT20, small, LOOK).render(turned(joints, yaw))
    camera = Renderer(KINECT20, replace(small, yaw=-yaw), LOOK).render(joints)
    assert figure.joints_3d == pytest.approx(camera.joints_3d, abs=1e-5)
    assert figure.joints_2d == pytest.approx(camera.joints_2d, abs=1e-3)
    assert (figure.image != camera.image).any(axis=2).mean() < 1e-3


def test_ntu25_gives_nearly_the_figure_of_the_kinect20_it_was_made_from():
    clip = Clip(person()[None, None].astype(np.float32), 30, KINECT20)
    kinect, ntu = (next(render_clip(to_layout(clip, layout), CAMERA, LOOK)) for layout in (KINECT20, NTU25))
    one, other = np.isfinite(kinect.depth), np.isfinite(ntu.depth)
    assert (one & other).sum() / (one | other).sum() > 0.9
    assert ntu.joints_2d.shape == (25, 2)


def test_mediapipe33_joints_give_almost_the_same_figure():
    kinect = dict(zip(KINECT20.joints, person(), strict=True))
    joints = np.zeros((33, 3))
    for number, name in enumerate(MEDIAPIPE33.joints):
        stand_in = name.replace("foot_index", "foot").replace("index", "hand")
        joints[number] = kinect.get(stand_in, kinect["head"])
    joints[MEDIAPIPE33.indices("left_ear", "right_ear")] = [(-0.08, 1.62, 0), (0.08, 1.62, 0)]
    figure = np.isfinite(Renderer(MEDIAPIPE33, CAMERA, LOOK).render(joints).depth)
    reference = np.isfinite(Renderer(KINECT20, CAMERA, LOOK).render(person()).depth)
    assert (figure & reference).sum() / (figure | reference).sum() > 0.9


def test_layout_without_feet_is_refused_in_one_sentence():
    with pytest.raises(UserError, match="layout 'kinetics18': it has no"):
        Renderer(KINETICS18, CAMERA, LOOK)


@given(yaws, st.floats(-0.3, 0.6), st.floats(0.5, 4))
@settings(max_examples=30, deadline=None)
def test_framing_keeps_the_whole_body_in_the_picture(yaw, pitch, distance):
    joints = np.concatenate([person(), person() + np.array([0.8, 0, -0.6]), person() * (1, 0.5, 1)])
    camera = Camera(yaw=yaw, pitch=pitch, distance=distance).framing(joints)
    assert camera.distance >= distance
    pixels = camera.project(camera.to_camera(joints))
    assert (pixels > 10).all()
    assert (pixels < np.array(camera.size) - 10).all()


def test_supersampling_keeps_the_figure_in_place():
    plain, fine = (Renderer(KINECT20, CAMERA, LOOK, supersample=s).render(person()) for s in (1, 2))
    assert plain.image.shape == fine.image.shape == (480, 640, 3)
    assert np.abs(plain.image.astype(int) - fine.image).mean() < 2
    assert np.array_equal(plain.joints_2d, fine.joints_2d)


def test_gaps_are_filled_and_jitter_is_smoothed():
    truth = np.repeat(person()[None], 40, axis=0)
    noisy = truth + np.random.default_rng(0).normal(0, 0.01, truth.shape)
    noisy[10:14, KINECT20.index("left_wrist")] = np.nan
    motion = studio_motion(Clip(noisy[None].astype(np.float32), 30, KINECT20))
    jitter, before = (np.nanstd(np.diff(m, n=2, axis=0)) for m in (motion, noisy))
    assert jitter < before / 3
    assert motion[:, KINECT20.index("left_ankle"), 1].mean() == pytest.approx(0.09, abs=0.01)


def test_joint_that_is_never_seen_is_named():
    joints = np.repeat(person()[None], 5, axis=0)
    joints[:, KINECT20.index("right_knee")] = np.nan
    with pytest.raises(UserError, match="never has right_knee"):
        studio_motion(Clip(joints[None].astype(np.float32), 30, KINECT20, name="x"))


def test_a_recorded_clip_stays_in_the_picture(utd_mhad: Path):
    clip = read_clip(utd_mhad / "a26_s8_t1_skeleton.mat")
    for rendering in list(render_clip(clip, Camera(size=(160, 120), focal=131, yaw=0.8), LOOK))[::10]:
        border = np.isfinite(rendering.depth)
        border[1:-1, 1:-1] = False
        assert not border.any()
        assert (rendering.joints_2d > 0).all()
        assert (rendering.joints_2d < (160, 120)).all()


def test_far_wrist_is_hidden_by_the_trunk_and_the_near_one_is_not():
    hanging = {f"{side}_{joint}": (x * 0.2, y, 0) for side, x in (("left", -1), ("right", 1)) for joint, y in
               {"elbow": 1.12, "wrist": 0.98, "hand": 0.92}.items()}  # fmt: skip
    for yaw, near, far in ((math.pi / 2, "left", "right"), (-math.pi / 2, "right", "left")):
        rendering = Renderer(KINECT20, replace(CAMERA, yaw=yaw), LOOK).render(person(**hanging))
        hidden = dict(zip(KINECT20.joints, rendering.occlusion, strict=True))
        for joint in ("shoulder", "elbow", "wrist", "hip"):
            assert hidden[f"{near}_{joint}"] == Occlusion.NONE
            assert hidden[f"{far}_{joint}"] == Occlusion.OWN_BODY


@pytest.mark.parametrize("yaw", [0.0, 0.6, -0.6, math.pi])
def test_nothing_of_one_who_stands_with_arms_spread_is_hidden_from_front_or_back(yaw):
    rendering = Renderer(KINECT20, replace(CAMERA, yaw=yaw), LOOK).render(person())
    feet = KINECT20.indices("left_foot", "right_foot")  # behind the ankles when seen from the back
    assert not np.delete(rendering.occlusion, feet).any()


def test_who_stands_in_front_hides_the_other_and_not_the_other_way_round():
    pair = Renderer(KINECT20, CAMERA, LOOK, Appearance.random(1))
    front, back = pair.render(meeting(behind=0.8)).occlusion
    assert not front.any()
    assert (back[KINECT20.indices("spine_mid", "spine_base")] == Occlusion.OTHER_PERSON).all()
    changed = pair.render(meeting(behind=-0.8)).occlusion[0]
    assert changed[KINECT20.index("spine_mid")] == Occlusion.OTHER_PERSON


def test_each_of_two_people_is_where_they_are_alone():
    looks, people = (LOOK, Appearance.random(1)), meeting(behind=0.8)
    pair = Renderer(KINECT20, CAMERA, *looks).render(people)
    alone = [Renderer(KINECT20, CAMERA, look).render(joints) for look, joints in zip(looks, people, strict=True)]
    assert np.array_equal(pair.depth, np.minimum(*(rendering.depth for rendering in alone)))
    assert np.array_equal(pair.joints_2d, [rendering.joints_2d for rendering in alone])
    assert np.array_equal(pair.joints_3d, [rendering.joints_3d for rendering in alone])


def test_joint_outside_of_the_picture_is_marked():
    rendering = Renderer(KINECT20, replace(CAMERA, target=(0, 1.6, 0), distance=1.0), LOOK).render(person())
    outside = ((rendering.joints_2d < 0) | (rendering.joints_2d >= CAMERA.size)).any(axis=1)
    assert 5 < outside.sum() < 20
    assert np.array_equal(rendering.occlusion == Occlusion.OUT_OF_PICTURE, outside)


def test_same_seed_gives_the_same_two_people_with_noise_and_all():
    looks = [replace(Appearance.varied(seed), noise=3.0) for seed in (3, 4)]
    small = replace(CAMERA, size=(160, 120), focal=131)
    first, again = (Renderer(NTU25, small, *looks).render(ntu25(meeting(behind=0.5))) for _ in range(2))
    assert np.array_equal(first.image, again.image)
    assert np.array_equal(first.occlusion, again.occlusion)
    quiet = Renderer(NTU25, small, replace(looks[0], noise=0), looks[1]).render(ntu25(meeting(behind=0.5)))
    assert (first.image.astype(float) - quiet.image).std() == pytest.approx(3, rel=0.15)
