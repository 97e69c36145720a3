"""`stf label`: recorded videos in; label records out, and files in any format made from them."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from apps.batch.board import Board
from apps.batch.crew import Crew, label_together
from apps.batch.inputs import Failure, Found, find_videos
from apps.batch.lock import only_run
from apps.batch.outcome import Done
from apps.batch.plan import Plan
from apps.batch.processes import Processes
from apps.batch.remote import Remote, is_address
from apps.batch.worker import Job
from apps.cli.options import Show
from apps.console import make_console, say, shown
from apps.engine import NO_CALIBRATION, open_recording
from realtime.formats import FORMATS, Format, find_formats
from stf.atomic import remove_leftovers
from stf.errors import UserError


@dataclass(frozen=True, slots=True)
class Run:
    """How to go about it.

    Attributes:
        workers: how many processes label at a time: a video each, or shares of a long one; by default one, or as many
            as the cluster has processors.
        cluster: address of the Ray cluster whose machines do the work; `auto` for the one this machine belongs to.
        show: what to show meanwhile.
        dry: only say what would be done.
        report: where to write a page about the whole run.
    """

    workers: int | None = None
    cluster: str | None = None
    show: Show = Show.BARS
    dry: bool = False
    report: Path | None = None


def run_label(paths: Sequence[Path], job: Job, run: Run) -> int:
    """Label every video that paths name, where that is not done yet.

    Args:
        paths: files, folders, patterns and lists, as `find_videos` takes them.
        job: with what, where to, and what else to write.
        run: how to go about it.

    Returns:
        The exit code: 0, 1 where some of several videos failed, 2 where all of them did, 130 after Ctrl-C.

    Raises:
        UserError: where nothing can be done at all.
    """
    formats = find_formats(",".join(job.formats))
    found = find_videos(paths, job.output)
    _check(found, job)
    if job.remote:
        _check_address(job.remote, formats, write=not run.dry)
    if run.dry:
        from apps.batch.dry_run import say_what_would_be_done  # noqa: PLC0415 - torch

        return say_what_would_be_done(found, job, run.workers or 1)
    outcomes: list[Done | Failure] = list(found.failures)
    with only_run(job.output, job.place):
        _remove_leftovers(found, job, run)
        if job.remote:
            job.remote.remove_leftovers({video.name.parent for video in found.videos})
        stopped = _label_all(found, job, run, outcomes)
        _remove_leftovers(found, job, run)
    place = {video: number for number, video in enumerate(found.videos)}
    done = sorted((one for one in outcomes if isinstance(one, Done)), key=lambda one: place[one.video])
    failures = [one for one in outcomes if isinstance(one, Failure)]
    if run.show is Show.BARS and done:
        print_summary(make_console(), done, job.place, calibrated=job.engine.camera is not None)
    errors = make_console(stderr=True)
    for failure in failures:
        say(errors, f"stf: {shown(failure.what)}: {shown(failure.reason)}", style="red")
    if stopped and len(found.videos) > 1:
        left = len(found.videos) - sum(not one.interrupted for one in done)
        say(errors, f"stopped; {left} of {len(found.videos)} videos are left, and the same command goes on with them")
    if run.report:
        from apps.batch.page import write_page  # noqa: PLC0415 - nothing that a run without it needs

        write_page(run.report, done, failures, job.remote)
    if stopped:
        return 130
    if failures:
        return 1 if done else 2
    return 0


def _check(found: Found, job: Job) -> None:
    """Refuse at once what cannot succeed."""
    if job.poses and job.poses.is_file() and len(found.videos) > 1:
        raise UserError("--poses belongs to one video; give the folder that holds NAME.poses.npz of each of them")
    if not found.videos and len(found.failures) == 1:
        raise UserError(f"{found.failures[0].what}: {found.failures[0].reason}")
    if len(found.videos) == 1 and not found.failures:
        video = found.videos[0]
        open_recording(video.path, start=video.start, end=video.end).close()


def _check_address(remote: Remote, formats: Sequence[Format], *, write: bool) -> None:
    """Refuse an address that cannot be used, or not for everything."""
    if FORMATS["clips"] in formats:
        raise UserError(f"clips are a folder, which {remote.name} would not get whole: choose another output folder")
    remote.check(write=write)


def _remove_leftovers(found: Found, job: Job, run: Run) -> None:
    for folder in {(job.output / video.name).parent for video in found.videos}:
        remove_leftovers(folder, of_other_machines=run.cluster is not None)
    if job.remote:
        job.remote.tidy()


def _label_all(found: Found, job: Job, run: Run, outcomes: list[Done | Failure]) -> bool:
    """Label everything, adding to `outcomes`; whether Ctrl-C ended it."""
    with ExitStack() as stack:
        crew = _find_crew(job, run)
        if crew:
            stack.enter_context(crew)
        workers = crew.workers if crew else 1
        board = stack.enter_context(Board(run.show, len(found.videos) + len(found.failures), workers))
        for failure in found.failures:
            board.finish(failure)
        plan = Plan(found.videos, workers, shared=job.poses is None and not (job.remote and run.cluster))
        try:
            for outcome in label_together(crew, plan, board) if crew else _label_here(found, job, board):
                outcomes.append(outcome)
                board.finish(outcome)
                if isinstance(outcome, Done) and outcome.interrupted:
                    return True
        except KeyboardInterrupt:
            if crew:
                return True
            raise
    return False


def _find_crew(job: Job, run: Run) -> Crew | None:
    """Who does the work; None for this process."""
    if run.cluster is not None:
        from apps.batch.cluster import Actors  # noqa: PLC0415 - Ray

        return Actors(run.cluster, run.workers, job)
    return Processes(run.workers, job) if run.workers and run.workers > 1 else None


def _label_here(found: Found, job: Job, board: Board) -> Iterator[Done | Failure]:
    """Label one video after the other in this process."""
    from apps.batch.labeller import Labeller  # noqa: PLC0415 - torch

    labeller = Labeller(job, board.say)
    for video in found.videos:
        try:
            yield labeller.label(video, board.steps(0))
        except UserError as error:
            if len(found.videos) + len(found.failures) == 1:
                raise
            yield Failure(video.path, str(error))


def print_summary(console: Console, done: Sequence[Done], place: str, *, calibrated: bool) -> None:
    """Print one row per video, and what else there is to say about each."""
    table = Table("video", "seconds", "frames", "fps", "with people", "people", "segments")
    for column in table.columns[1:-1]:
        column.justify = "right"
    new = [one for one in done if not one.already]
    for one in new:
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
    if new:
        console.print(table)
    if len(new) < len(done):
        count = len(done) - len(new)
        say(console, f"{count} {'video was' if count == 1 else 'videos were'} done already")
    for one in new:
        for note in one.notes:
            say(console, f"{shown(one.video.path.name)}: {note}", style="yellow")
    if not calibrated:
        say(console, NO_CALIBRATION)
    say(console, f"results in {place}{'/' if is_address(place) else os.sep}")
