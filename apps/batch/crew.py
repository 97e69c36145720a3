"""Several videos at once: a process for each, and what becomes of a video whose process is lost."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection, get_context
from multiprocessing.process import BaseProcess

from apps.batch.board import Board
from apps.batch.inputs import Failure, Video
from apps.batch.outcome import Done
from apps.batch.worker import Advanced, Began, Job, Said, Unusable, work
from stf.errors import UserError

_TRIES = 3
"""How often a video is begun before it is taken to be what ends its process."""


class _Worker:
    """A process that labels, and the video it has."""

    def __init__(self, number: int, job: Job) -> None:
        context = get_context("spawn")  # a forked copy of threads at work would hang
        self.number = number
        self.video: Video | None = None
        self.pipe, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=work, args=(theirs, job), daemon=True)
        self.process.start()
        theirs.close()  # so that the end of the process is the end of the pipe

    def give(self, video: Video | None) -> None:
        """Hand it a video; None ends it when it is done."""
        self.video = video
        try:
            self.pipe.send(video)
        except OSError:  # lost already, which reading from it will show
            return

    def end(self) -> None:
        """End it now; what it has written is whole."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def label_at_once(videos: Sequence[Video], workers: int, job: Job, board: Board) -> Iterator[Done | Failure]:
    """Label videos in processes of their own, several at a time; a video whose process is lost is begun again.

    Args:
        videos: what to label.
        workers: how many at a time.
        job: the rest.
        board: told of everything.

    Yields:
        What came of each video, in the order in which they end.

    Raises:
        UserError: if no video can be labelled, whichever it is.
    """
    waiting, tries = deque(videos), Counter[Video]()
    crew: list[_Worker] = []
    try:
        for number in range(min(workers, len(videos))):
            crew.append(_Worker(number, job))
            crew[number].give(waiting.popleft())
        while busy := [worker for worker in crew if worker.video]:
            ready = connection.wait([worker.pipe for worker in busy])
            for worker in (one for one in busy if one.pipe in ready):
                outcome = _hear(worker, board)
                if outcome is None:
                    continue
                if isinstance(outcome, _Lost):
                    worker.end()
                    tries[outcome.video] += 1
                    if tries[outcome.video] < _TRIES:
                        waiting.appendleft(outcome.video)
                    else:
                        reason = f"the process that labelled it ended {_TRIES} times (exit code {outcome.code})"
                        yield Failure(outcome.video.path, reason)
                    if waiting:
                        crew[worker.number] = _Worker(worker.number, job)
                else:
                    yield outcome
                crew[worker.number].give(waiting.popleft() if waiting else None)
    finally:
        for worker in crew:
            worker.end()


@dataclass(frozen=True, slots=True)
class _Lost:
    """A process ended while it had a video."""

    video: Video
    code: int | None


def _hear(worker: _Worker, board: Board) -> Done | Failure | _Lost | None:
    """Take a message of a worker that has a video; what came of the video, if that is what it says."""
    if worker.video is None:
        raise ValueError("this worker has nothing to say")
    try:
        message = worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join()
        return _Lost(worker.video, worker.process.exitcode)
    match message:
        case Began(what, frames):
            board.begin(worker.number, what, frames)
        case Advanced(frames):
            board.advance(worker.number, frames)
        case Said(sentence):
            board.say(sentence)
        case Unusable(reason):
            raise UserError(reason)
        case Done() | Failure():
            worker.video = None
            board.rest(worker.number)
            return message
    return None
