from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from recorded_poses import poses, times
from scipy.spatial.transform import Rotation

from realtime.camera import Camera, default_camera
from realtime.frames import PersonPose
from realtime.mapping import KINECT_AXES
from realtime.root_motion import RootTracker, find_root
from stf.errors import UserError
from stf.skeleton import MEDIAPIPE33

BODY = poses("visitor")[30].world.astype(np.float64)
SIZE = (640, 480)
ANGLES = arrays(np.float64, (3,), elements=st.floats(-3, 3))
PLACES = st.tuples(st.floats(-1.5, 1.5), st.floats(-1, 1), st.floats(2, 8)).map(np.array)
VISIBILITY = arrays(np.float64, (33,), elements=st.floats(0, 1))


@st.composite
def cameras(draw):
    focal = draw(st.floats(300, 900))
    centre = (draw(st.floats(250, 400)), draw(st.floats(180, 300)))
    distortion = (*(draw(st.floats(-0.1, 0.1)) for _ in range(2)), 0.001, -0.001, 0.0)
    return Camera("any", *SIZE, (focal, focal * draw(st.floats(0.9, 1.1))), centre, distortion, rms=0.1)


def rays_of(body, place):
    points = body + place
    return points[..., :2] / points[..., 2:]


def seen_at(place, *, camera=None, body=BODY, visibility=None):
    """A pose without noise of somebody at `place` (camera coordinates)."""
    pixels = (camera or default_camera(*SIZE)).project(body + place)
    landmarks = np.column_stack([(pixels + 0.5) / SIZE, np.zeros(33)])
    seen = np.ones(33) if visibility is None else visibility
    return PersonPose(landmarks.astype(np.float32), body.astype(np.float32), seen.astype(np.float32))


@given(turn=ANGLES, place=PLACES, visibility=VISIBILITY)
def test_without_noise_the_place_is_exact_whatever_the_pose_and_visibility(turn, place, visibility):
    assume(visibility.sum() ** 2 > 5 * (visibility**2).sum() and visibility.sum() > 2)
    body = BODY @ Rotation.from_rotvec(turn).as_matrix().T
    np.testing.assert_allclose(find_root(body, rays_of(body, place), visibility), place, atol=1e-5)


@given(camera=cameras(), place=PLACES)
def test_every_calibrated_camera_gives_the_same_place(camera, place):
    x, y, z = place
    place = np.array([x * z / 10, y * z / 10, z])  # where the lens is well described
    pose = seen_at(place, camera=camera)
    root = RootTracker(camera).update(pose, 0.0, 0, SIZE)
    np.testing.assert_allclose(root, place * KINECT_AXES, atol=5e-3)


@given(place=PLACES, outliers=st.sets(st.integers(0, 32), max_size=20), shift=st.floats(-5, 5))
def test_landmarks_that_nobody_sees_have_no_say(place, outliers, shift):
    visibility = np.ones(33)
    visibility[list(outliers)] = 0
    rays, body = rays_of(BODY, place), BODY.copy()
    rays[list(outliers)] += shift
    body[list(outliers)] -= shift
    np.testing.assert_allclose(find_root(body, rays, visibility), place, atol=1e-6)


def test_a_landmark_that_is_not_a_number_has_no_say():
    rays, body = rays_of(BODY, np.array([0.3, 0.1, 3.0])), BODY.copy()
    rays[3, 0] = body[7, 1] = np.nan
    np.testing.assert_allclose(find_root(body, rays, np.ones(33)), [0.3, 0.1, 3.0], atol=1e-9)


def test_twice_as_large_a_body_seen_the_same_is_twice_as_far():
    place = np.array([0.5, -0.2, 3.0])
    rays = rays_of(BODY, place)
    np.testing.assert_allclose(find_root(2 * BODY, rays, np.ones(33)), 2 * place, atol=1e-9)
    assert RootTracker(scale=1.1).update(seen_at(place), 0.0, 0, SIZE)[2] == pytest.approx(3.3, abs=1e-3)


def test_pixel_noise_is_weighed_by_the_pixel_and_not_by_the_depth():
    """The answer is where the sum of squared reprojection errors is least."""
    rng = np.random.default_rng(0)
    place = np.array([0.4, 0.1, 1.2])
    rays = rays_of(BODY, place) + 0.01 * rng.normal(size=(33, 2))
    visibility = rng.uniform(0.2, 1, 33)

    def error(root):
        return (visibility[:, None] * (rays_of(BODY, root) - rays) ** 2).sum()

    root = find_root(BODY, rays, visibility)
    for step in 0.02 * np.vstack([np.eye(3), -np.eye(3)]):
        assert error(root) < error(root + step)


