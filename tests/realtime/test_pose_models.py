import hashlib
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path

import pytest

from realtime.pose import MediaPipePose
from realtime.pose_bundle import BUILT_FROM, DETECTOR, LANDMARKS, _expect, build
from realtime.pose_models import GOOGLE, PoseModel, fetch, list_models, resolve, where
from stf.errors import UserError

NOBODY = "http://127.0.0.1:9"  # the discard port: refused at once

BUILT_SHA256 = "b34164f23fd100c64ca85c0900bdc41220e6ce3ea41920a68842d81d8efa5c4b"
BUILT_WITH = {"mediapipe": "1.2.2", "flatbuffers": "25.12.19"}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STF_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Server:
    """Stands in for Google's storage: serves `content` for every address and notes what was asked for."""

    def __init__(self) -> None:
        self.content = b""
        self.asked: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(server.content)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.http.shutdown()
    thread.join()
    server.http.server_close()


def test_an_explicit_path_is_taken_as_it_is(pose_model: Path, cache: Path) -> None:
    assert resolve(pose_model) == pose_model
    assert resolve(str(pose_model)) == pose_model
    assert not cache.exists()


def test_a_missing_path_is_one_sentence_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no pose model '.*gone\.task'; give lite, full, heavy or the path"):
        resolve(tmp_path / "gone.task")


