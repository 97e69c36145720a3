"""`Camera`: how one camera's lens draws the world, for everything that turns pixels into metres."""

from dataclasses import dataclass, replace
from math import atan, radians, tan

import numpy as np
from jaxtyping import Float, Float64

from realtime.opencv import cv2
from stf.errors import UserError

DEFAULT_FIELD_OF_VIEW = radians(60)
"""Across the longer side of the picture, of a camera that nobody calibrated: what webcams and phones are near."""

_UNDISTORT = (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 100, 1e-10)  # iterations, change in tangents


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole camera with the lens distortion of Brown and Conrady, at one resolution.

    Camera coordinates: metres, x to the right of the picture, y down, z along the optical axis, origin in the pinhole.
    Pixel coordinates: u to the right, v down, (0, 0) the middle of the top left pixel, as in OpenCV.

    The rendered figure's `calibration.figure.camera.Camera` is something else: an ideal lens and the place it looks
    from, in Kinect axes.

    Attributes:
        name: the device's name, or what else tells it from other cameras.
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        focal: focal lengths (fx, fy) in pixels.
        centre: principal point (cx, cy) in pixels.
        distortion: k1, k2, p1, p2, k3 in OpenCV's order: radial, radial, tangential, tangential, radial.
        rms: root mean square distance of seen and expected board corners, in pixels; None if not calibrated.
        images: how many pictures of a board it was fitted to.
    """

    name: str
    width: int
    height: int
    focal: tuple[float, float]
    centre: tuple[float, float]
    distortion: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)
    rms: float | None = None
    images: int = 0

    @property
    def calibrated(self) -> bool:
        """Whether the numbers were measured; otherwise they are `default_camera`'s guess."""
        return self.rms is not None

    @property
    def matrix(self) -> Float64[np.ndarray, "3 3"]:
        """The camera matrix [[fx, 0, cx], [0, fy, cy], [0, 0, 1]]."""
        (fx, fy), (cx, cy) = self.focal, self.centre
        return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])

    @property
    def field_of_view(self) -> tuple[float, float]:
        """Horizontal and vertical angle of view in radians, distortion left aside."""
        return 2 * atan(self.width / 2 / self.focal[0]), 2 * atan(self.height / 2 / self.focal[1])

    def project(self, points: Float[np.ndarray, "... 3"]) -> Float64[np.ndarray, "... 2"]:
        """Where the lens draws points.

        With x = X / Z, y = Y / Z, r2 = x2 + y2 (Brown, Decentering Distortion of Lenses, 1966, as OpenCV writes it):
        u = fx (x (1 + k1 r2 + k2 r4 + k3 r6) + 2 p1 x y + p2 (r2 + 2 x2)) + cx, and v likewise.

        Args:
            points: camera coordinates, metres, in front of the camera.

        Returns:
            Pixels (u, v).
        """
        flat = np.asarray(points, np.float64).reshape(-1, 1, 3)
        still = np.zeros(3)
        pixels, _ = cv2.projectPoints(flat, still, still, self.matrix, np.array(self.distortion))
        return np.asarray(pixels, np.float64).reshape(*points.shape[:-1], 2)

    def undistort(self, pixels: Float[np.ndarray, "... 2"]) -> Float64[np.ndarray, "... 2"]:
        """Where pixels look: the inverse of `project` up to the distance.

        Args:
            pixels: (u, v), inside the picture.

        Returns:
            X / Z and Y / Z, tangents of the angles to the optical axis.
        """
        flat = np.asarray(pixels, np.float64).reshape(-1, 1, 2)
        distortion = np.array(self.distortion)
        rays = cv2.undistortPoints(flat, self.matrix, distortion, criteria=_UNDISTORT)
        return np.asarray(rays, np.float64).reshape(pixels.shape)

    def scaled(self, width: int, height: int) -> "Camera":
        """The same camera where its whole picture is resized.

        Args:
            width: of the resized picture, in pixels.
            height: of the resized picture, in pixels.

        Raises:
            UserError: if the other size has another aspect: what was cropped or stretched cannot be known.
        """
        if (width, height) == (self.width, self.height):
            return self
        if abs(width * self.height / self.width - height) > 1:
            raise UserError(
                f"the calibration of {self.name} is for {self.width}x{self.height} and does not fit {width}x{height}, "
                "which has another aspect; record in the calibrated aspect or calibrate this size too"
            )
        x, y = width / self.width, height / self.height
        # Pixel middles are whole numbers, so the picture's edges lie half a pixel further out.
        centre = ((self.centre[0] + 0.5) * x - 0.5, (self.centre[1] + 0.5) * y - 0.5)
        focal = (self.focal[0] * x, self.focal[1] * y)
        rms = None if self.rms is None else self.rms * x
        return replace(self, width=width, height=height, focal=focal, centre=centre, rms=rms)


def default_camera(width: int, height: int) -> Camera:
    """An ideal camera that sees 60 degrees across the longer side, for want of a calibration.

    Args:
        width: of the picture, in pixels.
        height: of the picture, in pixels.
    """
    focal = max(width, height) / 2 / tan(DEFAULT_FIELD_OF_VIEW / 2)
    return Camera("default camera", width, height, (focal, focal), ((width - 1) / 2, (height - 1) / 2))
