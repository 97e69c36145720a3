"""`stf label -o ADDRESS`: a folder through fsspec, an FTP server, and an object store (S3)."""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import DEMO, Command, copy_video, finish
from data.stores import ftp_server, object_store
from data.videos import write_video
from label_runs import start_label, tree

from apps.batch.remote import Remote, is_address
from realtime.formats import FORMATS
from realtime.records import relative
from stf.atomic import temporary_name
from stf.errors import UserError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")
for needed in ("pyftpdlib", "s3fs", "moto.server"):
    pytest.importorskip(needed, reason=f"{needed} is not installed")


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
    with ftp_server(folder) as port:
        yield folder, port


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator["AbstractFileSystem"]:
    """An object store with the bucket `bucket`, reached as Amazon's is."""
    with object_store() as port:
        for name, value in (
            ("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}"),
            ("AWS_ACCESS_KEY_ID", "me"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
        ):
            monkeypatch.setenv(name, value)
        files = fsspec.filesystem("s3", skip_instance_cache=True, use_listings_cache=False)
        files.mkdir("bucket")
        yield files


def objects(store: "AbstractFileSystem") -> dict[str, bytes]:
    """What lies below `bucket/labels`."""
    return {path.removeprefix("bucket/labels/"): store.cat_file(path) for path in store.find("bucket/labels")}


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
    return [path.name for path in cache.rglob("*") if "remote" in path.parts and path.is_file()]


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


def test_an_object_store_gets_what_a_folder_does_and_another_machine_finds_it_done(
    stf: Command,
    videos: Path,
    store: "AbstractFileSystem",
    machine: Callable[[str], Path],
) -> None:
    assert stf("label", "in", "-o", "local", "--format", "csv,npz").code == 0
    local = without_way(tree(videos.parent / "local"))
    assert label(stf, "s3://bucket/labels") == DONE
    first = objects(store)
    assert without_way(first) == local

    machine("second")
    assert label(stf, "s3://bucket/labels") == ALREADY
    for gone in ("a.segments.csv", "day [1]/b c.stf.npz"):
        store.rm_file(f"bucket/labels/{gone}")
    cache = machine("third")
    assert label(stf, "s3://bucket/labels") == {"a.mp4": "already", "b c.mp4": "done"}
    assert objects(store) == first
    assert not waiting(cache)

    assert "s3://none/labels cannot be written" in stf("label", "in", "-o", "s3://none/labels").sentence
    assert store.ls("") == ["bucket"], "a bucket was made, which costs its owner"


def test_what_is_older_than_its_record_is_made_again_and_what_was_corrected_stays(
    stf: Command,
    videos: Path,  # noqa: ARG001 - in the folder that is labelled
    tmp_path: Path,
    machine: Callable[[str], Path],
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


@pytest.mark.slow
def test_two_processes_put_what_one_writes_and_the_page_finds_it_there(
    stf: Command, videos: Path, tmp_path: Path, machine: Callable[[str], Path]
) -> None:
    cache = machine("second")
    command = ("--workers", "2", "--report", "page.html")
    outcome = finish(start_label(videos, f"file://{tmp_path}/two", *command), timeout=600)
    assert outcome.code == 0, outcome
    assert f"results in file://{tmp_path}/two/" in re.sub(r"\s*\n", "", outcome.out)
    assert "Labels of 2 videos" in (page := (tmp_path / "page.html").read_text())
    assert ".stf.json" not in page, "a record that could not be read"
    assert not waiting(cache)
    assert label(stf, f"file://{tmp_path}/one") == DONE
    assert tree(tmp_path / "two") == tree(tmp_path / "one")


def test_what_a_run_could_not_put_is_put_by_the_next(
    stf: Command, videos: Path, served: tuple[Path, int], machine: Callable[[str], Path]
) -> None:
    cache, (folder, port) = machine("second"), served
    (folder / "out" / "a.stf.json").mkdir(parents=True)  # in the way
    command = ("label", videos / "a.mp4", "-o", f"ftp://me:secret@127.0.0.1:{port}/out", "--format", "csv,npz")
    assert "cannot be written" in stf(*command, "--show", "nothing").err
    assert {"a.stf.json", "a.stf.npz", "a.poses.npz", "a.segments.csv"} <= set(waiting(cache))
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["a.poses.npz", "a.stf.json", "a.stf.npz"]
    (folder / "out" / "a.stf.json").rmdir()
    assert json.loads(stf(*command, "--show", "json").out)["status"] == "already"
    assert set(tree(folder / "out")) == {"a.stf.json", "a.stf.npz", "a.poses.npz", "a.segments.csv"}
    assert not waiting(cache)


def test_what_cannot_be_written_is_one_sentence_before_any_work(
    stf: Command, videos: Path, served: tuple[Path, int], machine: Callable[[str], Path]
) -> None:
    cache = machine("second")
    folder, port = served
    (folder / "file").touch()
    for address, why in (
        (f"ftp://guest:secret@127.0.0.1:{port}/out", "550 Not enough privileges"),
        (f"ftp://me:wrong@127.0.0.1:{port}/out", "530 Authentication failed"),
        ("ftp://127.0.0.1:1/out", "refused"),
        (f"file://{folder}/file/out", "Not a directory"),
        ("nowhere://out", "Protocol not known: nowhere"),
    ):
        sentence = stf("label", "in", "-o", address).sentence
        assert why in sentence
        assert "secret" not in sentence
        assert not waiting(cache)
    assert "clips are a folder" in stf("label", "in", "-o", f"file://{folder}", "--format", "clips").sentence
    assert [path.name for path in folder.iterdir()] == ["file"]
    assert videos.exists()


@pytest.fixture(params=["file", "ftp"])
def remote(
    request: pytest.FixtureRequest, served: tuple[Path, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Remote:
    """An address that the folder `served/out` is at, and a mirror that holds what a video led to."""
    monkeypatch.setenv("STF_CACHE", str(tmp_path / "cache"))
    folder, port = served
    remote = Remote(f"file://{folder}/out" if request.param == "file" else f"ftp://me:secret@127.0.0.1:{port}/out")
    fill(remote)
    return remote


STEM = Path("day [1]", "b c")
ENDINGS = (".poses.npz", ".segments.csv", ".stf.json", ".stf.npz")
CSV, SRT = FORMATS["csv"], FORMATS["srt"]


def fill(remote: Remote) -> None:
    (remote.mirror / STEM.parent).mkdir(parents=True, exist_ok=True)
    for ending in ENDINGS:
        (remote.mirror / f"{STEM}{ending}").write_text(ending)


def test_files_are_put_under_their_names_and_leave_the_mirror(remote: Remote, served: tuple[Path, int]) -> None:
    out = served[0] / "out"
    assert remote.fetch(STEM, remote.mirror, [CSV]) == frozenset()
    remote.check(write=True)
    assert not tree(out)
    for _ in range(2):  # the second time over what is there
        remote.put(STEM, record=True)
        assert tree(out) == {f"{STEM}{ending}": ending.encode() for ending in ENDINGS}
    assert remote.has(STEM)
    remote.forget(STEM)
    remote.tidy()
    assert not list(remote.mirror.iterdir())
    assert remote.fetch(STEM, remote.mirror, [CSV, SRT]) == {CSV}
    assert set(tree(remote.mirror)) == {f"{STEM}.stf.json", f"{STEM}.stf.npz"}
    (remote.mirror / f"{STEM}.stf.json").write_text("another")
    assert not remote.has(STEM)


def test_what_is_made_from_a_record_can_be_put_alone(remote: Remote, served: tuple[Path, int]) -> None:
    remote.put(STEM, record=False)
    assert set(tree(served[0] / "out")) == {f"{STEM}.segments.csv"}


def test_what_an_ended_run_of_this_machine_left_is_removed(remote: Remote, served: tuple[Path, int]) -> None:
    remote.put(STEM, record=True)
    folder = served[0] / "out" / STEM.parent
    ours, others = temporary_name(folder), folder / ".stf-00000000-1-0.part"
    ours.touch()
    others.touch()
    remote.remove_leftovers([Path(), STEM.parent, Path("nowhere")])
    assert not ours.exists()
    assert others.exists()


def test_a_put_that_fails_leaves_no_half_file_and_can_be_repeated(
    served: tuple[Path, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STF_CACHE", str(tmp_path / "cache"))
    folder, port = served
    remote = Remote(f"ftp://me:secret@127.0.0.1:{port}/out")
    fill(remote)
    (folder / "out" / STEM.parent / f"{STEM.name}.stf.json").mkdir(parents=True)  # in the way of the record
    with pytest.raises(UserError, match=r"me:\*\*\*@.* cannot be written"):
        remote.put(STEM, record=True)
    there = [path.name for path in (folder / "out" / STEM.parent).iterdir()]
    assert sorted(there) == sorted(f"{STEM.name}{ending}" for ending in (".poses.npz", ".stf.json", ".stf.npz"))
    (folder / "out" / STEM.parent / f"{STEM.name}.stf.json").rmdir()
    remote.put(STEM, record=True)
    assert tree(folder / "out") == {f"{STEM}{ending}": ending.encode() for ending in ENDINGS}


def test_only_what_has_a_scheme_is_an_address() -> None:
    assert is_address("s3://bucket/labels")
    assert is_address("memory://")
    assert not any(map(is_address, (r"C:\x", "C:/x", "labels", "../a:b", "/share//labels")))


def test_what_lies_in_a_mirror_names_what_lies_elsewhere_by_its_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STF_CACHE", str(tmp_path / "cache"))
    folder = Remote("s3://bucket/labels").mirror / "day 1"
    assert relative(tmp_path / "in" / "a.mp4", folder) == (tmp_path / "in" / "a.mp4").as_posix()
    assert relative(folder / "a.poses.npz", folder) == "a.poses.npz"
    assert relative(tmp_path / "in" / "a.mp4", tmp_path / "out") == "../in/a.mp4"
