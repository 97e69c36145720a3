"""From a recorded clip to motion a figure can perform: gaps filled, jitter smoothed, feet on the studio floor."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float64
from scipy.signal import savgol_filter

from calibration.figure.appearance import Appearance
from calibration.figure.camera import Camera
from calibration.figure.render import Renderer, Rendering
from stf.datasets.clip import Clip
from stf.errors import UserError

_SMOOTHING = 0.3
"""Seconds: span of the Savitzky-Golay filter (degree 2) that takes away the sensor's jitter."""
_ANKLE_HEIGHT = 0.09
"""Metres above the floor of the ankle of a standing person."""


def studio_motion(clip: Clip, person: int = 0) -> Float64[np.ndarray, "T V 3"]:
    """The motion of one person in studio coordinates: metres, origin on the floor below where they first stand.

    Args:
        clip: a clip of a 3D layout in metres, Kinect axes.
        person: which of its persons.

    Raises:
        UserError: if the clip is not 3D or a joint is missing throughout.
    """
    joints = clip.joints[person].astype(np.float64)
    if joints.shape[2] != 3:
        raise UserError(f"clip '{clip.name}' has {joints.shape[2]} channels; a figure needs x, y and z in metres")
    known = np.isfinite(joints).all(axis=2)
    if not known.any(axis=0).all():
        absent = ", ".join(name for name, seen in zip(clip.layout.joints, known.any(axis=0), strict=True) if not seen)
        raise UserError(f"clip '{clip.name}' cannot be drawn: it never has {absent}")
    frames = np.arange(len(joints))
    for v in np.flatnonzero(~known.all(axis=0)):
        for axis in range(3):
            joints[:, v, axis] = np.interp(frames, frames[known[:, v]], joints[known[:, v], v, axis])
    span = min(int(_SMOOTHING * clip.fps) | 1, (len(joints) - 1) | 1)
    if span > 2:
        joints = savgol_filter(joints, span, 2, axis=0)
    ankles = joints[:, clip.layout.indices("left_ankle", "right_ankle")]
    ground = float(np.median(ankles[:, :, 1].min(axis=1))) - _ANKLE_HEIGHT
    x, _, z = ankles[0].mean(axis=0)
    return np.asarray(joints - (x, ground, z))


def render_clip(
    clip: Clip, camera: Camera, appearance: Appearance, *, person: int = 0, supersample: int = 1
) -> Iterator[Rendering]:
    """Draw every frame of a clip, the camera aimed and moved back as far as needed to keep the whole body in view.

    Args:
        clip: a clip of a 3D layout in metres, Kinect axes.
        camera: its `target` is replaced; its `distance` is the least.
        appearance: what the figure and the room look like.
        person: which of the clip's persons.
        supersample: as in `Renderer`.

    Raises:
        UserError: as `studio_motion` and `Renderer` do.
    """
    motion = studio_motion(clip, person)
    renderer = Renderer(clip.layout, camera.framing(motion), appearance, supersample=supersample)
    for joints in motion:
        yield renderer.render(joints)
