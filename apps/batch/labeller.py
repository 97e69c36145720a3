"""`Labeller`: what a process loads once, to label one video after the other."""

from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from apps.batch.inputs import Video
from apps.batch.options import LabelOptions
from apps.batch.outcome import Done
from apps.console import Steps
from apps.engine import Engine
from apps.label_video import label_video
from realtime.pose import MediaPipePose, RecordedPose
from realtime.pose_models import Say
from realtime.records import ENDING


class Labeller:
    """Labels videos with one recogniser.

    Args:
        output: the folder for the results.
        engine: recogniser and pose estimator.
        options: what else to write.
        say: told, as a sentence, of a pose model that must be fetched.

    Raises:
        UserError: if recogniser, camera or body cannot be had.
    """

    def __init__(self, output: Path, engine: Engine, options: LabelOptions, say: Say) -> None:
        self._output = output
        self._engine = engine
        self._options = replace(options, camera=engine.calibration(), body=engine.person())
        self._say = say
        self._recogniser = engine.recogniser()

    def label(self, video: Video, steps: Steps) -> Done:
        """Label a video.

        Raises:
            UserError: if it cannot be read, or its results cannot be written.
        """
        path = record_of(video, self._output)
        options = replace(self._options, poses=poses_of(video, self._options.poses))
        with self._estimator(video, options.poses) as estimator:
            report = label_video(
                video.path, path, self._recogniser, estimator, options, steps, start=video.start, end=video.end
            )
        statistics = report.statistics
        return Done(
            video,
            path,
            report.seconds - video.start,
            statistics.frames,
            statistics.people_frames,
            statistics.people,
            tuple(report.segments),
            report.took,
            tuple(report.notes),
            interrupted=report.interrupted,
        )

    def _estimator(self, video: Video, poses: Path | None) -> AbstractContextManager[MediaPipePose | RecordedPose]:
        return RecordedPose(poses, video=video.path) if poses else self._engine.estimator(self._say)


def record_of(video: Video, output: Path) -> Path:
    """Where the record of a video goes: `walk` gives walk.stf.json."""
    return output / video.name.with_name(f"{video.name.name}{ENDING}")


def poses_of(video: Video, poses: Path | None) -> Path | None:
    """The kept landmarks of a video: the file that was given, or the one in that folder."""
    if poses is None or not poses.is_dir():
        return poses
    return poses / video.name.with_name(f"{video.name.name}.poses.npz")
