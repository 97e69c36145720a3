"""realtime/sources/stream.py and interrupt.py: real servers on this machine."""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from data.servers import Answer, http_server, rtsp_server, silent_server
from data.videos import (
    number_in,
    write_video,
)

from realtime.sources import NetworkStream, open_source
from realtime.sources.stream import without_secrets
from stf.errors import UserError

ROOT = Path(__file__).parents[2]


def play(spec, **options):
    with open_source(spec, **options) as source:
        return source, list(source)


def times(frames):
    return [frame.time for frame in frames]


def numbers(frames):
    return [number_in(frame.image) for frame in frames]


@pytest.fixture(scope="module")
def mp4(tmp_path_factory):
    path = tmp_path_factory.mktemp("served") / "a.mp4"
    return write_video(path, 100, options={"g": "10"}, container_options={"movflags": "faststart"}).read_bytes()


@pytest.fixture(scope="module")
def ts(tmp_path_factory):
    path = tmp_path_factory.mktemp("served") / "a.ts"
    return write_video(path, 30, options={"g": "5", "bf": "0"}).read_bytes()


class TestStream:
    def test_a_recording_over_http_is_like_the_file(self, mp4):
        with http_server(lambda _: Answer(mp4)) as address:
            source, frames = play(f"{address}/a.mp4?token=secret")
        assert numbers(frames) == [i % 40 for i in range(100)]
        assert times(frames) == pytest.approx(np.arange(100) / 25)
        assert (source.live, source.frame_count, source.duration, source.problem) == (False, 100, 4.0, None)

    @pytest.mark.parametrize("kind", ["mp4", "ts"])
    def test_a_recording_that_drops_goes_on_where_it_was(self, request, kind):
        body = request.getfixturevalue(kind)
        with (
            http_server(lambda n: Answer(body, cut=len(body) * 6 // 10 if n == 0 else None)) as address,
            NetworkStream(f"{address}/a", backoff=(0.05, 0.1)) as source,
        ):
            frames = list(source)
        assert numbers(frames) == [i % 40 for i in range(100 if kind == "mp4" else 30)]
        assert times(frames) == pytest.approx(np.arange(len(frames)) / 25)

    def test_a_recording_that_always_breaks_off_ends_and_says_so(self, mp4):
        with (
            http_server(lambda _: Answer(mp4, cut=len(mp4) * 6 // 10)) as address,
            NetworkStream(f"{address}/a.mp4", backoff=(0.05, 0.1)) as source,
        ):
            frames = list(source)
        assert 5 < len(frames) < 100
        assert "cannot be read beyond" in source.problem

    def test_a_broadcast_that_drops_goes_on_behind_a_gap_of_its_real_length(self, ts):
        with (
            http_server(lambda _: Answer(ts, announce_length=False)) as address,
            NetworkStream(f"{address}/live.ts", backoff=(0.4, 1.0)) as source,
        ):
            frames = list(itertools.islice(source, 50))
        gaps = np.diff(times(frames))
        assert source.live
        assert numbers(frames) == [*range(30), *range(20)]
        assert 0.4 < gaps[29] < 0.9
        assert np.delete(gaps, 29) == pytest.approx(0.04)
        assert "dropped 1 time" in source.problem

    def test_a_broadcast_that_falls_silent_counts_the_silence_as_missing(self, ts):
        with (
            http_server(lambda _: Answer(ts, cut=len(ts) // 2, stall=20, announce_length=False)) as address,
            NetworkStream(f"{address}/live.ts", timeouts=(2.0, 0.6), backoff=(0.1, 1.0)) as source,
        ):
            frames = list(itertools.islice(source, 20))
        assert 0.6 < max(np.diff(times(frames))) < 1.5

    def test_an_rtsp_camera_that_drops_goes_on_behind_a_gap(self, ts):
        with rtsp_server(ts, 1.2, drop_after=0.8) as address, NetworkStream(address, backoff=(0.3, 1.0)) as source:
            begin = time.monotonic()
            frames = list(itertools.islice(source, 30))
            took = time.monotonic() - begin
        gaps = np.diff(times(frames))
        lost = int(np.argmax(gaps))
        assert 10 < lost < 25
        assert gaps[lost] > 0.3
        assert np.delete(gaps, lost) == pytest.approx(0.04, abs=1e-3)
        assert frames[-1].time == pytest.approx(took, abs=0.5)

    def test_it_ends_when_patience_does(self, ts):
        with (
            http_server(lambda n: Answer(ts, announce_length=False) if n == 0 else Answer(status=404)) as address,
            NetworkStream(f"{address}/live.ts", backoff=(0.05, 0.1), patience=0.3) as source,
        ):
            assert len(list(source)) == 30
        assert "did not come back within 0.3 s" in source.problem

    @pytest.mark.parametrize("scheme", ["http", "rtsp", "rtmp"])
    def test_a_silent_server_is_given_up_within_the_time_out(self, scheme):
        with silent_server() as port:
            begin = time.monotonic()
            with pytest.raises(UserError, match=r"no answer within 0\.5 s") as refusal:
                NetworkStream(f"{scheme}://me:secret@127.0.0.1:{port}/a", timeouts=(0.5, 0.5))
            assert time.monotonic() - begin < 1.5
        assert "secret" not in str(refusal.value)

    @pytest.mark.parametrize(
        ("answer", "says"),
        [
            (Answer(status=404), "404"),
            (Answer(status=401), "401"),
            (Answer(b"<html>" * 999, content_type="text/html"), "Invalid data"),
        ],
    )
    def test_what_cannot_be_opened_says_why_and_keeps_the_secret(self, answer, says):
        with http_server(lambda _: answer) as address, pytest.raises(UserError, match=says) as refusal:
            open_source(address.replace("//", "//me:secret@") + "/a?key=secret")
        assert "secret" not in str(refusal.value)

    @pytest.mark.parametrize("scheme", ["http", "rtsp"])
    def test_closing_ends_a_wait_for_the_network_within_a_second(self, ts, scheme):
        server = (
            http_server(lambda _: Answer(ts, cut=len(ts) // 2, stall=20, announce_length=False))
            if scheme == "http"
            else rtsp_server(ts, 1.2)
        )
        with server as address, NetworkStream(f"{address}/live", timeouts=(20.0, 20.0)) as source:
            last = []

            def consume():
                last.extend(source)

            worker = threading.Thread(target=consume)
            worker.start()
            time.sleep(2.0)
            assert worker.is_alive()
            source.close()
            worker.join(1.0)
            assert not worker.is_alive()
            assert last

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send Ctrl-C to one process")
    def test_ctrl_c_ends_the_opening_within_a_second(self):
        code = (
            "import sys; from realtime.sources import NetworkStream; print('ready', flush=True);"
            "NetworkStream(sys.argv[1], timeouts=(20, 20))"
        )
        with silent_server() as port:
            command = [sys.executable, "-c", code, f"rtsp://127.0.0.1:{port}/a"]
            child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            assert child.stdout.readline() == "ready\n"
            time.sleep(0.5)
            os.kill(child.pid, signal.SIGINT)
            begin = time.monotonic()
            _, errors = child.communicate(timeout=10)
            assert time.monotonic() - begin < 1.0
        assert errors.strip().endswith("KeyboardInterrupt")
        assert "ignored" not in errors

    @pytest.mark.parametrize(
        ("address", "shown"),
        [
            ("rtsp://me:secret@cam:554/live", "rtsp://cam:554/live"),
            ("rtsp://me:s@cret@cam/live", "rtsp://cam/live"),
            ("rtsp://me:secret#1@cam/live", "rtsp://cam/live"),
            ("http://cam/live?user=me&password=secret", "http://cam/live"),
            ("rtsp://cam/user=me_password=secret_channel=1", "rtsp://cam/user=..."),
            ("https://host:8080/@someone/a.mp4", "https://host:8080/@someone/a.mp4"),
        ],
    )
    def test_secrets_are_not_shown(self, address, shown):
        assert without_secrets(address) == shown
