"""People to be drawn."""

import numpy as np

from calibration.figure.appearance import Appearance
from calibration.figure.camera import Camera
from calibration.figure.motion import placed
from stf.datasets.clip import Clip, to_layout
from stf.skeleton import KINECT20, NTU25

CAMERA = Camera(pitch=0.05, distance=3.2)
LOOK = Appearance()


def person(**moved: tuple[float, float, float]) -> np.ndarray:
    """A person of KINECT20 facing a camera at yaw 0, arms stretched sideways, some joints moved."""
    at = {
        "spine_base": (0, 1.0, 0),
        "spine_mid": (0, 1.1, 0),
        "spine_shoulder": (0, 1.48, 0),
        "head": (0, 1.67, 0),
    }
    for side, x in (("left", -1), ("right", 1)):  # Kinect axes: the left of one who faces the camera has negative x
        arm = {"shoulder": 0.18, "elbow": 0.45, "wrist": 0.69, "hand": 0.75}
        at |= {f"{side}_{joint}": (x * reach, 1.38, 0) for joint, reach in arm.items()}
        at |= {f"{side}_{joint}": (x * 0.1, y, 0) for joint, y in {"hip": 0.93, "knee": 0.5, "ankle": 0.09}.items()}
        at[f"{side}_foot"] = (x * 0.1, 0.03, -0.1)
    at |= moved
    return np.array([at[name] for name in KINECT20.joints])


def meeting(*, behind: float) -> np.ndarray:
    """Two people, the second so far behind the first and a little to the side."""
    return np.stack([person(), placed(person(), at=(0.1, behind))])


def ntu25(people: np.ndarray) -> np.ndarray:
    """People of KINECT20 in NTU25."""
    return to_layout(Clip(people[:, None].astype(np.float32), 30, KINECT20), NTU25).joints[:, 0]
