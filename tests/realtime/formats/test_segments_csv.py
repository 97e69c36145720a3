import csv
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.formats.segments_csv import read_segments, write_segments
from stf.errors import UserError
from stf.prediction import Segment

SEGMENTS = [
    Segment(0.0, 1.5, 0, "wave", 0.875),
    Segment(2.125, 3600.5, 1, 'say "hi", twice', 0.25),
    Segment(4.0, 5.0, 0, "größer\r\nzwei", 1.0),
]


def test_segments_read_back_as_they_were_written(tmp_path):
    write_segments(tmp_path / "segments.csv", SEGMENTS)
    assert read_segments(tmp_path / "segments.csv") == SEGMENTS


def test_file_is_rfc_4180_with_a_header(tmp_path):
    write_segments(tmp_path / "segments.csv", SEGMENTS)
    lines = (tmp_path / "segments.csv").read_bytes().split(b"\r\n")
    assert lines[0] == b"start,end,person,label,confidence"
    assert lines[1] == b"0.000,1.500,0,wave,0.8750"
    assert lines[2] == b'2.125,3600.500,1,"say ""hi"", twice",0.2500'
    assert lines[-1] == b""


@given(
    labels=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), max_size=5),
    start=st.integers(0, 10**7),
)
def test_any_label_survives(labels, start):
    segments = [Segment(start / 1000, (start + 1) / 1000, 0, label, 0.5) for label in labels]
    with TemporaryDirectory() as folder:
        write_segments(Path(folder) / "segments.csv", segments)
        assert read_segments(Path(folder) / "segments.csv") == segments


def test_no_segment_is_a_header_alone(tmp_path):
    write_segments(tmp_path / "segments.csv", [])
    assert read_segments(tmp_path / "segments.csv") == []
    with (tmp_path / "segments.csv").open(newline="") as file:
        assert len(list(csv.reader(file))) == 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "does not hold segments"),
        ("a,b\r\n1,2\r\n", "does not hold segments"),
        ("start,end,person,label,confidence\r\n0,1,0,wave,0.5\r\n0,later,0,wave,0.5\r\n", "line 3 .*end"),
        ("start,end,person,label,confidence\r\n0,1\r\n", "line 2 .*label"),
        ("start,end,person,label,confidence\r\n0,1,0,wave,nan\r\n", "line 2 .*confidence"),
        ('start,end,person,label,confidence\r\n0,1,0,"wave,0.5\r\n', "not comma-separated"),
    ],
)
def test_file_without_segments_is_a_user_error(tmp_path, text, complaint):
    path = tmp_path / "segments.csv"
    path.write_text(text, newline="")
    with pytest.raises(UserError, match=complaint) as raised:
        read_segments(path)
    assert "\n" not in str(raised.value)


def test_binary_or_missing_file_is_a_user_error(tmp_path):
    (tmp_path / "video.mp4").write_bytes(b"\x00\xff\xfe")
    for name in ("video.mp4", "nothing.csv"):
        with pytest.raises(UserError, match=name):
            read_segments(tmp_path / name)
