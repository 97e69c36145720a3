"""Recognising: `stf demo`, `label`, `export`, `live`, and `doctor`."""

from pathlib import Path
from typing import Annotated

import typer

from apps.cli.options import (
    DEFAULT_MODEL,
    DEFAULT_POSE,
    AddOnFile,
    BodyFile,
    CameraFile,
    Delegate,
    Device,
    Formats,
    Model,
    People,
    PoseDelegate,
    PoseModel,
    Show,
)

app = typer.Typer()


def _print_schema(wanted: bool) -> None:
    if wanted:
        import json  # noqa: PLC0415

        from realtime.records import json_schema  # noqa: PLC0415

        typer.echo(json.dumps(json_schema(), indent=1))
        raise typer.Exit


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
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="Videos, folders, quoted patterns, lists (.txt), parts (.csv)."),
    ],
    output: Annotated[
        str,
        typer.Option("-o", "--output", metavar="FOLDER|ADDRESS", help="Where the results go: a folder, or ftp://..."),
    ],
    model: Model = DEFAULT_MODEL,
    device: Device = "auto",
    pose_model: PoseModel = DEFAULT_POSE,
    pose_delegate: PoseDelegate = Delegate.CPU,
    people: People = 1,
    formats: Formats = "csv",
    poses: Annotated[
        Path | None,
        typer.Option("--poses", metavar="FILE.npz|FOLDER", help="Use landmarks kept earlier, by --format npz."),
    ] = None,
    camera: CameraFile = None,
    body: BodyFile = None,
    addon: AddOnFile = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, help="How many processes (1): a video each, or shares of a long one."),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster", metavar="auto|ADDRESS", help="Work on all machines of a Ray cluster, which share the folders."
        ),
    ] = None,
    every: Annotated[
        int, typer.Option("--every", min=1, metavar="N", help="Estimate poses in every N-th frame only.")
    ] = 1,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE.html", help="Write a page about the whole run.")
    ] = None,
    show: Annotated[
        Show, typer.Option("--show", help="Progress bars and a table, a line of JSON per video, or nothing.")
    ] = Show.BARS,
    dry: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done, how long it takes and how much disk.")
    ] = False,
) -> None:
    """Label recorded videos: a record of everything found, from it what other programs read, and a summary."""
    from apps.batch.remote import Remote, is_address  # noqa: PLC0415
    from apps.batch.worker import Job  # noqa: PLC0415
    from apps.engine import Engine  # noqa: PLC0415
    from apps.label import Run, run_label  # noqa: PLC0415

    engine = Engine(model, device, pose_model, pose_delegate.value, people, camera, body, addon)
    remote = Remote(output) if is_address(output) else None
    job = Job(remote.mirror if remote else Path(output), engine, tuple(formats.split(",")), poses, every, remote)
    raise typer.Exit(run_label(paths, job, Run(workers, cluster, show, dry, report)))


@app.command()
def export(
    records: Annotated[
        list[Path], typer.Argument(metavar="RECORD...", help="What stf label wrote: NAME.stf.json.", show_default=False)
    ],
    formats: Formats,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The folder for the files; beside each record by default.")
    ] = None,
    video: Annotated[
        Path | None, typer.Option("--video", metavar="FILE", help="Where the video is now, for mp4 and eaf.")
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option("--labels", metavar="PATH", help="Corrected labels (.eaf, .csv, .srt, .vtt), or their folder."),
    ] = None,
    _schema: Annotated[
        bool,
        typer.Option(
            "--schema", callback=_print_schema, is_eager=True, help="Print the JSON Schema of records, and stop."
        ),
    ] = False,
) -> None:
    """Write label records in the formats of other programs; nothing is computed again."""
    from apps.export import ExportOptions, run_export  # noqa: PLC0415
    from realtime.formats import find_formats  # noqa: PLC0415

    run_export(records, find_formats(formats), ExportOptions(output, video, labels))


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
    addon: AddOnFile = None,
) -> None:
    """Recognise what a camera, a stream or a file shows, as it goes on."""
    from apps.engine import Engine  # noqa: PLC0415
    from apps.live.command import run_lines, run_window  # noqa: PLC0415

    engine = Engine(model or DEFAULT_MODEL, device, pose_model, pose_delegate.value, people or 1, camera, body, addon)
    if window:
        raise typer.Exit(run_window(source, engine, model=model, people=people))
    raise typer.Exit(run_lines("0" if source is None else source, engine))


@app.command()
def doctor() -> None:
    """Check what this program needs from this machine; say what to do about problems."""
    from apps.doctor import run_doctor  # noqa: PLC0415

    raise typer.Exit(run_doctor())