@pytest.mark.parametrize("fault", ["text", "truncated", "flipped", "one network", "not networks"])
def test_a_corrupt_bundle_is_refused_before_mediapipe_sees_it(fault: str, pose_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "corrupt.task"
    whole = pose_model.read_bytes()
    if fault == "text":
        path.write_text("<html>please log in</html>")
    elif fault == "truncated":
        path.write_bytes(whole[:-100_000])
    elif fault == "flipped":
        path.write_bytes(whole[:5_000_000] + bytes([whole[5_000_000] ^ 1]) + whole[5_000_001:])
    else:
        with zipfile.ZipFile(path, "w") as archive:
            for name in (DETECTOR,) if fault == "one network" else (DETECTOR, LANDMARKS):
                archive.writestr(name, b"\0\0\0\0TFL3" if fault == "one network" else b"no network")
    with pytest.raises(UserError, match=r"corrupt\.task' is not a MediaPipe pose bundle \(.+\); give another"):
        MediaPipePose(path)


def test_a_cached_model_is_used_without_a_word_or_a_connection(pose_model: Path, cache: Path) -> None:
    cache.mkdir()
    where(PoseModel.HEAVY).write_bytes(pose_model.read_bytes())
    said: list[str] = []
    assert resolve("heavy", say=said.append, base=NOBODY) == where(PoseModel.HEAVY)
    assert said == []


def test_google_is_asked_first_and_at_a_pinned_version(server: Server, pose_model: Path, cache: Path) -> None:
    server.content = pose_model.read_bytes()
    for model in PoseModel:
        path = resolve(model, base=server.base)
        assert path == cache / f"pose_landmarker_{model}.task"
        assert path.read_bytes() == server.content
    assert server.asked == [f"/pose_landmarker_{m}/float16/1/pose_landmarker_{m}.task" for m in PoseModel]
    assert sorted(cache.iterdir()) == sorted(where(model) for model in PoseModel)


def test_google_is_only_asked_over_https() -> None:
    assert GOOGLE.startswith("https://")


def test_a_damaged_cache_is_fetched_again_and_this_is_said(server: Server, pose_model: Path, cache: Path) -> None:
    server.content = pose_model.read_bytes()
    cache.mkdir()
    where(PoseModel.LITE).write_bytes(server.content[:1_000_000])
    said: list[str] = []
    path = resolve("lite", say=said.append, base=server.base)
    assert path.read_bytes() == server.content
    assert "is damaged" in said[0]
    assert "fetching it again" in said[0]
    assert len(server.asked) == 1


@pytest.mark.parametrize("model", ["lite", "heavy"])
def test_without_google_the_other_models_point_to_full(model: str, cache: Path) -> None:
    start = time.monotonic()
    with pytest.raises(UserError, match=rf"'{model}' cannot be fetched from 127.0.0.1:9 \(.+\); .* use 'full'"):
        resolve(model, base=NOBODY)
    assert time.monotonic() - start < 10
    assert not list(cache.parent.rglob("*.task*"))


def test_a_page_in_place_of_the_model_never_reaches_the_cache(server: Server, cache: Path) -> None:
    server.content = b"<html>please log in</html>"
    with pytest.raises(UserError, match="is not a pose bundle"):
        resolve("lite", base=server.base)
    assert not list(cache.parent.rglob("*.task*"))


def test_an_unknown_model_is_named_with_the_known_ones() -> None:
    with pytest.raises(UserError, match="no pose model 'huge'; known are lite, full, heavy"):
        fetch("huge")


def test_a_cache_that_cannot_be_written_is_one_sentence(
    server: Server, pose_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.content = pose_model.read_bytes()
    (tmp_path / "file").touch()
    monkeypatch.setenv("STF_CACHE", str(tmp_path / "file"))
    with pytest.raises(UserError, match=r"cannot be kept in .*file .*set STF_CACHE"):
        resolve("lite", base=server.base)


def test_two_processes_that_fetch_at_once_leave_one_whole_model(server: Server, pose_model: Path, cache: Path) -> None:
    server.content = pose_model.read_bytes()
    code = f"from realtime.pose_models import fetch; fetch('lite', base={server.base!r})"
    both = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert [path.read_bytes() for path in cache.iterdir()] == [server.content]


def test_the_list_tells_cached_from_not_cached_and_where_each_comes_from(pose_model: Path, cache: Path) -> None:
    cache.mkdir()
    for model in (PoseModel.LITE, PoseModel.FULL):
        where(model).write_bytes(pose_model.read_bytes())
        with zipfile.ZipFile(where(model), "a") as archive:
            archive.comment = BUILT_FROM.encode() if model is PoseModel.FULL else b""
    where(PoseModel.HEAVY).write_bytes(pose_model.read_bytes()[:1000])
    lite, full, heavy = list_models()
    assert [lite.cached, full.cached, heavy.cached] == [True, True, False]
    assert [lite.source, full.source, heavy.source] == [GOOGLE, "built from mediapipe==0.10.21", GOOGLE]
    assert (full.path, full.size_bytes) == (where(PoseModel.FULL), where(PoseModel.FULL).stat().st_size)
    assert heavy.size_bytes == 0


def test_without_pip_the_build_says_how_to_get_it(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pip", None)  # as in an environment made by uv
    with pytest.raises(UserError, match=r"has no pip .*ensurepip"):
        resolve("full", base=NOBODY)
    assert not cache.exists()


def test_another_file_than_the_known_wheel_is_refused() -> None:
    with pytest.raises(UserError, match=r"w\.whl is not the file known here"):
        _expect(hashlib.sha256(b"wheel").hexdigest(), b"another wheel", "w.whl")


@pytest.mark.slow
@pytest.mark.usefixtures("cache")
def test_the_full_model_is_built_the_same_every_time_and_without_a_word_of_its_own(
    capfd: pytest.CaptureFixture[str],
) -> None:
    try:
        first = build()
    except UserError as error:
        pytest.skip(str(error))
    said: list[str] = []
    path = resolve("full", say=said.append, base=NOBODY)
    assert path.read_bytes() == first
    assert "building it from mediapipe==0.10.21" in said[-1]
    assert capfd.readouterr() == ("", "")
    if all(version(package) == number for package, number in BUILT_WITH.items()):
        assert hashlib.sha256(first).hexdigest() == BUILT_SHA256
    with zipfile.ZipFile(path) as archive:
        assert [info.compress_type for info in archive.infolist()] == [zipfile.ZIP_STORED] * 2
    MediaPipePose(path).close()


def test_a_proxy_that_was_refused_once_is_forgotten_with_its_setting(
    server: Server, pose_model: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.content = pose_model.read_bytes()
    with monkeypatch.context() as offline:
        offline.setenv("http_proxy", NOBODY)
        offline.setenv("no_proxy", "")
        with pytest.raises(UserError, match="refused"):
            resolve("lite", base=server.base)
    assert resolve("lite", base=server.base) == where(PoseModel.LITE)
    assert cache.exists()
