"""`stf live` in its first form: a plain window, or one line of JSON per prediction."""

import sys
from contextlib import ExitStack

from apps.console import make_console, say
from apps.engine import NO_CALIBRATION, Engine, device_number
from apps.interrupt import on_interrupt
from apps.screen import missing_screen
from calibration.camera.files import device_name, find_camera
from realtime.camera import Camera, default_camera
from realtime.pipeline import Pipeline
from realtime.sinks.jsonl import prediction_record
from realtime.sources import Source, open_source
from stf.errors import UserError
from stf.prediction import Prediction


def run_live(spec: str, engine: Engine, *, window: bool) -> int:
    """Recognise what a source shows until it ends, the window is closed or Ctrl-C is pressed.

    Args:
        spec: camera number, stream address, video file, image folder or glob.
        engine: recogniser and pose estimator.
        window: show a window; otherwise print one line of JSON per prediction on standard output.

    Returns:
        The exit code: 0, or 130 after Ctrl-C.

    Raises:
        UserError: if the source cannot be opened, or there is no screen for a window.
    """
    if window and (reason := missing_screen()):
        raise UserError(f"no window can be shown here ({reason}); use stf live --no-window")
    console = make_console(stderr=True)
    with ExitStack() as stack:
        body = engine.person()
        recogniser = engine.recogniser()
        estimator = stack.enter_context(engine.estimator(console))
        source = stack.enter_context(open_source(spec))  # last, so that no frame waits for the models to load
        interrupt = stack.enter_context(on_interrupt(source.close, once=window))
        camera = camera_of(source, spec, engine)
        if not camera.calibrated:
            say(console, NO_CALIBRATION)
        pipeline = stack.enter_context(Pipeline(source, estimator, recogniser, camera=camera, body=body))
        if window:
            from apps.live_window import show  # noqa: PLC0415 - brings Qt, which --no-window does not need

            show(pipeline, title=source.name, paced=not source.live)
        else:
            _print_predictions(pipeline)
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


def camera_of(source: Source, spec: str, engine: Engine) -> Camera:
    """The calibration that was given, or a webcam's own, kept under its name, or the default.

    Args:
        source: opened.
        spec: what it was opened by.
        engine: may name a calibration.

    Raises:
        UserError: if the calibration is missing, broken or made for another aspect.
    """
    device = device_number(spec)
    if (camera := engine.calibration()) is not None:
        return camera.scaled(*source.size)
    return default_camera(*source.size) if device is None else find_camera(device_name(device), *source.size)


def _print_predictions(pipeline: Pipeline) -> None:
    classes, layout = pipeline.recogniser.classes, pipeline.recogniser.layout
    for event in pipeline:
        if isinstance(event, Prediction):
            line = prediction_record(event, classes, layout).model_dump_json() + "\n"
            sys.stdout.buffer.write(line.encode())  # JSON is UTF-8, whatever the terminal speaks
            sys.stdout.buffer.flush()
