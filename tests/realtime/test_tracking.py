from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded_poses import poses, times

from realtime.frames import PoseFrame
from realtime.tracking import Tracker
from stf.skeleton import MEDIAPIPE33

VISITOR = poses("visitor")[10:]  # standing at the table


def at(pose, x, y=0.0):
    """The same person elsewhere: the middle of the hips at x, everything lower by y."""
    hips = pose.landmarks[MEDIAPIPE33.indices("left_hip", "right_hip"), 0].mean()
    return replace(pose, landmarks=pose.landmarks + np.float32([x - hips, y, 0]))


def frame(time, *persons):
    return PoseFrame(round(time * 30), time, persons)


def ids(tracked):
    return [person.person for person in tracked]


def id_of(tracked, pose):
    return next(person.person for person in tracked if person.pose is pose)


def test_one_person_keeps_one_id_through_a_real_video():
    tracker = Tracker()
    seen = [
        ids(tracker.update(PoseFrame(n, t, (p,))))
        for n, (t, p) in enumerate(zip(times("visitor"), poses("visitor"), strict=True))
    ]
    assert seen == [[0]] * len(seen)


def test_ids_count_from_the_left_at_first_and_keep_the_order_of_appearance():
    left, right = at(VISITOR[0], 0.2), at(VISITOR[0], 0.8)
    tracker = Tracker()
    first = tracker.update(frame(0, right, left))
    assert [(person.person, person.pose) for person in first] == [(0, left), (1, right)]
    middle = at(VISITOR[0], 0.5)
    assert id_of(tracker.update(frame(0.03, middle, right, left)), middle) == 2


@pytest.mark.parametrize("rate", [10, 30])
def test_two_who_cross_keep_their_ids(rate):
    """They walk 0.3 picture widths a second; MediaPipe shows only the nearer one while they overlap."""
    tracker = Tracker()
    for n in range(int(2.5 * rate)):
        time = n / rate
        near, far = at(VISITOR[n % 40], 0.15 + 0.3 * time, 0.04), at(VISITOR[(n + 7) % 40], 0.85 - 0.3 * time)
        overlap = abs(near.landmarks[0, 0] - far.landmarks[0, 0]) < 0.05
        tracked = tracker.update(frame(time, near) if overlap else frame(time, far, near))
        assert id_of(tracked, near) == 0
        if not overlap:
            assert id_of(tracked, far) == 1


def test_two_who_pass_in_full_view_keep_their_ids():
    tracker = Tracker()
    for n in range(75):
        right = at(VISITOR[n % 40], 0.15 + 0.3 * n / 30, 0.06)
        left = at(VISITOR[(n + 7) % 40], 0.85 - 0.3 * n / 30, -0.06)
        tracked = tracker.update(frame(n / 30, *((left, right) if n % 2 else (right, left))))
        assert (id_of(tracked, right), id_of(tracked, left)) == (0, 1)


@pytest.mark.parametrize("speed", [0, 0.15])
def test_half_a_second_out_of_sight_keeps_the_id(speed):
    tracker = Tracker()
    moments = [n / 30 for n in range(60) if not 30 <= n < 45]
    seen = [ids(tracker.update(frame(t, at(VISITOR[0], 0.3 + speed * t)))) for t in moments]
    assert seen == [[0]] * len(moments)


def test_somebody_who_walks_off_while_out_of_sight_keeps_the_id():
    tracker = Tracker()
    for n in range(30):
        tracker.update(frame(n / 30, at(VISITOR[0], 0.3)))
    assert ids(tracker.update(frame(1.5, at(VISITOR[0], 0.52)))) == [0]
    assert ids(tracker.update(frame(1.53, at(VISITOR[0], 0.82)))) == [1]


def test_three_seconds_out_of_sight_make_a_new_person():
    tracker = Tracker()
    assert ids(tracker.update(frame(0, VISITOR[0]))) == [0]
    for n in range(1, 90):
        assert tracker.update(frame(n / 30)) == ()
    assert ids(tracker.update(frame(3, VISITOR[0]))) == [1]


def test_somebody_elsewhere_is_somebody_else():
    tracker = Tracker()
    tracker.update(frame(0, at(VISITOR[0], 0.2)))
    assert ids(tracker.update(frame(0.03, at(VISITOR[0], 0.8)))) == [1]


def test_one_of_two_out_of_sight_leaves_the_other_their_id():
    tracker = Tracker()
    tracker.update(frame(0, at(VISITOR[0], 0.4), at(VISITOR[1], 0.6)))
    for n in range(1, 15):
        assert ids(tracker.update(frame(n / 30, at(VISITOR[n], 0.6)))) == [1]
    assert ids(tracker.update(frame(0.5, at(VISITOR[0], 0.6), at(VISITOR[1], 0.4)))) == [0, 1]


