"""What the command line says about labelling, beside what to label and with what."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from realtime.body import Body
from realtime.camera import Camera
from realtime.formats import FORMATS, Format


@dataclass(frozen=True, slots=True)
class LabelOptions:
    """What `stf label` writes beside the record, and where poses come from.

    Attributes:
        formats: what to make from the record; `npz` keeps the landmarks.
        poses: landmarks saved earlier, instead of estimating them; of many videos, the folder with a file of each.
        camera: what took the videos; None where nobody calibrated it.
        every: poses are estimated in every n-th frame only; kept landmarks are taken as they are.
        body: whose bone lengths every skeleton is to have.
    """

    formats: Sequence[Format] = (FORMATS["csv"],)
    poses: Path | None = None
    camera: Camera | None = None
    body: Body | None = None
    every: int = 1
