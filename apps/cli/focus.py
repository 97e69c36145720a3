"""`stf focus`."""

from enum import StrEnum
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
    Model,
    People,
    PoseDelegate,
    PoseModel,
    Side,
    SkipBroken,
    SplitName,
)

app = typer.Typer()


class Method(StrEnum):
    """How a gradient becomes a focus."""

    ELEMENTWISE = "elementwise"
    POOLED = "pooled"


@app.command()
def focus(
    source: Annotated[
        Path,
        typer.Argument(metavar="DATASET|VIDEO|RECORD", help="What to explain; NAME.stf.json is what stf label wrote."),
    ],
    clip: Annotated[str | None, typer.Option("--clip", metavar="NAME", help="The clip of a dataset.")] = None,
    span: Annotated[str | None, typer.Option("--span", metavar="FROM-TO", help="Seconds; all by default.")] = None,
    segment: Annotated[
        int | None, typer.Option("--segment", metavar="NUMBER", help="The segment of a record, counted from 1.")
    ] = None,
    person: Annotated[
        int | None,
        typer.Option("--person", metavar="ID", help="Of a video or record; who is seen for longest by default."),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(
            "--class",
            metavar="NAME",
            help="Why this class; by default the most probable. Without --clip: the mean over a dataset's clips of it.",
        ),
    ] = None,
    contrast: Annotated[str | None, typer.Option("--contrast", metavar="NAME", help="... and not this one.")] = None,
    module: Annotated[
        int | None, typer.Option("--module", metavar="1..6", help="Whose focus; by default the one the model shows.")
    ] = None,
    stream: Annotated[
        str | None, typer.Option("--stream", metavar="NAME", help="Ask one stream alone; by default all, fused.")
    ] = None,
    method: Annotated[
        Method, typer.Option("--method", help="The gradient joint by joint, or averaged over them.")
    ] = Method.ELEMENTWISE,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE.npz", help="Write the numbers, rather than a table.")
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option("--figure", metavar="FILE.png|.svg|.gif|.mp4", help="Draw it as for a paper, or let it move."),
    ] = None,
    form: Format = None,
    split: SplitName = None,
    part: Annotated[Side, typer.Option("--part", help="The side of the split to average over.")] = Side.TEST,
    skip_broken: SkipBroken = False,
    model: Model = DEFAULT_MODEL,
    addon: AddOnFile = None,
    device: Device = "auto",
    pose_model: PoseModel = DEFAULT_POSE,
    pose_delegate: PoseDelegate = Delegate.CPU,
    people: People = 1,
) -> None:
    """Say which joints at which moments speak for a class: in a clip, a video, a record, or all clips of a class."""
    from apps.engine import Engine  # noqa: PLC0415
    from apps.focus import FocusOptions, run_focus  # noqa: PLC0415
    from stf.datasets.corpus import Part  # noqa: PLC0415
    from stf.explanation import Question  # noqa: PLC0415

    engine = Engine(model, device, pose_model, pose_delegate.value, people, addon=addon)
    options = FocusOptions(
        question=Question(label, contrast, module, stream, method.value),
        clip=clip,
        form=form,
        split=split,
        part=None if part is Side.ALL else Part(part.value),
        skip_broken=skip_broken,
        span=span,
        segment=segment,
        person=person,
        output=output,
        figure=figure,
    )
    run_focus(source, engine, options)
