"""What tests of the everyday data have in common."""

from pathlib import Path

import pytest

from calibration.everyday.labels import LABELS
from calibration.everyday.merge import merged_clips
from stf.datasets.clip import Clip
from stf.prediction import NONE


@pytest.fixture(scope="session")
def few(
    tmp_path_factory: pytest.TempPathFactory, utd_mhad: Path, hdm05: Path, precog: Path, ui_prmd: Path, cmu: Path
) -> Path:
    """A folder with a little of each dataset."""
    data = tmp_path_factory.mktemp("datasets")
    chosen = {
        utd_mhad: ["a1_s1_t1_skeleton.mat", "a24_s2_t1_skeleton.mat"],
        precog: ["CSV/Seq1_1.csv", "CSV/Seq2_10.csv"],
        ui_prmd: [
            f"Segmented Movements/Kinect/{kind}/m05_s06_e{number}_{kind.lower()}.txt.gz"
            for kind in ("Positions", "Angles")
            for number in ("01", "02")
        ],
    }
    motion = min(hdm05.glob("*/*/HDM_tr_squat*.amc"))
    chosen[hdm05] = [str(motion.relative_to(hdm05)), str(motion.with_name("HDM_tr.asf").relative_to(hdm05))]
    for folder, files in chosen.items():
        for file in files:
            (data / folder.name / file).parent.mkdir(parents=True, exist_ok=True)
            (data / folder.name / file).symlink_to(folder / file)
    (data / cmu.name).symlink_to(cmu)
    return data


@pytest.fixture(scope="session")
def clips(few: Path) -> list[Clip]:
    return list(merged_clips(few))


@pytest.fixture
def rest(clips: list[Clip]) -> Clip:
    """Somebody who stands at rest."""
    (clip,) = (clip for clip in clips if clip.name.startswith("utd_mhad-a24") and LABELS[clip.label] == NONE)
    return clip
