"""Motion capture as a camera and the pose estimator see it, to be trained on beside the dataset it is of.

A recogniser trained on a motion sensor's skeletons meets the pose estimator's errors for the first time in front of a
webcam. These clips bring those errors into training, with labels known and no picture of a person involved.
Run as `python -m calibration.seen UTD_MHAD_FOLDER -o FOLDER`; shots that are there already are not made again, so that
another mapping or smoothing costs seconds.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.progress import track

from calibration.landmarks.film import Plan, film_corpus
from calibration.landmarks.shots import Shot, read_shots
from realtime.frames import PersonPose
from realtime.mapping import SkeletonMapping, get_mapping
from realtime.smoothing import Smoother
from stf.datasets import open_corpus
from stf.datasets.clip import Clip
from stf.datasets.corpus import Corpus
from stf.datasets.store import write_store
from stf.errors import UserError
from stf.skeleton import NTU25


def seen_clip(shot: Shot, mapping: SkeletonMapping | None = None) -> Clip:
    """The skeletons of a shot, mapped and smoothed as the live pipeline would.

    Args:
        shot: of one clip.
        mapping: to the layout wanted; that of the live pipeline to NTU25 by default.

    Returns:
        A clip of one person, with the shot's label, subject and name; frames in which nobody was found are NaN.
    """
    mapping = mapping or get_mapping(NTU25)
    smoother, layout = Smoother(mapping.coordinates), mapping.layout
    joints = np.full((1, len(shot.truth), layout.num_joints, 3), np.nan, np.float32)
    for index in np.flatnonzero(shot.found):
        pose = PersonPose(shot.landmarks[index], shot.world[index], shot.visibility[index])
        joints[0, index] = smoother.smooth(mapping.map_pose(pose, index / shot.fps, 0)).joints
    return Clip(joints, shot.fps, layout, shot.label, shot.subject, shot.name)


def store_seen(shots: Iterable[Shot], corpus: Corpus, path: Path) -> int:
    """Write shots as a store of clips.

    Args:
        shots: of the dataset's clips.
        corpus: the dataset that was filmed; its origin, classes and splits are the store's too.
        path: the store to write.

    Returns:
        How many clips were written.
    """
    return write_store(path, replace(corpus, layout=NTU25), map(seen_clip, shots))


def main(
    dataset: Annotated[Path, typer.Argument(help="Folder of UTD-MHAD skeletons.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The store to write.")],
    shots: Annotated[Path | None, typer.Option(help="Where shots are kept; beside the store by default.")] = None,
    subjects: Annotated[str, typer.Option(help="Whose clips, comma-separated.")] = "1,2,3,4,5,6,7,8",
    view: Annotated[int, typer.Option(help="Number of this round of random cameras.")] = 0,
    yaw: Annotated[float, typer.Option(help="Radians to either side of the front; shots beyond are left out.")] = 1.3,
    every: Annotated[int, typer.Option(min=1, help="Use every n-th frame.")] = 2,
) -> None:
    """See the clips of UTD-MHAD through a rendered figure and the pose estimator, or go on where a run stopped."""
    wanted = frozenset(int(subject) for subject in subjects.split(","))
    folder = shots or output.with_name(f"{output.name}-shots")
    if output.exists():
        typer.echo(f"{output} exists; move it away, or give another place with -o", err=True)
        raise typer.Exit(2)
    try:
        corpus = open_corpus(dataset, "utd_mhad")
        remaining = film_corpus(corpus, folder, Plan(view=view, yaw=yaw, every=every), subjects=wanted)
        for _ in track(remaining, "filming", total=next(remaining)):
            pass
        seen = [shot for shot in read_shots(folder) if shot.subject in wanted and abs(shot.camera.yaw) <= yaw]
        store_seen(seen, corpus, output)
    except UserError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


if __name__ == "__main__":
    typer.run(main)
