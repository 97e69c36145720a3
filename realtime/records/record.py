"""`Record`: a label record read back, with what it names beside it."""

import json
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from realtime.records.hashing import hash_file, hash_recording
from realtime.records.schema import VERSION, LabelRecord
from realtime.records.windows import Windows
from stf.errors import UserError
from stf.prediction import NONE, Segment
from stf.skeleton import SkeletonLayout, get_layout

ENDING = ".stf.json"
"""What the name of a record ends in."""


class NewerRecordError(UserError):
    """A record that a newer program wrote."""


class LostVideoError(UserError):
    """The video of a record is not where it was, or another one is.

    Args:
        what: which, without the remedy, which is another one in a window than on the command line.
    """

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}: say where it is with --video")
        self.what = what


_REMEDY = "give a record that 'stf label' wrote (NAME.stf.json)"


@dataclass(frozen=True, slots=True)
class Record:
    """A label record, and where it lies.

    Attributes:
        path: the record's file.
        facts: what it says.
        video_at: where its video is now, if it is not where it was.
        poses_at: landmarks that belong to it but are not kept.
    """

    path: Path
    facts: LabelRecord
    video_at: Path | None = None
    poses_at: Path | None = None

    @property
    def name(self) -> str:
        """What the files about its video are called, without their endings."""
        return self.path.name.removesuffix(ENDING)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Everything found, by start and person."""
        return self.facts.segments

    @property
    def layout(self) -> SkeletonLayout:
        """The skeleton layout of the focus."""
        return get_layout(self.facts.model.layout)

    def relabelled(self, segments: Iterable[Segment]) -> "Record":
        """The same with other segments, which somebody made or corrected; `NONE` is none."""
        theirs = tuple(segment for segment in segments if segment.label != NONE)
        return replace(self, facts=self.facts.model_copy(update={"segments": theirs}))

    def windows(self) -> Windows:
        """Open its windows; to be closed.

        Raises:
            UserError: if they are missing, damaged or of another record.
        """
        about, path = self.facts.windows, self.path.parent / self.facts.windows.file
        if not path.is_file():
            raise UserError(f"{path} is not there, which holds the windows of {self.path}: keep the two files together")
        if hash_file(path) != about.sha256:
            raise UserError(f"{path} is damaged, or belongs to another record than {self.path}: label the video again")
        try:
            return Windows(path, self.facts.model.classes, about.moments, self.layout.num_joints)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise UserError(f"{path} does not fit {self.path} ({error}): label the video again") from error

    def video(self) -> Path:
        """Where its video is: the very same one, by its content.

        Raises:
            LostVideoError: if it is not there, or is another one.
            UserError: if it cannot be read.
        """
        path, about = self.video_at or self.path.parent / self.facts.video.path, self.facts.video
        if not path.exists():
            raise LostVideoError(f"the video of {self.path} is not at {path}")
        if hash_recording(path) != (about.size_bytes, about.sha256):
            raise LostVideoError(f"{path} is another video than {self.path} was made from")
        return path

    def poses(self) -> Path:
        """Where its landmarks are.

        Raises:
            UserError: if they were not kept, are gone, or are others by now.
        """
        if self.poses_at:
            return self.poses_at
        if (about := self.facts.poses) is None:
            raise UserError(f"{self.path} was made without keeping the landmarks: label the video with --format npz")
        path = self.path.parent / about.path
        if not path.is_file():
            raise UserError(f"the landmarks of {self.path} are not at {path}: label the video with --format npz")
        if hash_file(path) != about.sha256:
            raise UserError(f"{path} holds other landmarks than {self.path} was made from: label the video again")
        return path


def open_record(path: Path, *, video_at: Path | None = None) -> Record:
    """Read a label record; the files it names are looked at when they are needed.

    Args:
        path: a `NAME.stf.json`.
        video_at: where its video is now, if it is not where it was.

    Raises:
        UserError: if there is none, or it is damaged.
        NewerRecordError: if a newer program wrote it.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): {_REMEDY}") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is not a label record: {_REMEDY}") from error
    if not isinstance(content, dict) or content.get("format") != LabelRecord.model_fields["format"].default:
        raise UserError(f"{path} is not a label record: {_REMEDY}")
    if isinstance(version := content.get("version"), int) and version > VERSION:
        raise NewerRecordError(
            f"{path} was written by a newer program (record version {version}, and this one knows {VERSION}): "
            "update the program"
        )
    try:
        return Record(path, LabelRecord.model_validate_json(text), video_at)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "as a whole"
        raise UserError(f"{path} is a damaged label record ({where}: {first['msg']}): label the video again") from error
