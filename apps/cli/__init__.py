"""The `stf` command: what a person types, and how errors reach them.

Every command imports what it needs when it runs, so that `stf --help` is quick.
"""

import io
import signal
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from apps.cli import calibrate, data, focus, inspect, models, recognise, teach, train
from apps.interrupt import interrupt_around_imports
from stf.errors import UserError


class Commands(TyperGroup):
    """Turns what ends a command early into one line on standard error and an exit code."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer's own type is private
        """Run the command; 2 stands for what the user can put right, 130 for Ctrl-C."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            sys.stderr.write(f"stf: {' '.join(str(error).splitlines())}\n")
            raise typer.Exit(2) from None
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # another one must not break into the clean-up at the exit
            sys.stderr.write("stf: stopped\n")
            raise typer.Exit(130) from None


app = typer.Typer(
    name="stf",
    cls=Commands,
    help="Who does what, how sure that is, and which joints at which moments said so.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def viewer(context: typer.Context) -> None:
    """Without a command the viewer opens: the first camera, or the demo clip where there is none."""
    if context.invoked_subcommand is None:
        recognise.live()


for part in (recognise, focus, inspect, teach, train, models, data, calibrate):
    app.add_typer(part.app)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file name may hold what a terminal cannot show
    interrupt_around_imports()
    app()
