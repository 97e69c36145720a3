"""What came of one video, as a run keeps it."""

from dataclasses import dataclass
from pathlib import Path

from apps.batch.inputs import Video
from stf.prediction import Segment


@dataclass(frozen=True, slots=True)
class Done:
    """A video that has its record.

    Attributes:
        video: the video.
        record: its label record, on the machine that labelled it.
        seconds: how much of it was seen.
        frames: how many frames that are.
        frames_with_people: in how many of them somebody was found.
        people: how many person ids were given.
        segments: every segment found.
        took: seconds the frames took; zero where it had been done by an earlier run.
        notes: what there is to say beside that, a sentence each.
        already: whether an earlier run had done it.
        interrupted: whether Ctrl-C ended the work before it was complete.
        address: where the record has gone, if results go to an address.
    """

    video: Video
    record: Path
    seconds: float
    frames: int
    frames_with_people: int
    people: int
    segments: tuple[Segment, ...]
    took: float = 0.0
    notes: tuple[str, ...] = ()
    already: bool = False
    interrupted: bool = False
    address: str | None = None

    @property
    def status(self) -> str:
        """In one word."""
        return "stopped" if self.interrupted else "already" if self.already else "done"
