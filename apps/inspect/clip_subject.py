"""A clip of a dataset, as it is inspected."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float32

from apps.inspect.data import Track
from realtime.pose_models import cache_folder
from realtime.window import WindowSpec
from stf.prediction import Segment
from stf.skeleton import SkeletonLayout

if TYPE_CHECKING:
    from stf.checkpoint import Header
    from stf.datasets.clip import Clip


@dataclass(frozen=True, eq=False)
class ClipSubject:
    """A clip of a dataset; it has no picture, and its windows are those that the model is shown of it.

    Attributes:
        whole: the clip, in the layout of the model.
        classes: the K class names of the model.
        header: of the model.
        label: what the dataset calls it; empty where that is not known.
        folder: for what is kept about it.
        source: the clip as the dataset has it.
    """

    whole: "Clip"
    classes: tuple[str, ...]
    header: "Header" = field(repr=False)
    label: str
    folder: Path
    source: "Clip"
    video: None = None
    record: None = None
    bodies: None = None
    note: str = ""
    start: float = 0.0
    answered: bool = False

    @property
    def name(self) -> str:
        """As the dataset calls it."""
        return self.whole.name

    @property
    def layout(self) -> SkeletonLayout:
        """Of the skeletons."""
        return self.whole.layout

    @property
    def step(self) -> float:
        """Seconds from one frame to the next."""
        return 1 / self.whole.fps

    @property
    def end(self) -> float:
        """Seconds, of the last frame."""
        return float((self.whole.joints.shape[1] - 1) / self.whole.fps)

    @property
    def segments(self) -> Sequence[Segment]:
        """The clip as a whole, where its class is known."""
        return [Segment(0.0, self.end, 0, self.label, 1.0)] if self.label else []

    @property
    def persons(self) -> list[int]:
        """Everybody in it."""
        return [number for number, joints in enumerate(self.whole.joints) if np.isfinite(joints).any()]

    @cached_property
    def grid(self) -> Track:
        """All windows: one where the model takes whole clips or the clip is no longer than one."""
        span = self.header.sampling.span
        if self.header.whole_clips:
            start = np.zeros(1)
            span = self.end
        elif span >= self.end:
            start = np.array([(self.end - span) / 2])
        else:
            count = math.ceil((self.end - span) / WindowSpec().stride) + 1
            start = np.linspace(0, self.end - span, count)
        return Track(start, start + span, np.full((len(start), len(self.classes)), np.nan, np.float32))

    def track(self, person: int) -> Track:  # noqa: ARG002 - windows show everybody
        """All windows."""
        return self.grid

    @property
    def moments(self) -> int:
        """T, how many samples a window has."""
        return self.header.samples

    @property
    def shown_persons(self) -> int:
        """M, how many persons a window shows to the model."""
        return len(self.whole.joints)

    def row(self, person: int) -> int:
        """Which of the persons of a window this one is."""
        return person

    def ready(self, person: int, number: int) -> bool:  # noqa: ARG002
        """Everything is known."""
        return True

    def windows(self, person: int, numbers: Sequence[int]) -> Float32[np.ndarray, "n M T V C"]:  # noqa: ARG002
        """Windows as the model is shown them; missing joints are zero."""
        from stf.sampling import read_joints  # noqa: PLC0415 - torch, for which the window does not wait

        grid = self.grid
        at = [np.linspace(grid.start[number], grid.end[number], self.moments) * self.whole.fps for number in numbers]
        return np.stack([read_joints(self.whole.joints, places) for places in at])

    def clip(self, person: int, number: int) -> "Clip":  # noqa: ARG002
        """A window as a clip, to be changed; all of the clip where the model takes it whole."""
        if len(self.grid.start) == 1:
            return self.whole
        fps = self.whole.fps
        first, last = round(self.grid.start[number] * fps), round(self.grid.end[number] * fps)
        return replace(self.whole, joints=self.whole.joints[:, first : last + 1])

    def span(self, person: int, start: float, end: float) -> "Clip":  # noqa: ARG002
        """What was done from one moment to another."""
        first = max(round(start * self.whole.fps), 0)
        last = max(round(end * self.whole.fps), first + 1)
        return replace(self.whole, joints=self.whole.joints[:, first : last + 1])

    def skeletons(self, time: float) -> Mapping[int, Float32[np.ndarray, "V C"]]:
        """Everybody's skeleton at a moment."""
        frame = min(max(round(time * self.whole.fps), 0), self.whole.joints.shape[1] - 1)
        return {person: self.whole.joints[person, frame] for person in self.persons}

    def extent(self) -> Float32[np.ndarray, "n V C"]:
        """Bodies that take up all the room that skeletons do."""
        return self.whole.joints.reshape(-1, *self.whole.joints.shape[2:])

    def close(self) -> None:
        """There is nothing to close."""


def folder_of_clip(clip: "Clip") -> Path:
    """Where what is kept about a clip goes, in the cache."""
    digest = sha256(clip.joints.tobytes())
    digest.update(f"{clip.name} {clip.fps}".encode())
    return cache_folder() / "inspect" / digest.hexdigest()[:16]
