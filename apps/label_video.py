"""Labelling one video: its record, and what is made from that."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from apps.batch.inputs import output_name
from apps.batch.options import LabelOptions
from apps.engine import open_recording
from apps.export import export
from apps.interrupt import on_interrupt
from apps.steps import Steps
from realtime import cores
from realtime.formats import FORMATS, Format
from realtime.pipeline import FrameResult, Pipeline, Statistics
from realtime.pose import MediaPipePose, PoseEstimator, PoseRecorder, RecordedPose, SpannedPose
from realtime.records import (
    ENDING,
    Processing,
    Record,
    RecordWriter,
    Settings,
    VideoFacts,
    hash_recording,
    program_version,
    relative,
)
from realtime.segments import SegmentSpec
from realtime.sources import Source
from realtime.sources.blank import BlankFrames, blank_frames
from realtime.window import WindowSpec
from stf.atomic import temporary_folder, write_errors
from stf.prediction import Prediction, Segment
from stf.recogniser import Recogniser

BATCH = 32
"""How many windows are recognised at a time."""

CHUNK = 64
"""How many frames without pictures go from worker to worker at a time."""

RECOGNISERS = 2
"""How many batches at most are recognised side by side where that is nearly all there is to do."""

_DRAWN, _CLIPS, _KEPT = FORMATS["mp4"], FORMATS["clips"], FORMATS["npz"]


@dataclass(slots=True)
class Report:
    """What came of one video.

    Attributes:
        video: the video.
        seconds: how much of it was seen.
        took: seconds that took.
        statistics: of the pipeline.
        windows: how many were recognised.
        segments: every segment found.
        notes: what there is to say beside that, a sentence each.
        interrupted: whether Ctrl-C ended the work before it was complete.
    """

    video: Path
    seconds: float = 0.0
    took: float = 0.0
    statistics: Statistics = field(default_factory=Statistics)
    windows: int = 0
    segments: Sequence[Segment] = ()
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False


def facts_with(facts: Mapping[str, str | int | float], every: int) -> Mapping[str, str | int | float]:
    """The facts of a pose estimator that is given every n-th frame."""
    return facts if every == 1 else {**facts, "every": every}


def settings_of(recogniser: Recogniser, facts: Mapping[str, str | int | float], options: LabelOptions) -> Settings:
    """The settings of a record; `facts` are those of the pose estimator."""
    return Settings(
        device=recogniser.device.type,
        estimator=dict(facts),
        window=WindowSpec().shown_to(recogniser),
        segments=SegmentSpec(),
        camera=options.camera,
        body=options.body,
    )


def record_path(video: Path, folder: Path) -> Path:
    """Where the record of a video goes: `walk.mp4` gives walk.stf.json."""
    return folder / f"{output_name(video)}{ENDING}"


def seen_by(estimator: PoseEstimator, source: Source) -> Source:
    """A recording as a pose estimator needs it: without pictures where its poses are known at each frame's time."""
    return blank_frames(source, estimator.times) if isinstance(estimator, RecordedPose) else source


def label_pipeline(source: Source, estimator: PoseEstimator, recogniser: Recogniser, options: LabelOptions) -> Pipeline:
    """The pipeline that labels.

    Args:
        source: as `seen_by` gives it.
        estimator: finds people.
        recogniser: says what people do.
        options: camera, body, and how many frames are looked at.
    """
    alone = isinstance(source, BlankFrames)  # neither decoder nor pose estimator is at work
    return Pipeline(
        source,
        estimator,
        recogniser,
        window=WindowSpec().shown_to(recogniser),
        segments=SegmentSpec(),
        camera=options.camera,
        body=options.body,
        every=_every(estimator, options),
        batch=BATCH,
        chunk=CHUNK if alone else 1,
        recognisers=min(RECOGNISERS, cores.count()) if alone else 1,
    )


def _every(estimator: PoseEstimator, options: LabelOptions) -> int:
    """Every how many frames poses are estimated; known ones cost nothing to look up."""
    return 1 if isinstance(estimator, RecordedPose) else options.every


