"""The `stf` command: what a person types, and how errors reach them.

Every command imports what it needs when it runs, so that `stf --help` is quick.
"""

import io
import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

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
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
models = typer.Typer(help="The pose models: what is here, where, and how to get them.", no_args_is_help=True)
app.add_typer(models, name="models")
data = typer.Typer(help="Datasets: what is in them, whether they are sound, and converting them.", no_args_is_help=True)
app.add_typer(data, name="data")
calibrate = typer.Typer(
    help="Make the numbers mean something: metres of a camera, probabilities of a model.", no_args_is_help=True
)
app.add_typer(calibrate, name="calibrate")


class Side(StrEnum):
    """The clips of a dataset to measure on."""

    TEST = "test"
    TRAIN = "train"
    ALL = "all"


class Delegate(StrEnum):
    """What runs the pose estimator."""

    CPU = "cpu"
    GPU = "gpu"


Model = Annotated[str, typer.Option("--model", metavar="NAME|FILE", help="The recogniser: a shipped model or a file.")]
Device = Annotated[str, typer.Option("--device", metavar="auto|cpu|cuda", help="Where the recogniser computes.")]
PoseModel = Annotated[
    str, typer.Option("--pose-model", metavar="lite|full|heavy|FILE", help="The pose estimator's model.")
]
PoseDelegate = Annotated[Delegate, typer.Option("--pose-delegate", help="Where the pose estimator computes.")]
People = Annotated[int, typer.Option("--people", min=1, help="How many people to look for at most.")]

Dataset = Annotated[Path, typer.Argument(metavar="PATH", help="The folder or file of a dataset.")]
Format = Annotated[
    str | None, typer.Option("--format", metavar="NAME", help="The dataset's format; found out by default.")
]

SplitName = Annotated[
    str | None,
    typer.Option("--split", metavar="NAME", help="A published split, or subject=2,4 or camera=3 to test on these."),
]
SkipBroken = Annotated[bool, typer.Option("--skip-broken", help="Leave broken clips out, and name them.")]

DEFAULT_MODEL = "utd-mhad-27"
DEFAULT_POSE = "full"


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
) -> None:
    """Label recorded videos: windows as JSON Lines, segments as CSV, and a summary."""
    from apps.engine import Engine  # noqa: PLC0415
    from apps.label import LabelOptions, run_label  # noqa: PLC0415

    engine = Engine(model, device, pose_model, pose_delegate.value, people)
    raise typer.Exit(run_label(videos, output, engine, LabelOptions(annotate, save_poses, poses)))


@app.command()
def live(
    source: Annotated[
        str, typer.Argument(help="Camera number, stream address, video file, image folder or glob.")
    ] = "0",
    model: Model = DEFAULT_MODEL,
    device: Device = "auto",
    pose_model: PoseModel = DEFAULT_POSE,
    pose_delegate: PoseDelegate = Delegate.CPU,
    people: People = 1,
    window: Annotated[bool, typer.Option(help="Show a window, or print one line of JSON per prediction.")] = True,
) -> None:
    """Recognise what a camera, a stream or a file shows, as it goes on."""
    from apps.engine import Engine  # noqa: PLC0415
    from apps.live import run_live  # noqa: PLC0415

    engine = Engine(model, device, pose_model, pose_delegate.value, people)
    raise typer.Exit(run_live(source, engine, window=window))


@app.command()
def doctor() -> None:
    """Check what this program needs from this machine; say what to do about problems."""
    from apps.doctor import run_doctor  # noqa: PLC0415

    raise typer.Exit(run_doctor())


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe that comes with the program, or a file.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The checkpoint to write (.safetensors).")],
    data: Annotated[
        list[Path] | None, typer.Option("--data", help="The dataset; once for each that the recipe names.")
    ] = None,
    change: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="In place of what the recipe says.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an earlier run stopped.")] = False,
    threads: Annotated[int, typer.Option(min=0, help="Threads of one operation; 0 leaves it to torch.")] = 0,
) -> None:
    """Train a recogniser by a recipe, and measure it on the other side of the split."""
    try:
        from apps.train import TrainOptions, run_train  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise UserError(f"training needs {error.name}; install it with: pip install 'stf-action[train]'") from error

    run_train(recipe, output, TrainOptions(data or (), change or (), resume, threads))


@app.command()
def evaluate(
    models: Annotated[
        list[str], typer.Argument(metavar="MODEL...", help="Shipped models or files; several are seeds of one recipe.")
    ],
    data: Annotated[Path, typer.Option("--data", metavar="PATH", help="The dataset.")],
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
    """Measure recognisers on a dataset: accuracy, F1, calibration, confusion; mean and spread over seeds."""
    from apps.evaluate import EvaluateOptions, run_evaluate  # noqa: PLC0415
    from stf.datasets.corpus import Part  # noqa: PLC0415

    side = None if part is Side.ALL else Part(part.value)
    options = EvaluateOptions(form, split, side, skip_broken, shared_classes, same or (), device)
    run_evaluate(models, data, output, options)


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


@data.command("info")
def data_info(
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


@data.command("convert")
def data_convert(
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


@data.command("check")
def data_check(path: Dataset, form: Format = None) -> None:
    """Read every clip and name the broken ones; the exit code is 1 where there are any."""
    from apps.data import run_check  # noqa: PLC0415

    raise typer.Exit(run_check(path, form))


@calibrate.command("camera")
def calibrate_camera(
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


@calibrate.command("confidence")
def calibrate_confidence(
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


@calibrate.command("landmarks")
def calibrate_landmarks(
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


@models.command("list")
def models_list() -> None:
    """List the recognisers that come with the program, and the pose models."""
    from apps.models import run_list  # noqa: PLC0415

    run_list()


@models.command("fetch")
def models_fetch(
    name: Annotated[str, typer.Argument(metavar="lite|full|heavy", help="Which pose model.")] = DEFAULT_POSE,
) -> None:
    """Fetch a pose model into the cache; everything works offline afterwards."""
    from apps.models import run_fetch  # noqa: PLC0415

    run_fetch(name)


@models.command("where")
def models_where() -> None:
    """Print the folder of the pose model cache."""
    from apps.models import run_where  # noqa: PLC0415

    run_where()


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file name may hold what a terminal cannot show
    app()
