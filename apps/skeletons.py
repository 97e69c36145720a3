"""The skeletons that somebody shows in a recording."""

from functools import partial
from pathlib import Path

from apps.console import FrameProgress, say
from apps.engine import Engine, open_recording
from realtime.frames import SkeletonFrame
from realtime.pipeline import FrameResult, Pipeline
from stf.recogniser import Recogniser


def see_skeletons(
    video: Path,
    engine: Engine,
    recogniser: Recogniser,
    progress: FrameProgress,
    *,
    what: str,
    start: float = 0.0,
    end: float | None = None,
) -> list[list[SkeletonFrame]]:
    """Everybody in each frame of a recording or of a part of it, as the recogniser is shown them.

    Args:
        video: as of `open_recording`.
        engine: makes the pose estimator.
        recogniser: whose layout the skeletons are in; placed in the room where it asks for places.
        progress: shows how far it is.
        what: what to call the recording there.
        start: seconds, as of `open_recording`.
        end: the same.

    Raises:
        UserError: if it cannot be read.
    """
    source = open_recording(video, start=start, end=end)
    progress.begin(what, source.frame_count)
    seen = []
    with (
        engine.estimator(partial(say, progress.console)) as estimator,
        Pipeline(source, estimator, recogniser) as pipeline,
    ):
        for event in pipeline:
            if isinstance(event, FrameResult):
                progress.advance()
                seen.append([one.placed() for one in event.skeletons] if pipeline.places else list(event.skeletons))
    return seen