def test_exchanged_left_and_right_is_the_same_person():
    """MediaPipe does this with people seen from behind (Pose2Sim's Demo_MultiPerson, cam02)."""
    side = np.array(MEDIAPIPE33.mirror)
    spread = VISITOR[0]
    flipped = replace(spread, landmarks=spread.landmarks[side], visibility=spread.visibility[side])
    tracker = Tracker(gate=0.2, drift=0)
    for n in range(20):
        assert ids(tracker.update(frame(n / 30, flipped if n % 3 else spread))) == [0]


@given(order=st.lists(st.permutations(range(3)), min_size=12, max_size=12))
def test_ids_do_not_depend_on_the_order_of_detection(order):
    one, other = Tracker(), Tracker()
    for n, places in enumerate(order):
        persons = [at(VISITOR[n], 0.2 + 0.02 * n), at(VISITOR[n + 5], 0.5), at(VISITOR[n + 9], 0.8 - 0.01 * n, 0.03)]
        plain = one.update(frame(n / 10, *persons))
        shuffled = other.update(frame(n / 10, *(persons[place] for place in places)))
        assert [(p.person, id(p.pose)) for p in plain] == [(p.person, id(p.pose)) for p in shuffled]


def test_of_a_newcomer_found_twice_the_more_visible_stays():
    clear = at(VISITOR[0], 0.5)
    faint = replace(at(VISITOR[1], 0.51), visibility=0.5 * VISITOR[1].visibility)
    (tracked,) = Tracker().update(frame(0, faint, clear))
    assert (tracked.person, tracked.pose) == (0, clear)


def test_a_person_found_twice_is_one():
    tracker = Tracker()
    for n in range(30):
        twin = at(VISITOR[n + 1], 0.5 + 0.005 * (n % 5))
        assert ids(tracker.update(frame(n / 30, *((VISITOR[n], twin) if n % 2 else (VISITOR[n],))))) == [0]
    assert tracker.alive == {0}


def test_when_two_become_one_person_found_twice_the_lower_id_stays():
    tracker = Tracker()
    for n in range(60):
        slides = at(VISITOR[n % 40], max(0.5, 0.7 - 0.02 * n))
        tracked = tracker.update(frame(n / 30, at(VISITOR[n % 40], 0.5), slides))
    assert ids(tracked) == [0]
    assert tracker.alive == {0}


def test_two_who_stand_side_by_side_are_two():
    tracker = Tracker()
    shoulders = VISITOR[0].landmarks[MEDIAPIPE33.indices("left_shoulder", "right_shoulder"), 0]
    beside = at(VISITOR[0], 0.5 + abs(np.diff(shoulders)[0]) * 1.2)
    for n in range(10):
        assert ids(tracker.update(frame(n / 30, at(VISITOR[0], 0.5), beside))) == [0, 1]


@pytest.mark.parametrize("part", ["landmarks", "world", "visibility"])
def test_somebody_with_a_nan_is_left_out_and_keeps_the_id(part):
    tracker = Tracker()
    values = getattr(VISITOR[1], part).copy()
    values[3] = np.nan
    broken = replace(VISITOR[1], **{part: values})
    assert ids(tracker.update(frame(0, VISITOR[0]))) == [0]
    assert tracker.update(frame(0.1, broken)) == ()
    assert ids(tracker.update(frame(0.2, VISITOR[2]))) == [0]


def test_empty_frames_are_empty_from_the_first_on():
    tracker = Tracker()
    assert tracker.update(frame(0)) == ()
    assert tracker.alive == frozenset()


def test_when_time_goes_back_everybody_is_new_and_no_id_is_used_twice():
    tracker = Tracker()
    for n in range(30):
        tracker.update(frame(n / 30, VISITOR[n]))
    assert ids(tracker.update(frame(0, VISITOR[0]))) == [1]
    assert tracker.alive == {1}
    assert ids(tracker.update(frame(0, VISITOR[0]))) == [1]


def test_people_gone_for_longer_than_max_age_are_no_longer_alive():
    tracker = Tracker(max_age=0.5)
    tracker.update(frame(0, at(VISITOR[0], 0.2), at(VISITOR[0], 0.8)))
    tracker.update(frame(0.4, at(VISITOR[0], 0.2)))
    assert tracker.alive == {0, 1}
    tracker.update(frame(0.6, at(VISITOR[0], 0.2)))
    assert tracker.alive == {0}
    tracker.update(frame(2))
    assert tracker.alive == frozenset()


def test_memory_does_not_grow_with_the_number_of_people_seen():
    tracker = Tracker()
    for n in range(500):
        assert ids(tracker.update(frame(2.0 * n, VISITOR[n % 40]))) == [n]
        assert len(tracker.alive) == 1
