"""`Pairs`: what the pose estimator said of each frame beside what was true, both measured in the person's torso."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

from calibration.landmarks.shots import Shot
from realtime.mapping import KINECT_AXES
from stf.skeleton import MEDIAPIPE33, NTU25, SkeletonLayout

_TORSO = ("left_hip", "right_hip", "left_shoulder", "right_shoulder")


@dataclass(frozen=True, slots=True)
class Pairs:
    """N frames in which somebody was found, of shots one after the other.

    Both skeletons have the middle of their hips at the origin in every frame and a torso (hip middle to shoulder
    middle) of one in the median of their shot, as `stf.transforms.normalise_body` has it.

    Attributes:
        estimated: (N, 33, 3) world landmarks, Kinect axes.
        truth: (N, 25, 3) NTU25 joints, Kinect axes turned level: y is vertical however the camera is pitched.
        torso: (N,) metres, the true torso of the shot.
        shot: (N,) number of the shot.
        frame: (N,) number of the frame in its shot.
        subject: (N,) who is seen.
        yaw: (N,) radians in [0, pi], how far the camera stands to the side.
        pitch: (N,) radians, of the camera.
        distance: (N,) metres, of the camera.
        whole: (N,) whether all of the person is in the picture.
    """

    estimated: Float64[np.ndarray, "N 33 3"] = field(repr=False)
    truth: Float64[np.ndarray, "N 25 3"] = field(repr=False)
    torso: Float64[np.ndarray, " N"] = field(repr=False)
    shot: Int64[np.ndarray, " N"] = field(repr=False)
    frame: Int64[np.ndarray, " N"] = field(repr=False)
    subject: Int64[np.ndarray, " N"] = field(repr=False)
    yaw: Float64[np.ndarray, " N"] = field(repr=False)
    pitch: Float64[np.ndarray, " N"] = field(repr=False)
    distance: Float64[np.ndarray, " N"] = field(repr=False)
    whole: Bool[np.ndarray, " N"] = field(repr=False)

    def __len__(self) -> int:
        return len(self.shot)

    def __getitem__(self, chosen: Bool[np.ndarray, " N"]) -> "Pairs":
        return Pairs(**{part.name: getattr(self, part.name)[chosen] for part in fields(self)})


def pair(shots: Sequence[Shot], *, level: bool = True) -> Pairs:
    """Bring truth and estimate of some shots together.

    The truth is turned level, for a recogniser takes y for the vertical, and the estimator shows of a camera's pitch a
    part only: rendered people who stand upright lean by about nine degrees before a level camera.

    Args:
        shots: at least one in which somebody was found.
        level: False leaves the truth in the axes of the camera.
    """
    parts = [_pair(number, shot, level=level) for number, shot in enumerate(shots) if shot.found.any()]
    return Pairs(**{part.name: np.concatenate([getattr(p, part.name) for p in parts]) for part in fields(Pairs)})


def _pair(number: int, shot: Shot, *, level: bool) -> Pairs:
    found = shot.found
    camera = shot.camera
    pitch = camera.room_pose[:3, :3] if level else np.eye(3)
    truth, torso = in_torsos(shot.truth[found] @ pitch, NTU25)
    estimated, _ = in_torsos(shot.world[found].astype(np.float64) * KINECT_AXES, MEDIAPIPE33)

    def each(fact: float) -> Float64[np.ndarray, " N"]:
        return np.full(found.sum(), fact, np.float64)

    return Pairs(
        estimated,
        truth,
        torso=each(torso),
        shot=each(number).astype(np.int64),
        frame=np.flatnonzero(found),
        subject=each(shot.subject).astype(np.int64),
        yaw=each(abs(camera.yaw)),
        pitch=each(camera.pitch),
        distance=each(camera.distance),
        whole=shot.whole[found],
    )


def in_torsos(joints: Float[np.ndarray, "T V 3"], layout: SkeletonLayout) -> tuple[Float64[np.ndarray, "T V 3"], float]:
    """The skeletons of one shot around the middle of their hips, in units of their median torso, and that torso."""
    left_hip, right_hip, left_shoulder, right_shoulder = np.moveaxis(joints[:, layout.indices(*_TORSO)], 1, 0)
    root = (left_hip + right_hip) / 2
    torso = float(np.median(np.linalg.norm((left_shoulder + right_shoulder) / 2 - root, axis=1)))
    return (joints - root[:, None]) / torso, torso


def unseen_camera(pairs: Pairs) -> Bool[np.ndarray, " N"]:
    """Which frames are from the cameras that a map is tested on and never fitted to.

    Of the yaws every third band of 20 degrees, of the pitches those above 0.25 radians, of the distances those between
    3 and 3.5 metres: whatever is fitted on the others has to hold in between and beyond.
    """
    band = np.degrees(pairs.yaw) // 20 % 3 == 1
    return np.asarray(band | (pairs.pitch > 0.25) | ((pairs.distance > 3) & (pairs.distance < 3.5)))
