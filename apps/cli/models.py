"""`stf models`."""

from typing import Annotated

import typer

from apps.cli.options import DEFAULT_POSE

app = typer.Typer(
    name="models", help="The pose models: what is here, where, and how to get them.", no_args_is_help=True
)


@app.command("list")
def list_() -> None:
    """List the recognisers that come with the program, and the pose models."""
    from apps.models import run_list  # noqa: PLC0415

    run_list()


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(metavar="lite|full|heavy", help="Which pose model.")] = DEFAULT_POSE,
) -> None:
    """Fetch a pose model into the cache; everything works offline afterwards."""
    from apps.models import run_fetch  # noqa: PLC0415

    run_fetch(name)


@app.command()
def where() -> None:
    """Print the folder of the pose model cache."""
    from apps.models import run_where  # noqa: PLC0415

    run_where()
