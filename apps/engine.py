"""What every command that recognises something sets up: a recogniser, a pose estimator, a recording."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from apps.console import say
from realtime.pose import Delegate, MediaPipePose
from realtime.sources import Source, open_source
from stf.errors import UserError
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
    """

    model: str | Path
    device: str = "auto"
    pose_model: str | Path = "full"
    pose_delegate: Delegate = "cpu"
    people: int = 1

    def recogniser(self) -> Recogniser:
        """Load the recogniser."""
        return Recogniser.load(self.model, device=self.device)

    def estimator(self, console: Console) -> MediaPipePose:
        """Make the pose estimator; where its model must be fetched, say so."""
        return MediaPipePose(self.pose_model, self.people, self.pose_delegate, say=partial(say, console))


def open_recording(video: Path) -> Source:
    """Open a video file or a folder of images; a number is the name of a file here, never a camera.

    Raises:
        UserError: if it is neither.
    """
    if not video.exists():
        raise UserError(f"there is no file '{video}'; check the path")
    if not (video.is_file() or video.is_dir()):
        raise UserError(f"'{video}' is not a recorded video; stf live takes cameras and streams")
    return open_source(str(video) if video.is_absolute() else f"./{video}")
