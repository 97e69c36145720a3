from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer

from calibration.landmarks.film import Plan, film_corpus
from calibration.landmarks.shots import read_shots
from calibration.seen import main, store_seen
from stf.datasets import open_corpus
from stf.datasets.corpus import Part, read_clips
from stf.skeleton import NTU25


@pytest.mark.slow
@pytest.mark.usefixtures("pose_model")
def test_seen_clips_are_the_dataset_s_own_as_the_pose_estimator_sees_them(utd_mhad: Path, tmp_path: Path) -> None:
    corpus = open_corpus(utd_mhad)
    first = replace(corpus, entries=corpus.entries[:1])
    clips = list(read_clips(first))
    assert list(film_corpus(first, tmp_path / "shots", Plan(yaw=0.3, close=0, every=6), workers=1)) == [1, 0]
    store_seen(read_shots(tmp_path / "shots"), corpus, tmp_path / "seen")
    seen = open_corpus(tmp_path / "seen")
    (clip,) = read_clips(seen)
    assert seen.classes == corpus.classes
    assert (clip.layout, clip.label, clip.subject, clip.fps) == (NTU25, clips[0].label, clips[0].subject, 5)
    assert seen.split("cross-subject")(clip) is Part.TRAIN
    assert np.isfinite(clip.joints).mean() > 0.9


def test_an_earlier_result_is_not_overwritten(tmp_path: Path, utd_mhad: Path, capsys) -> None:
    (tmp_path / "seen").mkdir()
    command = typer.Typer()
    command.command()(main)
    with pytest.raises(SystemExit) as end:
        command([str(utd_mhad), "-o", str(tmp_path / "seen")])
    assert end.value.code == 2
    assert "exists" in capsys.readouterr().err
