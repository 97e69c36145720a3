"""`stf teach` and `stf actions`: a model's own new actions."""

from pathlib import Path
from typing import Annotated

import typer

from apps.cli.options import DEFAULT_MODEL, DEFAULT_POSE, Dataset, Delegate, Format, Model, PoseDelegate, PoseModel

app = typer.Typer()
actions = typer.Typer(name="actions", help="What a model has been taught.", no_args_is_help=True)

AddOn = Annotated[Path, typer.Argument(metavar="FILE", help="The file of taught actions.")]


@app.command()
def teach(
    name: Annotated[str, typer.Argument(help="What the action is called.")],
    videos: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[VIDEO...]", help="Videos that show it once each; without any the camera is asked."),
    ] = None,
    addon: Annotated[Path, typer.Option("--to", metavar="FILE", help="The file of taught actions.")] = Path(
        "my-actions.safetensors"
    ),
    span: Annotated[
        list[str] | None,
        typer.Option("--span", metavar="FROM-TO", help="Seconds: one for each video, or several of one video."),
    ] = None,
    more: Annotated[bool, typer.Option("--more", help="Add examples to an action that is there already.")] = False,
    source: Annotated[
        str, typer.Option("--source", metavar="NUMBER", help="The camera, where no video is given.")
    ] = "0",
    examples: Annotated[int, typer.Option(min=1, help="How many times the camera waits for it.")] = 5,
    seconds: Annotated[float, typer.Option(min=0.5, help="How long it then looks each time.")] = 3.0,
    model: Model = DEFAULT_MODEL,
    pose_model: PoseModel = DEFAULT_POSE,
    pose_delegate: PoseDelegate = Delegate.CPU,
) -> None:
    """Teach the model an action of your own: a few examples, less than a minute of learning."""
    from apps.engine import Engine  # noqa: PLC0415
    from apps.teach import find_takes, run_teach  # noqa: PLC0415

    engine = Engine(model, pose_model=pose_model, pose_delegate=pose_delegate.value)
    if videos:
        run_teach(name, find_takes(videos, span or []), addon, engine, more=more)
        return
    from apps.rehearse import Rehearsal, run_rehearsal  # noqa: PLC0415

    run_rehearsal(name, source, addon, engine, Rehearsal(examples, seconds), more=more)


@actions.command("list")
def list_(file: AddOn) -> None:
    """List the actions and how many examples there are of each."""
    from apps.teach import run_list  # noqa: PLC0415

    run_list(file)


@actions.command()
def remove(
    file: AddOn, name: Annotated[str, typer.Argument(help="The action to forget.")], model: Model = DEFAULT_MODEL
) -> None:
    """Forget an action."""
    from apps.engine import Engine  # noqa: PLC0415
    from apps.teach import run_remove  # noqa: PLC0415

    run_remove(file, name, Engine(model))


@actions.command()
def merge(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files of taught actions, of one model.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The file for all of them.")],
    model: Model = DEFAULT_MODEL,
) -> None:
    """Put the actions of several files into one."""
    from apps.engine import Engine  # noqa: PLC0415
    from apps.teach import run_merge  # noqa: PLC0415

    run_merge(files, output, Engine(model))


@actions.command()
def learn(file: AddOn, model: Model = DEFAULT_MODEL) -> None:
    """Learn anew what was shown, after a lesson that was broken off or for another version of the program."""
    from apps.engine import Engine  # noqa: PLC0415
    from apps.teach import run_learn  # noqa: PLC0415

    run_learn(file, Engine(model))


@actions.command()
def prepare(
    data: Dataset,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The checkpoint to write.")],
    model: Model = DEFAULT_MODEL,
    form: Format = None,
) -> None:
    """Let a checkpoint that was trained before there was teaching remember its classes, so that it can be taught."""
    from apps.teach import run_prepare  # noqa: PLC0415

    run_prepare(model, data, form, output)


app.add_typer(actions)
