"""From a recorded clip to motion a figure can perform: gaps filled, jitter smoothed, feet on the studio floor."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Float64
from scipy.signal import savgol_filter

from calibration.figure.appearance import Appearance
from calibration.figure.camera import Camera, about_vertical
from calibration.figure.proportions import Proportions
from calibration.figure.render import Renderer, Rendering
from stf.datasets.clip import Clip
from stf.errors import UserError
from stf.skeleton import SkeletonLayout

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
    alone: Float64[np.ndarray, "T V 3"] = studio_motions(replace(clip, joints=clip.joints[[person]]))[0]
    return alone


def studio_motions(clip: Clip) -> Float64[np.ndarray, "M T V 3"]:
    """The motions of everybody in a clip on one floor, its origin in the middle of where they first stand.

    Args:
        clip: a clip of a 3D layout in metres, Kinect axes.

    Raises:
        UserError: as `studio_motion` does.
    """
    if clip.layout.channels != ("x", "y", "z"):
        raise UserError(
            f"clip '{clip.name}' has {', '.join(clip.layout.channels)}; a figure needs x, y and z in metres"
        )
    people = np.stack([_performable(clip, person) for person in range(len(clip.joints))])
    ankles = people[:, :, clip.layout.indices("left_ankle", "right_ankle")]
    ground = float(np.median(ankles[..., 1].min(axis=(0, 2)))) - _ANKLE_HEIGHT
    x, _, z = ankles[:, 0].reshape(-1, 3).mean(axis=0)
    return np.asarray(people - (x, ground, z))


def _performable(clip: Clip, person: int) -> Float64[np.ndarray, "T V 3"]:
    """One person's joints where they were recorded, without gaps and jitter."""
    joints = clip.joints[person].astype(np.float64)
    known = np.isfinite(joints).all(axis=2)
    if not known.any(axis=0).all():
        absent = ", ".join(name for name, seen in zip(clip.layout.joints, known.any(axis=0), strict=True) if not seen)
        raise UserError(f"clip '{clip.name}' cannot be drawn: it never has {absent}")
    frames = np.arange(len(joints))
    for v in np.flatnonzero(~known.all(axis=0)):
        for axis in range(3):
            joints[:, v, axis] = np.interp(frames, frames[known[:, v]], joints[known[:, v], v, axis])
    span = min(int(_SMOOTHING * clip.fps) | 1, (len(joints) - 1) | 1)
    return np.asarray(savgol_filter(joints, span, 2, axis=0)) if span > 2 else joints


def facing(motion: Float[np.ndarray, "T V 3"], layout: SkeletonLayout) -> float:
    """The yaw of the camera that sees a person from the front, over the whole motion: radians.

    Args:
        motion: joints in studio coordinates.
        layout: their layout, with hips and shoulders.
    """
    shoulders, hips = (motion[:, layout.indices(f"left_{part}", f"right_{part}")] for part in ("shoulder", "hip"))
    across = shoulders[:, 0] - shoulders[:, 1] + hips[:, 0] - hips[:, 1]
    x, _, z = np.cross(across, shoulders.mean(axis=1) - hips.mean(axis=1)).sum(axis=0)
    return float(np.arctan2(-x, -z))


def placed(
    motion: Float[np.ndarray, "*T V 3"], *, at: tuple[float, float] = (0, 0), turn: float = 0
) -> Float64[np.ndarray, "*T V 3"]:
    """The same motion elsewhere on the floor.

    Args:
        motion: joints in studio coordinates.
        at: x and z in metres of where the origin goes.
        turn: radians about the vertical through the origin, before that; `placed(motion, turn=yaw)` seen by a camera
            at `yaw` is `motion` seen by one at yaw 0.
    """
    x, z = at
    return np.asarray(motion @ about_vertical(turn).T + (x, 0, z))


def render_clip(
    clip: Clip,
    camera: Camera,
    appearance: Appearance,
    *,
    person: int = 0,
    proportions: Proportions | None = None,
    supersample: int = 1,
) -> Iterator[Rendering]:
    """Draw every frame of a clip, the camera aimed and moved back as far as needed to keep the whole body in view.

    Args:
        clip: a clip of a 3D layout in metres, Kinect axes.
        camera: its `target` is replaced; its `distance` is the least.
        appearance: what the figure and the room look like.
        person: which of the clip's persons.
        proportions: of the figure; those of the person recorded if None.
        supersample: as in `Renderer`.

    Raises:
        UserError: as `studio_motion` and `Renderer` do.
    """
    motion = studio_motion(clip, person)
    if proportions is not None:
        motion = proportions.applied(motion, clip.layout)
    renderer = Renderer(clip.layout, camera.framing(motion), appearance, supersample=supersample)
    for joints in motion:
        yield renderer.render(joints)


def render_people(
    motions: Float[np.ndarray, "M T V 3"],
    layout: SkeletonLayout,
    camera: Camera,
    appearances: Sequence[Appearance],
    *,
    supersample: int = 1,
) -> Iterator[Rendering]:
    """Draw several people in one room, the camera aimed and moved back as far as needed to keep them all in view.

    Args:
        motions: in studio coordinates: a clip's `studio_motions`, or motions from several clips, `placed`.
        layout: of their joints.
        camera: as in `render_clip`.
        appearances: what each of them looks like; the room is the first one's.
        supersample: as in `Renderer`.

    Raises:
        UserError: as `Renderer` does.
    """
    renderer = Renderer(layout, camera.framing(motions), *appearances, supersample=supersample)
    for joints in motions.swapaxes(0, 1):
        yield renderer.render(joints)
