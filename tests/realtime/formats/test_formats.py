"""Labels go out and come back equal, in every format that is read."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import av
import pyarrow.parquet
import pytest
from data.records import SEGMENTS, make_record
from hypothesis import given
from hypothesis import strategies as st

from realtime.formats import FORMATS, find_formats, read_labels
from realtime.formats.base import one_line
from stf.errors import UserError
from stf.prediction import Segment

READ = [name for name, form in FORMATS.items() if form.read]


def ignored() -> None:
    """Nobody looks at the progress."""


def export(name: str, folder: Path, segments: tuple[Segment, ...] = SEGMENTS) -> Path:
    path = folder / f"walk{FORMATS[name].ending}"
    FORMATS[name].write(make_record(folder / "walk.stf.json", segments), path, ignored)
    return path


LABELS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).map(one_line).filter(bool)


@st.composite
def findings(draw: st.DrawFn) -> tuple[Segment, ...]:
    """What a record may hold: nobody does two things at a time."""
    segments = []
    for person in draw(st.lists(st.integers(0, 12), unique=True, max_size=3)):
        time = 0
        for pause, length in draw(st.lists(st.tuples(st.integers(0, 10**7), st.integers(1, 10**7)), max_size=4)):
            start, time = time + pause, time + pause + length
            confidence = draw(st.integers(0, 10_000)) / 10_000
            segments.append(Segment(start / 1000, time / 1000, person, draw(LABELS), confidence))
    return tuple(sorted(segments, key=lambda segment: (segment.start, segment.person)))


@pytest.mark.parametrize("name", READ)
@given(segments=findings())
def test_labels_read_back_equal_to_a_millisecond(
    name: str, segments: tuple[Segment, ...], tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert read_labels(export(name, tmp_path_factory.mktemp("labels"), segments)) == list(segments)


@pytest.mark.parametrize("name", READ)
def test_the_same_record_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    first = export(name, tmp_path).read_bytes()
    assert export(name, tmp_path).read_bytes() == first


@pytest.mark.parametrize("name", ["srt", "vtt"])
def test_ffmpeg_shows_each_cue_at_its_time_with_its_text(name: str, tmp_path: Path) -> None:
    with av.open(str(export(name, tmp_path))) as file:
        packets = [packet for packet in file.demux(subtitles=0) if packet.size]
        times = [float(ticks * packet.time_base) for packet in packets for ticks in (packet.pts, packet.duration)]
        texts = [bytes(packet).decode() for packet in packets]
    expected = [seconds for one in SEGMENTS for seconds in (one.start, one.end - one.start)]
    assert times == pytest.approx(expected, abs=5e-4)
    assert texts[0] == "person 0: wave (87.50 %)"
    assert texts[1] == f"person 0: größer {'& <weiter>' if name == 'srt' else '&amp; &lt;weiter&gt;'} (50.01 %)"


@pytest.mark.parametrize("name", ["srt", "vtt"])
def test_cues_made_elsewhere_are_read(name: str, tmp_path: Path) -> None:
    head = b"WEBVTT - made elsewhere\r\n\r\nNOTE\r\nnothing\r\n\r\nSTYLE\r\n::cue {}\r\n\r\n"
    (tmp_path / f"a.{name}").write_bytes(
        b"\xef\xbb\xbf"
        + (head if name == "vtt" else b"")
        + b"first\r\n01:02,5 --> 00:01:03.250 align:left\r\n wave \r\nperson 2: clap\r\n\r\n\r\n"
        + b"1:00:00.000 --> 100:00:00.001\r\njog (50 %)"
    )
    assert read_labels(tmp_path / f"a.{name}") == [
        Segment(62.5, 63.25, 0, "wave", 1.0),
        Segment(62.5, 63.25, 2, "clap", 1.0),
        Segment(3600.0, 360000.001, 0, "jog", 0.5),
    ]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("srt", "wave\n", "line 1 does not begin a cue"),
        ("srt", "1\n00:00:01,000 --> 00:00:02,000\nwave\n\n2\n00:00:03 --> 4\n", "line 5 does not begin a cue"),
        ("srt", "1\n00:00:02,000 --> 00:00:01,000\nwave\n", "line 2: the cue starts at 2.0 s and ends at 1.0 s"),
        ("vtt", "00:00:01.000 --> 00:00:02.000\nwave\n", "does not begin with WEBVTT"),
        ("eaf", "<A>", "not an ELAN annotation file"),
        ("eaf", "<A/>", "not an ELAN annotation file"),
        ("eaf", "<ANNOTATION_DOCUMENT><TIER/></ANNOTATION_DOCUMENT>", "damaged ELAN annotation file"),
        ("csv", "a,b\r\n", "does not hold segments"),
    ],
)
def test_a_file_without_labels_is_one_sentence(name: str, text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / f"a.{name}").write_text(text)
    with pytest.raises(UserError, match=said) as raised:
        read_labels(tmp_path / f"a.{name}")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", READ)
def test_a_binary_or_missing_file_is_one_sentence(name: str, tmp_path: Path) -> None:
    (tmp_path / f"a.{name}").write_bytes(b"\x00\xff\xfe")
    for stem in ("a", "none"):
        with pytest.raises(UserError, match=f"{stem}.{name}"):
            read_labels(tmp_path / f"{stem}.{name}")


def test_labels_of_no_known_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"labels\.txt is of no kind that labels are read from; known are \.csv, \.srt"):
        read_labels(tmp_path / "labels.txt")


def test_formats_are_named_in_a_list_each_once() -> None:
    assert [form.name for form in find_formats("srt, csv,srt,")] == ["srt", "csv"]
    with pytest.raises(UserError, match=r"no format 'xls'; known are .*parquet"):
        find_formats("csv,xls")


def test_a_label_fits_into_one_line() -> None:
    assert one_line(" a\n b\x00\tc\ud800\ufffe ") == "a b c"


def test_all_videos_are_in_one_table(tmp_path: Path) -> None:
    records = [make_record(tmp_path / "a.stf.json"), make_record(tmp_path / "b.stf.json", SEGMENTS[:1])]
    write_all: Callable[..., None] = FORMATS["parquet"].write_all
    write_all(records, tmp_path / "labels.parquet")
    rows = pyarrow.parquet.read_table(tmp_path / "labels.parquet").to_pylist()
    assert len(rows) == 5
    assert set(rows[0]) == {"video", "sha256", "start", "end", "person", "label", "confidence"}
    assert (rows[2]["person"], rows[2]["end"], rows[2]["label"]) == (1, 3600.5, 'say "hi", twice')


def test_without_pyarrow_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UserError, match=re.escape("parquet needs pyarrow; install it with: pip install 'stf-action[")):
        find_formats("csv,parquet")
