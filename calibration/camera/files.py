"""Cameras on disk: a small TOML file each, found again by the camera's name."""

import json
import os
import re
import sys
from contextlib import suppress
from pathlib import Path

import platformdirs

from calibration.toml import no_such, read_toml
from realtime.camera import Camera, default_camera
from stf.atomic import output_text

_HEAD = """\
# A camera as stf calibrate camera found it. Pixels; (0, 0) is the middle of the top left pixel.
# distortion: k1, k2, p1, p2, k3 of OpenCV. rms: of the board's corners, in pixels.
"""


def cameras_folder() -> Path:
    """Where calibrations are kept by name: `cameras/` in the user's config folder, or in $STF_CONFIG."""
    return Path(os.environ.get("STF_CONFIG") or platformdirs.user_config_path("stf")) / "cameras"


def camera_file(name: str) -> Path:
    """Where the calibration of the camera of that name is kept."""
    stem = re.sub(r"\W+", "-", name.casefold()).strip("-") or "camera"
    return cameras_folder() / f"{stem}.toml"


def device_name(index: int) -> str:
    """What the system calls a webcam: its model where that can be asked (Linux), otherwise "camera 0"."""
    if sys.platform == "linux":
        with suppress(OSError, UnicodeDecodeError):
            return Path(f"/sys/class/video4linux/video{index}/name").read_text(encoding="utf-8").strip()
    return f"camera {index}"


def save_camera(path: Path, camera: Camera) -> None:
    """Write a calibrated camera.

    Raises:
        UserError: if the file cannot be written.
    """
    name = "".join(character for character in camera.name if character.isprintable())
    lines = {
        "name": json.dumps(name, ensure_ascii=False),  # a JSON string without escapes for printables is a TOML string
        "width": camera.width,
        "height": camera.height,
        "focal": list(camera.focal),
        "centre": list(camera.centre),
        "distortion": list(camera.distortion),
        "rms": camera.rms,
        "images": camera.images,
    }
    with output_text(path) as write:
        write(_HEAD + "".join(f"{key} = {value}\n" for key, value in lines.items() if value is not None))


def load_camera(path: Path) -> Camera:
    """Read what `save_camera` wrote.

    Raises:
        UserError: if there is no such file or it does not describe a camera.
    """
    camera = read_toml(path, Camera, "camera")
    if min(camera.width, camera.height, *camera.focal) <= 0:
        raise no_such(path, "camera", "sizes must be positive")
    return camera


def find_camera(name: str, width: int, height: int) -> Camera:
    """The kept calibration of a camera for a size of picture, or the documented default where there is none.

    Args:
        name: the device's name, as `device_name` says it.
        width: of the picture, in pixels.
        height: of the picture, in pixels.

    Returns:
        A camera; `calibrated` says which of the two it is.

    Raises:
        UserError: if there is a calibration but it is broken or made for another aspect.
    """
    path = camera_file(name)
    return load_camera(path).scaled(width, height) if path.is_file() else default_camera(width, height)
