"""Recognising: `stf demo`, `label`, `live`, and `doctor`."""

from pathlib import Path
from typing import Annotated

import typer

from apps.cli.options import (
    DEFAULT_MODEL,
    DEFAULT_POSE,
    BodyFile,
    CameraFile,
    Delegate,
    Device,
    Model,
    People,
    PoseDelegate,
    PoseModel,
)

app = typer.Typer()


@app.command()
def demo(
    output: Annotated[Path, typer.Option("-o", "--output", help="Where the results go.")] = Path("stf-demo"),
    model: Model = DEFAULT_MODEL,
    device: Device = "auto",
    pose_model: PoseModel = DEFAULT_POSE,
) -> None:
    """Run the whole chain on a short clip that comes with the program."""
    from apps.demo import run_demo  # noqa: PLC0415
    from apps.engine import Engine  # noqa: PLC0415

    raise typer.Exit(run_demo(output, Engine(model=model, device=device, pose_model=pose_model)))


@app.command()
def label(
    videos: Annotated[list[Path], typer.Argument(metavar="VIDEO...", help="Recorded videos, or folders of images.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder for the results.")],
    model: Model = DEFAULT_MODEL,
    device: Device = "auto",
    pose_model: PoseModel = DEFAULT_POSE,
    pose_delegate: PoseDelegate = Delegate.CPU,
    people: People = 1,
    annotate: Annotated[
        bool, typer.Option("--annotate", help="Also write the video with everything drawn in.")
    ] = False,
    save_poses: Annotated[bool, typer.Option("--save-poses", help="Also write the landmarks, for --poses.")] = False,
    poses: Annotated[
        Path | None, typer.Option("--poses", metavar="FILE.npz", help="Use landmarks saved earlier; one video only.")
    ] = None,
    camera: CameraFile = None,
    body: BodyFile = None,
) -> None:
    """Label recorded videos: windows as JSON Lines, segments as CSV, and a summary."""
    from apps.engine import Engine  # noqa: PLC0415
    from apps.label import LabelOptions, run_label  # noqa: PLC0415

    engine = Engine(model, device, pose_model, pose_delegate.value, people, camera, body)
    raise typer.Exit(run_label(videos, output, engine, LabelOptions(annotate, save_poses, poses)))


@app.command()
def live(
    source: Annotated[
        str | None,
        typer.Argument(
            help="Camera number, stream address, video file, image folder or glob; by default the first camera.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="NAME|FILE", help="The recogniser; by default the one of last time."),
    ] = None,
    device: Device = "auto",
    pose_model: PoseModel = DEFAULT_POSE,
    pose_delegate: PoseDelegate = Delegate.CPU,
    people: Annotated[
        int | None,
        typer.Option("--people", min=1, help="How many people to look for at most; by default as last time."),
    ] = None,
    window: Annotated[bool, typer.Option(help="Show a window, or print one line of JSON per prediction.")] = True,
    camera: CameraFile = None,
    body: BodyFile = None,
) -> None:
    """Recognise what a camera, a stream or a file shows, as it goes on."""
    from apps.engine import Engine  # noqa: PLC0415
    from apps.live.command import run_lines, run_window  # noqa: PLC0415

    engine = Engine(model or DEFAULT_MODEL, device, pose_model, pose_delegate.value, people or 1, camera, body)
    if window:
        raise typer.Exit(run_window(source, engine, model=model, people=people))
    raise typer.Exit(run_lines("0" if source is None else source, engine))


@app.command()
def doctor() -> None:
    """Check what this program needs from this machine; say what to do about problems."""
    from apps.doctor import run_doctor  # noqa: PLC0415

    raise typer.Exit(run_doctor())
