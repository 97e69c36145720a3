"""`stf data`."""

from pathlib import Path
from typing import Annotated

import typer

from apps.cli.options import Dataset, Format, SkipBroken

app = typer.Typer(
    name="data",
    help="Datasets: what is in them, whether they are sound, and converting them.",
    no_args_is_help=True,
)


@app.command()
def info(
    path: Dataset,
    form: Format = None,
    split: Annotated[
        str | None, typer.Option("--split", metavar="NAME", help="The published split to show; the usual by default.")
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option("--sheet", metavar="FILE.png", help="Also draw a few clips of each class.")
    ] = None,
) -> None:
    """Say what a dataset holds: clips by class and split, lengths, subjects, and on what terms."""
    from apps.data import run_info  # noqa: PLC0415

    run_info(path, form, split, sheet)


@app.command()
def convert(
    path: Dataset,
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to make.")],
    form: Format = None,
    layout: Annotated[
        str | None, typer.Option("--layout", metavar="NAME", help="Convert the skeletons to this layout (ntu25).")
    ] = None,
    skip_broken: SkipBroken = False,
) -> None:
    """Convert a dataset into one that opens at once: a memory-mapped array and an index."""
    from apps.data import run_convert  # noqa: PLC0415

    run_convert(path, output, form, layout, skip_broken=skip_broken)


@app.command()
def check(path: Dataset, form: Format = None) -> None:
    """Read every clip and name the broken ones; the exit code is 1 where there are any."""
    from apps.data import run_check  # noqa: PLC0415

    raise typer.Exit(run_check(path, form))


@app.command()
def build_default(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="The folder that holds the datasets' folders.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FOLDER", help="Clips and shots go here.")],
    rounds: Annotated[
        int, typer.Option(min=0, help="How many rounds of shots; 0 makes stores of those there are.")
    ] = 3,
    workers: Annotated[int, typer.Option(min=1, help="How many processes film.")] = 2,
) -> None:
    """Make the training data of the default models, clean and as the pose estimator sees it; or go on with it."""
    from apps.build_default import run_build_default  # noqa: PLC0415

    run_build_default(data, output, rounds, workers)
