from pathlib import Path

import numpy as np
import pytest
from anatomy import assert_human, in_ntu25, reach
from scipy.io import loadmat
from sentences import refused

from stf.datasets import open_corpus
from stf.datasets.clip import Clip
from stf.datasets.corpus import Corpus, Part, read_clips
from stf.datasets.hdm05 import ACTORS, CLASSES, FPS, IMPORTER, read_clip
from stf.errors import UserError
from stf.skeleton import HDM31

UNIT = 0.0254 / 0.45
ASF_BONES = (
    *("lhipjoint", "lfemur", "ltibia", "lfoot", "ltoes", "rhipjoint", "rfemur", "rtibia", "rfoot", "rtoes"),
    *("lowerback", "upperback", "thorax", "lowerneck", "upperneck", "head"),
    *("lclavicle", "lhumerus", "lradius", "lwrist", "lhand", "lfingers", "lthumb"),
    *("rclavicle", "rhumerus", "rradius", "rwrist", "rhand", "rfingers", "rthumb"),
)


@pytest.fixture(scope="module")
def corpus(hdm05: Path) -> Corpus:
    return open_corpus(hdm05)


@pytest.fixture(scope="module")
def clips(corpus: Corpus) -> dict[str, Clip]:
    """The first clip of every class, by class."""
    first = {entry.name.split("_")[2]: entry for entry in reversed(corpus.entries)}
    return {CLASSES[clip.label]: clip for clip in (entry.read() for entry in first.values())}


# The real files


def test_the_dataset_has_288_clips_of_11_classes_by_5_actors_split_189_to_99(corpus: Corpus) -> None:
    names = [entry.name for entry in corpus.entries]
    assert len(names) == len(set(names)) == 288
    assert len({name.split("_")[2] for name in names}) == len(set(CLASSES)) == 11
    actors = [name.split("_")[1] for name in names]
    assert set(actors) == set(ACTORS)
    assert sum(actor in ("bd", "bk", "dg") for actor in actors) == 189


def test_joints_are_within_a_micrometre_of_the_trajectories_published_beside_them(hdm05: Path, corpus: Corpus) -> None:
    by_name = {entry.name: entry for entry in corpus.entries}
    published = sorted((hdm05 / "parsed_sample").glob("*.mat"))
    assert len(published) == 5
    for file in published:
        motion = loadmat(file, squeeze_me=True, struct_as_record=False)["mot"]
        trajectories = np.stack(list(motion.jointTrajectories)).transpose(2, 0, 1) * 0.0254  # [31][3][T] inches
        assert np.abs(by_name[file.name.removesuffix(".amc.mat")].read().joints[0] - trajectories).max() < 1e-6


def test_people_of_every_class_have_a_body(clips: dict[str, Clip]) -> None:
    assert set(clips) == set(CLASSES)
    for clip in clips.values():
        assert_human(clip)
        assert (clip.fps, clip.layout) == (120.0, HDM31)
        assert -0.1 < clip.joints[0, :, :, 1].min() < 0.1, clip.name  # on the floor


def test_the_left_leg_kicks_and_the_right_hand_puts_down_and_grabs(clips: dict[str, Clip]) -> None:
    assert reach(clips["kick front"], "left_foot") > 2 * reach(clips["kick front"], "right_foot")
    for name in ("deposit floor", "grab high"):
        assert reach(clips[name], "right_hand") > reach(clips[name], "left_hand")
    assert in_ntu25(clips["deposit floor"])["right_hand"][:, 1].min() < 0.3
    assert in_ntu25(clips["grab high"])["right_hand"][:, 1].max() > 1.6


# Files written here


def skeleton(bones: str = " ".join(ASF_BONES)) -> str:
    """An ASF in which every bone is one unit long, points up and hangs at the root; the left femur turns about x."""
    blocks = "".join(
        f"  begin\n     id {number}\n     name {name}\n     direction 0 1 0\n     length 1\n     axis 0 0 90  XYZ\n"
        f"{'    dof rx' if name == 'lfemur' else ''}\n    limits (-1 1)\n  end\n"
        for number, name in enumerate(bones.split())
    )
    return (
        "# a skeleton\n:version 1.10\n:name VICON\n:units\n  mass 1.0\n  length 0.45\n  angle deg\n"
        ":documentation\n   by hand\n:root\n   order TX TY TZ RX RY RZ\n   axis XYZ\n"
        f":bonedata\n{blocks}:hierarchy\n  begin\n    root {bones}\n  end\n"
    )


def motion(frames: int = 3) -> str:
    """An AMC in which the root moves along x by a unit a frame and the left femur turns by 90 degrees a frame."""
    rows = "".join(f"{n}\nroot {n} 0 0 0 0 0\nlfemur {90 * n}\n" for n in range(1, frames + 1))
    return "#!OML:ASF X:\\für Bonn\n:FULLY-SPECIFIED\n:DEGREES\n" + rows


