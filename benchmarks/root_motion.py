"""How well root motion says where people are: on rendered motion capture, and against triangulation in real videos."""

import argparse
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
from _machine import describe, spread
from _renders import Seen, random_view, see
from jaxtyping import Float

from realtime.camera import Camera
from realtime.pose import MediaPipePose
from realtime.root_motion import RootTracker
from realtime.sources import open_source
from stf.datasets import open_corpus
from stf.datasets.clip import Clip, to_layout
from stf.datasets.utd_mhad import read_clip
from stf.skeleton import MEDIAPIPE33, NTU25

SCENES = {
    "walks": ["02_01", "05_01", "07_06", "07_12", "08_04", "08_07", "10_04", "12_01", "16_11", "16_13", "09_12"],
    "jumps": ["02_04", "13_39", "16_01", "16_03", "16_04", "16_09", "49_03", "118_03", "118_10"],
    "falls": ["90_16", "127_23", "139_16", "140_03"],
    "on the spot": [
        *("a1_s8", "a4_s2", "a13_s3", "a22_s3", "a23_s1", "a23_s5"),
        *("a24_s7", "a25_s6", "a26_s1", "a26_s4", "a27_s2", "a27_s6"),
    ],
}
"""Trials of CMU (by number) and clips of UTD-MHAD (by action and subject)."""

LONGEST = 300  # frames
STEP = 1.0  # seconds over which a walking direction is taken
FAR = 0.5  # metres of true movement within that, for it to have a direction


def read_scene(data: Path, name: str) -> tuple[Clip, float]:
    """A clip and how far to the side it may be seen from."""
    if name.startswith("a"):
        clip = read_clip(data / "utd_mhad" / f"{name}_t1_skeleton.mat")
        return replace(clip, name=f"utd_{name}"), math.radians(60)
    entry = next(entry for entry in open_corpus(data / "cmu_subset").entries if entry.name.split()[0] == name)
    clip = to_layout(entry.read(), NTU25)
    return replace(clip, joints=clip.joints[:, :LONGEST], name=name), math.pi


def roots_of(seen: Seen) -> Float[np.ndarray, "F 3"]:
    """The path as the live pipeline finds it."""
    tracker, roots = RootTracker(seen.camera), np.full((len(seen.times), 3), np.nan)
    for number, time, pose in seen.found():
        roots[number] = tracker.update(pose, time, 0, (seen.camera.width, seen.camera.height))
    return roots


def relative_error(roots: Float[np.ndarray, "F 3"], truth: Float[np.ndarray, "F 3"]) -> Float[np.ndarray, " F"]:
    """Error in per cent of the distance; NaN where there is no root."""
    return 100 * np.linalg.norm(roots - truth, axis=1) / np.linalg.norm(truth, axis=1)


def direction_errors(
    roots: Float[np.ndarray, "F 3"], truth: Float[np.ndarray, "F 3"], fps: float
) -> Float[np.ndarray, " N"]:
    """Angles in degrees between true and found way in the camera's horizontal plane, over each second of walking."""
    lag = round(STEP * fps)
    true, found = ((path[lag:] - path[:-lag])[:, [0, 2]] for path in (truth, roots))
    moving = (np.linalg.norm(true, axis=1) >= FAR) & np.isfinite(found).all(axis=1)
    turn = np.arctan2(found[moving, 1], found[moving, 0]) - np.arctan2(true[moving, 1], true[moving, 0])
    return np.abs(np.degrees((turn + np.pi) % (2 * np.pi) - np.pi))


def measure_renders(data: Path, keep: Path | None) -> None:
    """Print error, direction and heights over the scenes."""
    print("group        clips  error, % of distance    size known, %          direction, degrees")
    pooled = []
    heights: dict[str, list[str]] = {"jumps": [], "falls": []}
    for group, names in SCENES.items():
        errors, sized, angles = [], [], []
        for name in names:
            clip, yaw = read_scene(data, name)
            seen = see(clip, *random_view(clip.name, yaw), keep)
            roots, truth = roots_of(seen), seen.middle("hip")
            known = np.isfinite(roots).all(axis=1)
            error = relative_error(roots, truth)[known]
            pooled.append(error)
            errors.append(float(np.median(error)))
            size = np.median(truth[known, 2] / roots[known, 2])
            sized.append(float(np.median(relative_error(size * roots, truth)[known])))
            turned = direction_errors(roots, truth, clip.fps)
            angles += [float(np.median(turned))] if len(turned) else []
            if group in heights:
                true, found = truth[known, 1], roots[known, 1]
                sign = 1 if group == "jumps" else -1
                rise = [sign * float((sign * (y - np.median(y[:5]))).max()) for y in (true, found)]
                if abs(rise[0]) >= 0.1:
                    heights[group].append(f"{clip.name} {rise[1]:+.2f} ({rise[0]:+.2f})")
        walked = spread(angles) if group == "walks" else ""
        print(f"{group:12} {len(names):5}  {spread(errors):22} {spread(sized):22} {walked}", flush=True)
    print(f"all frames: median {np.median(np.concatenate(pooled)):.1f} %")
    for group, lines in heights.items():
        print(f"{group}, metres of height found (true): {', '.join(lines)}")


