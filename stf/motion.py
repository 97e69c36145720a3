"""Where in a clip something moves."""

import numpy as np
from jaxtyping import Float64

from stf.datasets.clip import Clip
from stf.errors import UserError

_SMOOTH = 0.2  # seconds
_AROUND = 0.25  # seconds that are kept before and after
_STIR = 0.3  # torso lengths a second; somebody who stands still does not reach this
_SHARE = 0.25  # of the fastest motion of the clip, below which it has not begun


def moving_part(clip: Clip) -> tuple[int, int]:
    """The frames in which the first person moves, with a moment before and after (ours).

    The speed is that of the fastest tenth of the joints against the hips, in torso lengths a second; where it never
    rises above that of somebody who stands still, the whole clip counts, since holding still may be the point.

    Args:
        clip: of one person, of two frames at least; a joint that is missing stands still.

    Returns:
        First frame, and the one behind the last.

    Raises:
        UserError: if nobody is seen.
    """
    speed = _speed(clip)
    threshold = max(_STIR, _SHARE * float(speed.max(initial=0.0)))
    moving = np.flatnonzero(speed > threshold)
    if not len(moving):
        return 0, clip.joints.shape[1]
    around = round(_AROUND * clip.fps)
    return max(int(moving[0]) - around, 0), min(int(moving[-1]) + around + 1, clip.joints.shape[1])


def _speed(clip: Clip) -> Float64[np.ndarray, " T"]:
    layout = clip.layout
    x = clip.joints[0, :, :, : layout.num_coordinates].astype(np.float64)
    if not np.isfinite(x).any():
        raise UserError(f"nobody is seen in '{clip.name}'")
    hips, shoulders = (
        x[:, layout.indices(f"left_{part}", f"right_{part}")].mean(axis=1) for part in ("hip", "shoulder")
    )
    torso = max(float(np.nanmedian(np.linalg.norm(shoulders - hips, axis=-1))), 1e-6)
    around_hips = np.gradient((x - hips[:, None]) / torso, 1 / clip.fps, axis=0)
    of_joints = np.nan_to_num(np.linalg.norm(around_hips, axis=-1))
    width = max(round(_SMOOTH * clip.fps), 1)
    fastest = np.quantile(of_joints, 0.9, axis=1)
    return np.convolve(fastest, np.full(width, 1 / width), mode="same")
