"""What a label record says, as a pydantic schema: `NAME.stf.json`, beside which `NAME.stf.npz` holds its windows.

Nothing in it is of the clock: the same video, model and settings give the same bytes in the same place.
"""

import math
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, PositiveInt, model_validator

from realtime.body import Body
from realtime.camera import Camera
from realtime.segments import SegmentSpec
from realtime.window import WindowSpec
from stf.prediction import Segment

VERSION: Final = 1
"""Of the schema; a program reads records of this version and refuses newer ones."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class VideoFacts(_Facts):
    """What was labelled.

    Attributes:
        name: of the file, or of the folder of images.
        path: where it was, seen from the record's folder, with forward slashes; absolute where no way leads there.
        size_bytes: of the file, or of all images.
        sha256: of the file's content; of a folder, that of the names and contents of its images in order.
        width, height: of the first frame, upright, in pixels.
        fps: nominal frames per second, where the container says so.
        frames: how many were read.
        seconds: time of the last of them; the first is at 0, or where the part begins.
        start, end: seconds, the part of the video that was asked for; all of it where `end` is null and `start` 0.
    """

    name: str
    path: str
    size_bytes: NonNegativeInt
    sha256: Sha256
    width: PositiveInt
    height: PositiveInt
    fps: float | None
    frames: NonNegativeInt
    seconds: NonNegativeFloat
    start: NonNegativeFloat = 0.0
    end: float | None = None


class ModelFacts(_Facts):
    """The recogniser.

    Attributes:
        name: of its checkpoint.
        sha256: of the checkpoint file.
        addon_sha256: of the file of what it was taught; null where that is nothing.
        layout: name of its skeleton layout.
        classes: the K class names in the order of the scores.
    """

    name: str
    sha256: Sha256
    addon_sha256: Sha256 | None = None
    layout: str
    classes: tuple[str, ...] = Field(min_length=1)


class Settings(_Facts):
    """Everything else that decides what comes out.

    Attributes:
        device: kind of device that the recogniser computed on.
        estimator: what found the poses, as `realtime.pose.MediaPipePose.facts` says it.
        window: how motion was cut into windows; times in seconds.
        segments: how windows became segments; times in seconds.
        camera: what took the video; null where nobody calibrated it.
        body: whose bone lengths every skeleton was given; null for nobody's.
    """

    device: str
    estimator: dict[str, str | int | float]
    window: WindowSpec
    segments: SegmentSpec
    camera: Camera | None = None
    body: Body | None = None


class WindowFacts(_Facts):
    """Where the windows are.

    Attributes:
        file: name of the `.npz` in the record's folder.
        sha256: of that file.
        windows: how many there are.
        moments: T, how many moments of a window the focus tells apart.
    """

    file: str
    sha256: Sha256
    windows: NonNegativeInt
    moments: PositiveInt


class PoseFacts(_Facts):
    """Where the landmarks are.

    Attributes:
        path: of the `.npz`, as that of the video.
        sha256: of that file.
    """

    path: str
    sha256: Sha256


class Processing(_Facts):
    """How it went.

    Attributes:
        program: version of the program.
        frames_with_people: frames in which somebody was found.
        people: how many person ids were given.
        complete: whether the video was seen to its end; otherwise Ctrl-C ended the work.
        problem: what went wrong without ending the work, as a sentence.
    """

    program: str
    frames_with_people: NonNegativeInt
    people: NonNegativeInt
    complete: bool
    problem: str | None


class LabelRecord(_Facts):
    """Everything that was found in one video, and how.

    Attributes:
        format, version: what this is.
        video, model, settings, processing: see there.
        windows: where scores and focus of each window are.
        poses: where the landmarks are; null where they were not kept.
        segments: by start and person, times in whole milliseconds and confidences to four digits, as in every file
            that they are exported to.
    """

    format: Literal["stf label record"] = "stf label record"
    version: Literal[1] = VERSION
    video: VideoFacts
    model: ModelFacts
    settings: Settings
    processing: Processing
    windows: WindowFacts
    poses: PoseFacts | None
    segments: tuple[Segment, ...]

    @model_validator(mode="after")
    def _has_possible_segments(self) -> Self:
        for segment in self.segments:
            if not (0 <= segment.start < segment.end < math.inf and 0 <= segment.confidence <= 1):
                raise ValueError(f"there is no segment from {segment.start} to {segment.end} s of that confidence")
        return self


def json_schema() -> dict[str, object]:
    """The JSON Schema of a record, as published in docs/label-record.schema.json."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | LabelRecord.model_json_schema()
