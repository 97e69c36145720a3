"""realtime/sources/clocks.py: seconds that start at 0 and only ever grow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.sources.clocks import ArrivalClock, PresentationClock

stamps = st.lists(st.one_of(st.none(), st.floats(-100, 100, allow_nan=False)), min_size=2, max_size=30)


class TestClocks:
    @given(stamps)
    def test_presentation_times_start_at_zero_and_grow(self, given_stamps):
        clock = PresentationClock(0.04)
        seconds = [clock.time(stamp) for stamp in given_stamps]
        assert seconds[0] == 0.0
        assert min(np.diff(seconds)) > 0

    @given(st.lists(st.floats(0.001, 5.0), min_size=1, max_size=30), st.floats(-1e5, 1e5))
    def test_growing_stamps_are_kept_as_they_are(self, steps, origin):
        wanted = np.cumsum([0.0, *steps])
        clock = PresentationClock(0.04)
        assert [clock.time(origin + t) for t in wanted] == pytest.approx(wanted, abs=1e-6)

    def test_a_repeated_stamp_does_not_shift_the_rest(self):
        clock = PresentationClock(0.04)
        assert [clock.time(t) for t in (0, 0.04, 0.04, 0.08, 0.12)] == pytest.approx([0, 0.04, 0.06, 0.08, 0.12])

    def test_stamps_that_begin_anew_keep_their_spacing(self):
        clock = PresentationClock(0.1)
        assert [clock.time(t) for t in (9, 9.1, 2, 2.5, None)] == pytest.approx([0, 0.1, 0.2, 0.7, 0.8])

    @given(stamps, st.data())
    def test_arrival_times_start_at_zero_and_grow(self, given_stamps, data):
        clock = ArrivalClock()
        arrival, seconds = 50.0, []
        for stamp in given_stamps:
            arrival += data.draw(st.floats(0, 10))
            seconds.append(clock.time(stamp, arrival))
        assert seconds[0] == 0.0
        assert min(np.diff(seconds)) > 0

    def test_jitter_does_not_bend_the_time_and_a_drop_is_missing_at_its_real_length(self):
        clock = ArrivalClock()
        arrivals = [0.0, 0.07, 0.08, 0.15]
        assert [clock.time(5 + 0.04 * i, a) for i, a in enumerate(arrivals)] == pytest.approx([0, 0.04, 0.08, 0.12])
        clock.reconnect()
        assert clock.time(77.0, 3.0) == pytest.approx(3.0)
        assert clock.time(77.04, 3.5) == pytest.approx(3.04)

    def test_without_stamps_the_arrival_counts(self):
        clock = ArrivalClock()
        assert [clock.time(None, t) for t in (7.0, 7.5, 9.0)] == pytest.approx([0, 0.5, 2.0])
