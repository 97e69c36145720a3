"""`stf label --dry-run`: what would be done, how long that takes here and how much disk it needs."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.batch.inputs import Failure, Found, Video
from apps.batch.labeller import Labeller
from apps.batch.worker import Job
from apps.console import make_console, say, shown
from apps.engine import open_recording
from stf.errors import UserError
from stf.skeleton import MEDIAPIPE33

_FPS = 30.0  # where a container does not say
_POSE_BYTES = 4 * 7 * MEDIAPIPE33.num_joints + 24  # of a person in a frame of `--format npz`
_WINDOWS_PER_SECOND = 30 / 8


@dataclass(frozen=True, slots=True)
class _Planned:
    """A video that would be labelled: how long it is, and how many frames and bytes it has."""

    video: Video
    seconds: float
    frames: int
    size: int


def say_what_would_be_done(found: Found, job: Job, workers: int) -> int:
    """Print a line for every video, and the sum; nothing is written.

    Returns:
        The exit code: 0, or 1 where something cannot be done.

    Raises:
        UserError: if no video can be labelled, whichever it is.
    """
    console = make_console()
    labeller = Labeller(job, lambda sentence: say(console, sentence))
    planned: list[_Planned] = []
    failures = list(found.failures)
    for video in found.videos:
        try:
            if labeller.is_finished(video):
                say(console, f"done already: {shown(video.path)}")
                continue
            planned.append(_measure(video))
        except UserError as error:
            failures.append(Failure(video.path, str(error)))
            continue
        say(
            console, f"label: {shown(video.path)} ({planned[-1].seconds:.1f} s) -> {shown(f'{job.place}/{video.name}')}"
        )
    for failure in failures:
        say(console, f"cannot: {shown(failure.what)}: {shown(failure.reason)}", style="red")
    finished = len(found.videos) + len(found.failures) - len(planned) - len(failures)
    say(
        console,
        f"{len(planned)} to label, {finished} done already, {len(failures)} that cannot be; {found.others} other files",
    )
    if planned:
        seconds, frames = sum(one.seconds for one in planned), sum(one.frames for one in planned)
        rate = labeller.rate(max(planned, key=lambda one: one.seconds).video)
        at_once = min(workers, len(planned))
        need = _need(planned, job.formats, labeller.window_bytes)
        say(console, f"{_clock(seconds)} of video, {frames} frames, about {need / 1e6:.0f} MB of one person")
        say(
            console,
            f"about {_clock(frames / rate / at_once)} at {rate:.1f} frames a second"
            + (f" in each of {at_once} processes, if every one has a core of its own" if at_once > 1 else ""),
        )
    return 1 if failures else 0


def _measure(video: Video) -> _Planned:
    with open_recording(video.path, start=video.start, end=video.end) as source:
        seconds = source.duration or 0.0
        frames = source.frame_count or round(seconds * (source.fps or _FPS))
    return _Planned(video, seconds, frames, video.path.stat().st_size)


def _need(planned: Sequence[_Planned], formats: Sequence[str], window_bytes: int) -> float:
    """Bytes of what is written, as far as it is large; a drawn video is taken to be as large as what it is drawn on."""
    need = sum(one.seconds for one in planned) * _WINDOWS_PER_SECOND * window_bytes
    if "npz" in formats:
        need += sum(one.frames for one in planned) * _POSE_BYTES
    if "mp4" in formats:
        need += sum(one.size for one in planned)
    return need


def _clock(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{seconds:.0f} s" if seconds < 120 else f"{minutes // 60} h {minutes % 60:02} min"
