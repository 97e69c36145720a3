"""Where people are: the translation that puts the estimator's hip-centred skeletons onto their picture.

World landmarks X_i have their origin between the hips and say nothing of where those are; image landmarks are rays
(a_i, b_i) = (X / Z, Y / Z) of a calibrated camera. A skeleton of size s at t lies on its rays where
s x_i + t_x = a_i (s z_i + t_z) and s y_i + t_y = b_i (s z_i + t_z). Both equations hold for (c s, c t) wherever they
hold for (s, t): one camera sees the direction and the distance in body sizes, t / s, never the size itself. So s is 1
(a person's world landmarks are as large as the estimator takes people to be), or what a calibrated body says.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64

from realtime.camera import Camera, default_camera
from realtime.frames import PersonPose
from realtime.mapping import KINECT_AXES
from realtime.smoothing import OneEuroFilter

_MIN_LANDMARKS = 4.0  # the effective number of visible ones, below which nobody is placed
_MIN_SPREAD = 1e-3  # RMS tangent of the angle between landmarks and their middle; a person 500 m away has it
_SEEN: Bool[np.ndarray, "2"] = np.ones(2, bool)
_AXES = np.asarray(KINECT_AXES, np.float32)
_NEAREST = 0.1  # metres from the camera, of hips and of every visible landmark


def find_root(
    world: Float[np.ndarray, "*F V 3"], rays: Float[np.ndarray, "*F V 2"], visibility: Float[np.ndarray, "*F V"]
) -> Float64[np.ndarray, "*F 3"]:
    """The translation that best reprojects skeletons onto their rays, in closed form (ours).

    For s = 1 each landmark gives t_x - a t_z = a z - x and t_y - b t_z = b z - y, linear in t. Weighted least squares
    over them is a regression: with the weighted means taken off everything,
    t_z = - sum w (a (a z - x) + b (b z - y)) / sum w (a^2 + b^2), and t_x, t_y follow from the means. A residual of
    these equations is the reprojection error times the landmark's depth z + t_z, so a second solution, with the weights
    divided by the square of the depths that the first one found, minimises the reprojection error itself.

    Args:
        world: metres, x image-right, y down, z away, origin between the hips.
        rays: X / Z and Y / Z of the same landmarks in the picture (`Camera.undistort`).
        visibility: weights >= 0; a landmark with weight 0 or a NaN has no say.

    Returns:
        Metres in camera coordinates (x right, y down, z away): where the hips are. NaN where fewer than four landmarks
        are visible, all are seen in one place, or the answer is not in front of the camera.
    """
    known = np.isfinite(world).all(axis=-1) & np.isfinite(rays).all(axis=-1) & np.isfinite(visibility)
    weight = np.where(known, visibility, 0.0).clip(0)
    body = np.where(known[..., None], world, 0.0).astype(np.float64)
    seen = np.where(known[..., None], rays, 0.0).astype(np.float64)
    effective = weight.sum(axis=-1) ** 2 / np.maximum((weight**2).sum(axis=-1), 1e-12)
    share = weight / np.maximum(weight.sum(axis=-1, keepdims=True), 1e-12)
    centred = seen - (share[..., None] * seen).sum(axis=-2, keepdims=True)
    spread = np.sqrt((share[..., None] * centred**2).sum(axis=(-1, -2)))
    enough = (effective >= _MIN_LANDMARKS) & (weight.sum(axis=-1) >= 1) & (spread >= _MIN_SPREAD)
    weight = np.where(enough[..., None], weight, 1.0)
    root = _regress(body, seen, weight)
    depth = np.maximum(body[..., 2] + root[..., 2:], _NEAREST)
    root = _regress(body, seen, weight / depth**2)
    nearest = np.where(weight > 0, body[..., 2] + root[..., 2:], np.inf).min(axis=-1)
    placed = enough & (root[..., 2] >= _NEAREST) & (nearest >= _NEAREST)
    return np.where(placed[..., None], root, np.nan)


def _regress(
    body: Float64[np.ndarray, "*F V 3"], rays: Float64[np.ndarray, "*F V 2"], weight: Float64[np.ndarray, "*F V"]
) -> Float64[np.ndarray, "*F 3"]:
    """Weighted least squares of t_xy - rays t_z = rays z - xy; see `find_root`."""
    share = (weight / weight.sum(axis=-1, keepdims=True))[..., None]
    target = rays * body[..., 2:] - body[..., :2]
    ray_mean, target_mean = (share * rays).sum(axis=-2), (share * target).sum(axis=-2)
    centred = share * (rays - ray_mean[..., None, :])
    across = (centred * rays).sum(axis=(-1, -2))
    depth = -(centred * target).sum(axis=(-1, -2), keepdims=True)[..., 0] / np.maximum(across, 1e-12)[..., None]
    return np.concatenate([target_mean + ray_mean * depth, depth], axis=-1)


@dataclass(slots=True)
class _Track:
    """What is remembered of a person: when they were last seen, and the filter of their ray and distance."""

    time: float
    filter: OneEuroFilter


class RootTracker:
    """Finds and smooths where everybody in view is; what it remembers of a person ends `max_gap` after they are gone.

    The direction to the hips is known to a few centimetres and their distance to some per cent, so each is filtered in
    its own way: the ray (X / Z, Y / Z) and the logarithm of Z by a `OneEuroFilter` each. The defaults were chosen on
    the rendered clips of `benchmarks/root_motion.py`. Against no filter the error of the speed falls from 14 to 13 cm/s
    across and from 46 to 19 cm/s in depth, and the error in depth from 6.7 to 5.9 cm (medians over 36 clips; a constant
    factor, the person's unknown size, taken off).

    Args:
        camera: what took the pictures; None for `default_camera`.
        scale: metres that one of the estimator's metres stands for on this person.
        ray_cutoffs: Hz and Hz per (1/s), `min_cutoff` and `beta` of the ray's filter.
        depth_cutoffs: those of the filter of log Z.
        derivative_cutoff: Hz.
        max_gap: seconds; somebody unseen for longer starts afresh.
    """

    def __init__(
        self,
        camera: Camera | None = None,
        *,
        scale: float = 1.0,
        ray_cutoffs: tuple[float, float] = (1.5, 40.0),
        depth_cutoffs: tuple[float, float] = (0.5, 5.0),
        derivative_cutoff: float = 2.0,
        max_gap: float = 0.5,
    ) -> None:
        self.scale = scale
        self.max_gap = max_gap
        self._camera = camera
        self._fitting: Camera | None = None
        self._cutoffs = np.array([ray_cutoffs, depth_cutoffs], np.float32)
        self._derivative_cutoff = derivative_cutoff
        self._persons: dict[int, _Track] = {}

    def update(self, pose: PersonPose, time: float, person: int, size: tuple[int, int]) -> Float32[np.ndarray, "3"]:
        """Where a person's hips are, given what came before.

        Args:
            pose: the landmarks.
            time: seconds; where it goes back, the person starts afresh.
            person: the person's id.
            size: width and height of the picture in pixels.

        Returns:
            Metres in Kinect axes (x to the camera's left, y up, z away), origin in the camera; NaN where this frame
            does not tell.

        Raises:
            UserError: if the camera was calibrated for pictures of another aspect.
        """
        return self.follow(self.find([pose], size)[0], time, person)

    def find(self, poses: Sequence[PersonPose], size: tuple[int, int]) -> Float64[np.ndarray, "P 3"]:
        """Where the hips of P poses are, each on its own, for `follow`.

        Args:
            poses: anybody's, of any moments.
            size: width and height of the pictures in pixels.

        Returns:
            As `find_root`; each the same to the last bit whatever it stands beside.

        Raises:
            UserError: if the camera was calibrated for pictures of another aspect.
        """
        if not poses:
            return np.empty((0, 3))
        landmarks, world, visibility = (
            np.stack([getattr(pose, name) for pose in poses]) for name in ("landmarks", "world", "visibility")
        )
        pixels = landmarks[..., :2].astype(np.float64) * size - 0.5
        return find_root(world, self._camera_for(size).undistort(pixels), visibility)

    def follow(self, root: Float64[np.ndarray, "3"], time: float, person: int) -> Float32[np.ndarray, "3"]:
        """Where a person's hips are, given where this moment alone has them and what came before.

        Args:
            root: as `find` gives it.
            time: seconds; where it goes back, the person starts afresh.
            person: the person's id.

        Returns:
            As `update`.
        """
        self._persons = {n: track for n, track in self._persons.items() if 0 <= time - track.time <= self.max_gap}
        if np.isnan(root).any():
            return root.astype(np.float32)
        track = self._persons.get(person)
        if track is None:
            min_cutoff, beta = self._cutoffs.T[..., None]
            one_euro = OneEuroFilter(min_cutoff, beta, self._derivative_cutoff, self.max_gap)
            track = self._persons[person] = _Track(time, one_euro)
        track.time = time
        x, y, z = root.tolist()
        points = np.array([[x / z, y / z], [math.log(z), 0.0]], np.float32)  # a filter's points are of one dimension
        ray, (log_depth, _) = track.filter(time, points, _SEEN)
        depth = np.exp(log_depth)
        return np.array([*(ray * depth), depth], np.float32) * np.float32(self.scale) * _AXES

    def _camera_for(self, size: tuple[int, int]) -> Camera:
        """The camera at a size of picture, which may change within a video."""
        if self._fitting is None or (self._fitting.width, self._fitting.height) != size:
            self._fitting = default_camera(*size) if self._camera is None else self._camera.scaled(*size)
        return self._fitting
