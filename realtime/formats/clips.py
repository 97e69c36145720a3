"""Labelled motion to train on: every segment as a clip of one person's skeleton, in a store that `stf train` opens.

The skeletons are those that the recogniser is shown: mapped from the kept landmarks, smoothed, with the recorded body's
lengths, the middle of the hips at the origin. Clips have the rate of the video; joints are missing where nobody was
seen for longer than the window's `max_gap`. A clip's `subject` is the number of its video, counted from 1.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from realtime.formats.base import Format, at_once
from realtime.frames import SkeletonFrame
from realtime.records import Record
from realtime.records.skeletons import skeletons_of
from realtime.window import resample
from stf.datasets.clip import Clip
from stf.datasets.corpus import Corpus, Origin
from stf.datasets.store import write_store
from stf.errors import UserError

_FPS = 30.0  # where the container does not say


def write_clips(records: Sequence[Record], path: Path) -> None:
    """Write the segments of records as a store of clips (`stf.datasets.store`).

    The classes are those of the recogniser, where every label is one of them; else the labels that occur, by name.

    Args:
        records: made with recognisers of one layout.
        path: the folder to make.

    Raises:
        UserError: if landmarks were not kept, a segment shows nobody, or there is something at `path`.
    """
    labels = sorted({segment.label for record in records for segment in record.segments})
    if not labels:
        raise UserError(f"{records[0].path} holds no segment, so there is no clip to train on")
    known, layout = records[0].facts.model.classes, records[0].layout
    classes = known if set(labels) <= set(known) else tuple(labels)
    if other := next((record for record in records if record.layout is not layout), None):
        raise UserError(f"{other.path} has another skeleton layout than {records[0].path}: export them one by one")
    origin = Origin("labelled videos", "as of the videos", "nobody; labelled by the user of this program")
    corpus = Corpus(origin, classes, layout, ())
    clips = (clip for number, record in enumerate(records, 1) for clip in _clips(record, classes, number))
    write_store(path, corpus, clips)


def _clips(record: Record, classes: Sequence[str], number: int) -> Iterator[Clip]:
    """A clip for every segment of a record."""
    fps = record.facts.video.fps or _FPS
    found = _frames_of(record)
    for segment, frames in zip(record.segments, found, strict=True):
        if not frames:
            raise UserError(
                f"{record.path}: nobody is seen as person {segment.person} from {segment.start} to {segment.end} s: "
                "correct the label, or whose it is"
            )
        times = np.array([frame.time for frame in frames])
        seen = np.array([frame.joints for frame in frames], np.float32)
        moments = np.arange(segment.start, segment.end, 1 / fps)
        joints, valid = resample(times, seen, moments, record.facts.settings.window.max_gap)
        joints[~valid] = np.nan
        name = f"{record.name} {segment.person} {segment.start:.3f}"
        yield Clip(joints[None], fps, record.layout, classes.index(segment.label), number, name)


def _frames_of(record: Record) -> list[list[SkeletonFrame]]:
    """The skeletons of each segment's person while it lasts, and one frame more on either side.

    Where the labels are of one person only, it is whoever has been in view for longest: who was lost from sight and
    found again has another id than before.
    """
    spread = 1 / (record.facts.video.fps or _FPS)
    alone = len({segment.person for segment in record.segments}) == 1
    frames: list[list[SkeletonFrame]] = [[] for _ in record.segments]
    for skeletons in skeletons_of(record):
        for segment, theirs in zip(record.segments, frames, strict=True):
            if skeletons and segment.start - spread <= skeletons[0].time <= segment.end + spread:
                theirs.extend([one for one in skeletons if alone or one.person == segment.person][:1])
    return frames


FORMAT = Format("clips", ".clips", at_once(lambda record, path: write_clips([record], path)), write_clips)
