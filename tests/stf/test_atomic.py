import os
import subprocess
import sys
from pathlib import Path

import pytest

from stf.atomic import output_file, output_folder, output_text
from stf.errors import UserError

ROOT = Path(__file__).parents[2]


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_file_appears_whole_when_the_block_succeeds(tmp_path):
    path = tmp_path / "out.txt"
    with output_text(path) as write:
        write("one\r\n")
        assert not path.exists()
        write("zwölf\n")
    assert path.read_bytes() == "one\r\nzwölf\n".encode()
    assert names_in(tmp_path) == ["out.txt"]


@pytest.mark.parametrize("interruption", [RuntimeError, KeyboardInterrupt])
def test_interruption_leaves_the_old_file_and_nothing_else(tmp_path, interruption):
    path = tmp_path / "out.txt"
    path.write_text("before")

    def interrupted():
        with output_text(path) as write:
            write("half")
            raise interruption

    with pytest.raises(interruption):
        interrupted()
    assert path.read_text() == "before"
    assert names_in(tmp_path) == ["out.txt"]


def test_missing_folders_are_made(tmp_path):
    with output_text(tmp_path / "a" / "b" / "out.txt") as write:
        write("x")
    assert (tmp_path / "a" / "b" / "out.txt").read_text() == "x"


def test_folder_that_cannot_be_made_is_a_user_error_before_any_work(tmp_path):
    (tmp_path / "file").touch()
    attempt = output_file(tmp_path / "file" / "out.txt")
    with pytest.raises(UserError, match=r"out\.txt cannot be written .*choose another output folder"):
        attempt.__enter__()
    assert names_in(tmp_path) == ["file"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_device_is_refused_rather_than_replaced():
    with pytest.raises(UserError, match="not an ordinary file"), output_text(Path("/dev/full")):
        pass
    assert Path("/dev/full").is_char_device()


def test_folder_in_the_way_is_a_user_error(tmp_path):
    with pytest.raises(UserError, match="not an ordinary file"), output_text(tmp_path):
        pass


def test_error_of_the_block_is_not_blamed_on_the_output(tmp_path):
    with pytest.raises(ConnectionError, match="camera"), output_text(tmp_path / "out.txt"):
        raise ConnectionError("camera unplugged")


def test_file_has_the_permissions_of_any_new_file(tmp_path):
    (tmp_path / "plain").touch()
    with output_text(tmp_path / "out.txt"):
        pass
    assert (tmp_path / "out.txt").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.skipif(os.name == "nt", reason="making links needs rights on Windows")
def test_link_stays_a_link_to_the_new_content(tmp_path):
    (tmp_path / "real").mkdir()
    link = tmp_path / "link.txt"
    link.symlink_to(tmp_path / "real" / "out.txt")
    with output_text(link) as write:
        write("x")
    assert link.is_symlink()
    assert (tmp_path / "real" / "out.txt").read_text() == "x"


WRITERS = {
    "text": """
        from stf.atomic import output_text
        with output_text(path) as write:
            for _ in range(3000):
                write("x" * 100)
    """,
    "video": """
        import numpy as np
        from realtime.sinks.video import VideoWriter
        noise = np.random.default_rng(0).integers(0, 255, (120, 160, 3), np.uint8)
        with VideoWriter(path) as video:
            for index in range(20):
                video.write(np.roll(noise, index, axis=1), index / 30)
    """,
}


def _write_with_room_for(kilobytes: int, writer: str, path: Path) -> str:
    body = "\n".join("    " + line[8:] for line in WRITERS[writer].strip("\n").splitlines())
    script = f"""
import resource
from pathlib import Path
from stf.errors import UserError
resource.setrlimit(resource.RLIMIT_FSIZE, ({kilobytes * 1024}, {kilobytes * 1024}))
path = Path({str(path)!r})
try:
{body}
except UserError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(("writer", "kilobytes"), [("text", 1), ("text", 290), ("video", 0), ("video", 40)])
def test_disk_that_fills_up_is_one_sentence_and_leaves_nothing(tmp_path, writer, kilobytes):
    pytest.importorskip("resource")
    path = tmp_path / "out"
    message = _write_with_room_for(kilobytes, writer, path)
    assert message.startswith(f"{path} cannot be written (")
    assert message.endswith("make room there or choose another output folder")
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("writer", WRITERS)
def test_disk_with_enough_room_is_no_error(tmp_path, writer):
    pytest.importorskip("resource")
    assert _write_with_room_for(10_000, writer, tmp_path / "out") == ""
    assert names_in(tmp_path) == ["out"]


def test_disk_that_fills_up_at_the_very_end_of_a_video_is_noticed(tmp_path):
    pytest.importorskip("resource")
    _write_with_room_for(10_000, "video", tmp_path / "whole")
    size = (tmp_path / "whole").stat().st_size
    message = _write_with_room_for(size // 1024, "video", tmp_path / "short")
    assert "cannot be written" in message
    assert names_in(tmp_path) == ["whole"]


def test_a_folder_appears_whole_when_the_block_succeeds(tmp_path):
    path = tmp_path / "a" / "out"
    with output_folder(path) as folder:
        (folder / "one").write_text("1")
        assert not path.exists()
    assert (path / "one").read_text() == "1"
    assert names_in(tmp_path / "a") == ["out"]


@pytest.mark.parametrize("interruption", [RuntimeError, KeyboardInterrupt])
def test_an_interrupted_folder_is_removed(tmp_path, interruption):
    def interrupted():
        with output_folder(tmp_path / "out") as folder:
            (folder / "half").write_text("1")
            raise interruption

    with pytest.raises(interruption):
        interrupted()
    assert names_in(tmp_path) == []


def test_a_folder_never_takes_the_place_of_anything(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    there = "is there already"
    for name, reason in (("file", there), ("folder", there), ("file/out", "cannot be written")):
        attempt = output_folder(tmp_path / name)
        with pytest.raises(UserError, match=rf"{name} {reason}.*choose another output folder"):
            attempt.__enter__()
    assert sorted(names_in(tmp_path)) == ["file", "folder"]
