"""Motion capture as a camera and the pose estimator see it: clips rendered as a figure and estimated again.

A recogniser trained on a motion sensor's skeletons meets the pose estimator's errors for the first time in front of a
webcam. These clips bring those errors into training, with labels known and no picture of a person involved.
Run as `python -m calibration.seen UTD_MHAD_FOLDER -o FOLDER`; clips that are there already are not made again.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.progress import track

from calibration.figure.appearance import Appearance
from calibration.figure.camera import Camera
from calibration.figure.motion import render_clip
from realtime.frames import Frame
from realtime.mapping import get_mapping
from realtime.pose import MediaPipePose, PoseEstimator
from realtime.smoothing import Smoother
from stf.atomic import output_file
from stf.datasets import open_corpus
from stf.datasets.clip import Clip
from stf.datasets.corpus import Corpus, read_clips
from stf.datasets.store import write_store
from stf.errors import UserError
from stf.skeleton import NTU25, get_layout

_SIZE = (480, 480)
_FOCAL = 420.0


def random_view(generator: np.random.Generator, yaw: float) -> Camera:
    """A camera somewhere a webcam might stand, within `yaw` radians to either side of the front."""
    return Camera(
        size=_SIZE,
        focal=_FOCAL,
        yaw=generator.uniform(-yaw, yaw),
        pitch=generator.uniform(-0.1, 0.3),
        distance=generator.uniform(1.5, 4.0),
    )


def see_clip(clip: Clip, camera: Camera, appearance: Appearance, estimator: PoseEstimator, every: int = 1) -> Clip:
    """Render a clip and estimate its skeletons again, as the live pipeline would.

    Args:
        clip: one person's motion, in metres.
        camera: moved back as far as needed to see the whole body.
        appearance: what the figure and the room look like.
        estimator: used for this clip only, as it follows people from frame to frame.
        every: use every n-th frame of the clip.

    Returns:
        A clip of one person in NTU25, with the same label, subject and name; frames in which nobody was found are NaN.
    """
    mapping, smoother = get_mapping(NTU25), Smoother()
    thinned = replace(clip, joints=clip.joints[:1, ::every], fps=clip.fps / every)
    joints = np.full((1, thinned.joints.shape[1], NTU25.num_joints, 3), np.nan, np.float32)
    for index, rendering in enumerate(render_clip(thinned, camera, appearance)):
        time = index / thinned.fps
        found = estimator.estimate(Frame(index, time, rendering.image))
        if found.persons:
            joints[0, index] = smoother.smooth(mapping.map_pose(found.persons[0], time, 0)).joints
    return replace(thinned, joints=joints, layout=NTU25)


def save_clip(path: Path, clip: Clip) -> None:
    """Write one clip as `.npz`."""
    with output_file(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file, joints=clip.joints, fps=clip.fps, label=clip.label, subject=clip.subject, layout=clip.layout.name
        )


def read_seen(folder: Path) -> list[Clip]:
    """The clips in a folder that `save_clip` filled, by name.

    Raises:
        UserError: if there is none or one cannot be read.
    """
    clips = []
    for path in sorted(folder.glob("*.npz")):
        try:
            with np.load(path) as file:
                layout = get_layout(str(file["layout"]))
                facts = (float(file["fps"]), layout, int(file["label"]), int(file["subject"]), path.stem)
                clips.append(Clip(file["joints"], *facts))
        except (OSError, ValueError, KeyError) as error:
            raise UserError(f"{path} cannot be read as a clip: {error}") from error
    if not clips:
        raise UserError(f"{folder} holds no clips (*.npz)")
    return clips


def see_clips(
    clips: Iterable[Clip],
    folder: Path,
    make_estimator: Callable[[], PoseEstimator],
    *,
    view: int,
    yaw: float,
    every: int,
) -> None:
    """See every clip once from a random camera and save it, unless it is there already.

    Args:
        clips: what to see; the camera and the figure follow from a clip's name and `view`.
        folder: where to save.
        make_estimator: makes a fresh estimator, once per clip.
        view: number of this round; another number gives other cameras and figures.
        yaw: see `random_view`.
        every: see `see_clip`.
    """
    for clip in clips:
        path = folder / f"{clip.name}_v{view}.npz"
        if path.exists():
            continue
        generator = np.random.default_rng([view, *clip.name.encode()])
        camera, look = random_view(generator, yaw), Appearance.random(int(generator.integers(2**31)))
        with make_estimator() as estimator:
            save_clip(path, see_clip(clip, camera, look, estimator, every))


def store_seen(folder: Path, corpus: Corpus, path: Path) -> int:
    """Write the clips that `see_clips` left in a folder as a store, to be trained on beside the dataset they are of.

    Args:
        folder: the clips.
        corpus: the dataset that was seen; its origin, classes and splits are the store's too.
        path: the store to write.

    Returns:
        How many clips were written.
    """
    return write_store(path, replace(corpus, layout=NTU25), read_seen(folder))


def main(
    dataset: Annotated[Path, typer.Argument(help="Folder of UTD-MHAD skeletons.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The store to write; clips are collected beside it.")],
    subjects: Annotated[str, typer.Option(help="Whose clips, comma-separated.")] = "1,2,3,4,5,6,7,8",
    view: Annotated[int, typer.Option(help="Number of this round of random cameras.")] = 0,
    yaw: Annotated[float, typer.Option(help="Radians to either side of the front.")] = 1.3,
    every: Annotated[int, typer.Option(min=1, help="Use every n-th frame.")] = 2,
) -> None:
    """See the clips of UTD-MHAD through a rendered figure and the pose estimator, or go on where a run stopped."""
    wanted = {int(subject) for subject in subjects.split(",")}
    folder = output.with_name(f"{output.name}-parts")
    if output.exists():
        typer.echo(f"{output} exists; move it away, or give another place with -o", err=True)
        raise typer.Exit(2)
    try:
        corpus = open_corpus(dataset, "utd_mhad")
        clips = [clip for clip in read_clips(corpus) if clip.subject in wanted]
        see_clips(track(clips, "seeing clips"), folder, MediaPipePose, view=view, yaw=yaw, every=every)
        store_seen(folder, corpus, output)
    except UserError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


if __name__ == "__main__":
    typer.run(main)
