"""Clips of motion capture rendered as a figure and seen by the pose estimator, with everything that is true of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from calibration.figure.appearance import Appearance
from calibration.figure.camera import Camera as Studio
from calibration.figure.motion import render_clip
from realtime.camera import Camera
from realtime.frames import Frame, PersonPose
from realtime.pose import MediaPipePose
from stf.datasets.clip import Clip
from stf.skeleton import SkeletonLayout


@dataclass(frozen=True, slots=True)
class Seen:
    """A rendered clip.

    Attributes:
        name: of the clip.
        layout: of the true joints.
        times: (F,) seconds.
        joints: (F, V, 3) metres in the camera's Kinect axes, the truth.
        poses: what MediaPipe found in each frame; None where nobody.
        camera: that took the pictures.
    """

    name: str
    layout: SkeletonLayout
    times: Float[np.ndarray, " F"]
    joints: Float[np.ndarray, "F V 3"]
    poses: tuple[PersonPose | None, ...]
    camera: Camera

    def middle(self, part: str) -> Float[np.ndarray, "F 3"]:
        """Where the true middle between left and right `part` is."""
        return self.joints[:, self.layout.indices(f"left_{part}", f"right_{part}")].mean(axis=1)

    def found(self) -> Iterator[tuple[int, float, PersonPose]]:
        """Number, time and pose of the frames in which somebody was found."""
        for number, (time, pose) in enumerate(zip(self.times, self.poses, strict=True)):
            if pose is not None:
                yield number, float(time), pose


def see(clip: Clip, studio: Studio, look: Appearance, keep: Path | None = None) -> Seen:
    """Render a clip and run MediaPipe Full on it, or read what an earlier run kept.

    Args:
        clip: one person's motion.
        studio: from where; moved back as far as needed.
        look: of the figure and the room.
        keep: a folder for the results.
    """
    path = keep and keep / f"{clip.name}.npz"
    if path is None or not path.exists():
        with MediaPipePose() as estimator:
            rows = []
            for index, rendering in enumerate(render_clip(clip, studio, look)):
                persons = estimator.estimate(Frame(index, index / clip.fps, rendering.image)).persons
                nobody = PersonPose(*(np.full(shape, np.nan, np.float32) for shape in ((33, 3), (33, 3), (33,))))
                pose = persons[0] if persons else nobody
                rows.append((rendering.joints_3d, pose.landmarks, pose.world, pose.visibility))
        joints, landmarks, world, visibility = map(np.stack, zip(*rows, strict=True))
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez(path, joints=joints, landmarks=landmarks, world=world, visibility=visibility)
    else:
        with np.load(path) as kept:
            joints, landmarks, world, visibility = (kept[n] for n in ("joints", "landmarks", "world", "visibility"))
    poses = tuple(
        None if np.isnan(row[1]).any() else PersonPose(*row) for row in zip(landmarks, world, visibility, strict=True)
    )
    width, height = studio.size
    u, v = studio.centre - 0.5  # pixel corners to pixel middles
    camera = Camera("studio", width, height, (studio.focal, studio.focal), (float(u), float(v)), rms=0.0)
    return Seen(clip.name, clip.layout, np.arange(len(joints)) / clip.fps, joints, poses, camera)


def random_view(name: str, yaw: float) -> tuple[Studio, Appearance]:
    """A camera and a figure that follow from a clip's name; within `yaw` radians to either side of the front."""
    rng = np.random.default_rng(list(name.encode()))
    studio = Studio(yaw=rng.uniform(-yaw, yaw), pitch=rng.uniform(-0.05, 0.25), distance=rng.uniform(2.2, 4))
    return studio, Appearance.random(int(rng.integers(2**31)))
