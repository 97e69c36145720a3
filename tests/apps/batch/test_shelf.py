"""`stf label -o ADDRESS`: a folder through fsspec, and an FTP server."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import DEMO, Command, copy_video, finish
from data.videos import write_video
from label_runs import start_label, tree

from apps.batch.shelf import Shelf
from stf.errors import UserError

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")
pytest.importorskip("pyftpdlib", reason="pyftpdlib is not installed")

SERVER = """
import sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer
FTPHandler.authorizer = DummyAuthorizer()
FTPHandler.authorizer.add_user("me", "secret", sys.argv[1], perm="elradfmwMT")
FTPHandler.authorizer.add_user("guest", "secret", sys.argv[1], perm="elr")
server = FTPServer(("127.0.0.1", 0), FTPHandler)
print(server.address[1], flush=True)
server.serve_forever()
"""


@pytest.fixture
def machine(tmp_path: Path, pose_model: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Goes on as another machine would, whose cache holds a pose model and nothing else."""

    def use(name: str) -> Path:
        cache = tmp_path / "caches" / name
        cache.mkdir(parents=True)
        (cache / pose_model.name).symlink_to(pose_model)
        monkeypatch.setenv("STF_CACHE", str(cache))
        return cache

    use("first")
    return use


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """Two small videos, one of them in a folder with a name to quote."""
    folder = tmp_path / "in"
    (folder / "day [1]").mkdir(parents=True)
    copy_video(DEMO, folder / "a.mp4", 40)
    write_video(folder / "day [1]" / "b c.mp4", 20)
    return folder


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A folder that an FTP server shows, and its port."""
    folder = tmp_path / "served"
    folder.mkdir()
    with subprocess.Popen([sys.executable, "-c", SERVER, folder], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        yield folder, int(server.stdout.readline())
        server.kill()


def without_way(files: dict[str, bytes]) -> dict[str, bytes]:
    """Files whose records do not say the way to the video, which is absolute at an address."""
    return {name: re.sub(rb'"path": "[^"]*/in/', b'"path": "', content) for name, content in files.items()}


def label(stf: Command, address: str, *more: object) -> dict[str, str]:
    """Label all, and say what became of each video."""
    outcome = stf("label", "in", "-o", address, "--format", "csv,npz", "--show", "json", *more)
    assert outcome.code == 0, outcome
    lines = [json.loads(line) for line in outcome.out.splitlines()]
    assert all(line["record"].startswith(re.sub("secret", "***", address)) for line in lines)
    return {Path(line["video"]).name: line["status"] for line in lines}


def waiting(cache: Path) -> list[str]:
    """What lies in the mirrors of a machine."""
    return [path.name for path in cache.rglob("*") if "shelves" in path.parts and path.name != "shelves"]


DONE = {"a.mp4": "done", "b c.mp4": "done"}
ALREADY = {"a.mp4": "already", "b c.mp4": "already"}


@pytest.mark.parametrize("protocol", ["file", "ftp"])
def test_an_address_gets_what_a_folder_does_and_another_machine_finds_it_done(
    stf: Command, videos: Path, served: tuple[Path, int], machine: Callable[[str], Path], protocol: str
) -> None:
    folder, port = served
    address = f"ftp://me:secret@127.0.0.1:{port}/to/here" if protocol == "ftp" else f"file://{folder}/to/here"
    assert stf("label", "in", "-o", "local", "--format", "csv,npz,srt").code == 0
    local = without_way(tree(videos.parent / "local"))
    assert label(stf, address) == DONE
    out = folder / "to" / "here"
    first = tree(out)
    assert without_way(first) == {name: content for name, content in local.items() if not name.endswith(".srt")}
    assert json.loads(first["a.stf.json"])["video"]["path"] == (videos / "a.mp4").as_posix()
    assert not waiting(videos.parent / "caches" / "first")

    times = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    machine("second")
    assert label(stf, address) == ALREADY
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == times

    (out / "a.segments.csv").unlink()
    (out / "day [1]" / "b c.stf.npz").unlink()
    cache = machine("third")
    assert label(stf, address, "--format", "csv,npz,srt") == {"a.mp4": "already", "b c.mp4": "done"}
    assert without_way(tree(out)) == local
    assert not waiting(cache)


def test_what_is_older_than_its_record_is_made_again_and_what_was_corrected_stays(
    stf: Command, videos: Path, tmp_path: Path, machine: Callable[[str], Path]
) -> None:
    assert label(stf, f"file://{tmp_path}/out") == DONE
    table, record = tmp_path / "out" / "a.segments.csv", tmp_path / "out" / "a.stf.json"
    made = table.read_bytes()
    table.write_text("mine")
    machine("second")
    assert label(stf, f"file://{tmp_path}/out") == ALREADY
    assert table.read_text() == "mine"
    os.utime(table, ns=(0, record.stat().st_mtime_ns - 1_000_000))
    assert label(stf, f"file://{tmp_path}/out") == ALREADY
    assert table.read_bytes() == made
