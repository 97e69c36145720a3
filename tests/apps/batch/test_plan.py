"""Who does what next, and what becomes of what a lost worker had."""

from pathlib import Path

import pytest
from data.videos import write_video

from apps.batch.inputs import Video
from apps.batch.plan import Plan, Share


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Video:
    """150 s, in few frames."""
    path = tmp_path_factory.mktemp("long") / "long.mp4"
    write_video(path, 150, fps=1)
    return Video(path, Path("long"))


def others(count: int) -> list[Video]:
    return [Video(Path(f"missing {number}.mp4"), Path(str(number))) for number in range(count)]


def minutes(*tasks: object) -> list[list[int]]:
    assert all(isinstance(task, Share) for task in tasks)
    return [list(task.minutes) for task in tasks]


def test_a_long_video_is_shared_out_and_labelled_when_all_shares_are_done(long: Video) -> None:
    plan = Plan([long], 2, shared=True)
    first, second = plan.next(), plan.next()
    assert minutes(first, second) == [[0], [1, 2]]
    assert plan.next() is None
    plan.done(second)
    assert plan.next() is None
    assert plan.left
    plan.done(first)
    assert plan.next() == long
    assert not plan.left


def test_more_workers_than_minutes_get_a_minute_each_and_a_part_has_its_own(long: Video) -> None:
    plan = Plan([long], 8, shared=True)
    assert minutes(plan.next(), plan.next(), plan.next()) == [[0], [1], [2]]
    assert plan.next() is None
    part = Video(long.path, Path("part"), 61.0, 149.0)
    plan = Plan([part], 8, shared=True)
    assert minutes(plan.next(), plan.next()) == [[1], [2]]


def test_no_video_is_shared_out_while_enough_wait_or_where_it_would_not_help(long: Video) -> None:
    plan = Plan([long, *others(1)], 2, shared=True)
    assert plan.next() == long
    assert plan.next() == others(1)[0]
    assert not plan.left
    assert Plan([long], 2, shared=False).next() == long
    minute = Video(long.path, Path("minute"), 60.0, 119.0)
    assert Plan([minute], 2, shared=True).next() == minute


def test_what_a_lost_worker_had_is_next_and_given_up_after_three_times(long: Video) -> None:
    plan = Plan([long], 2, shared=True)
    first, second = plan.next(), plan.next()
    plan.done(second)
    for _ in range(2):
        assert plan.lost(first, "exit code -9") is None
        assert plan.next() == first
    assert plan.lost(first, "exit code -9") is None
    for _ in range(2):
        assert plan.next() == long, "who labels it finds what is missing"
        assert plan.lost(long, "exit code -9") is None
    assert plan.next() == long
    failure = plan.lost(long, "exit code -9")
    assert failure
    assert "ended 3 times (exit code -9)" in failure.reason
    assert not plan.left
    assert plan.next() is None
