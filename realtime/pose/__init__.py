"""Where the people in a frame are: MediaPipe's estimator, and landmarks recorded earlier."""

from realtime.pose.estimator import PoseEstimator
from realtime.pose.landmarker import Delegate, MediaPipePose
from realtime.pose.recorded import PoseRecorder, RecordedPose
from realtime.pose.spans import SpannedPose

__all__ = ["Delegate", "MediaPipePose", "PoseEstimator", "PoseRecorder", "RecordedPose", "SpannedPose"]
