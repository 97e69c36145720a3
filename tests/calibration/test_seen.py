from pathlib import Path

import numpy as np
import pytest
import typer

from calibration.seen import main, read_seen, see_clips, store_seen
from realtime.pose import MediaPipePose
from stf.datasets import open_corpus
from stf.datasets.corpus import Part, read_clips
from stf.errors import UserError
from stf.skeleton import NTU25


@pytest.mark.slow
@pytest.mark.usefixtures("pose_model")
def test_seen_clips_are_the_dataset_s_own_as_the_pose_estimator_sees_them(utd_mhad: Path, tmp_path: Path) -> None:
    corpus = open_corpus(utd_mhad)
    clips = list(read_clips(corpus))[:1]
    see_clips(clips, tmp_path / "parts", MediaPipePose, view=0, yaw=0.3, every=6)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "parts").iterdir()}
    see_clips(clips, tmp_path / "parts", MediaPipePose, view=0, yaw=0.3, every=6)
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "parts").iterdir()}
    store_seen(tmp_path / "parts", corpus, tmp_path / "seen")
    seen = open_corpus(tmp_path / "seen")
    (clip,) = read_clips(seen)
    assert seen.classes == corpus.classes
    assert (clip.layout, clip.label, clip.subject, clip.fps) == (NTU25, clips[0].label, clips[0].subject, 5)
    assert seen.split("cross-subject")(clip) is Part.TRAIN
    assert np.isfinite(clip.joints).mean() > 0.9


def test_a_folder_without_clips_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no clips"):
        read_seen(tmp_path)


def test_an_earlier_result_is_not_overwritten(tmp_path: Path, utd_mhad: Path, capsys) -> None:
    (tmp_path / "seen").mkdir()
    command = typer.Typer()
    command.command()(main)
    with pytest.raises(SystemExit) as end:
        command([str(utd_mhad), "-o", str(tmp_path / "seen")])
    assert end.value.code == 2
    assert "exists" in capsys.readouterr().err
