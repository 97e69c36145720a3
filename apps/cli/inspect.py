"""`stf inspect`."""

from pathlib import Path
from typing import Annotated

import typer

from apps.cli.options import (
    DEFAULT_MODEL,
    DEFAULT_POSE,
    AddOnFile,
    Delegate,
    Device,
    Format,
    People,
    PoseDelegate,
    PoseModel,
)

app = typer.Typer()


@app.command()
def inspect(
    source: Annotated[
        Path,
        typer.Argument(metavar="VIDEO|RECORD|DATASET", help="What to inspect; NAME.stf.json is what stf label wrote."),
    ],
    clip: Annotated[
        str | None, typer.Option("--clip", metavar="NAME", help="The clip of a dataset; the first one by default.")
    ] = None,
    form: Format = None,
    video: Annotated[
        Path | None, typer.Option("--video", metavar="FILE", help="Where the video of a record is now.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FOLDER", help="For the record of a video; beside it by default."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="NAME|FILE", help="The recogniser; by default the one that made the record."),
    ] = None,
    against: Annotated[
        str,
        typer.Option("--against", metavar="NAME|FILE", help="Another recogniser, asked the same, side by side."),
    ] = "",
    results: Annotated[
        list[Path] | None,
        typer.Option("--results", metavar="FOLDER|FILE.npz", help="What stf evaluate -o kept of this dataset's clips."),
    ] = None,
    addon: AddOnFile = None,
    device: Device = "auto",
    pose_model: PoseModel = DEFAULT_POSE,
    pose_delegate: PoseDelegate = Delegate.CPU,
    people: People = 1,
) -> None:
    """Show why it says that, at any moment of a video or a clip; a video is labelled first where it has no record."""
    from apps.engine import Engine  # noqa: PLC0415
    from apps.inspect.command import InspectOptions, run_inspect  # noqa: PLC0415
    from apps.inspect.opening import Request  # noqa: PLC0415

    engine = Engine(model or DEFAULT_MODEL, device, pose_model, pose_delegate.value, people, addon=addon)
    request = Request(source, clip, form, video, output)
    raise typer.Exit(run_inspect(engine, InspectOptions(request, model is not None, against, results or ())))
