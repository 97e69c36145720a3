"""`stf calibrate`: what makes the numbers mean something on this camera and this person."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import degrees
from pathlib import Path

from rich.console import Console

from apps.console import FrameProgress, make_console, say
from apps.engine import device_number
from apps.interrupt import on_interrupt
from apps.screen import missing_screen
from calibration.camera.board import Board, View
from calibration.camera.capture import Capture, State
from calibration.camera.files import camera_file, device_name, save_camera
from calibration.camera.fit import MIN_VIEWS, Calibration, calibrate
from calibration.camera.picture import draw_calibration, draw_guidance
from realtime.frames import Image
from realtime.opencv import cv2
from realtime.sources import open_source
from realtime.sources.images import IMAGE_SUFFIXES, find_images, read_image
from stf.atomic import output_file, write_errors
from stf.errors import UserError


@dataclass(frozen=True, slots=True)
class CameraOptions:
    """Options of `stf calibrate camera`.

    Attributes:
        output: the TOML file to write; by default the user's own, under the camera's name.
        name: of the camera; by default the device's, or the output's.
        report: a folder for a picture of what was covered and how well it fits.
        window: show a window while capturing.
    """

    output: Path | None = None
    name: str | None = None
    report: Path | None = None
    window: bool = True


def run_camera(inputs: Sequence[str], board: Board, options: CameraOptions) -> None:
    """Calibrate a camera from pictures of a board, a video, or live; say how well that went.

    Args:
        inputs: images, folders and patterns of images; or one video, stream or camera number.
        board: what to look for.
        options: where the results go.

    Raises:
        UserError: if nothing can be read, the board is not seen often and variedly enough, or nothing can be written.
    """
    console = make_console()
    name, output = _target(inputs, options)
    images = _images(inputs)
    if images is None and len(inputs) > 1:
        raise UserError("give images, or one video or camera number: several sources cannot be calibrated at once")
    seen = _read(images, board, console) if images is not None else _watch(inputs[0], board, options, console)
    calibration = calibrate(seen.views, seen.size, name)
    save_camera(output, calibration.camera)
    _print(console, calibration, seen)
    if options.report is not None:
        picture = options.report / f"{output.stem}.png"
        with output_file(picture) as temporary, write_errors(picture):
            temporary.write_bytes(cv2.imencode(".png", draw_calibration(calibration))[1].tobytes())
        say(console, f"report in {picture}")
    say(console, f"calibration in {output}")


@dataclass(frozen=True, slots=True)
class _Seen:
    """Views of the board, the size of the pictures, their number, and those that did not show it."""

    views: Sequence[View]
    size: tuple[int, int]
    count: int
    without: Sequence[str] = ()


def _target(inputs: Sequence[str], options: CameraOptions) -> tuple[str, Path]:
    """The camera's name and the file to write."""
    device = device_number(inputs[0])
    name = options.name or (None if device is None else device_name(device))
    if options.output is None and name is None:
        raise UserError("nothing says where the calibration is to go; give -o FILE.toml, or --name and a camera's name")
    if options.output is not None and options.output.suffix.lower() != ".toml":
        raise UserError(f"the calibration {options.output} must be a .toml file")
    output = options.output or camera_file(name or "")
    return name or output.stem, output


def _images(inputs: Sequence[str]) -> list[Path] | None:
    """The images that the inputs name; None where one of them is a video, a stream or a camera."""
    found: list[Path] = []
    for spec in inputs:
        path = Path(spec).expanduser()
        if path.is_dir() or (not path.exists() and any(character in spec for character in "*?[")):
            inside = find_images(path)
            if not inside:
                raise UserError(f"there is no image in '{spec}'; images end in {', '.join(sorted(IMAGE_SUFFIXES))}")
            found += inside
        elif path.suffix.lower() in IMAGE_SUFFIXES:
            if not path.is_file():
                raise UserError(f"there is no image '{spec}'; check the path")
            found.append(path)
        else:
            return None
    return found


