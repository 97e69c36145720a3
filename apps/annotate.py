"""Draw what was found into a video: a second pass, when every segment is known from its first frame on."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from apps.engine import open_recording
from realtime.drawing import Annotation, draw_people, draw_timeline, focus_on_landmarks
from realtime.frames import TrackedPose
from realtime.pose import RecordedPose
from realtime.sinks.focus_spool import FocusSpool
from realtime.sinks.video import VideoWriter
from realtime.tracking import Tracker
from stf.prediction import Segment
from stf.skeleton import SkeletonLayout

_TIMELINE = 30.0
"""Seconds shown by the timeline of a longer video."""

_SHORTEST = 0.1
"""Seconds shown by the timeline of a single picture."""


def annotate_video(
    video: Path,
    output: Path,
    poses: Path,
    *,
    segments: Sequence[Segment],
    focus: FocusSpool,
    layout: SkeletonLayout,
    duration: float,
    advance: Callable[[], None],
) -> None:
    """Write an H.264 video with skeletons, labels, focus and a timeline drawn in.

    Args:
        video: the video that was labelled.
        output: the MP4 to write.
        poses: its landmarks, from a `PoseRecorder`.
        segments: everything found.
        focus: the focus of its predictions.
        layout: skeleton layout of the focus.
        duration: seconds of the video.
        advance: called after every frame.

    Raises:
        UserError: if the disk refuses.
    """
    with ExitStack() as stack:
        source = stack.enter_context(open_recording(video))
        recorded = stack.enter_context(RecordedPose(poses))
        writer = stack.enter_context(VideoWriter(output))
        tracker = Tracker()  # gives everybody the id they had in the pipeline: it sees the same poses
        shown = min(max(duration, _SHORTEST), _TIMELINE)
        for frame in source:
            image = frame.image.copy()
            tracked = tracker.update(recorded.estimate(frame))
            draw_people(image, [_annotation(person, frame.time, segments, focus, layout) for person in tracked])
            start = min(max(0.0, frame.time - shown / 2), max(0.0, duration - shown))
            draw_timeline(image, segments, time=frame.time, start=start, end=start + shown)
            writer.write(image, frame.time)
            advance()


def _annotation(
    tracked: TrackedPose, time: float, segments: Sequence[Segment], focus: FocusSpool, layout: SkeletonLayout
) -> Annotation:
    values = focus.focus_at(tracked.person, time)
    glow = None if values is None else focus_on_landmarks(values, layout)
    for segment in segments:
        if segment.person == tracked.person and segment.start <= time <= segment.end:
            return Annotation(tracked, segment.label, segment.confidence, glow)
    return Annotation(tracked, focus=glow)
