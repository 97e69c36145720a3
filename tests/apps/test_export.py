"""`stf export`: files made from a record, long after the video was labelled."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
from conftest import Command, Labelled, names

from realtime.formats import FORMATS, read_labels
from realtime.records import open_record
from stf.datasets import open_corpus
from stf.skeleton import NTU25


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


CORRECTED = "start,end,label\n0.5,2.5,stretch\n3.0,5.0,clap\n"


def test_corrected_labels_take_the_place_of_what_was_found(moved: Path, stf: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(CORRECTED)
    assert stf("export", moved / "short.stf.json", "--labels", "mine.csv", "--format", "srt", "-o", "out").code == 0
    assert read_labels(tmp_path / "out" / "short.srt") == read_labels(tmp_path / "mine.csv")


def test_corrected_labels_become_clips_to_train_on(moved: Path, stf: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(CORRECTED)
    arguments = ("export", moved / "short.stf.json", "--labels", "mine.csv", "--format", "clips", "-o", "out")
    assert stf(*arguments).code == 0
    corpus = open_corpus(tmp_path / "out" / "short.clips")
    clips = [entry.read() for entry in corpus.entries]
    assert corpus.classes == ("clap", "stretch")
    assert [corpus.classes[clip.label] for clip in clips] == ["stretch", "clap"]
    for clip in clips:
        assert clip.layout is NTU25
        assert clip.joints.shape == (1, 60, 25, 3)
        assert np.isfinite(clip.joints).all()
        assert 1 < np.ptp(clip.joints[0, 0, :, 1]) < 2.2  # metres from foot to head
    assert np.ptp(clips[1].joints[0, :, NTU25.index("left_wrist"), 0]) > 0.1  # the hands move
    outcome = stf("data", "check", "out/short.clips")
    assert outcome.code == 0
    assert "is there already" in stf(*arguments).sentence


def test_labels_the_recogniser_knows_keep_its_classes(moved: Path, stf: Command, tmp_path: Path) -> None:
    assert stf("export", moved / "short.stf.json", "--format", "clips", "-o", "out").code == 0
    corpus = open_corpus(tmp_path / "out" / "short.clips")
    assert corpus.classes == open_record(moved / "short.stf.json").facts.model.classes


def test_a_label_of_nobody_is_named(moved: Path, stf: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("start,end,person,label\n0.5,2.5,0,clap\n3.0,5.0,7,clap\n")
    arguments = ("export", moved / "short.stf.json", "--labels", "mine.csv", "--format", "clips", "-o", "out")
    assert "nobody is seen as person 7 from 3.0 to 5.0 s" in stf(*arguments).sentence
    assert names(tmp_path / "out") == set()
