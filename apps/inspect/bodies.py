"""Who is where in each frame of a record, from the landmarks that were kept."""

import zipfile
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64

from realtime.frames import TrackedPose
from realtime.pose import RecordedPose
from realtime.records import Record
from realtime.records.skeletons import people_of
from stf.atomic import output_file, write_errors
from stf.skeleton import SkeletonLayout

_FILE = "bodies.npz"


class Bodies:
    """Found in order, some frames at a time, and kept in a folder for the next time.

    `find` is called by one thread, all else by any number: what lies before `found` does not change any more.

    Args:
        record: whose landmarks were kept.
        folder: of this record, in the cache.
        layout: of the skeletons; by default the one that its model was shown.

    Attributes:
        times: (F,) seconds of the frames.
        found: how many frames are known.

    Raises:
        UserError: if the landmarks were not kept, or are others by now.
    """

    def __init__(self, record: Record, folder: Path, layout: SkeletonLayout | None = None) -> None:
        layout = layout or record.layout
        path = record.poses()
        self._file = folder / _FILE
        self._poses, self._shown = RecordedPose(path), RecordedPose(path)  # one reads on, the other is asked
        self.times: Float64[np.ndarray, " F"] = self._poses.times
        self.found = 0
        self._walk = people_of(record, self._poses, layout)
        frames, count = len(self._poses), self._poses.count
        self._offset = np.zeros(frames + 1, np.int64)
        self._person = np.zeros(count, np.int32)
        self._place = np.zeros(count, np.int32)
        shape = (layout.num_joints, len(layout.channels))
        self._joints = np.zeros((count, *shape), np.float32)
        self._when = np.zeros(count)
        self._load()

    @property
    def complete(self) -> bool:
        """Whether everybody is known."""
        return self.found == len(self.times)

    @property
    def until(self) -> float:
        """Seconds up to which everybody is known."""
        return float(self.times[self.found - 1]) if self.found else -np.inf

    def find(self, frames: int) -> None:
        """Look at the next frames; what has become complete is kept.

        Raises:
            UserError: if the disk refuses.
        """
        for found, people, skeletons in islice(self._walk, frames):
            row = int(self._offset[self.found])
            places = {id(pose): place for place, pose in enumerate(found.persons)}
            for tracked, skeleton in zip(people, skeletons, strict=True):
                self._person[row], self._place[row] = tracked.person, places[id(tracked.pose)]
                self._joints[row], self._when[row] = skeleton.joints, found.time
                row += 1
            self._offset[self.found + 1] = row
            self.found += 1
        if self.complete:
            self._keep()

    def frame_at(self, time: float) -> int:
        """The number of the frame that is shown at a moment: the last one that is not later."""
        return max(int(np.searchsorted(self.times, time + 1e-4, side="right")) - 1, 0)

    def people_at(self, time: float) -> list[TrackedPose]:
        """Everybody in the frame of a moment; only from the thread that draws."""
        number = self.frame_at(time)
        if number >= self.found:
            return []
        persons = self._shown.frame(number).persons
        rows = slice(*self._offset[number : number + 2].tolist())
        pairs = zip(self._person[rows].tolist(), self._place[rows].tolist(), strict=True)
        return [TrackedPose(person, persons[place]) for person, place in pairs]

    def skeletons_at(self, time: float) -> Mapping[int, Float32[np.ndarray, "V C"]]:
        """Everybody's skeleton in the frame of a moment."""
        number = self.frame_at(time)
        if number >= self.found:
            return {}
        rows = range(*self._offset[number : number + 2].tolist())
        return {int(self._person[row]): self._joints[row] for row in rows}

    def motion(
        self, person: int, start: float, end: float
    ) -> tuple[Float64[np.ndarray, " F"], Float32[np.ndarray, "F V C"]]:
        """When a person was seen from one moment to another, and how."""
        first, last = np.searchsorted(self.times, (start, end))
        rows = slice(int(self._offset[min(first, self.found)]), int(self._offset[min(last + 1, self.found)]))
        theirs = np.flatnonzero(self._person[rows] == person) + rows.start
        return self._when[theirs], self._joints[theirs]

    def close(self) -> None:
        """Close the files."""
        self._poses.close()
        self._shown.close()

    def _keep(self) -> None:
        count = int(self._offset[-1])
        with output_file(self._file) as part, write_errors(self._file), part.open("wb") as file:
            np.savez(
                file,
                offset=self._offset,
                person=self._person[:count],
                place=self._place[:count],
                joints=self._joints[:count],
                when=self._when[:count],
            )

    def _load(self) -> None:
        """Take what was found the last time, if it was."""
        try:
            with np.load(self._file, allow_pickle=False) as kept:
                if len(kept["offset"]) == len(self._offset):
                    self._offset, self._person, self._place = kept["offset"], kept["person"], kept["place"]
                    self._joints, self._when = kept["joints"], kept["when"]
                    self.found = len(self.times)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):  # none, or of no use: it is found again
            return
