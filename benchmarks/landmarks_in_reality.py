"""The fitted map from landmarks to skeleton, against the hand-made table, on a real person seen by four cameras.

Run as `python benchmarks/landmarks_in_reality.py POSE2SIM_FOLDER [MAP.npz]`, the folder being pose2sim's
Demo_SinglePerson. MediaPipe's image landmarks of the four videos are triangulated with the published calibration; the
table makes NTU25 joints of the result, which are the truth here. Each camera's own world landmarks are then mapped by
table and fitted map and compared with it: both around the hips, as tall as the person. The truth is thus on the side of
the table wherever the two disagree about where in the body a joint lies. The last line is the ratio of the two errors,
below 1 where the fitted map is better.
"""

import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from calibration.landmarks.fit import BODY, Weights, apply, table
from calibration.landmarks.pairs import in_torsos
from realtime.mapping import KINECT_AXES, get_mapping, load_mapping
from realtime.opencv import cv2
from realtime.pose import MediaPipePose
from realtime.sources import open_source
from stf.skeleton import MEDIAPIPE33, NTU25

_FAR = 20.0
"""Pixels from where a triangulated point is seen to where an estimate has it, beyond which that view is left out."""


@dataclass(frozen=True, slots=True)
class View:
    """A camera as Qualisys files describe it, in OpenCV's terms."""

    matrix: Float64[np.ndarray, "3 3"]
    distortion: Float64[np.ndarray, "4"]
    rotation: Float64[np.ndarray, "3 3"]
    centre: Float64[np.ndarray, "3"]

    @property
    def projection(self) -> Float64[np.ndarray, "3 4"]:
        """Metres to undistorted, normalised image coordinates."""
        return np.column_stack([self.rotation, -self.rotation @ self.centre])

    @property
    def level(self) -> Float64[np.ndarray, "3 3"]:
        """Kinect axes of a camera in this place that is not pitched: to its left, up, away from it."""
        up = np.array([0.0, 0.0, 1.0])
        away = self.rotation[2] - (self.rotation[2] @ up) * up
        away /= np.linalg.norm(away)
        return np.stack([np.cross(up, away), up, away])


def read_views(path: Path) -> list[View]:
    """The cameras of a `.qca.txt` file: intrinsics in 64ths of a pixel, places in millimetres."""
    return [_read_view(camera) for camera in ET.parse(path).getroot().iter("camera")]  # noqa: S314 - one's own file


def _read_view(camera: ET.Element) -> View:
    facts = {name: value for part in camera for name, value in part.items()}

    def numbers(*names: str) -> list[float]:
        return [float(facts[name]) for name in names]

    fx, fy, cx, cy = np.array(numbers("focalLengthU", "focalLengthV", "centerPointU", "centerPointV")) / 64
    radial = numbers("radialDistortion1", "radialDistortion2")
    rotation = np.array([numbers(*(f"r{row}{column}" for column in "123")) for row in "123"])
    return View(
        matrix=np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]]),
        distortion=np.array(radial + numbers("tangentalDistortion1", "tangentalDistortion2")),
        rotation=np.diag([1, -1, -1]) @ rotation,
        centre=np.array(numbers("x", "y", "z")) / 1000,
    )


def look(video: Path) -> tuple[Float64[np.ndarray, "T 33 3"], Float64[np.ndarray, "T 33 3"]]:
    """Pixel coordinates with visibility, and world landmarks, of the person in each frame; NaN where there is none."""
    pixels, world = [], []
    with MediaPipePose() as estimator, open_source(str(video)) as source:
        for frame in source:
            persons = estimator.estimate(frame).persons
            height, width = frame.image.shape[:2]
            if persons:
                pose = persons[0]
                pixels.append(np.column_stack([pose.landmarks[:, :2] * [width, height], pose.visibility]))
                world.append(pose.world)
            else:
                pixels.append(np.full((33, 3), np.nan))
                world.append(np.full((33, 3), np.nan))
    return np.array(pixels, np.float64), np.array(world, np.float64)


def triangulate(views: list[View], seen: Float64[np.ndarray, "W T 33 3"]) -> Float64[np.ndarray, "T 33 3"]:
    """Landmarks in metres: of all sets of two or more views, the largest that agrees, linear and weighted (DLT).

    Hartley and Zisserman, Multiple View Geometry, 12.2; rows weighted by visibility. Among sets of a size the one with
    the least distance between what is seen and where the point is projected to.
    """
    rays = np.stack(
        [
            cv2.undistortPoints(s[..., :2].reshape(-1, 1, 2), v.matrix, v.distortion).reshape(*s.shape[:2], 2)
            for v, s in zip(views, seen, strict=True)
        ]
    )
    best = np.full((*seen.shape[1:3], 3), np.nan)
    for size in range(2, len(views) + 1):
        least = np.full(seen.shape[1:3], np.inf)
        for chosen in map(list, combinations(range(len(views)), size)):
            points = _dlt([views[w] for w in chosen], rays[chosen], seen[chosen][..., 2])
            far = np.max([_apart(views[w], rays[w], points) for w in chosen], axis=0)
            better = (far < least) & ((far < _FAR) | np.isnan(best).any(axis=-1))
            best[better], least[better] = points[better], far[better]
    return best


