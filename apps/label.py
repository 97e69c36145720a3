"""`stf label`: recorded videos in; label records out, and files in any format made from them."""

import os
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from apps.batch.inputs import Failure, Found, find_videos
from apps.batch.lock import only_run
from apps.batch.options import LabelOptions
from apps.batch.outcome import Done
from apps.console import FrameProgress, make_console, say, shown
from apps.engine import NO_CALIBRATION, Engine, open_recording
from stf.atomic import remove_leftovers
from stf.errors import UserError


def run_label(paths: Sequence[Path], output: Path, engine: Engine, options: LabelOptions) -> int:
    """Label every video that paths name, with a progress bar and a summary.

    Args:
        paths: files, folders, patterns and lists, as `find_videos` takes them.
        output: the folder for the results; made where it is missing.
        engine: recogniser and pose estimator.
        options: what else to write.

    Returns:
        The exit code: 0, 1 where some of several videos failed, 2 where all of them did, 130 after Ctrl-C.

    Raises:
        UserError: where nothing can be done at all.
    """
    found = find_videos(paths, output)
    _check(found, options)
    with only_run(output):
        for folder in {(output / video.name).parent for video in found.videos}:
            remove_leftovers(folder)
        done, failures = _label_all(found, output, engine, options)
    console, errors = make_console(), make_console(stderr=True)
    if done:
        print_summary(console, done, output, calibrated=engine.camera is not None)
    for failure in failures:
        say(errors, f"stf: {shown(failure.what)}: {shown(failure.reason)}", style="red")
    if done and done[-1].interrupted:
        return 130
    if failures:
        return 1 if done else 2
    return 0


def _check(found: Found, options: LabelOptions) -> None:
    """Refuse at once what cannot succeed."""
    if options.poses and options.poses.is_file() and len(found.videos) > 1:
        raise UserError("--poses belongs to one video; give the folder that holds NAME.poses.npz of each of them")
    if not found.videos and len(found.failures) == 1:
        raise UserError(f"{found.failures[0].what}: {found.failures[0].reason}")
    if len(found.videos) == 1 and not found.failures:
        video = found.videos[0]
        open_recording(video.path, start=video.start, end=video.end).close()


def _label_all(found: Found, output: Path, engine: Engine, options: LabelOptions) -> tuple[list[Done], list[Failure]]:
    """Label one video after the other in this process."""
    from apps.batch.labeller import Labeller  # noqa: PLC0415 - torch

    done: list[Done] = []
    failures = list(found.failures)
    with FrameProgress(make_console(stderr=True)) as progress:
        labeller = Labeller(output, engine, options, partial(say, progress.console))
        for video in found.videos:
            try:
                done.append(labeller.label(video, progress))
            except UserError as error:
                if len(found.videos) + len(failures) == 1:
                    raise
                failures.append(Failure(video.path, str(error)))
            if done and done[-1].interrupted:
                break
    return done, failures


def print_summary(console: Console, done: Sequence[Done], output: Path, *, calibrated: bool) -> None:
    """Print one row per video, and what else there is to say about each."""
    table = Table("video", "seconds", "frames", "fps", "with people", "people", "segments")
    for column in table.columns[1:-1]:
        column.justify = "right"
    for one in done:
        counts = Counter(segment.label for segment in one.segments)
        labels = ", ".join(name if n == 1 else f"{name} x{n}" for name, n in counts.most_common()) or "none"
        table.add_row(
            shown(one.video.path.name),
            f"{one.seconds:.1f}",
            str(one.frames),
            f"{one.frames / max(one.took, 1e-9):.1f}",
            f"{one.frames_with_people / max(one.frames, 1):.0%}",
            str(one.people),
            labels,
        )
    console.print(table)
    for one in done:
        for note in one.notes:
            say(console, f"{shown(one.video.path.name)}: {note}", style="yellow")
    if not calibrated:
        say(console, NO_CALIBRATION)
    say(console, f"results in {output}{os.sep}")
