"""Windows wait for others, in an order and in company that do not depend on who is quick."""

import random

import numpy as np

from realtime.frames import Window
from realtime.pipeline.batches import Batches, Work


def work(now: float, windows: int) -> Work:
    joints, valid = np.zeros((2, 25, 3), np.float32), np.ones(2, bool)
    return Work([Window(now - 1, now, person, joints, valid) for person in range(windows)], now, now)


def batches(stream: list[Work], size: int) -> list[list[tuple[float, int]]]:
    """The time and person of the windows of each batch."""
    gatherer = Batches(size)
    found = [batch for one in stream for batch in gatherer.add(one)] + [gatherer.rest()]
    windows = [[(window.end, window.person) for one in batch for window in one.windows] for batch in found]
    return [batch for batch in windows if batch]


def test_windows_come_in_their_order_and_as_many_at_a_time_as_asked() -> None:
    stream = [work(time, 1) for time in range(5)]
    assert batches(stream, 1) == [[(time, 0)] for time in range(5)]
    assert batches(stream, 2) == [[(0, 0), (1, 0)], [(2, 0), (3, 0)], [(4, 0)]]
    two = [work(time, 2) for time in range(3)]
    assert batches(two, 3) == [[(0, 0), (0, 1), (1, 0), (1, 1)], [(2, 0), (2, 1)]]


def test_frames_without_windows_tell_the_time_at_once_where_nothing_waits_and_else_behind_what_does() -> None:
    gatherer = Batches(2)
    alone = work(0.0, 0)
    assert gatherer.add(alone) == [[alone]]
    first, late, later = work(1.0, 1), work(1.1, 0), work(1.2, 0)
    assert [gatherer.add(one) for one in (first, late, later)] == [[], [], []]
    assert gatherer.rest() == [first, later]


def test_a_window_does_not_wait_for_ever() -> None:
    gatherer = Batches(100)
    first, later = work(0.0, 1), work(60.0, 0)
    assert gatherer.add(first) == []
    assert gatherer.add(later) == [[first], [later]]


def test_which_windows_come_together_does_not_depend_on_the_frames_between_them_that_are_left_out() -> None:
    choice = random.Random(0)
    times = sorted(choice.uniform(0, 300) for _ in range(200))
    stream = [work(time, choice.choice([0, 0, 1, 2])) for time in times]
    some = [one for one in stream if one.windows or choice.random() < 0.5]
    few = [one for one in stream if one.windows]
    assert batches(stream, 16) == batches(some, 16) == batches(few, 16)
    assert len(batches(stream, 16)) > 5
