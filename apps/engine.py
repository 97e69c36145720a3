"""What every command that recognises something sets up: a recogniser, a pose estimator, a recording."""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from realtime.body import Body
from realtime.camera import DEFAULT_FIELD_OF_VIEW, Camera, default_camera
from realtime.pose import Delegate, MediaPipePose
from realtime.pose_models import Say
from realtime.sources import Source, open_source
from stf.errors import UserError

if TYPE_CHECKING:
    from stf.recogniser import Recogniser


@dataclass(frozen=True, slots=True)
class Engine:
    """The choices of the command line that mean the same everywhere.

    Attributes:
        model: name of a shipped recogniser, or a checkpoint file.
        device: `auto`, `cpu` or `cuda`.
        pose_model: `lite`, `full`, `heavy` or the path of a `.task` bundle.
        pose_delegate: what runs the pose estimator.
        people: how many people to look for at most.
        camera: the calibration of the camera; by default the one kept under a webcam's name.
        body: whose bone lengths every skeleton is to have.
        addon: what the recogniser has been taught.
    """

    model: str | Path
    device: str = "auto"
    pose_model: str | Path = "full"
    pose_delegate: Delegate = "cpu"
    people: int = 1
    camera: Path | None = None
    body: Path | None = None
    addon: Path | None = None

    def recogniser(self) -> "Recogniser":
        """Load the recogniser."""
        from stf.recogniser import Recogniser  # noqa: PLC0415 - torch; a window is up before that is loaded

        if self.addon is None:
            return Recogniser.load(self.model, device=self.device)
        from stf.addon import load_taught  # noqa: PLC0415

        return load_taught(self.model, self.addon, device=self.device)

    def estimator(self, say: Say) -> MediaPipePose:
        """Make the pose estimator; where its model must be fetched, say so."""
        return MediaPipePose(self.pose_model, self.people, self.pose_delegate, say=say)

    def calibration(self) -> Camera | None:
        """The calibration of the camera, if one was given.

        Raises:
            UserError: if it cannot be read.
        """
        if self.camera is None:
            return None
        from calibration.camera.files import load_camera  # noqa: PLC0415 - pydantic, likewise

        return load_camera(self.camera)

    def person(self) -> Body | None:
        """The body that skeletons are to have, if one was given.

        Raises:
            UserError: if it cannot be read, or several people are looked for.
        """
        if self.body is not None and self.people > 1:
            raise UserError(f"{self.body} is the body of one person; leave out --body or --people")
        if self.body is None:
            return None
        from calibration.body import load_body  # noqa: PLC0415

        return load_body(self.body)


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
    if device is None:
        return default_camera(*source.size)
    from calibration.camera.files import device_name, find_camera  # noqa: PLC0415

    return find_camera(device_name(device), *source.size)


def device_number(spec: str) -> int | None:
    """The number of the webcam that a source's name means; None where it means something else."""
    device = re.fullmatch(r"(?:/dev/video)?(\d+)", spec.strip())
    return int(device[1]) if device else None


NO_CALIBRATION = (
    f"no calibration of this camera: places in metres take it to see {math.degrees(DEFAULT_FIELD_OF_VIEW):.0f} degrees "
    "across the longer side of its picture (--camera, or stf calibrate camera)"
)
"""What to say, once, where a camera's own calibration is not known."""


def open_recording(video: Path, *, start: float = 0.0, end: float | None = None) -> Source:
    """Open a video file or a folder of images; a number is the name of a file here, never a camera.

    Args:
        video: the file or folder.
        start: seconds; what comes before is left out.
        end: seconds; what comes from there on is left out.

    Raises:
        UserError: if it is neither.
    """
    if not video.exists():
        raise UserError(f"there is no file '{video}'; check the path")
    if not (video.is_file() or video.is_dir()):
        raise UserError(f"'{video}' is not a recorded video; stf live takes cameras and streams")
    return open_source(str(video) if video.is_absolute() else f"./{video}", start=start, end=end)


def read_span(text: str) -> tuple[float, float]:
    """Seconds from and to, as a person types them.

    Raises:
        UserError: if that is no span of time.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)", text)
    if not match or float(match[1]) >= float(match[2]):
        raise UserError(f"'{text}' is no span of time; give seconds from and to, as in 3.2-5.0")
    return float(match[1]), float(match[2])
