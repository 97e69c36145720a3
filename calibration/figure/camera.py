"""`Camera`: a pinhole camera that walks around the figure and looks at it."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Float64

from realtime.camera import Camera as Lens


@dataclass(frozen=True, slots=True)
class Camera:
    """An ideal pinhole camera, not mirrored, on a sphere around the point it looks at.

    Studio coordinates: metres, Kinect axes (x to the left of a camera at yaw 0, y up, z away), origin on the floor.
    Camera coordinates: metres, x to the camera's left, y to its top, z along its optical axis, origin in the pinhole.
    Pixel coordinates: u to the right, v down, (0, 0) the top left corner of the top left pixel.

    Attributes:
        size: width and height of the picture in pixels.
        focal: focal length in pixels, the horizontal one where they differ.
        principal: principal point (u, v) in pixels; the middle of the picture if None.
        target: the point looked at, in studio coordinates.
        distance: metres from the pinhole to `target`.
        yaw: radians around the vertical; at yaw > 0 the camera has walked towards the person's left.
        pitch: radians above the horizontal; at pitch > 0 the camera looks down.
        aspect: the vertical focal length as a share of the horizontal one.
    """

    size: tuple[int, int] = (640, 480)
    focal: float = 525.0
    principal: tuple[float, float] | None = None
    target: tuple[float, float, float] = (0.0, 0.9, 0.0)
    distance: float = 3.0
    yaw: float = 0.0
    pitch: float = 0.0
    aspect: float = 1.0

    @classmethod
    def with_lens(cls, lens: Lens, *, distance: float = 3.0, yaw: float = 0.0, pitch: float = 0.0) -> "Camera":
        """A camera of the picture size, focal lengths and principal point of a real one; its distortion is left out.

        Args:
            lens: a calibrated camera, or `realtime.camera.default_camera`.
            distance: as of the class.
            yaw: as of the class.
            pitch: as of the class.
        """
        (fx, fy), (cx, cy) = lens.focal, lens.centre
        principal = (cx + 0.5, cy + 0.5)  # there, (0, 0) is the middle of a pixel, here its corner
        return cls((lens.width, lens.height), fx, principal, distance=distance, yaw=yaw, pitch=pitch, aspect=fy / fx)

    @property
    def focals(self) -> Float64[np.ndarray, "2"]:
        """The horizontal and the vertical focal length in pixels."""
        return np.array([self.focal, self.focal * self.aspect])

    @property
    def centre(self) -> Float64[np.ndarray, "2"]:
        """The principal point (u, v) in pixels."""
        return np.array(self.principal or (self.size[0] / 2, self.size[1] / 2))

    @property
    def pose(self) -> Float64[np.ndarray, "4 4"]:
        """The rigid transform from studio to camera coordinates, for column vectors."""
        pose = np.eye(4)
        pose[:3, :3] = self._tilt @ about_vertical(-self.yaw)
        pose[:3, 3] = (0, 0, self.distance) - pose[:3, :3] @ np.array(self.target)
        return pose

    @property
    def _tilt(self) -> Float64[np.ndarray, "3 3"]:
        cos, sin = np.cos(self.pitch), np.sin(self.pitch)
        return np.array([[1, 0, 0], [0, cos, sin], [0, -sin, cos]])

    @property
    def room_pose(self) -> Float64[np.ndarray, "4 4"]:
        """The transform from room to camera coordinates: the room's walls turn with the camera's yaw.

        Room coordinates have their origin on the floor below `target`, y up, and z away from the camera.
        """
        pose = np.eye(4)
        pose[:3, :3] = self._tilt
        pose[:3, 3] = (0, 0, self.distance) - self._tilt @ (0, self.target[1], 0)
        return pose

    def to_camera(self, points: Float[np.ndarray, "... 3"]) -> Float64[np.ndarray, "... 3"]:
        """Studio coordinates to camera coordinates, both in metres."""
        return np.asarray(points @ self.pose[:3, :3].T + self.pose[:3, 3])

    def to_room(self, points: Float[np.ndarray, "... 3"]) -> Float64[np.ndarray, "... 3"]:
        """Studio coordinates to room coordinates (see `room_pose`), both in metres."""
        x, _, z = self.target
        return np.asarray((points - np.array([x, 0, z])) @ about_vertical(-self.yaw).T)

    def project(self, points: Float[np.ndarray, "... 3"]) -> Float64[np.ndarray, "... 2"]:
        """Camera coordinates in metres to pixels: u = cx - fx x / z, v = cy - fy y / z."""
        return np.asarray(self.centre - self.focals * points[..., :2] / points[..., 2:])

    def scaled(self, factor: int) -> "Camera":
        """The same view with `factor` times as many pixels each way."""
        width, height = self.size
        principal = self.principal and (factor * self.principal[0], factor * self.principal[1])
        size = (factor * width, factor * height)
        return replace(self, size=size, focal=factor * self.focal, principal=principal)

    def framing(self, points: Float[np.ndarray, "... 3"], margin: float = 0.18) -> "Camera":
        """The same camera looking at the middle of `points`, moved back as far as needed to see them all.

        Args:
            points: studio coordinates, metres: every joint at every moment.
            margin: metres to leave around each point for the flesh on the bones.
        """
        flat = points.reshape(-1, 3)
        target = (flat.min(axis=0) + flat.max(axis=0)) / 2
        room = np.minimum(self.centre, self.size - self.centre)  # pixels from the principal point to the nearest edges
        x_y_z = (flat - target) @ self.pose[:3, :3].T
        needed = self.focals * (np.abs(x_y_z[:, :2]) + margin) / room - x_y_z[:, 2:]
        x, y, z = map(float, target)
        return replace(self, target=(x, y, z), distance=max(self.distance, float(needed.max())))


def about_vertical(yaw: float) -> Float64[np.ndarray, "3 3"]:
    """Rotation by `yaw` radians about the vertical axis y."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    return np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
