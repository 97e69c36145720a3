"""What is inspected, as another model is shown it."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from apps.inspect.clip_subject import ClipSubject, folder_of_clip
from apps.inspect.data import Track
from apps.inspect.subject import RecordSubject, Subject
from realtime.mapping import get_mapping
from realtime.records import Record, check_shown
from stf.datasets.clip import to_layout
from stf.errors import UserError

if TYPE_CHECKING:
    from stf.recogniser import Recogniser


class SeenRecord(RecordSubject):
    """A labelled video as another model is shown it: windows about the same moments, of which it has said nothing yet.

    Args:
        record: what `stf label` wrote.
        video: the video.
        recogniser: the other model.

    Raises:
        UserError: if the landmarks give none of its skeletons, or it is shown what a record does not keep.
    """

    answered = False

    def __init__(self, record: Record, video: Path | None, recogniser: "Recogniser") -> None:
        check_shown(recogniser)
        get_mapping(recogniser.layout)
        super().__init__(record, video, recogniser.layout)
        if self.bodies is None:
            raise UserError(self.note)
        self.classes = recogniser.classes
        self._spec = record.facts.settings.window.shown_to(recogniser)

    @property
    def moments(self) -> int:
        """T, how many samples a window has."""
        return self._spec.samples

    def track(self, person: int) -> Track:
        """All windows of a person, each as long as this model is shown it."""
        middles, half = super().track(person).middles, self._spec.seconds / 2
        return Track(middles - half, middles + half, np.full((len(middles), len(self.classes)), np.nan, np.float32))


def seen_by(subject: Subject, recogniser: "Recogniser") -> Subject:
    """The same video or clip, as another model than its own is shown it.

    Raises:
        UserError: if it cannot be shown that.
    """
    try:
        if isinstance(subject, RecordSubject):
            return SeenRecord(subject.record, subject.video, recogniser)
        clip = to_layout(subject.source, recogniser.layout)
    except UserError as error:
        name = "the other model" if recogniser.path is None else f"'{recogniser.path.stem}'"
        raise UserError(f"{name} cannot be shown {subject.name}: {error}") from error
    header, folder = recogniser.header, folder_of_clip(clip)
    return ClipSubject(clip, recogniser.classes, header, subject.label, folder, subject.source)
