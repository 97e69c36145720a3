"""The video with skeletons, labels, focus and a timeline drawn in, and its sound (H.264 in an MP4)."""

from contextlib import ExitStack
from pathlib import Path

from realtime.drawing import Annotation, draw_people, draw_timeline, focus_on_landmarks
from realtime.formats.base import Advance, Format
from realtime.frames import TrackedPose
from realtime.pose.recorded import RecordedPose
from realtime.records import Record
from realtime.records.windows import Windows
from realtime.sinks.audio import open_audio
from realtime.sinks.video import VideoWriter
from realtime.sources import open_source
from realtime.tracking import Tracker

_TIMELINE = 30.0
"""Seconds shown by the timeline of a longer video."""

_SHORTEST = 0.1
"""Seconds shown by the timeline of a single picture."""


def write_video(record: Record, path: Path, advance: Advance) -> None:
    """Draw into every frame what was found: the landmarks are needed, and the video.

    Args:
        record: what was found.
        path: the MP4 to write.
        advance: called after every frame.

    Raises:
        UserError: if video or landmarks are not there, or the disk refuses.
    """
    video, about = record.video(), record.facts.video
    duration = about.seconds - about.start
    with ExitStack() as stack:
        recorded = stack.enter_context(RecordedPose(record.poses()))
        windows = stack.enter_context(record.windows())
        source = stack.enter_context(open_source(str(video.resolve()), start=about.start, end=about.end))
        audio = stack.enter_context(open_audio(video, about.start))
        writer = stack.enter_context(VideoWriter(path, audio=audio))
        tracker = Tracker()  # gives everybody the id they had in the pipeline: it sees the same poses
        shown = min(max(duration, _SHORTEST), _TIMELINE)
        for frame in source:
            if frame.time > about.seconds:  # the work was ended before the video was
                break
            image = frame.image.copy()
            tracked = tracker.update(recorded.estimate(frame))
            draw_people(image, [_annotation(person, frame.time, record, windows) for person in tracked])
            start = min(max(about.start, frame.time - shown / 2), max(about.start, about.seconds - shown))
            draw_timeline(image, record.segments, time=frame.time, start=start, end=start + shown)
            writer.write(image, frame.time)
            advance()


def _annotation(tracked: TrackedPose, time: float, record: Record, windows: Windows) -> Annotation:
    values = windows.focus_at(tracked.person, time)
    glow = None if values is None else focus_on_landmarks(values, record.layout)
    for segment in record.segments:
        if segment.person == tracked.person and segment.start <= time <= segment.end:
            return Annotation(tracked, segment.label, segment.confidence, glow)
    return Annotation(tracked, focus=glow)


FORMAT = Format("mp4", ".annotated.mp4", write_video)
