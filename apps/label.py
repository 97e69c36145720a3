"""`stf label`: recorded videos in; label records out, and files in any format made from them."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from apps.console import FrameProgress, make_console, say
from apps.engine import NO_CALIBRATION, Engine, open_recording
from apps.label_video import LabelOptions, Report, label_video, output_name, record_path
from realtime.pose import RecordedPose
from stf.errors import UserError
from stf.recogniser import Recogniser


def run_label(videos: Sequence[Path], output: Path, engine: Engine, options: LabelOptions) -> int:
    """Label every video, with a progress bar and a summary.

    Args:
        videos: what to label.
        output: the folder for the results; made where it is missing.
        engine: recogniser and pose estimator.
        options: what else to write.

    Returns:
        The exit code: 0, 1 where some of several videos failed, 2 where all of them did, 130 after Ctrl-C.

    Raises:
        UserError: where nothing can be done at all.
    """
    _refuse_what_clashes(videos, options)
    if len(videos) == 1:
        open_recording(videos[0]).close()
    options = replace(options, camera=engine.calibration(), body=engine.person())
    recogniser = engine.recogniser()
    reports: list[Report] = []
    failures: list[str] = []
    with FrameProgress(make_console(stderr=True)) as progress:
        for video in videos:
            try:
                reports.append(_label_one(video, output, recogniser, engine, options, progress))
            except UserError as error:
                if len(videos) == 1:
                    raise
                failures.append(f"{video}: {error}")
            if reports and reports[-1].interrupted:
                break
    if reports:
        print_summary(make_console(), reports, output, calibrated=options.camera is not None)
    for failure in failures:
        say(progress.console, f"stf: {failure}", style="red")
    return _exit_code(reports, failures)


def _exit_code(reports: Sequence[Report], failures: Sequence[str]) -> int:
    if reports and reports[-1].interrupted:
        return 130
    if failures:
        return 1 if reports else 2
    return 0


def _refuse_what_clashes(videos: Sequence[Path], options: LabelOptions) -> None:
    if options.poses and len(videos) > 1:
        raise UserError("--poses belongs to one video; label the videos one by one")
    names = Counter(output_name(video).casefold() for video in videos)  # some file systems take A for a
    for video in videos:
        if (count := names[output_name(video).casefold()]) > 1:
            raise UserError(
                f"{count} of the videos are called '{output_name(video)}', so one's results would replace the other's; "
                "label them into different folders"
            )


def _label_one(
    video: Path, output: Path, recogniser: Recogniser, engine: Engine, options: LabelOptions, progress: FrameProgress
) -> Report:
    tell = partial(say, progress.console)
    with RecordedPose(options.poses, video=video) if options.poses else engine.estimator(tell) as estimator:
        return label_video(video, record_path(video, output), recogniser, estimator, options, progress)


def print_summary(console: Console, reports: Sequence[Report], output: Path, *, calibrated: bool) -> None:
    """Print one row per video, and what else there is to say about each."""
    table = Table("video", "seconds", "frames", "fps", "with people", "people", "segments")
    for column in table.columns[1:-1]:
        column.justify = "right"
    for report in reports:
        statistics = report.statistics
        counts = Counter(segment.label for segment in report.segments)
        labels = ", ".join(name if n == 1 else f"{name} x{n}" for name, n in counts.most_common()) or "none"
        table.add_row(
            report.video.name,
            f"{report.seconds:.1f}",
            str(statistics.frames),
            f"{statistics.frames / max(report.took, 1e-9):.1f}",
            f"{statistics.people_frames / max(statistics.frames, 1):.0%}",
            str(statistics.people),
            labels,
        )
    console.print(table)
    for report in reports:
        for note in report.notes:
            say(console, f"{report.video.name}: {note}", style="yellow")
    if not calibrated:
        say(console, NO_CALIBRATION)
    say(console, f"results in {output}{os.sep}")
