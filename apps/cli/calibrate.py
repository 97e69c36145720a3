"""`stf calibrate`."""

from pathlib import Path
from typing import Annotated

import typer

from apps.cli.options import (
    DEFAULT_MODEL,
    DEFAULT_POSE,
    Dataset,
    Delegate,
    Device,
    Format,
    PoseDelegate,
    PoseModel,
    SkipBroken,
    SplitName,
)

app = typer.Typer(
    name="calibrate",
    help="Make the numbers mean something: metres of a camera, probabilities of a model.",
    no_args_is_help=True,
)


@app.command()
def camera(
    inputs: Annotated[
        list[str], typer.Argument(metavar="IMAGES...", help="Images or folders; or a video; or a camera number.")
    ],
    board: Annotated[
        str,
        typer.Option(metavar="4x7", help="Inner corners of a checkerboard, or charuco:5x8 for squares of a ChArUco."),
    ],
    square: Annotated[float, typer.Option(metavar="METRES", help="The side of a square.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE.toml", help="By default kept under the camera's name."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="The camera's name; by default the device's or the file's.")] = None,
    marker: Annotated[float | None, typer.Option(metavar="METRES", help="The side of a ChArUco marker.")] = None,
    dictionary: Annotated[str, typer.Option(help="The dictionary of the ChArUco markers.")] = "4x4_50",
    report: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Also draw what was covered and how well it fits.")
    ] = None,
    window: Annotated[bool, typer.Option(help="Show a window while capturing, or print what to do.")] = True,
) -> None:
    """Find a camera's focal length and distortion from pictures of a board."""
    from apps.calibrate import CameraOptions, run_camera  # noqa: PLC0415
    from calibration.camera.board import parse_board  # noqa: PLC0415

    run_camera(inputs, parse_board(board, square, marker, dictionary), CameraOptions(output, name, report, window))


@app.command()
def body(
    source: Annotated[str, typer.Argument(metavar="VIDEO|CAMERA", help="A video, or a camera number.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE.toml", help="The file to write.")],
    height: Annotated[
        float | None,
        typer.Option(metavar="METRES", min=0.5, max=2.6, help="The person's height, for true metres."),
    ] = None,
    pose_model: PoseModel = DEFAULT_POSE,
    pose_delegate: PoseDelegate = Delegate.CPU,
) -> None:
    """Measure a person's limbs while they stand still for ten seconds, for --body of live and label."""
    from apps.calibrate_body import run_body  # noqa: PLC0415
    from apps.engine import Engine  # noqa: PLC0415

    run_body(source, output, height, Engine(DEFAULT_MODEL, pose_model=pose_model, pose_delegate=pose_delegate.value))


@app.command()
def confidence(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The recogniser: a shipped model or a file.")],
    data: Annotated[Path, typer.Option("--data", metavar="PATH", help="The dataset.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The checkpoint to write (.safetensors).")],
    form: Format = None,
    split: SplitName = None,
    false_alarms: Annotated[
        float,
        typer.Option(
            "--false-alarms",
            metavar="SHARE",
            min=0,
            max=0.5,
            help='Share of clips of known classes that may be called "unknown".',
        ),
    ] = 0.05,
    skip_broken: SkipBroken = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Also draw how often answers of each confidence are right.")
    ] = None,
    device: Device = "auto",
) -> None:
    """Make a model's confidence a probability, on the held-out clips of a split; find when to say "unknown"."""
    from apps.calibrate_confidence import ConfidenceOptions, run_confidence  # noqa: PLC0415

    options = ConfidenceOptions(form, split, false_alarms, skip_broken, report, device)
    run_confidence(model, data, output, options)


@app.command()
def landmarks(
    data: Dataset,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FOLDER", help="Shots, map and pictures go here.")],
    form: Format = None,
    split: SplitName = None,
    views: Annotated[int, typer.Option(min=1, help="How often each clip is filmed.")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="How many processes film.")] = 2,
) -> None:
    """Fit the map from the pose estimator's landmarks to a skeleton, on rendered motion capture; or go on with it."""
    from apps.calibrate_landmarks import LandmarkOptions, run_landmarks  # noqa: PLC0415

    run_landmarks(data, output, LandmarkOptions(form, split, views, workers))
