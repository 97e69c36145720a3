"""`Labeller`: what a process loads once, to label one video after the other."""

import hashlib
import json
import math
import shutil
import time
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from apps.batch.finished import finished, missing_formats
from apps.batch.inputs import Video
from apps.batch.options import LabelOptions
from apps.batch.outcome import Done
from apps.batch.plan import Share
from apps.batch.worker import Job
from apps.engine import open_recording
from apps.label_video import facts_with, label_pipeline, label_video, make_formats, seen_by
from apps.steps import Steps
from realtime.formats import FORMATS, Format, find_formats
from realtime.memory import share_arenas
from realtime.pose import PoseEstimator, RecordedPose, SpannedPose
from realtime.pose.spans import SPAN, find_minutes
from realtime.pose_models import Say
from realtime.records import ENDING, NewerRecordError, Record, hash_recording
from realtime.records.windows import window_columns
from realtime.window import WindowSpec

_TRIED, _TRIED_WITH_POSES = 4.0, 60.0
"""Seconds of a video that are worked on to learn how long all will take: a few seconds of work, either way."""


class Labeller:
    """Labels videos with one recogniser, where that is not done yet.

    Args:
        job: with what, where to, and what else to write.
        say: told, as a sentence, of a pose model that must be fetched.

    Raises:
        UserError: if recogniser, camera or body cannot be had.
    """

    def __init__(self, job: Job, say: Say) -> None:
        share_arenas()
        self._output = job.output
        self._remote = job.remote
        self._engine = engine = job.engine
        formats = find_formats(",".join(job.formats))
        self._options = LabelOptions(formats, job.poses, engine.calibration(), engine.person(), job.every)
        self._say = say
        self._recogniser = engine.recogniser()
        self._facts: Mapping[str, str | int | float] | None = None

    def is_finished(self, video: Video) -> bool:
        """Whether a video needs no more work, but for files made from its record.

        Raises:
            UserError: if the video or its kept landmarks cannot be read, or a newer program has labelled it.
        """
        open_recording(video.path, start=video.start, end=video.end).close()
        there = self._remote or record_of(video, self._output).exists()
        return bool(there) and self._is_finished(video, hash_recording(video.path))

    def label(self, video: Video, steps: Steps) -> Done:
        """Label a video, or complete what an earlier run has begun.

        Raises:
            UserError: if it cannot be read, or its results cannot be written.
        """
        open_recording(video.path, start=video.start, end=video.end).close()  # says what is wrong, where something is
        content = hash_recording(video.path)
        if self._remote is None:
            return self._label_here(video, content, steps)
        stem = video.name
        if self._finished(video, content) and not self._remote.has(stem):  # an earlier run could not put it
            self._remote.put(stem, record=True)
        self._remote.forget(stem)
        there = self._remote.fetch(stem, self._output, self._options.formats)
        try:
            done = self._label_here(video, content, steps, there)
        except NewerRecordError:  # which was fetched, and may be gone from there the next time
            self._remote.forget(stem)
            raise
        self._remote.put(stem, record=not done.already)
        self._remote.forget(stem)
        return replace(done, address=f"{self._remote.name}/{stem.as_posix()}{ENDING}")

    def _label_here(self, video: Video, content: tuple[int, str], steps: Steps, there: Collection[Format] = ()) -> Done:
        """Label a video, or complete it, in the folder for results; `there` is what need not be made from a record."""
        if record := self._finished(video, content, there=there):
            _forget_minutes(record.path)
            missing = missing_formats(record, self._options.formats)
            make_formats(record, [form for form in missing if form not in there], steps)
            return _done_already(video, record)
        options = self._options_for(video)
        if options.poses:
            with RecordedPose(options.poses, video=video.path) as recorded:
                return self._label(video, content, recorded, options, steps)
        path = record_of(video, self._output)
        minutes = self._minutes_of(video, content, path)
        with SpannedPose(lambda: self._engine.estimator(self._say), minutes, span=SPAN) as estimator:
            done = self._label(video, content, estimator, options, steps)
        if not done.interrupted:
            _forget_minutes(path)
        return done

    def find_poses(self, share: Share, steps: Steps) -> None:
        """Find the poses of some minutes of a video, so that they are there when it is labelled.

        Raises:
            UserError: if it cannot be read, or the poses cannot be written.
        """
        video = share.video
        content = hash_recording(video.path)
        if self._is_finished(video, content):
            return
        path = record_of(video, self._output)
        minutes = self._minutes_of(video, content, path)
        with open_recording(video.path, start=video.start, end=video.end) as source:
            frames = round(len(share.minutes) * SPAN * source.fps) if source.fps else None
            steps.begin(f"{video.path.name}: poses, {share.number} of {share.shares}", frames)
            make, every = lambda: self._engine.estimator(self._say), self._options.every
            for _ in find_minutes(source, make, minutes, share.minutes, every=every, span=SPAN):
                steps.advance()

    @property
    def window_bytes(self) -> int:
        """How large a window is on disk."""
        moments, joints = WindowSpec().shown_to(self._recogniser).samples, self._recogniser.layout.num_joints
        columns = window_columns(len(self._recogniser.classes), moments, joints)
        return sum(np.dtype(kind).itemsize * math.prod(shape) for kind, shape in columns.values())

    def rate(self, video: Video) -> float:
        """Frames per second, on the beginning of a video; nothing is written.

        Raises:
            UserError: if it cannot be read.
        """
        options = self._options_for(video)
        poses = options.poses
        with ExitStack() as stack:
            end = min(video.start + (_TRIED_WITH_POSES if poses else _TRIED), video.end or math.inf)
            estimator: PoseEstimator = RecordedPose(poses) if poses else self._engine.estimator(self._say)
            stack.enter_context(estimator)
            source = seen_by(estimator, stack.enter_context(open_recording(video.path, start=video.start, end=end)))
            pipeline = stack.enter_context(label_pipeline(source, estimator, self._recogniser, options))
            begun = time.perf_counter()
            for _ in pipeline:
                pass
            return pipeline.statistics.frames / (time.perf_counter() - begun)

    def _is_finished(self, video: Video, content: tuple[int, str]) -> bool:
        """Whether a video is finished here, or at the address; nothing is written."""
        if self._finished(video, content):
            return True
        if self._remote is None:
            return False
        with TemporaryDirectory() as folder:
            there = self._remote.fetch(video.name, Path(folder), self._options.formats)
            return self._finished(video, content, Path(folder), there) is not None

    def _finished(
        self,
        video: Video,
        content: tuple[int, str],
        output: Path | None = None,
        there: Collection[Format] = (),
    ) -> Record | None:
        """The finished record of a video in a folder; `there` is what need not be made from it."""
        options = self._options_for(video)
        facts = self._facts_for(video, options.poses)
        left = replace(options, formats=[form for form in options.formats if form not in there])
        return finished(record_of(video, output or self._output), video, content, self._recogniser, facts, left)

    def _label(
        self,
        video: Video,
        content: tuple[int, str],
        estimator: SpannedPose | RecordedPose,
        options: LabelOptions,
        steps: Steps,
    ) -> Done:
        path = record_of(video, self._output)
        report = label_video(
            video.path,
            path,
            self._recogniser,
            estimator,
            options,
            steps,
            start=video.start,
            end=video.end,
            content=content,
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

    def _options_for(self, video: Video) -> LabelOptions:
        """The options, with the kept landmarks of one video: the file that was given, or the one in that folder."""
        poses = self._options.poses
        if poses is None or not poses.is_dir():
            return self._options
        return replace(self._options, poses=poses / _with_ending(video.name, FORMATS["npz"].ending))

    def _facts_for(self, video: Video, poses: Path | None) -> Mapping[str, str | int | float]:
        """The facts of the pose estimator that this video would be labelled with."""
        if poses:
            with RecordedPose(poses, video=video.path) as recorded:
                return recorded.facts
        if self._facts is None:
            with self._engine.estimator(self._say) as estimator:
                self._facts = facts_with({**estimator.facts, "span_seconds": SPAN}, self._options.every)
        return self._facts

    def _minutes_of(self, video: Video, content: tuple[int, str], path: Path) -> Path:
        """Where the poses of whole minutes wait for the rest; those of other settings are removed.

        The name tells the record and, since other poses are of no use, the part of the video and how they were found.
        """
        how = [content, video.start, video.end, dict(self._facts_for(video, None))]
        folder = path.with_name(f".stf-{_digest(path.name)}-{_digest(json.dumps(how))}.minutes")
        _forget_minutes(path, but=folder)
        return folder


def _forget_minutes(path: Path, but: Path | None = None) -> None:
    """Remove the poses that wait beside a record, or where it will be."""
    for folder in path.parent.glob(f".stf-{_digest(path.name)}-*.minutes"):
        if folder != but:
            shutil.rmtree(folder, ignore_errors=True)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:12]


def record_of(video: Video, output: Path) -> Path:
    """Where the record of a video goes: `walk` gives walk.stf.json."""
    return output / _with_ending(video.name, ENDING)


def _with_ending(name: Path, ending: str) -> Path:
    return name.with_name(f"{name.name}{ending}")


def _done_already(video: Video, record: Record) -> Done:
    about, processing = record.facts.video, record.facts.processing
    return Done(
        video,
        record.path,
        about.seconds - about.start,
        about.frames,
        processing.frames_with_people,
        processing.people,
        record.segments,
        already=True,
    )
