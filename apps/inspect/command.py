"""The command `stf inspect`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from apps.engine import Engine
from apps.inspect.opening import Request
from apps.interrupt import on_interrupt
from apps.screen import look_for_screen
from stf.errors import UserError

_NO_WINDOW = "no window can be shown here ({}); use stf focus, which explains without one"


@dataclass(frozen=True, slots=True)
class InspectOptions:
    """What the command line says beside the model.

    Attributes:
        request: what to inspect.
        given: whether the model was named.
        against: another model to compare with; empty for none.
        results: what `stf evaluate` kept, to be walked through.
    """

    request: Request
    given: bool
    against: str = ""
    results: Sequence[Path] = ()


def run_inspect(engine: Engine, options: InspectOptions) -> int:
    """Show the window until it is closed; a video that has no record is labelled from there.

    Returns:
        The exit code: 0, or 130 after Ctrl-C.

    Raises:
        UserError: if the input cannot be used, or no window can be shown here.
    """
    missing_screen = look_for_screen()  # in a process of its own, while this one imports
    request = options.request
    if not request.source.exists():
        raise UserError(f"there is no file '{request.source}'; check the path")
    try:
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
