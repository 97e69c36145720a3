"""The command `stf inspect`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from apps.batch.inputs import Video, output_name
from apps.console import FrameProgress, make_console, say
from apps.engine import Engine
from apps.inspect.opening import Request, is_dataset
from apps.interrupt import interrupt_held_back, on_interrupt
from apps.screen import look_for_screen
from realtime.records import ENDING
from stf.errors import UserError

_NO_WINDOW = "no window can be shown here ({}); use stf focus, which explains without one"


@dataclass(frozen=True, slots=True)
class InspectOptions:
    """What the command line says beside the model.

    Attributes:
        request: what to inspect.
        output: the folder for the record of a video; beside the video by default.
        given: whether the model was named.
        against: another model to compare with; empty for none.
        results: what `stf evaluate` kept, to be walked through.
    """

    request: Request
    output: Path | None
    given: bool
    against: str = ""
    results: Sequence[Path] = ()


def run_inspect(engine: Engine, options: InspectOptions) -> int:
    """Label a video where that is not done yet, and show the window until it is closed.

    Returns:
        The exit code: 0, or 130 after Ctrl-C.

    Raises:
        UserError: if the input cannot be used, or no window can be shown here.
    """
    missing_screen = look_for_screen()  # in a process of its own, while this one labels and imports
    request = options.request
    if not request.source.exists():
        raise UserError(f"there is no file '{request.source}'; check the path")
    if _is_video(request):
        if reason := missing_screen():
            raise UserError(_NO_WINDOW.format(reason))
        request = replace(request, source=_label(request.source, engine, options.output), video=request.source)
    try:
        with interrupt_held_back():
            from PySide6.QtCore import QTimer  # noqa: PLC0415 - Qt, which may not be loaded here
            from PySide6.QtWidgets import QApplication  # noqa: PLC0415

            from apps.inspect.model import Inspector  # noqa: PLC0415
            from apps.inspect.window import InspectWindow  # noqa: PLC0415
    except ImportError as error:
        raise UserError(_NO_WINDOW.format(missing_screen() or error)) from error
    if reason := missing_screen():
        raise UserError(_NO_WINDOW.format(reason))
    application = QApplication.instance() or QApplication(["stf"])
    inspector = Inspector(engine, given=options.given)
    window = InspectWindow(inspector)
    inspector.rival.choose(options.against)
    if options.results:
        window.show_clips(on=True)
        inspector.listing.read(options.results)
    window.show()
    QTimer.singleShot(0, lambda: window.open(request))
    with on_interrupt(QApplication.closeAllWindows, once=True) as interrupt:
        application.exec()
        code = 130 if interrupt.pressed else 0
        inspector.join()
    return code


def _is_video(request: Request) -> bool:
    if request.source.name.endswith(ENDING) or request.form or request.clip:
        return False
    return not is_dataset(request.source)


def _label(video: Path, engine: Engine, output: Path | None) -> Path:
    """The record of a video: the one that is there, whoever made it, or a new one."""
    from apps.batch.labeller import Labeller, record_of  # noqa: PLC0415 - torch, which a record does not wait for
    from apps.batch.worker import Job  # noqa: PLC0415

    folder = video.resolve().parent if output is None else output
    one = Video(video, Path(output_name(video)))
    if (record := record_of(one, folder)).exists():
        return record
    console = make_console(stderr=True)
    labeller = Labeller(Job(folder, engine, ("npz",)), partial(say, console))
    with FrameProgress(console) as progress:
        done = labeller.label(one, progress)
    if done.interrupted:
        raise KeyboardInterrupt
    return done.record
