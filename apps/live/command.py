"""The command `stf live`."""

import os
import sys
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import NoReturn

from apps.console import make_console, say
from apps.engine import NO_CALIBRATION, Engine, camera_of
from apps.interrupt import on_interrupt
from apps.screen import look_for_screen
from realtime.sources import open_source
from stf.errors import UserError

_NO_WINDOW = "no window can be shown here ({}); use stf live --no-window, or see stf --help for what else there is"


def run_lines(spec: str, engine: Engine) -> int:
    """Print one line of JSON per prediction on standard output until the source ends or Ctrl-C is pressed.

    Args:
        spec: camera number, stream address, video file, image folder or glob.
        engine: recogniser and pose estimator.

    Returns:
        The exit code: 0, or 130 after Ctrl-C.

    Raises:
        UserError: if the source cannot be opened.
    """
    from realtime.formats.windows_jsonl import prediction_record  # noqa: PLC0415
    from realtime.pipeline import Pipeline  # noqa: PLC0415 - torch, which the window must not wait for
    from stf.prediction import Prediction  # noqa: PLC0415

    console = make_console(stderr=True)
    with ExitStack() as stack:
        body = engine.person()
        recogniser = engine.recogniser()
        estimator = stack.enter_context(engine.estimator(partial(say, console)))
        source = stack.enter_context(open_source(spec))  # last, so that no frame waits for the models to load
        interrupt = stack.enter_context(on_interrupt(source.close))
        camera = camera_of(source, spec, engine)
        if not camera.calibrated:
            say(console, NO_CALIBRATION)
        pipeline = stack.enter_context(Pipeline(source, estimator, recogniser, camera=camera, body=body))
        for event in pipeline:
            if isinstance(event, Prediction):
                line = prediction_record(event, recogniser.classes, recogniser.layout).model_dump_json() + "\n"
                sys.stdout.buffer.write(line.encode())  # JSON is UTF-8, whatever the terminal speaks
                sys.stdout.buffer.flush()
    if source.problem:
        say(console, source.problem, style="yellow")
    statistics = pipeline.statistics
    seen = f"{statistics.frames} frames, people in {statistics.people_frames}"
    if source.live:
        times = statistics.stages["latency"]
        seen += (
            f", {statistics.dropped} dropped; capture to prediction {times.percentile_ms(50):.0f} ms (median), "
            f"{times.percentile_ms(95):.0f} ms (95 %)"
        )
    say(console, seen)
    return 130 if interrupt.pressed else 0


def run_window(spec: str | None, engine: Engine, *, model: str | None, people: int | None) -> int:
    """Show the viewer until it is closed or Ctrl-C is pressed.

    Args:
        spec: as above; None for the first camera, or the demo clip where there is none.
        engine: what the settings do not say.
        model: the recogniser, where the settings are not to count.
        people: how many to look for, where the settings are not to count.

    Returns:
        The exit code: 0, or 130 after Ctrl-C.

    Raises:
        UserError: if no window can be shown here.
    """
    missing_screen = look_for_screen()  # in a process of its own, while this one imports
    try:
        from PySide6.QtCore import QTimer  # noqa: PLC0415 - Qt, which --no-window does not need
        from PySide6.QtWidgets import QApplication  # noqa: PLC0415

        from apps.live.controller import Controller  # noqa: PLC0415
        from apps.live.settings import load_settings, user_settings  # noqa: PLC0415
        from apps.live.window import LiveWindow, request_of  # noqa: PLC0415
        from apps.live.wishes import Request  # noqa: PLC0415
        from apps.live.worker import Worker  # noqa: PLC0415
    except ImportError as error:  # a library of the system that Qt needs
        raise UserError(_NO_WINDOW.format(missing_screen() or error)) from error
    if reason := missing_screen():
        raise UserError(_NO_WINDOW.format(reason))
    application = QApplication.instance() or QApplication(["stf"])
    store = user_settings()
    settings = load_settings(store)
    settings = replace(settings, model=model or settings.model, people=people or settings.people)
    controller = Controller(Worker(), request_of(settings, Request(spec, engine)))
    window = LiveWindow(controller, settings, store)
    window.show()
    QTimer.singleShot(0, lambda: controller.open(spec))  # the window comes first
    with on_interrupt(QApplication.closeAllWindows, once=True) as interrupt:
        application.exec()
        code = 130 if interrupt.pressed else 0
        if not controller.join():
            store.sync()
            _leave(code)
    return code


def _leave(code: int) -> NoReturn:
    """End without the interpreter's clean-up, which a library whose threads are still at work would not survive."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