def label_video(
    video: Path,
    path: Path,
    recogniser: Recogniser,
    estimator: MediaPipePose | SpannedPose | RecordedPose,
    options: LabelOptions,
    progress: Steps,
    *,
    start: float = 0.0,
    end: float | None = None,
    content: tuple[int, str] | None = None,
) -> Report:
    """Label one video; its files appear when they are complete.

    Ctrl-C ends the video early: what was seen until then is labelled and written, but no annotated video.

    Args:
        video: a video file or a folder of images.
        path: where the record goes; the other files beside it.
        recogniser: says what people do.
        estimator: finds people; used for this video only.
        options: what else to write.
        progress: told of every frame.
        start: seconds; what comes before is left out.
        end: seconds; what comes from there on is left out.
        content: size in bytes and SHA-256 of the video, where that is known already.

    Raises:
        UserError: if the video cannot be read or the results cannot be written.
    """
    report = Report(video)
    with ExitStack() as stack:
        source = seen_by(estimator, stack.enter_context(open_recording(video, start=start, end=end)))
        with write_errors(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            scratch = stack.enter_context(temporary_folder(path.parent))
        name = path.name.removesuffix(ENDING)
        kept = path.with_name(f"{name}{_KEPT.ending}") if _KEPT in options.formats else None
        poses = kept or (scratch / "poses.npz" if {_DRAWN, _CLIPS} & set(options.formats) else None)
        found_by = facts_with(estimator.facts, _every(estimator, options))
        settings = settings_of(recogniser, found_by, options)
        segments: list[Segment] = []

        progress.begin(f"{video.name}: labels", source.frame_count)
        about = content or hash_recording(video)
        with on_interrupt(source.close) as interrupt, ExitStack() as files:
            writer = files.enter_context(RecordWriter(path, recogniser, settings.window.samples))
            recorder = poses and files.enter_context(PoseRecorder(poses, video=video, estimator=found_by))
            pipeline = files.enter_context(label_pipeline(source, estimator, recogniser, options))
            statistics = report.statistics = pipeline.statistics
            begun = time.perf_counter()
            for event in pipeline:
                match event:
                    case FrameResult():
                        report.seconds = event.frame.time
                        if recorder:
                            recorder.write(event.found)
                        progress.advance()
                    case Prediction():
                        report.windows += 1
                        writer.write(event)
                    case Segment():
                        segments.append(event)
            report.took = time.perf_counter() - begun
            report.interrupted = interrupt.pressed
            if recorder:
                recorder.close()
            facts = writer.finish(
                _video_facts(video, path, source, report, about, (start, end)),
                settings,
                segments,
                Processing(
                    program=program_version(),
                    frames_with_people=statistics.people_frames,
                    people=statistics.people,
                    complete=not report.interrupted,
                    problem=source.problem,
                ),
                kept or options.poses,
            )
        report.segments = facts.segments
        report.notes.extend(_notes(report, source))

        record = Record(path, facts, video_at=video, poses_at=poses)
        wanted = set(options.formats) - {_KEPT} - ({_DRAWN} if report.interrupted else set())
        try:
            make_formats(record, wanted, progress)
        except KeyboardInterrupt:
            report.interrupted = True
            report.notes.append("stopped while drawing; the label files are complete, there is no annotated video")
    return report


def make_formats(record: Record, formats: Iterable[Format], progress: Steps) -> None:
    """Write files made from a record beside it; what takes its time comes last.

    Raises:
        UserError: as `export`.
    """
    for form in sorted(formats, key=lambda form: (form is _DRAWN, form.name)):
        export(record, form, record.path.parent, progress)


def _video_facts(
    video: Path, path: Path, source: Source, report: Report, about: tuple[int, str], part: tuple[float, float | None]
) -> VideoFacts:
    """What the record says of the video; `about` is its size in bytes and its SHA-256."""
    return VideoFacts(
        name=video.resolve().name if video.is_dir() else video.name,
        path=relative(video, path.parent),
        size_bytes=about[0],
        sha256=about[1],
        width=source.size[0],
        height=source.size[1],
        fps=source.fps,
        frames=report.statistics.frames,
        seconds=report.seconds,
        start=part[0],
        end=part[1],
    )


def _notes(report: Report, source: Source) -> Iterator[str]:
    if source.problem:
        yield source.problem
    if not report.statistics.people_frames:
        yield "nobody was found in any frame, so the label files are empty"
    elif not report.windows:
        spec, apart = WindowSpec(), 1 / source.fps if source.fps else 0.0
        yield "nothing was recognised, so the label files are empty: " + (
            f"the frames are {apart:.1f} s apart, and nothing is guessed between frames over {spec.max_gap} s apart"
            if apart > spec.max_gap
            else f"nobody was seen for {spec.min_seen} s"
        )
    if report.interrupted:
        yield f"stopped after {report.seconds:.1f} s; what was found until then is kept"
