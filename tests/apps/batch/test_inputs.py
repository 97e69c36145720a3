"""What paths on the command line mean. Nothing here is opened as a video."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from apps.batch.inputs import Video, find_videos
from realtime.formats import FORMATS
from stf.errors import UserError

OUT = Path("out")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def make(*paths: str) -> None:
    for path in map(Path, paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def found(*paths: str) -> dict[str, str]:
    """Path -> name of the results; nothing may have gone wrong."""
    search = find_videos([Path(path) for path in paths], OUT)
    assert search.failures == []
    return {str(video.path): str(video.name) for video in search.videos}


def test_a_folder_is_searched_with_all_below_and_its_tree_is_kept() -> None:
    make("in/b.MOV", "in/a.mp4", "in/day 1/c.mkv", "in/day 1/deep/d.webm", "in/notes.md", "in/day 1/photo.jpg")
    assert list(found("in").items()) == [
        ("in/a.mp4", "a"),
        ("in/b.MOV", "b"),
        ("in/day 1/c.mkv", "day 1/c"),
        ("in/day 1/deep/d.webm", "day 1/deep/d"),
    ]
    assert find_videos([Path("in")], OUT).others == 2


def test_names_with_spaces_quotes_emoji_and_a_line_end_are_names() -> None:
    odd = ["a b.mp4", 'say "hi".mp4', "it's.mp4", "\N{DANCER}.mp4", "two\nlines.mp4", "[x]*?.mp4", "a.b.c.mp4"]
    make(*(f"in/{name}" for name in odd))
    assert set(found("in")) == {f"in/{name}" for name in odd}
    assert found("in/[x]*?.mp4") == {"in/[x]*?.mp4": "[x]*?"}  # there is a file of this name


def test_hidden_files_our_own_output_and_what_is_no_video_are_passed_over() -> None:
    make("in/a.mp4", "in/._a.mp4", "in/.trash/b.mp4", f"in/a{FORMATS['mp4'].ending}", "in/out/c.mp4", "out/d.mp4")
    assert set(found(".")) == {"in/a.mp4", "in/out/c.mp4"}


def test_a_folder_that_leads_back_to_itself_is_named_and_the_rest_is_found() -> None:
    make("in/a/b.mp4", "in/c.mp4")
    Path("in/a/loop").symlink_to(Path("in").resolve(), target_is_directory=True)
    Path("in/a/self").symlink_to("self")
    search = find_videos([Path("in")], OUT)
    assert [str(video.path) for video in search.videos] == ["in/c.mp4", "in/a/b.mp4"]
    assert [(str(failure.what), "leads back" in failure.reason) for failure in search.failures] == [("in/a/loop", True)]


def test_links_are_followed_and_a_folder_is_searched_once() -> None:
    make("elsewhere/a.mp4")
    Path("in").mkdir()
    Path("in/one").symlink_to(Path("elsewhere").resolve(), target_is_directory=True)
    Path("in/two").symlink_to(Path("elsewhere").resolve(), target_is_directory=True)
    assert found("in") == {"in/one/a.mp4": "one/a"}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_named() -> None:
    make("in/a.mp4", "in/closed/b.mp4")
    Path("in/closed").chmod(0)
    search = find_videos([Path("in")], OUT)
    Path("in/closed").chmod(0o700)
    assert [str(failure.what) for failure in search.failures] == ["in/closed"]
    assert len(search.videos) == 1


def test_a_folder_of_images_is_a_video_where_it_is_named_itself() -> None:
    make("takes/one/1.png", "takes/one/2.png", "takes/two/1.png")
    assert found("takes/one") == {"takes/one": "one"}
    make("list.txt")
    Path("list.txt").write_text("takes/one\ntakes/two\n")
    assert found("list.txt") == {"takes/one": "takes/one", "takes/two": "takes/two"}


def test_a_pattern_keeps_the_tree_below_its_fixed_part() -> None:
    make("in/mon/cam1.mp4", "in/mon/cam2.mp4", "in/tue/cam1.mp4", "in/tue/cam1.txt", "in/x.dat")
    assert found("in/*/cam1*") == {"in/mon/cam1.mp4": "mon/cam1", "in/tue/cam1.mp4": "tue/cam1"}
    assert set(found("in/**")) == {"in/mon/cam1.mp4", "in/mon/cam2.mp4", "in/tue/cam1.mp4"}
    assert found("in/*.dat") == {"in/x.dat": "x"}
    search = find_videos([Path("in/*.mov")], OUT)
    assert "matches" in search.failures[0].reason


def test_a_list_is_seen_from_its_own_folder() -> None:
    make("data/a.mp4", "data/sub/b.mp4", "data/more/c.mp4", "other/d.mp4")
    Path("data/list.txt").write_text("a.mp4\n\nsub/b.mp4\r\nmore\n../other/d.mp4\n")
    assert found("data/list.txt") == {
        "data/a.mp4": "a",
        "data/sub/b.mp4": "sub/b",
        "data/more/c.mp4": "more/c",
        "other/d.mp4": "d",
    }
    Path("data/itself.txt").write_text("itself.txt\na.mp4\n")
    assert found("data/itself.txt") == {"data/a.mp4": "a"}
    Path("data/zero.txt").write_bytes(b"a.mp4\0two\nlines.mp4\0")
    assert set(found("data/zero.txt")) == {"data/a.mp4", "data/two\nlines.mp4"}


def test_a_table_gives_parts_of_videos() -> None:
    Path("parts.csv").write_text('path,start,end\na.mp4,1.5,20\na.mp4,,3.25\na.mp4,60,\n"two\nlines.mp4",,\n')
    assert find_videos([Path("parts.csv")], OUT).videos == [
        Video(Path("a.mp4"), Path("a@1.5-20"), 1.5, 20.0),
        Video(Path("a.mp4"), Path("a@0-3.25"), 0.0, 3.25),
        Video(Path("a.mp4"), Path("a@60-end"), 60.0, None),
        Video(Path("two\nlines.mp4"), Path("two\nlines")),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,start\na.mp4,1\n", "no column 'path'"),
        ("path,start,end\na.mp4,5,4\n", "line 2"),
        ("path,start,end\na.mp4,one,\n", "'one'"),
        ("path,start,end\na.mp4,-1,\n", "'-1'"),
        ("path,start,end\na.mp4,nan,\n", "'nan'"),
        ("path,start,end\n,1,\n", "line 2"),
        ("", "no column 'path'"),
    ],
)
def test_a_table_that_says_nothing_clear_is_refused(text: str, said: str) -> None:
    Path("parts.csv").write_text(text)
    with pytest.raises(UserError, match=r"parts\.csv") as error:
        find_videos([Path("parts.csv")], OUT)
    assert said in str(error.value)


def test_what_is_given_twice_is_labelled_once() -> None:
    make("in/a.mp4", "in/sub/b.mp4")
    assert found("in", "in/sub", "in/a.mp4", "./in/a.mp4", "in/*.mp4") == {"in/a.mp4": "a", "in/sub/b.mp4": "sub/b"}


def test_videos_that_would_write_to_one_name_are_refused_and_named() -> None:
    make("in/walk.mp4", "in/Walk.avi")
    with pytest.raises(UserError, match=r"2 of the videos are called.*Walk.avi.*walk.mp4"):
        find_videos([Path("in")], OUT)


def test_a_run_finds_its_videos_before_it_loads_what_labels_them() -> None:
    make("in/a.mp4")
    command = (
        "import sys; from pathlib import Path; from apps.label import run_label; "
        "from apps.batch.inputs import find_videos; assert find_videos([Path('in')], Path('out')).videos; "
        "print(*{'torch', 'PySide6', 'mediapipe', 'scipy'} & set(sys.modules))"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    ran = subprocess.run([sys.executable, "-c", command], check=True, capture_output=True, text=True, env=env)
    assert ran.stdout == "\n"


def test_a_list_that_is_no_text_is_refused() -> None:
    Path("list.txt").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(UserError, match="not UTF-8"):
        find_videos([Path("list.txt")], OUT)
