"""What is inspected: a labelled video, or a clip of a dataset (`ClipSubject`). Both answer the same questions."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from apps.inspect.bodies import Bodies
from apps.inspect.clip_subject import ClipSubject
from apps.inspect.data import Track
from realtime.pose_models import cache_folder
from realtime.records import Record
from realtime.records.windows import Track as RecordedTrack
from realtime.window import resample
from stf.datasets.clip import Clip
from stf.errors import UserError
from stf.prediction import Segment
from stf.skeleton import SkeletonLayout

Joints = Float32[np.ndarray, "M T V C"]


class RecordSubject:
    """A labelled video; its windows are those of its label record.

    Args:
        record: what `stf label` wrote.
        video: the video, known to be the right one; None where it is not here.
        layout: of the skeletons; by default the one that its model was shown.

    Attributes:
        record, video: the same.
        name: of the video.
        start, end: seconds, from the first frame to the last.
        step: seconds from one frame to the next.
        classes: the K class names.
        layout: of the skeletons.
        segments: what was found.
        bodies: who is where; None where no landmarks were kept.
        folder: for what is kept about it in the cache.
        note: what is missing, as a sentence; empty where nothing is.

    Raises:
        UserError: if the windows of the record are missing or damaged.
    """

    answered = True
    """Whether what the model said is known without asking it."""

    def __init__(self, record: Record, video: Path | None, layout: SkeletonLayout | None = None) -> None:
        facts = record.facts
        self.record = record
        self.video = video
        self.name = facts.video.name
        self.start, self.end = facts.video.start, facts.video.seconds
        self.step = 1 / (facts.video.fps or 30.0)
        self.classes: tuple[str, ...] = facts.model.classes
        self.layout: SkeletonLayout = layout or record.layout
        self.segments: Sequence[Segment] = record.segments
        self.note = ""
        self.folder = cache_folder() / "inspect" / sha256(facts.model_dump_json().encode()).hexdigest()[:16]
        with record.windows() as windows:
            self._tracks: Mapping[int, RecordedTrack] = {person: windows.track(person) for person in windows.persons}
        self.bodies: Bodies | None = None
        try:
            own = self.layout is record.layout
            self.bodies = Bodies(record, self.folder if own else self.folder / self.layout.name, self.layout)
        except UserError as error:
            self.note = f"{error}; until then its pictures, scores and recorded focus can be seen, but not asked about"

    @property
    def persons(self) -> list[int]:
        """Everybody of whom something was said, who was seen for longest first."""
        return sorted(self._tracks, key=lambda person: -len(self._tracks[person].start))

    def track(self, person: int) -> Track:
        """All windows of a person."""
        track = self._tracks.get(person)
        none = np.empty(0)
        return (
            Track(track.start, track.end, track.scores)
            if track
            else Track(none, none, np.empty((0, len(self.classes)), np.float32))
        )

    def recorded(self, person: int) -> RecordedTrack:
        """What was said of a person when the video was labelled."""
        return self._tracks[person]

    @property
    def moments(self) -> int:
        """T, how many samples a window has."""
        return self.record.facts.windows.moments

    @property
    def shown_persons(self) -> int:
        """M, how many persons a window shows to the model."""
        return 1

    def row(self, person: int) -> int:  # noqa: ARG002 - a clip has several
        """Which of the persons of a window this one is."""
        return 0

    def ready(self, person: int, number: int) -> bool:
        """Whether the skeletons of a window are known yet."""
        ends = self.track(person).end
        known = self.bodies and number < len(ends)
        return bool(self.bodies and known and (self.bodies.complete or self.bodies.until > ends[number]))

    def windows(self, person: int, numbers: Sequence[int]) -> Float32[np.ndarray, "n M T V C"]:
        """Windows as the model was shown them; missing joints are zero."""
        return np.stack([self._samples(person, number)[None] for number in numbers])

    def clip(self, person: int, number: int) -> Clip:
        """A window as a clip, to be changed."""
        track, moments = self.track(person), self.moments
        joints = self._samples(person, number)
        joints[(joints == 0).all(axis=2)] = np.nan
        seconds = float(track.end[number] - track.start[number])
        name = f"{self.name} at {track.start[number]:.1f} s"
        return Clip(joints[None], (moments - 1) / seconds, self.layout, name=name)

    def span(self, person: int, start: float, end: float) -> Clip:
        """What a person did from one moment to another, at the video's rate.

        Raises:
            UserError: if nobody was seen.
        """
        at = np.arange(start, end + self.step / 2, self.step)
        joints, valid = self._read(person, at)
        name = f"{self.name} ({start:.1f} to {end:.1f} s)"
        if valid.sum() < 2:
            raise UserError(f"person {person} is not seen in {name}; choose another span or person")
        joints[~valid] = np.nan
        return Clip(joints[None], 1 / self.step, self.layout, name=name)

    def skeletons(self, time: float) -> Mapping[int, Float32[np.ndarray, "V C"]]:
        """Everybody's skeleton at a moment."""
        return self.bodies.skeletons_at(time) if self.bodies else {}

    def extent(self) -> Float32[np.ndarray, "n V C"]:
        """Bodies that take up all the room that skeletons do: these stand where they are, their hips at the origin."""
        reach = np.ones(len(self.layout.channels), np.float32)
        return np.stack([-reach, reach])[:, None].repeat(self.layout.num_joints, axis=1)

    def close(self) -> None:
        """Close the files."""
        if self.bodies:
            self.bodies.close()

    def _samples(self, person: int, number: int) -> Float32[np.ndarray, "T V C"]:
        track = self.track(person)
        return self._read(person, np.linspace(track.start[number], track.end[number], self.moments))[0]

    def _read(self, person: int, at: np.ndarray) -> tuple[Float32[np.ndarray, "T V C"], np.ndarray]:
        if self.bodies is None:
            raise UserError(self.note)
        gap = self.record.facts.settings.window.max_gap
        times, joints = self.bodies.motion(person, at[0] - gap, at[-1] + gap)
        if not len(times):
            shape = (len(at), self.layout.num_joints, len(self.layout.channels))
            return np.zeros(shape, np.float32), np.zeros(len(at), bool)
        return resample(times, joints, at, gap)


Subject = RecordSubject | ClipSubject
