"""The pipeline that files and cameras share; beside the viewer the only place with threads."""

from realtime.pipeline.core import Pipeline
from realtime.pipeline.events import Event, FrameResult
from realtime.pipeline.statistics import StageTimes, Statistics

__all__ = ["Event", "FrameResult", "Pipeline", "StageTimes", "Statistics"]
