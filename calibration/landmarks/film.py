"""Filming: motion capture clips become shots, each rendered once from a camera of its own and seen by the estimator."""

import os
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from math import pi
from multiprocessing import get_context
from pathlib import Path
from threading import Thread

import numpy as np
from jaxtyping import Float32, Float64

from calibration.figure.appearance import Appearance
from calibration.figure.camera import Camera
from calibration.figure.motion import studio_motion
from calibration.figure.render import Renderer
from calibration.landmarks.shots import Shot, save_shot
from realtime.frames import Frame
from realtime.pose import MediaPipePose, PoseEstimator
from stf.datasets.clip import Clip, to_layout
from stf.datasets.corpus import Corpus, read_clips
from stf.errors import UserError
from stf.skeleton import NTU25, get_layout

_SIZES = ((480, 360), (640, 480), (480, 480), (360, 480))
_GOLDEN = (5**0.5 - 1) / 2
_UNSAFE = re.compile(r"[^\w-]+")


@dataclass(frozen=True, slots=True)
class Plan:
    """How clips are filmed; everything else follows from a clip's name and its place in the dataset.

    Attributes:
        view: number of this round; another number gives other cameras and other people.
        yaw: radians to either side of the front; cameras are spread evenly over that.
        close: share of the clips that are filmed from where the camera stands even if it cuts people off.
        every: use every n-th frame.
        seconds: how much of a clip is used at most, from a random moment on.
    """

    view: int = 0
    yaw: float = pi
    close: float = 0.2
    every: int = 2
    seconds: float = 6.0


@dataclass(frozen=True, slots=True)
class Scene:
    """A clip ready to be filmed.

    Attributes:
        name, label, subject, fps: as of the `Shot`.
        layout: name of the skeleton layout of `motion`.
        motion: (T, V, 3) metres, studio coordinates: what is drawn.
        truth: (T, 25, 3) NTU25 joints of the same person in the same coordinates.
        camera: where it stands.
        look: what figure and room look like.
    """

    name: str
    label: int
    subject: int
    fps: float
    layout: str
    motion: Float64[np.ndarray, "T V 3"] = field(repr=False)
    truth: Float32[np.ndarray, "T 25 3"] = field(repr=False)
    camera: Camera
    look: Appearance


def set_scene(clip: Clip, number: int, plan: Plan) -> Scene:
    """Choose the camera and the figure of a clip.

    Yaw runs through the plan's range in steps of the golden ratio of it, so that any run of clips is seen from all
    sides; everything else is drawn at random.

    Args:
        clip: one person's motion, in metres.
        number: its place in the dataset.
        plan: the rest.

    Raises:
        UserError: if NTU25 cannot be made of the clip, or a joint is missing throughout.
    """
    rng = np.random.default_rng([plan.view, *clip.name.encode()])
    motion = studio_motion(clip)
    longest = max(1, round(plan.seconds * clip.fps))
    start = int(rng.integers(max(1, len(motion) - longest + 1)))
    motion = motion[start : start + longest : plan.every]
    truth = to_layout(replace(clip, joints=motion[None].astype(np.float32)), NTU25).joints[0]
    for hip in ("left_hip", "right_hip"):  # Kinect v1's own lie too high for legs to be drawn from them
        motion[:, clip.layout.index(hip)] = truth[:, NTU25.index(hip)]
    size = _SIZES[rng.integers(len(_SIZES))]
    close = bool(rng.uniform() < plan.close)
    camera = Camera(
        size=size,
        focal=float(rng.uniform(0.7, 1.2) * max(size)),
        yaw=plan.yaw * (2 * ((number + plan.view / 3) * _GOLDEN % 1) - 1),
        pitch=float(rng.uniform(-0.15, 0.35)),
        distance=float(rng.uniform(1.5, 2.5 if close else 5.0)),
    )
    camera = _aimed_at_the_chest(camera, truth) if close else camera.framing(motion)
    look = Appearance.random(int(rng.integers(2**31)))
    facts = (clip.name, clip.label, clip.subject, clip.fps / plan.every)
    return Scene(*facts, clip.layout.name, motion, truth, camera, look)