def written(
    folder: Path, amc: str | None = None, asf: str | None = None, name: str = "HDM_tr_squat1Reps_043_120.amc"
) -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    (folder / f"HDM_{name.split('_')[1]}.asf").write_bytes((asf or skeleton()).encode("latin-1"))
    (folder / name).write_bytes((motion() if amc is None else amc).encode("latin-1"))
    return folder / name


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_bone_turns_about_its_own_axes_and_is_measured_in_the_skeleton_s_unit(tmp_path: Path, newline: str) -> None:
    clip = read_clip(written(tmp_path, motion().replace("\n", newline), skeleton().replace("\n", newline)))
    assert (clip.name, CLASSES[clip.label], clip.subject, clip.fps) == ("HDM_tr_squat1Reps_043_120", "squat", 5, FPS)
    assert clip.joints.shape == (1, 3, 31, 3)
    assert clip.joints.dtype == np.float32
    root, still, turning = (clip.joints[0, :, clip_joint] for clip_joint in HDM31.indices("root", "head", "left_knee"))
    assert np.allclose(root, np.array([[1, 0, 0], [2, 0, 0], [3, 0, 0]]) * UNIT)
    assert np.allclose(still - root, [0, UNIT, 0], atol=1e-7)
    # Its x axis points up, along the bone, after 90 degrees about z: turning about it changes nothing.
    assert np.allclose(turning - root, [0, UNIT, 0], atol=1e-7)
    sideways = skeleton().replace("axis 0 0 90", "axis 0 0 0")
    turning = read_clip(written(tmp_path, asf=sideways)).joints[0, :, HDM31.index("left_knee")]
    assert np.allclose(turning - root, np.array([[0, 0, 1], [0, -1, 0], [0, 0, -1]]) * UNIT, atol=1e-7)


def test_motions_are_found_in_all_folders_and_split_by_actor(tmp_path: Path) -> None:
    written(tmp_path / "test" / "10")
    written(tmp_path / "train" / "9", name="HDM_bk_sneak2StepsLStart_006_120.AMC")
    corpus = open_corpus(tmp_path)
    assert corpus.origin.shippable
    clips = list(read_clips(corpus))
    assert [CLASSES[clip.label] for clip in clips] == ["sneak", "squat"]
    assert list(map(corpus.split("cross-actor"), clips)) == [Part.TRAIN, Part.TEST]


@pytest.mark.parametrize(
    ("amc", "reason"),
    [
        ("", "truncated"),
        (motion()[:40], "truncated|damaged"),
        (motion()[: motion().rindex("lfemur")], "truncated"),
        (motion()[: motion().index("lfemur")], "has 0 numbers for the bone lfemur; its skeleton needs 1"),
        (motion().replace("lfemur 180", "lfemur"), "damaged"),
        (motion().replace("lfemur 180", "lfemur nan"), "not finite"),
        (motion().replace("lfemur 180", "lfemur left"), "damaged"),
        (motion().replace("0 0 0 0 0\n", "0 0 0 0\n"), "has 5 numbers for the bone root; its skeleton needs 6"),
        ("hello\n" * 20, "truncated"),
    ],
)
def test_damaged_motion_is_refused(tmp_path: Path, amc: str, reason: str) -> None:
    path = written(tmp_path, amc)
    with refused(path, reason):
        read_clip(path)


@pytest.mark.parametrize(
    ("asf", "reason"),
    [
        ("nothing", "damaged or no ASF"),
        (skeleton()[:500], "damaged or no ASF"),
        (skeleton().replace("length 1\n", "length long\n"), "damaged or no ASF"),
        (skeleton("lhipjoint lfemur"), "no bone ltibia"),
        (skeleton().replace("direction 0 1 0", "direction 0 1"), "damaged or no ASF"),
        (skeleton().replace("direction 0 1 0", "direction 0 nan 0"), "damaged or no ASF"),
        (skeleton().replace("  length 0.45", "  length 0"), "damaged or no ASF"),
        (skeleton().replace("root lhipjoint", "head lhipjoint"), "no bone lhipjoint where HDM05 has it"),
    ],
)
def test_damaged_skeleton_is_refused(tmp_path: Path, asf: str, reason: str) -> None:
    path = written(tmp_path, asf=asf)
    with refused(tmp_path / "HDM_tr.asf", reason):
        read_clip(path)


def test_absent_motion_or_skeleton_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.unlink()
    with refused(path, "cannot be read"):
        read_clip(path)
    (tmp_path / "HDM_tr.asf").unlink()
    with refused(tmp_path / "HDM_tr.asf", "cannot be read"):
        read_clip(path)


@pytest.mark.parametrize("name", ["HDM_xx_squat1Reps_043_120.amc", "HDM_tr_cartwheel_043_120.amc", "HDM_tr.amc"])
def test_other_actors_and_motions_are_refused(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name=name)
    with refused(path, "not named like a motion of HDM05's 11 classes"):
        read_clip(path)


def test_folder_without_motions_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UserError, match="holds no motions of HDM05"):
            IMPORTER.open(folder)
