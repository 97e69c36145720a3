"""Making recognisers and measuring them: `stf train`, `retrain`, `evaluate` and `fuse`."""

from pathlib import Path
from typing import Annotated

import typer

from apps.cli.options import Device, Format, Side, SkipBroken, SplitName
from stf.errors import UserError

app = typer.Typer()

Checkpoint = Annotated[Path, typer.Option("-o", "--output", help="The checkpoint to write (.safetensors).")]
Datasets = Annotated[
    list[Path] | None, typer.Option("--data", help="The dataset; once for each that the recipe names.")
]
Changes = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="In place of what the recipe says.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on where an earlier run stopped.")]
Threads = Annotated[int, typer.Option(min=0, help="Threads of one operation; 0 leaves it to torch.")]


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe that comes with the program, or a file.")],
    output: Checkpoint,
    data: Datasets = None,
    change: Changes = None,
    resume: Resume = False,
    threads: Threads = 0,
) -> None:
    """Train a recogniser by a recipe, and measure it on the other side of the split."""
    _train(recipe, output, data, change, resume, threads)


@app.command()
def retrain(
    addon: Annotated[Path, typer.Argument(metavar="FILE", help="The file of taught actions.")],
    output: Checkpoint,
    data: Datasets = None,
    recipe: Annotated[
        str | None, typer.Option("--recipe", help="A recipe or a file; by default the one called as the taught model.")
    ] = None,
    change: Changes = None,
    resume: Resume = False,
    threads: Threads = 0,
) -> None:
    """Train a recogniser anew, in full, with taught actions as classes of their own."""
    from stf.addon import load_addon  # noqa: PLC0415

    _train(recipe or load_addon(addon).model, output, data, change, resume, threads, addon)


def _train(
    recipe: str,
    output: Path,
    data: Datasets,
    change: Changes,
    resume: bool,
    threads: int,
    taught: Path | None = None,
) -> None:
    try:
        from apps.train import TrainOptions, run_train  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise UserError(f"training needs {error.name}; install it with: pip install 'stf-action[train]'") from error

    run_train(recipe, output, TrainOptions(data or (), change or (), resume, threads, taught))


@app.command()
def evaluate(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL...|RECORD...",
            help="Shipped models or files, several of which are seeds of one recipe; or records, with --against.",
        ),
    ],
    data: Annotated[Path | None, typer.Option("--data", metavar="PATH", help="The dataset.")] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            "--against",
            metavar="LABELS",
            help="In place of a dataset: true labels of a record's video (.eaf, .csv, .srt, .vtt), or their folder.",
        ),
    ] = None,
    form: Format = None,
    split: SplitName = None,
    part: Annotated[Side, typer.Option("--part", help="The side of the split to measure on.")] = Side.TEST,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The folder to make for tables, pictures and predictions.")
    ] = None,
    skip_broken: SkipBroken = False,
    shared_classes: Annotated[
        bool, typer.Option("--shared-classes", help="Measure on the classes that model and dataset share by name.")
    ] = False,
    same: Annotated[
        list[str] | None,
        typer.Option("--same", metavar="MODEL=DATA", help="Shared, too: a class that the dataset calls differently."),
    ] = None,
    device: Device = "auto",
) -> None:
    """Measure recognisers on a dataset: accuracy, F1, calibration, confusion; or records that stf label wrote."""
    if against:
        if data:
            raise UserError("--data measures models and --against measures records; give one of the two")
        from apps.against import run_against  # noqa: PLC0415

        run_against([Path(record) for record in models], against, output)
        return
    if data is None:
        raise UserError("say what to measure on: --data DATASET for models, --against LABELS for records")

    from apps.evaluate import EvaluateOptions, run_evaluate  # noqa: PLC0415
    from stf.datasets.corpus import Part  # noqa: PLC0415

    side = None if part is Side.ALL else Part(part.value)
    options = EvaluateOptions(form, split, side, skip_broken, shared_classes, same or (), device)
    run_evaluate(models, data, output, options)


@app.command(name="compare")
def compare_models(
    first: Annotated[
        str, typer.Argument(metavar="MODEL|FILE.npz", help="A model, or what stf evaluate kept of its predictions.")
    ],
    second: Annotated[str, typer.Argument(metavar="MODEL|FILE.npz", help="The one to compare it with.")],
    data: Annotated[
        Path | None, typer.Option("--data", metavar="PATH", help="The dataset; not needed for two files.")
    ] = None,
    form: Format = None,
    split: SplitName = None,
    part: Annotated[Side, typer.Option("--part", help="The side of the split to compare on.")] = Side.TEST,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE.csv", help="The list of clips to write.")
    ] = None,
    skip_broken: SkipBroken = False,
    shared_classes: Annotated[
        bool, typer.Option("--shared-classes", help="Let both choose among the classes that both have.")
    ] = False,
    device: Device = "auto",
) -> None:
    """List the clips of a dataset of which two recognisers say different things; who is right, and how sure."""
    from apps.compare import run_compare  # noqa: PLC0415
    from apps.evaluate import EvaluateOptions  # noqa: PLC0415
    from stf.datasets.corpus import Part  # noqa: PLC0415

    side = None if part is Side.ALL else Part(part.value)
    options = EvaluateOptions(form, split, side, skip_broken, shared_classes, device=device)
    run_compare((first, second), data, output, options)


@app.command()
def fuse(
    models: Annotated[list[str], typer.Argument(metavar="MODEL...", help="Checkpoints of different streams.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The checkpoint to write (.safetensors).")],
    data: Annotated[
        Path | None, typer.Option("--data", metavar="PATH", help="The dataset, to measure the result on its test side.")
    ] = None,
    form: Format = None,
    split: SplitName = None,
    choose_on: Annotated[
        list[Path] | None,
        typer.Option(
            "--choose-on",
            metavar="FILE.npz",
            help="Choose weights on what stf evaluate kept of held-out clips of the training side; equal by default.",
        ),
    ] = None,
    skip_broken: SkipBroken = False,
) -> None:
    """Put the networks of several checkpoints into one, and weigh their streams."""
    from apps.fuse import FuseOptions, run_fuse  # noqa: PLC0415

    run_fuse(models, output, FuseOptions(data, form, split, choose_on or (), skip_broken))
