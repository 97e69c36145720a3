"""`stf calibrate body`: some seconds of standing still fix a person's limb lengths."""

from functools import partial
from pathlib import Path

from rich.console import Console

from apps.console import FrameProgress, make_console, say
from apps.engine import Engine
from apps.interrupt import on_interrupt
from calibration.body import ENOUGH_SECONDS, Measurement, Standing, save_body
from realtime.mapping import get_mapping
from realtime.sources import open_source
from stf.errors import UserError
from stf.skeleton import NTU25

_PATIENCE = 60.0  # seconds that a camera is watched


def run_body(spec: str, output: Path, height: float | None, engine: Engine) -> None:
    """Measure a person from a video or live, and say how well that went.

    Args:
        spec: a video, a stream, images or a camera number. Of a live source ten seconds of standing are waited for.
        output: the TOML file to write.
        height: of the person, in metres.
        engine: the pose estimator.

    Raises:
        UserError: if the source cannot be read, nobody stands still in full view, or the file cannot be written.
    """
    if output.suffix.lower() != ".toml":
        raise UserError(f"the body {output} must be a .toml file")
    console = make_console()
    standing = Standing(get_mapping(NTU25))
    with (
        FrameProgress(make_console(stderr=True)) as progress,
        engine.estimator(partial(say, progress.console)) as estimator,
        open_source(spec) as source,
        on_interrupt(source.close),
    ):
        if source.live:
            say(console, "stand still and upright, in full view, for ten seconds")
        progress.begin(f"{source.name}: looking", source.frame_count)
        looked = 0.0
        for frame in source:
            standing.add(frame.time, estimator.estimate(frame).persons)
            progress.advance()
            if source.live and frame.time >= looked + 1:
                looked = frame.time
                if standing.seconds >= ENOUGH_SECONDS or frame.time > _PATIENCE:
                    break
    try:
        measurement = standing.measure(height)
    except UserError as error:
        raise UserError(f"{source.name} shows no body to measure: {error}") from error
    save_body(output, measurement.body)
    _print(console, measurement, height)
    say(console, f"body in {output}")


def _print(console: Console, measurement: Measurement, height: float | None) -> None:
    lengths = measurement.body.lengths
    limbs = {
        "upper arm": "left_elbow",
        "forearm": "left_wrist",
        "thigh": "left_knee",
        "shank": "left_ankle",
    }
    sizes = ", ".join(f"{limb} {100 * lengths[joint]:.1f} cm" for limb, joint in limbs.items())
    say(console, f"{measurement.seconds:.1f} s of standing: {sizes} (lengths vary by {measurement.spread:.1%})")
    if measurement.seconds < ENOUGH_SECONDS:
        say(console, f"{ENOUGH_SECONDS:.0f} s of standing would be surer", style="yellow")
    if height is None:
        say(console, "these are the pose estimator's metres; with --height they would be true ones", style="yellow")