def _read(paths: Sequence[Path], board: Board, console: Console) -> _Seen:
    views: list[View] = []
    without: list[str] = []
    sizes: dict[tuple[int, int], list[str]] = {}
    with FrameProgress(console, "images/s") as progress:
        progress.begin("looking for the board", len(paths))
        for path in paths:
            image = read_image(path)
            if image is None:
                raise UserError(f"the image {path} cannot be read; leave it out or save it again")
            sizes.setdefault((image.shape[1], image.shape[0]), []).append(path.name)
            if len(sizes) > 1:
                (a, first), (b, second) = sizes.items()
                raise UserError(
                    f"{first[0]} has {a[0]}x{a[1]} pixels and {second[0]} has {b[0]}x{b[1]}; "
                    "calibrate each resolution of a camera by itself"
                )
            view = board.find(image, path.name)
            if view is None:
                without.append(path.name)
            else:
                views.append(view)
            progress.advance()
    if len(views) < MIN_VIEWS:
        raise UserError(
            f"the board was not found in {len(without)} of {len(paths)} images ({_shortened(without)}), and "
            f"{MIN_VIEWS} views are the least; are --board's inner corners right, and all of them in the picture?"
            if without
            else f"{len(paths)} images are too few; take {MIN_VIEWS} at least, better ten or more"
        )
    return _Seen(views, next(iter(sizes)), len(paths), without)


def _watch(spec: str, board: Board, options: CameraOptions, console: Console) -> _Seen:
    """Capture views from a source until there are enough, it ends, its window is closed, or Ctrl-C is pressed."""
    source = open_source(spec)
    window = source.live and options.window
    if window and (reason := missing_screen()):
        source.close()
        raise UserError(f"no window can be shown here ({reason}); use --no-window")
    capture = Capture(board, source.size)
    with source, on_interrupt(source.close, once=window), _screen(source.name, show=window) as screen:
        said: tuple[State, int] | None = None
        for frame in source:
            if frame.image.shape[1::-1] != tuple(source.size):
                raise UserError(f"the picture of {source.name} changes its size; calibrate each resolution by itself")
            state = capture.look(frame)
            if said != (said := (state, len(capture.views))):
                wanted = "; ".join(capture.wanted) if state is State.TAKEN else ""
                say(
                    console,
                    f"{frame.time:6.1f} s  {len(capture.views)} taken  {state}{wanted and f'; wanted: {wanted}'}",
                )
            if state is State.DONE or (screen and not screen(draw_guidance(frame.image, capture))):
                break
    if len(capture.views) < MIN_VIEWS:
        raise UserError(
            f"{source.name} shows the board held still {len(capture.views)} times, and {MIN_VIEWS} are the least; hold "
            "it still for a second in each place, at different angles, all over the picture"
        )
    return _Seen(capture.views, source.size, len(capture.views))


@contextmanager
def _screen(title: str, *, show: bool) -> Iterator[Callable[[Image], bool] | None]:
    """A function that shows a picture and says whether the window is still open; None where none is wanted."""
    if not show:
        yield None
        return
    from apps.picture_window import PictureWindow  # noqa: PLC0415 - brings Qt

    window = PictureWindow(title)
    yield window.draw
    window.close()


def _print(console: Console, calibration: Calibration, seen: _Seen) -> None:
    camera = calibration.camera
    say(
        console,
        f"{camera.name}: {camera.images} of {seen.count} images used, {camera.rms:.2f} px RMS, "
        f"{calibration.held_out:.2f} px on images held out, {calibration.rms_of_all:.2f} px with every image that "
        "shows the board",
    )
    fx, fy = camera.focal
    wide, high = map(degrees, camera.field_of_view)
    say(
        console,
        f"focal length {fx:.1f}, {fy:.1f} px (+- {calibration.focal_deviation:.1f}), sees {wide:.1f} x {high:.1f} "
        f"degrees; lens: {calibration.lens.name}",
    )
    for name in seen.without:
        say(console, f"left out {name}: the whole board was not found in it", style="yellow")
    for bad in calibration.left_out:
        say(
            console,
            f"left out {bad.view.name}: {bad.held_out:.2f} px from what the other images say, where "
            f"{bad.usual:.2f} px is usual; blurred, bent, or found wrongly?",
            style="yellow",
        )
    if calibration.wanted:
        say(console, f"it would be surer with {'; '.join(calibration.wanted)}", style="yellow")


def _shortened(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