@pytest.mark.parametrize(
    ("rays", "visibility"),
    [
        (rays_of(BODY, np.array([0, 0, 3.0])), np.zeros(33)),
        (rays_of(BODY, np.array([0, 0, 3.0])), np.eye(33)[:3].sum(axis=0)),
        (np.full((33, 2), np.nan), np.ones(33)),
        (np.full((33, 2), 0.1), np.ones(33)),
        (-rays_of(BODY, np.array([0, 0, 3.0])), np.ones(33)),
        (rays_of(BODY, np.array([0, 0, 3.0])), np.full(33, np.nan)),
    ],
    ids=["unseen", "three landmarks", "nan", "one place", "upside down", "visibility nan"],
)
def test_what_cannot_be_placed_is_nan(rays, visibility):
    assert np.isnan(find_root(BODY, rays, visibility)).all()


def test_many_frames_at_once_are_placed_like_one_at_a_time():
    rng = np.random.default_rng(1)
    bodies = np.stack([pose.world for pose in poses("visitor")]).astype(np.float64)
    rays = rays_of(bodies, rng.uniform([-1, -1, 2], [1, 1, 5], (len(bodies), 1, 3)))
    visibility = rng.uniform(0, 1, bodies.shape[:2])
    visibility[3] = 0
    together = find_root(bodies, rays, visibility)
    alone = [find_root(*arguments) for arguments in zip(bodies, rays, visibility, strict=True)]
    np.testing.assert_allclose(together, alone, atol=1e-12)
    assert np.isnan(together[3]).all()
    assert np.isfinite(together[4:]).all()


def test_a_person_in_a_real_video_stands_on_one_spot_and_at_a_likely_distance():
    tracker = RootTracker()
    roots = np.stack([tracker.update(p, t, 0, SIZE) for p, t in zip(poses("signer"), times("signer"), strict=True)])
    assert np.ptp(roots, axis=0).max() < 0.25
    assert (roots[:, 2] > 0.5).all()
    assert (roots[:, 2] < 3).all()


def test_steps_towards_the_camera_and_to_its_left_show_in_these_axes():
    tracker = RootTracker()
    track = [tracker.update(seen_at(np.array([0, 0, 4.0])), n / 30, 0, SIZE) for n in range(30)]
    track += [tracker.update(seen_at(np.array([-0.5, 0, 3.0])), 1 + n / 30, 0, SIZE) for n in range(60)]
    np.testing.assert_allclose(track[-1] - track[29], [0.5, 0, -1], atol=0.05)


def test_noise_in_the_distance_is_more_than_halved():
    rng = np.random.default_rng(2)
    tracker, plain, filtered = RootTracker(), [], []
    for n in range(200):
        pose = seen_at(np.array([0, 0, 3.0]), body=BODY * (1 + 0.02 * rng.normal()))
        pose = replace(pose, world=BODY.astype(np.float32))
        plain.append(RootTracker().update(pose, 0.0, 0, SIZE))
        filtered.append(tracker.update(pose, n / 30, 0, SIZE))
    speed = [np.abs(np.diff(track, axis=0))[30:, 2].mean() for track in (plain, filtered)]
    assert speed[1] < 0.4 * speed[0]


def test_persons_are_followed_apart_and_forgotten_when_gone():
    one, two = seen_at(np.array([0.5, 0, 3.0])), seen_at(np.array([-0.5, 0, 5.0]))
    tracker = RootTracker()
    for n in range(10):
        roots = [tracker.update(pose, n / 30, person, SIZE) for person, pose in enumerate((one, two))]
    np.testing.assert_allclose([root[2] for root in roots], [3, 5], atol=1e-3)
    np.testing.assert_allclose(tracker.update(two, 5.0, 0, SIZE)[2], 5, atol=1e-3)  # afresh after the gap
    assert len(tracker._persons) == 1


def test_a_frame_without_a_place_is_nan_and_takes_nothing_with_it():
    pose, tracker = seen_at(np.array([0, 0, 3.0])), RootTracker()
    before = tracker.update(pose, 0.0, 0, SIZE)
    assert np.isnan(tracker.update(replace(pose, visibility=np.zeros(33, np.float32)), 0.03, 0, SIZE)).all()
    np.testing.assert_allclose(tracker.update(pose, 0.06, 0, SIZE), before, atol=1e-6)


def test_a_resized_picture_is_the_same_place_and_another_aspect_a_user_error():
    camera = replace(default_camera(*SIZE), rms=0.2)
    pose, tracker = seen_at(np.array([0.3, 0.2, 3.0]), camera=camera), RootTracker(camera)
    whole, half = tracker.update(pose, 0.0, 0, SIZE), tracker.update(pose, 0.03, 0, (320, 240))
    np.testing.assert_allclose(half, whole, atol=1e-3)
    with pytest.raises(UserError, match="640x480 and does not fit 640x360"):
        tracker.update(pose, 0.06, 0, (640, 360))


def test_hips_of_the_picture_lie_on_the_ray_of_the_root():
    hips = MEDIAPIPE33.indices("left_hip", "right_hip")
    for pose, time in zip(poses("visitor")[10:], times("visitor")[10:], strict=True):
        x, y, z = RootTracker().update(pose, time, 0, SIZE)
        u, v = default_camera(*SIZE).project(np.array([[-x, -y, z]]))[0]
        np.testing.assert_allclose([u, v], pose.landmarks[hips, :2].mean(axis=0) * SIZE - 0.5, atol=25)
