"""`Renderer`: pictures of the figure with everything that is true of them."""

import zlib
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int8, Int64, UInt8

from calibration.figure.appearance import Appearance
from calibration.figure.body import dress, size
from calibration.figure.camera import Camera
from calibration.figure.occlusion import flesh, occlusion
from calibration.figure.points import joint_weights, points_called
from calibration.figure.quadrics import Solids, Surface, cast
from calibration.figure.room import build_room, to_bgr, with_shadows
from realtime.opencv import cv2
from stf.skeleton import SkeletonLayout

_SHADOWS = (
    (points_called("left_ankle", "left_foot"), 0.10, 0.5),
    (points_called("right_ankle", "right_foot"), 0.10, 0.5),
    (points_called("left_hip", "right_hip"), 0.22, 0.35),
    (points_called("head", "spine_shoulder"), 0.22, 0.25),
)
"""The points in whose middle a shadow is cast, its radius in metres (standard deviation), and its strength."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """A picture and the truth about it; the joints of several people have a first axis more, in the order given.

    Attributes:
        image: (H, W, 3) uint8, BGR.
        joints_2d: (V, 2) float32 pixels (u right, v down), also of joints outside the picture.
        joints_3d: (V, 3) float32 metres in camera coordinates (x to the camera's left, y up, z away).
        depth: (H, W) float32 metres along the optical axis to the figures' surface; infinite where there is none.
        occlusion: (V,) int8, for each joint an `Occlusion`: whether it is seen and if not, why.
    """

    image: UInt8[np.ndarray, "H W 3"]
    joints_2d: Float32[np.ndarray, "*M V 2"]
    joints_3d: Float32[np.ndarray, "*M V 3"]
    depth: Float32[np.ndarray, "H W"]
    occlusion: Int8[np.ndarray, "*M V"]


class Renderer:
    """Draws one person or several as one camera sees them; the room is drawn once."""

    def __init__(
        self,
        layout: SkeletonLayout,
        camera: Camera,
        appearance: Appearance,
        *others: Appearance,
        supersample: int = 1,
    ) -> None:
        """Set up the studio.

        Args:
            layout: the layout of the joints to come, in 3D; it needs the limbs with feet, and a head or ears.
            camera: where it is seen from.
            appearance: what the first person, the room and the light look like.
            others: what further people look like.
            supersample: rays per pixel each way; 2 gives smooth outlines at a quarter of the speed.

        Raises:
            UserError: if the layout lacks a joint the figure needs.
        """
        self.camera = camera
        self.appearance = appearance
        self._looks = (appearance, *others)
        self._factor = supersample
        self._fine = camera.scaled(supersample)
        self._weights = joint_weights(layout)
        self._flesh = flesh(layout)
        self._room = build_room(self._fine, appearance)
        twice = 2 * 3 * camera.size[0] * camera.size[1] if appearance.noise else 0
        noise = np.random.default_rng(appearance.seed).normal(0, appearance.noise, twice)
        self._noise = np.rint(noise).astype(np.int16)

    def render(self, joints: Float[np.ndarray, "*M V 3"]) -> Rendering:
        """Draw one moment.

        Args:
            joints: (V, 3) metres in studio coordinates of the first person, or (M, V, 3) of the first M; none missing.

        Raises:
            ValueError: if there are more people than appearances.
        """
        people = joints.reshape(-1, *joints.shape[-2:]).astype(np.float64)
        points = self._weights @ people
        looks = self._looks[: len(people)]
        bodies = [dress(person, look) for person, look in zip(points, looks, strict=True)]
        solids = Solids.joined(bodies).moved(self._fine.pose)
        surface = cast(solids, self._fine)
        image = with_shadows(self._room, self._fine, *self._shadows(points))
        drawn = np.flatnonzero(surface.solid >= 0)
        image.reshape(-1, 3)[drawn] = to_bgr(_shade(solids, surface, drawn, self._fine, self.appearance))
        joints_3d = self.camera.to_camera(people)
        joints_2d = self.camera.project(joints_3d)
        thickness = [size(person) * look.girth for person, look in zip(points, looks, strict=True)]
        hidden = occlusion(
            self._factor * joints_2d,
            joints_3d[..., 2],
            np.array(thickness)[:, None] * self._flesh,
            surface,
            np.repeat(np.arange(len(people)), [len(body.splits) for body in bodies]),
            self._fine.size,
        )
        depth = surface.depth
        if self._factor > 1:
            width, height = self.camera.size
            blocks = (height, self._factor, width, self._factor)
            image = image.reshape(*blocks, 3).mean(axis=(1, 3)).round().astype(np.uint8)
            depth = depth.reshape(blocks).min(axis=(1, 3))
        return Rendering(
            self._noisy(image, joints),
            joints_2d.astype(np.float32).reshape(*joints.shape[:-1], 2),
            joints_3d.astype(np.float32).reshape(joints.shape),
            depth,
            hidden.reshape(joints.shape[:-1]),
        )

    def _noisy(
        self, image: UInt8[np.ndarray, "H W 3"], joints: Float[np.ndarray, "*M V 3"]
    ) -> UInt8[np.ndarray, "H W 3"]:
        """The picture with the camera's noise, another for other joints."""
        if not self.appearance.noise:
            return image
        start = zlib.crc32(joints.tobytes()) % image.size
        noise = self._noise[start : start + image.size].reshape(image.shape)
        return np.asarray(cv2.add(image, noise, dtype=cv2.CV_8U))

    def _shadows(
        self, points: Float64[np.ndarray, "M P 3"]
    ) -> tuple[Float64[np.ndarray, "S 2"], Float64[np.ndarray, " S"], Float64[np.ndarray, " S"]]:
        """Where feet and trunk darken the floor (room coordinates), how wide (metres) and how much."""
        groups = [points[:, group].mean(axis=1) for group, *_ in _SHADOWS]
        spots = self.camera.to_room(np.stack(groups, axis=1).reshape(-1, 3))
        x, y, z = self.appearance.light
        height = spots[:, 1:2].clip(0)
        spots -= height * (x / y, 1, z / y)
        radii, strengths = np.tile([shadow[1:] for shadow in _SHADOWS], (len(points), 1)).T
        wider = 1 + 0.4 * height[:, 0]
        return spots[:, [0, 2]], radii * wider, strengths / wider**2


def _shade(
    solids: Solids,
    surface: Surface,
    drawn: Int64[np.ndarray, " N"],
    camera: Camera,
    appearance: Appearance,
) -> Float32[np.ndarray, "N 3"]:
    """The light that comes from the drawn pixels: half-lambert lamp plus a sky that is brighter than the floor."""
    number = surface.solid.reshape(-1)[drawn]
    z = surface.depth.reshape(-1)[drawn]
    row, column = np.divmod(drawn, camera.size[0])
    x = ((camera.centre[0] - 0.5 - column) / camera.focals[0]).astype(np.float32) * z
    y = ((camera.centre[1] - 0.5 - row) / camera.focals[1]).astype(np.float32) * z
    inverse = np.linalg.inv(solids.frames).astype(np.float32).transpose(1, 2, 0)  # (4, 4, P)
    a, b, _ = solids.profiles.astype(np.float32).T
    local = [m[0][number] * x + m[1][number] * y + m[2][number] * z + m[3][number] for m in inverse[:3]]
    slope = [local[0], a[number] * local[1] + b[number] / 2, local[2]]
    normal = [sum(inverse[k, j][number] * slope[k] for k in range(3)) for j in range(3)]
    length = np.sqrt(normal[0] ** 2 + normal[1] ** 2 + normal[2] ** 2)
    x, y, z = np.array(appearance.light, np.float32) / np.float32(np.linalg.norm(appearance.light))
    lamp = (normal[0] * x + normal[1] * y + normal[2] * z) / length
    sky = 0.75 + 0.25 * normal[1] / length
    ambient = np.float32(appearance.ambient)
    brightness = ambient * sky + (1 - ambient) * 1.35 * np.maximum(0, 0.8 * lamp + 0.2)
    upper = (local[1] >= solids.splits.astype(np.float32)[number]).astype(np.intp)
    colour = solids.colours.astype(np.float32)[number, upper] ** 2
    return np.asarray(colour * brightness[:, None] * np.array(appearance.brightness, np.float32))