def published_cameras(calibration: Path) -> Iterator[tuple[Camera, Float[np.ndarray, "3 4"]]]:
    """Pose2Sim's cameras, and their 3x4 poses (world to camera, metres)."""
    for node in ET.parse(calibration).iter("camera"):  # noqa: S314 - a file of the user's own
        values = {name: value for child in node for name, value in child.attrib.items()}

        def numbers(*names: str, values: dict[str, str] = values) -> list[float]:
            return [float(values[name]) for name in names]

        fx, fy, cx, cy = np.divide(numbers("focalLengthU", "focalLengthV", "centerPointU", "centerPointV"), 64).tolist()
        k1, k2 = numbers("radialDistortion1", "radialDistortion2")
        p1, p2 = numbers("tangentalDistortion1", "tangentalDistortion2")
        camera = Camera(node.attrib["serial"], 1088, 1920, (fx, fy), (cx, cy), (k1, k2, p1, p2, 0.0), rms=0.5)
        rotation = np.array([numbers(*(f"r{row}{column}" for column in "123")) for row in "123"])
        turned = np.diag([1, -1, -1]) @ rotation
        yield camera, np.column_stack([turned, -turned @ np.divide(numbers("x", "y", "z"), 1000)])


def triangulate(
    poses: Float[np.ndarray, "N 3 4"], rays: Float[np.ndarray, "N P 2"], weights: Float[np.ndarray, "N P"]
) -> Float[np.ndarray, "P 3"]:
    """Points from the rays of N cameras, by the direct linear transform (Hartley and Zisserman 2004, 12.2)."""
    rows = weights[..., None, None] * (rays[..., None] * poses[:, None, 2:] - poses[:, None, :2])
    points = np.linalg.svd(rows.transpose(1, 0, 2, 3).reshape(rays.shape[1], -1, 4))[2][:, -1]
    return points[:, :3] / points[:, 3:]


def measure_reality(folder: Path) -> None:
    """Four calibrated views of one walking person: each view's own root against the triangulated hips."""
    cameras, matrices = zip(*published_cameras(folder / "calibration" / "Calib.qca.txt"), strict=True)
    hips = MEDIAPIPE33.indices("left_hip", "right_hip")
    paths, rays, weights = [], [], []
    for number, camera in enumerate(cameras, start=1):
        path, ray, weight = [], [], []
        with MediaPipePose() as estimator, open_source(folder / "videos" / f"cam0{number}.mp4") as source:
            fitting = replace(camera, width=source.size[0], height=source.size[1])  # two videos lack 8 columns
            tracker = RootTracker(fitting)
            for frame in source:
                (pose,) = estimator.estimate(frame).persons
                path.append(tracker.update(pose, frame.time, 0, source.size))
                ray.append(fitting.undistort(pose.landmarks[hips, :2].astype(np.float64) * source.size - 0.5))
                weight.append(pose.visibility[hips])
        paths.append(np.stack(path))
        rays.append(np.stack(ray))
        weights.append(np.stack(weight))
    frames = len(paths[0])
    flat = triangulate(np.stack(matrices), np.stack(rays).reshape(4, -1, 2), np.stack(weights).reshape(4, -1))
    middle = flat.reshape(frames, 2, 3).mean(axis=1)
    print("view   distance      error, % of distance   way found (true), metres   direction off by")
    for camera, matrix, path in zip(cameras, matrices, paths, strict=True):
        truth = (middle @ matrix[:, :3].T + matrix[:, 3]) * [-1, -1, 1]
        error = relative_error(path, truth)
        ways = [points[-10:].mean(axis=0) - points[:10].mean(axis=0) for points in (path, truth)]
        sizes = [float(np.linalg.norm(way)) for way in ways]
        angle = math.degrees(math.acos(ways[0] @ ways[1] / sizes[0] / sizes[1]))
        reach = f"{truth[:, 2].min():.1f} to {truth[:, 2].max():.1f} m"
        print(f"{camera.name}  {reach}  {spread(error.tolist()):22} {sizes[0]:.2f} ({sizes[1]:.2f}) {angle:19.1f}")


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of utd_mhad/, cmu_subset/ and videos/")
    parser.add_argument("--keep", type=Path, help="folder that keeps what MediaPipe saw, to be quick the next time")
    arguments = parser.parse_args()
    describe(arguments.data)
    print("\nrendered motion capture")
    measure_renders(arguments.data, arguments.keep)
    print("\nfour calibrated views of a real person")
    measure_reality(arguments.data / "videos" / "pose2sim" / "Pose2Sim" / "Demo_SinglePerson")


if __name__ == "__main__":
    main()
