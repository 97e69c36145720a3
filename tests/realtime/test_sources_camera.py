"""realtime/sources/camera.py, with a fake for the camera that test machines lack."""

import itertools
import threading
import time
from pathlib import Path

import pytest
from data.videos import (
    SIZE,
    picture,
)

from realtime.sources import Camera, list_cameras, open_source
from stf.errors import UserError


def times(frames):
    return [frame.time for frame in frames]


class FakeCapture:
    """A camera as OpenCV shows it; `plugged` says at any time whether it is there."""

    def __init__(self, plugged):
        self.plugged = plugged
        self.released = False

    def isOpened(self):  # noqa: N802  (OpenCV's name)
        return self.plugged()

    def grab(self):
        time.sleep(0.005)
        return self.plugged()

    def retrieve(self):
        return True, picture(3)

    def get(self, _prop):
        return 30.0

    def release(self):
        self.released = True


class TestCamera:
    def test_time_is_the_monotonic_clock_at_the_grab(self):
        ticks = itertools.count(100.0, 0.25)
        with Camera(0, capture=lambda _: FakeCapture(lambda: True), clock=lambda: next(ticks)) as camera:
            frames = list(itertools.islice(camera, 3))
        assert times(frames) == pytest.approx([0.5, 1.0, 1.5])  # each picture asks the clock twice
        assert (camera.name, camera.live, camera.fps, camera.size) == ("camera 0", True, 30.0, SIZE)

    def test_an_unplugged_camera_comes_back_behind_a_gap(self, monkeypatch):
        monkeypatch.setattr("realtime.sources.camera._PATIENCE", 0.05)
        plugged = threading.Event()
        plugged.set()
        opened = []

        def capture(_index):
            opened.append(FakeCapture(plugged.is_set))
            return opened[-1]

        with Camera(1, capture=capture, backoff=(0.05, 0.1)) as camera:
            frames = iter(camera)
            before = [next(frames) for _ in range(3)]
            plugged.clear()
            threading.Timer(0.5, plugged.set).start()
            after = [next(frames) for _ in range(3)]
        assert 0.4 < after[0].time - before[-1].time < 1.0
        assert [frame.index for frame in before + after] == list(range(6))
        assert f"camera 1 was away from {before[-1].time:.1f} s to {after[0].time:.1f} s" == camera.problem
        frames.close()
        assert all(capture.released for capture in opened)

    def test_closing_ends_it_within_a_second_plugged_or_not(self):
        for plugged in (True, False):
            there = threading.Event()
            there.set()
            with Camera(0, capture=lambda _, there=there: FakeCapture(there.is_set)) as camera:
                frames = iter(camera)
                next(frames)
                if not plugged:
                    there.clear()
                threading.Timer(0.2, camera.close).start()
                begin = time.monotonic()
                list(frames)
                assert time.monotonic() - begin < 1.0

    def test_a_camera_that_is_not_there_is_refused_with_those_that_are(self):
        with pytest.raises(UserError, match=r"camera 7 cannot be opened.* 0, 2"):
            Camera(
                7,
                capture=lambda index: FakeCapture(lambda: index in (0, 2)),
                others=lambda capture: list_cameras(capture, range(5)),
            )

    def test_cameras_are_listed(self):
        assert list_cameras(lambda index: FakeCapture(lambda: index in (0, 2)), range(5)) == [0, 2]

    @pytest.mark.skipif(any(Path("/dev").glob("video*")), reason="this machine has a camera")
    def test_without_a_camera_the_list_is_empty_and_quiet(self, capfd):
        assert list_cameras() == []
        with pytest.raises(UserError, match="camera 0 cannot be opened and there is no other"):
            open_source("0")
        captured = capfd.readouterr()
        assert captured.out + captured.err == ""