def _dlt(
    views: list[View], rays: Float64[np.ndarray, "W T 33 2"], weights: Float64[np.ndarray, "W T 33"]
) -> Float64[np.ndarray, "T 33 3"]:
    rows = []
    for view, ray, weight in zip(views, rays, weights, strict=True):
        p = view.projection
        rows += [weight[..., None] * (ray[..., [axis]] * p[2] - p[axis]) for axis in range(2)]
    system = np.nan_to_num(np.stack(rows, axis=-2))
    point = np.linalg.svd(system)[2][..., -1, :]
    return np.asarray(point[..., :3] / point[..., 3:])


def _apart(
    view: View, rays: Float64[np.ndarray, "T 33 2"], points: Float64[np.ndarray, "T 33 3"]
) -> Float64[np.ndarray, "T 33"]:
    """Pixels between what a view sees and where the points are projected to."""
    there = points @ view.projection[:, :3].T + view.projection[:, 3]
    apart = np.linalg.norm(there[..., :2] / there[..., 2:] - rays, axis=-1) * view.matrix[0, 0]
    return np.nan_to_num(apart, nan=np.inf)


def error(
    weights: Weights, world: Float64[np.ndarray, "T 33 3"], truth: Float64[np.ndarray, "T 25 3"], *, turn: bool = False
) -> float:
    """Metres: mean over frames and 20 joints, both skeletons around the hips and as tall as the person.

    Args:
        weights: the map.
        world: landmarks of one camera.
        truth: joints in metres.
        turn: turn, move and scale each skeleton so that it fits best before measuring (Procrustes).
    """
    mapped, _ = in_torsos(apply(weights, world * KINECT_AXES), NTU25)
    centred, torso = in_torsos(truth, NTU25)
    mapped, centred = mapped[:, BODY], centred[:, BODY]
    if turn:
        mapped, centred = (joints - joints.mean(axis=1, keepdims=True) for joints in (mapped, centred))
        for number, (one, other) in enumerate(zip(mapped, centred, strict=True)):
            turned = Rotation.align_vectors(other, one)[0].apply(one)
            mapped[number] = turned * (turned * other).sum() / (turned**2).sum()
    return float(np.linalg.norm(mapped - centred, axis=-1).mean() * torso)


def main() -> None:
    """Measure and print."""
    folder = Path(sys.argv[1])
    mapping = load_mapping(Path(sys.argv[2])) if len(sys.argv) > 2 else get_mapping(NTU25)
    fitted = np.broadcast_to(mapping.weights, (3, NTU25.num_joints, MEDIAPIPE33.num_joints)).astype(np.float64)
    views = read_views(next((folder / "calibration").glob("*.qca.txt")))
    pixels, worlds = zip(*map(look, sorted((folder / "videos").glob("*.mp4"))), strict=True)
    frames = min(map(len, pixels))
    seen = np.stack([view[:frames] for view in pixels])
    points = triangulate(views, seen)
    known = np.isfinite(points).all(axis=(1, 2))
    distances = [np.median(_apart(v, _rays(v, s), points)[known]) for v, s in zip(views, seen, strict=True)]
    print(f"{known.sum()} of {frames} frames; median {np.round(distances, 1)} px between views and triangulated points")
    errors = []
    for number, (view, world) in enumerate(zip(views, worlds, strict=True), 1):
        use = known & np.isfinite(world[:frames]).all(axis=(1, 2))
        own = apply(table(), points[use] @ view.level.T)
        tilted = apply(table(), points[use] @ (view.rotation * np.array(KINECT_AXES)[:, None]).T)
        before, after = (error(weights, world[:frames][use], own) for weights in (table(), fitted))
        shape = [error(weights, world[:frames][use], own, turn=True) for weights in (table(), fitted)]
        in_camera = error(table(), world[:frames][use], tilted)
        pitch = np.degrees(np.arcsin(-view.rotation[2, 2]))
        print(
            f"camera {number}, pitched {pitch:.0f} degrees: table {100 * before:.1f} cm ({100 * in_camera:.1f} in the "
            f"camera's own axes), fitted {100 * after:.1f} cm; turned and scaled to fit best: table "
            f"{100 * shape[0]:.1f}, fitted {100 * shape[1]:.1f} cm"
        )
        errors.append((before, in_camera, after, *shape))
    before, in_camera, after, *shape = np.mean(errors, axis=0)
    print(
        f"mean: table {100 * before:.1f} cm ({100 * in_camera:.1f} in camera axes), fitted {100 * after:.1f} cm; "
        f"turned and scaled: table {100 * shape[0]:.1f}, fitted {100 * shape[1]:.1f} cm"
    )
    print(f"ratio: {after / before:.2f}")


def _rays(view: View, seen: Float64[np.ndarray, "T 33 3"]) -> Float64[np.ndarray, "T 33 2"]:
    points = seen[..., :2].reshape(-1, 1, 2)
    return np.asarray(cv2.undistortPoints(points, view.matrix, view.distortion).reshape(*seen.shape[:2], 2))


if __name__ == "__main__":
    main()
