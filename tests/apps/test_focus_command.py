"""`stf focus`: of a clip, of a class, of a record, of a video; and the lines of Python in the README."""

import re
from pathlib import Path

import av
import numpy as np
import pytest
from conftest import DEMO, ROOT, Command, Labelled, names

from realtime.opencv import cv2
from realtime.records import open_record
from stf.explanation import Explanation
from stf.skeleton import NTU25

MODEL = ("--model", "utd-mhad-27")
ARMS = [joint for limb in ("left arm", "right arm") for joint in NTU25.limbs[limb]]


def test_a_clip_is_explained_in_numbers_and_in_a_figure(stf: Command, utd_mhad: Path, tmp_path: Path) -> None:
    asked = ("--clip", "a3_s2_t1", "--class", "wave", "--contrast", "clap")
    outcome = stf("focus", utd_mhad, *MODEL, *asked, "-o", "focus.npz", "--figure", "focus.png")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("wave ")
    assert "module 3 of 6, joint + bone, elementwise" in outcome.out
    assert names(tmp_path) == {"focus.npz", "focus.png"}
    with np.load("focus.npz", allow_pickle=False) as kept:
        assert (kept["label"].item(), kept["contrast"].item(), kept["clip"].item()) == ("wave", "clap", "a3_s2_t1")
        assert kept["focus"].shape == (1, len(kept["times"]), 25)
        mean = kept["focus"][0].mean(axis=0)
    assert mean[list(NTU25.limbs["right arm"])].sum() > 0.5 * mean.sum()
    height, width = cv2.imread("focus.png").shape[:2]
    assert min(height, width) > 1500


def test_a_figure_can_be_a_drawing(stf: Command, utd_mhad: Path, tmp_path: Path) -> None:
    asked = ("--clip", "a13_s2_t1", "--module", 2, "--stream", "bone", "--method", "pooled")
    outcome = stf("focus", utd_mhad, *MODEL, *asked, "--figure", "boxing.svg")
    assert "module 2 of 6, bone, pooled" in outcome.out
    assert (tmp_path / "boxing.svg").read_text().lstrip().startswith("<?xml")


def test_a_figure_can_move(stf: Command, utd_mhad: Path, tmp_path: Path) -> None:
    outcome = stf("focus", utd_mhad, *MODEL, "--clip", "a3_s2_t1", "--span", "0.4-1.4", "--figure", "wave.gif")
    assert (outcome.code, outcome.err) == (0, "")
    with av.open(str(tmp_path / "wave.gif")) as file:
        frames = [(float(frame.time), frame.to_ndarray(format="rgb24")) for frame in file.decode(video=0)]
    assert 12 <= len(frames) <= 14
    assert frames[-1][0] == pytest.approx(1.0, abs=0.1)
    assert any((frame != frames[0][1]).any() for _, frame in frames)
    assert names(tmp_path) == {"wave.gif"}


def test_without_a_file_joints_and_moments_are_listed(stf: Command, utd_mhad: Path, tmp_path: Path) -> None:
    outcome = stf("focus", utd_mhad, *MODEL, "--clip", "a3_s2_t1", "--span", "0.4-1.7")
    first = re.search(r"right (elbow|wrist|thumb|hand) +\S +0\.\d+ +\S +(\d\.\d\d)", outcome.out)
    assert first, outcome.out
    assert 0.4 <= float(first[2]) <= 1.7
    assert names(tmp_path) == set()


def test_what_is_looked_at_for_a_class_is_averaged_over_its_clips(stf: Command, utd_mhad: Path) -> None:
    outcome = stf("focus", utd_mhad, *MODEL, "--class", "throw", "--split", "subject=2,4", "-o", "throw.npz")
    assert outcome.out.startswith("8 clips of 'throw' in the test side of subject=2,4, ")
    assert "mean of 8 clips" in outcome.out
    with np.load("throw.npz", allow_pickle=False) as kept:
        assert kept["clips"].item() == 8
        assert kept["times"][[0, -1]].tolist() == [0, 1]
        mean = kept["focus"][0].mean(axis=0)
    assert mean[ARMS].sum() > 0.5 * mean.sum()


def test_a_segment_of_a_record_is_explained_by_its_own_label(stf: Command, labelled: Labelled) -> None:
    path = next(labelled.folder.glob("*.stf.json"))
    segment = open_record(path).segments[0]
    stf("focus", path, "--segment", 1, "-o", "one.npz")
    with np.load("one.npz", allow_pickle=False) as kept:
        assert kept["label"].item() == segment.label
        assert segment.start <= kept["times"][0] < kept["times"][-1] <= segment.end
    assert "there: 0" in stf("focus", path, "--person", 3).sentence
    assert "it has " in stf("focus", path, "--segment", 99).sentence
    assert "leave out --span" in stf("focus", path, "--segment", 1, "--span", "1-2").sentence
    assert "nobody is seen" in stf("focus", path, "--span", "90-95").sentence
    assert "has no --clip" in stf("focus", path, "--clip", "one").sentence


@pytest.mark.usefixtures("pose_model")
def test_a_span_of_a_video_is_explained_on_the_video_s_clock(stf: Command) -> None:
    outcome = stf("focus", DEMO, "--span", "1.0-2.6", "--class", "clap", "-o", "clap.npz")
    assert outcome.code == 0, outcome.err
    with np.load("clap.npz", allow_pickle=False) as kept:
        assert kept["times"][0] == pytest.approx(1.0, abs=0.2)
        assert kept["times"][-1] == pytest.approx(2.6, abs=0.2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--clip", "a3_s2_t1", "--class", "wavee"), "did you mean 'wave'"),
        (("--clip", "a3_s2_t1", "--contrast", "clip"), "did you mean 'clap'"),
        (("--clip", "a3_s2"), "did you mean 'a3_s2_t1'"),
        (("--clip", "a3_s2_t1", "--span", "7-8"), "lasts for 2.2"),
        (("--clip", "a3_s2_t1", "--span", "2-2"), "no span of time"),
        (("--clip", "a3_s2_t1", "--module", "9"), "1 to 6"),
        (("--clip", "a3_s2_t1", "--stream", "motion"), "joint, bone"),
        (("--clip", "a3_s2_t1", "--figure", "x.jpg"), ".gif or .mp4"),
        (("--clip", "a3_s2_t1", "-o", "x.csv"), ".npz"),
        (("--class", "wave", "--span", "1-2"), "say which by --clip"),
        (("--class", "wave", "--split", "subject=77"), "no clip of 'wave'"),
        (("--segment", "1"), "has no --segment"),
        ((), "--clip NAME"),
    ],
)
def test_what_cannot_be_explained_is_one_sentence(
    stf: Command, utd_mhad: Path, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    assert words in stf("focus", utd_mhad, *MODEL, *arguments).sentence
    assert names(tmp_path) == set()


def test_what_is_not_there_is_one_sentence(stf: Command) -> None:
    assert "no file 'none.mp4'" in stf("focus", "none.mp4").sentence
    assert "has no --clip" in stf("focus", DEMO, "--clip", "one").sentence


@pytest.mark.parametrize("page", ["README.md", "docs/focus.md"])
def test_the_lines_of_python_do_what_they_say(page: str, utd_mhad: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    lines = next(block for block in blocks if "explain(" in block)
    told: dict[str, object] = {}
    exec(lines.replace("UTD_MHAD_FOLDER", str(utd_mhad)), told)
    found = told["found"]
    assert isinstance(found, Explanation)
    assert (found.label, found.contrast) == ("wave", "clap")
