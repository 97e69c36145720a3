"""The pipeline that files and cameras share; the only place in this project with threads."""

from realtime.pipeline.core import Event, FrameResult, Pipeline
from realtime.pipeline.statistics import StageTimes, Statistics

__all__ = ["Event", "FrameResult", "Pipeline", "StageTimes", "Statistics"]