def _aimed_at_the_chest(camera: Camera, truth: Float32[np.ndarray, "T 25 3"]) -> Camera:
    x, y, z = map(float, np.median(truth[:, NTU25.index("spine_shoulder")], axis=0))
    return replace(camera, target=(x, y - 0.15, z))


def film(scene: Scene, estimator: PoseEstimator) -> Shot:
    """Render a scene and let the pose estimator look at it, frame after frame as it would live.

    Args:
        scene: what to film.
        estimator: used for this scene only, as it follows people from frame to frame.
    """
    renderer = Renderer(get_layout(scene.layout), scene.camera, scene.look)
    count = len(scene.motion)
    landmarks, world = (np.full((count, 33, 3), np.nan, np.float32) for _ in range(2))
    visibility = np.full((count, 33), np.nan, np.float32)
    height, whole = np.empty(count, np.float32), np.empty(count, bool)
    for index, joints in enumerate(scene.motion):
        rendering = renderer.render(joints)
        drawn = np.isfinite(rendering.depth)
        height[index] = drawn.any(axis=1).mean()
        whole[index] = not (drawn[0].any() or drawn[-1].any() or drawn[:, 0].any() or drawn[:, -1].any())
        if persons := estimator.estimate(Frame(index, index / scene.fps, rendering.image)).persons:
            landmarks[index], world[index] = persons[0].landmarks, persons[0].world
            visibility[index] = persons[0].visibility
    truth = scene.camera.to_camera(scene.truth).astype(np.float32)
    facts = (scene.name, scene.label, scene.subject, scene.fps, scene.camera)
    return Shot(*facts, truth, landmarks, world, visibility, height, whole)


def require_depth(corpus: Corpus) -> None:
    """Refuse a dataset whose people are in the image plane.

    Raises:
        UserError: if it is one.
    """
    if corpus.layout.num_coordinates != 3:
        raise UserError(f"{corpus.origin.name} has no depth; landmarks are calibrated on motion capture in metres")


def film_corpus(
    corpus: Corpus, folder: Path, plan: Plan, *, subjects: frozenset[int] | None = None, workers: int = 2
) -> Iterator[int]:
    """Film the clips of a dataset and save the shots, but for those that are in the folder already.

    Args:
        corpus: motion capture of one person at a time, of a layout that NTU25 can be made of.
        folder: where the shots are saved.
        plan: cameras and frames.
        subjects: whose clips; everybody's by default.
        workers: how many processes film.

    Yields:
        How many clips remain: once before the first, then after each.

    Raises:
        UserError: if the dataset is not such motion capture, or a shot cannot be written.
    """
    require_depth(corpus)
    scenes = []
    for number, clip in enumerate(read_clips(corpus)):
        path = folder / f"{_UNSAFE.sub('-', clip.name)}_v{plan.view}.npz"
        if (subjects is None or clip.subject in subjects) and not path.exists():
            scenes.append((set_scene(clip, number, plan), path))
    mixed = np.random.default_rng(plan.view).permutation(len(scenes))  # a run that is stopped has some of everything
    yield from film_scenes([scenes[number] for number in mixed], workers)


def film_scenes(scenes: Sequence[tuple[Scene, Path]], workers: int) -> Iterator[int]:
    """Film scenes and save the shots, in this order, in processes started afresh: MediaPipe does not survive a fork.

    Args:
        scenes: each with the file of its shot.
        workers: how many processes film.

    Yields:
        How many scenes remain: once before the first, then after each.

    Raises:
        UserError: if a shot cannot be written.
    """
    yield len(scenes)
    with ProcessPoolExecutor(workers, get_context("spawn"), _end_with, (os.getpid(),)) as pool:
        done = [pool.submit(_film_to, scene, path) for scene, path in scenes]
        try:
            for remaining, future in zip(reversed(range(len(done))), as_completed(done), strict=True):
                future.result()
                yield remaining
        finally:
            pool.shutdown(cancel_futures=True)


def _end_with(parent: int) -> None:
    """End this process soon after the one that started it, which may be killed before it can say so."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def _film_to(scene: Scene, path: Path) -> None:
    with MediaPipePose() as estimator:
        save_shot(path, film(scene, estimator))
