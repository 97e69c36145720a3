"""One run at a time in one output folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from apps.batch.lock import NAME, only_run
from stf.atomic import output_file, remove_leftovers
from stf.errors import UserError

HOLD = """
import sys
from pathlib import Path
from apps.batch.lock import only_run
from stf.atomic import output_file
with only_run(Path(sys.argv[1])), output_file(Path(sys.argv[1]) / "x") as part:
    print("in", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path / "out"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"in\n"
    return process


def test_a_second_run_is_told_and_one_after_a_kill_is_let_in(holder: subprocess.Popen[bytes], tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(UserError, match="another run is writing to"), only_run(out):
        pass
    remove_leftovers(out)
    assert len(list(out.iterdir())) == 2, "what a process that lives has not completed stays"
    holder.kill()
    holder.communicate()
    with only_run(out):
        remove_leftovers(out)
        assert {path.name for path in out.iterdir()} == {NAME}
    assert not list(out.iterdir())


def test_what_this_process_is_writing_can_be_spared(tmp_path: Path) -> None:
    with output_file(tmp_path / "film.mp4") as part:
        remove_leftovers(tmp_path, own=False)
        assert part.exists()
        remove_leftovers(tmp_path)
        assert not part.exists()
        part.touch()


def test_no_lock_and_no_empty_folder_is_left(tmp_path: Path) -> None:
    with only_run(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b" / NAME).is_file()
    assert not list(tmp_path.iterdir())
    with only_run(tmp_path / "a" / "b"), output_file(tmp_path / "a" / "b" / "c"):
        pass
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["c"]
