"""`stf export`: files made from a record, long after the video was labelled."""

import shutil
from pathlib import Path

import pyarrow.parquet
import pytest
from conftest import Command, Labelled, names

from realtime.formats import FORMATS, read_labels
from realtime.records import open_record


@pytest.fixture
def moved(labelled: Labelled, tmp_path: Path) -> Path:
    """The folder of a record in another place, without its video."""
    return Path(shutil.copytree(labelled.folder, tmp_path / "kept"))


def test_a_record_gives_the_files_that_labelling_gave(
    labelled: Labelled, moved: Path, stf: Command, tmp_path: Path
) -> None:
    outcome = stf("export", moved / "short.stf.json", "--format", "csv,jsonl,npz", "-o", "again")
    assert (outcome.code, outcome.err) == (0, "")
    for path in (labelled.segments, labelled.windows, labelled.poses):
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()
        assert f"wrote again/{path.name}" in outcome.out
    assert len(names(tmp_path / "again")) == 3


def test_what_is_exported_says_what_the_record_says(moved: Path, stf: Command) -> None:
    assert stf("export", moved / "short.stf.json", "--format", "eaf,srt,vtt").code == 0
    segments = list(open_record(moved / "short.stf.json").segments)
    assert segments
    for name in ("csv", "eaf", "srt", "vtt"):
        assert read_labels(moved / f"short{FORMATS[name].ending}") == segments


def test_several_records_make_one_table(moved: Path, stf: Command, tmp_path: Path) -> None:
    shutil.copy(moved / "short.stf.json", moved / "other.stf.json")
    outcome = stf("export", moved / "short.stf.json", moved / "other.stf.json", "--format", "parquet,srt", "-o", "out")
    assert (outcome.code, outcome.err) == (0, "")
    assert names(tmp_path / "out") == {"labels.parquet", "short.srt", "other.srt"}
    table = pyarrow.parquet.read_table(tmp_path / "out" / "labels.parquet")
    assert table.num_rows == 2 * len(open_record(moved / "short.stf.json").segments)


def test_the_annotated_video_is_drawn_later_wherever_the_video_is_by_then(
    labelled: Labelled, moved: Path, stf: Command, tmp_path: Path
) -> None:
    record = moved / "short.stf.json"
    sentence = stf("export", record, "--format", "mp4").sentence
    assert "short.mp4" not in names(tmp_path)
    assert "say where it is with --video" in sentence
    assert stf("export", record, "--format", "mp4", "--video", labelled.video).code == 0
    assert stf("label", labelled.video, "-o", "out", "--poses", labelled.poses, "--format", "mp4").code == 0
    assert (moved / "short.annotated.mp4").read_bytes() == (tmp_path / "out" / "short.annotated.mp4").read_bytes()


def test_what_cannot_be_exported_is_one_sentence(moved: Path, stf: Command, tmp_path: Path) -> None:
    record = moved / "short.stf.json"
    (tmp_path / "file").touch()
    shutil.copytree(moved, tmp_path / "twin")
    before = names(moved)
    for arguments, said in (
        ((record, "--format", "xls"), "there is no format 'xls'; known are"),
        (("none.stf.json", "--format", "csv"), "none.stf.json cannot be read"),
        ((moved / "short.segments.csv", "--format", "csv"), "not a label record"),
        ((record, "--format", "csv", "-o", "file/out"), "cannot be written"),
        ((record, "twin/short.stf.json", "--format", "csv", "-o", "out"), "2 of the records are called 'short'"),
        ((record, record, "--format", "mp4", "--video", "x.mp4"), "--video belongs to one record"),
        ((record, "--format", "mp4", "--video", record), "is another video than"),
    ):
        assert said in stf("export", *arguments).sentence
    assert names(moved) == before
    assert names(tmp_path) == {"kept", "twin", "file"}


def test_without_landmarks_it_is_said_how_to_keep_them(labelled: Labelled, moved: Path, stf: Command) -> None:
    (moved / "short.poses.npz").unlink()
    for name in ("npz", "mp4"):
        outcome = stf("export", moved / "short.stf.json", "--format", name, "--video", labelled.video)
        assert "label the video with --format npz" in outcome.sentence
