"""`Plan`: what is to be done next, long videos shared out, and what becomes of work whose worker is lost."""

import math
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from apps.batch.inputs import Failure, Video
from apps.engine import open_recording
from realtime.pose.spans import SPAN
from stf.errors import UserError

_TRIES = 3
"""How often something is begun before it is taken to be what ends its process."""


@dataclass(frozen=True, slots=True)
class Share:
    """Some minutes of a long video, of which somebody finds the poses so that they are there for the rest of the work.

    Attributes:
        video: the video.
        minutes: which.
        number, shares: which of how many shares, from 1 on.
    """

    video: Video
    minutes: range
    number: int
    shares: int


Task: TypeAlias = Video | Share


class Plan:
    """Videos in their order. Where fewer wait than there are workers, the next one is shared out.

    When all shares of a video are done it is labelled like any other, only that its poses are there already. A share
    that came to nothing does no harm: what is missing is found then, and what is wrong is said then.

    Args:
        videos: what to label.
        workers: how many are at work.
        shared: whether long videos may be shared out.
    """

    def __init__(self, videos: Sequence[Video], workers: int, *, shared: bool) -> None:
        self._videos = deque(videos)
        self._workers = workers
        self._shared = shared
        self._shares: deque[Share] = deque()
        self._missing: Counter[Video] = Counter()  # how many shares of a video are not done
        self._tries: Counter[Task] = Counter()

    @property
    def left(self) -> bool:
        """Whether there is something that nobody has been given, or will be when the shares of a video are done."""
        return bool(self._videos or self._missing.total())

    def next(self) -> Task | None:
        """What somebody should do now; None where there is nothing, or not yet."""
        if not self._shares and self._videos:
            video = self._videos.popleft()
            few = len(self._videos) + 1 < self._workers
            shares = _share_out(video, self._workers) if self._shared and few and video not in self._missing else []
            if not shares:
                return video
            self._missing[video] = len(shares)
            self._shares.extend(shares)
        return self._shares.popleft() if self._shares else None

    def done(self, share: Share) -> None:
        """A share is done; after the last one its video is next."""
        self._missing[share.video] -= 1
        if not self._missing[share.video]:
            self._videos.appendleft(share.video)

    def lost(self, task: Task, how: str) -> Failure | None:
        """A task whose worker is lost is next again; after some times its video is a failure.

        Args:
            task: what the worker had.
            how: it was lost.
        """
        self._tries[task] += 1
        again = self._tries[task] < _TRIES
        match task:
            case Share() if again:
                self._shares.appendleft(task)
            case Share():
                self.done(task)
            case Video() if again:
                self._videos.appendleft(task)
            case Video():
                return Failure(task.path, f"the process that labelled it ended {_TRIES} times ({how})")
        return None


def _share_out(video: Video, shares: int) -> list[Share]:
    """A video's minutes in so many shares; none where it is too short for two, cannot be read or tells no length."""
    try:
        with open_recording(video.path, start=video.start, end=video.end) as source:
            seconds = source.duration or 0.0
    except UserError:  # whoever labels it will say so
        return []
    first, end = int(video.start // SPAN), math.ceil((video.start + seconds) / SPAN)
    count = min(shares, end - first)
    bounds = [first + (end - first) * number // count for number in range(count + 1)] if count > 1 else []
    return [Share(video, range(a, b), n, count) for n, (a, b) in enumerate(pairwise(bounds), 1)]
