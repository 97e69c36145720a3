import gzip
from pathlib import Path

import numpy as np
import pytest
from anatomy import assert_human, forward, in_ntu25
from sentences import refused

from stf.datasets import open_corpus
from stf.datasets.clip import Clip
from stf.datasets.corpus import Corpus, Part, read_clips
from stf.datasets.ui_prmd import CLASSES, FPS, IMPORTER, joint_positions, read_clip
from stf.errors import UserError
from stf.skeleton import PRMD22

DAMAGED = "missing, damaged or no table of UI-PRMD; fetch it again"


@pytest.fixture(scope="module")
def corpus(ui_prmd: Path) -> Corpus:
    return open_corpus(ui_prmd)


@pytest.fixture(scope="module")
def clips(corpus: Corpus) -> list[Clip]:
    """One repetition of every movement by four subjects, half of them in bad form."""
    ends = ("s02_e04", "s06_e03", "s01_e07_inc", "s09_e05_inc")
    return [entry.read() for entry in corpus.entries if entry.name.endswith(ends)]


# The real files


def test_the_dataset_has_2000_clips_half_of_them_in_bad_form(corpus: Corpus, clips: list[Clip]) -> None:
    names = [entry.name for entry in corpus.entries]
    assert len(names) == len(set(names)) == 2000
    assert sum(name.endswith("_inc") for name in names) == 1000
    assert len(clips) == 40
    assert [CLASSES[clip.label] for clip in clips[::2][:10]] == list(CLASSES)
    split = corpus.split("cross-subject")
    assert {clip.subject: split(clip) for clip in clips} == {1: "train", 2: "train", 6: "test", 9: "test"}


def test_feet_stay_where_they_are_through_a_deep_squat(corpus: Corpus) -> None:
    squats = [in_ntu25(entry.read()) for entry in corpus.entries[:100:4]]
    assert min(np.ptp(track["spine_base"][:, 1]) for track in squats) > 0.2
    ankles = [track[f"{side}_ankle"] for track in squats for side in ("left", "right")]
    moved = [np.linalg.norm(path - np.median(path, axis=0), axis=1).max() for path in ankles]
    assert np.median(moved) < 0.12  # the sensor loses a foot now and then; rotations in another order: 0.46 and more


def test_people_of_every_movement_have_a_body_and_face_the_sensor(clips: list[Clip]) -> None:
    sideways = {"inline lunge", "standing shoulder extension"}  # the sensor guesses at the limbs behind the body
    for clip in clips:
        track = in_ntu25(clip)
        assert 1.5 < track["spine_base"][0, 2] < 4, clip.name
        assert forward(track)[0, 2] < (-0.3 if CLASSES[clip.label] in sideways else -0.6), clip.name
        assert track["left_shoulder"][0, 0] < track["right_shoulder"][0, 0], clip.name
        if CLASSES[clip.label] not in sideways:
            assert_human(clip)


def test_arms_and_legs_rise_in_the_movements_that_say_so(clips: list[Clip]) -> None:
    for clip in clips:
        track = in_ntu25(clip)
        if CLASSES[clip.label] == "standing shoulder abduction" and not clip.name.endswith("_inc"):
            hand = max(track[f"{side}_wrist"][:, 1].max() for side in ("left", "right"))
            assert hand > np.median(track["head"][:, 1]), clip.name
        if CLASSES[clip.label] == "standing active straight leg raise":
            rises = [np.ptp(track[f"{side}_ankle"][:, 1]) for side in ("left", "right")]
            assert max(rises) > 0.3 > min(rises), clip.name


# Files written here


def tables(frames: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Offsets of 100 cm along y from each joint to the next, and no turns; the waist is 200 cm before the sensor."""
    offsets = np.zeros((frames, 22, 3))
    offsets[:, :, 1] = 100
    offsets[:, 0] = [10, 80, -200]
    return offsets, np.zeros((frames, 22, 3))


def written(folder: Path, offsets: np.ndarray, angles: np.ndarray, name: str = "m03_s08_e02", form: str = "") -> Path:
    kinect = folder / ("Incorrect Segmented Movements" if form else "Segmented Movements") / "Kinect"
    for kind, table in (("positions", offsets), ("angles", angles)):
        (kinect / kind.title()).mkdir(parents=True, exist_ok=True)
        text = "\n".join(",".join(f"{value:.6f}" for value in row) for row in table.reshape(len(table), -1))
        (kinect / kind.title() / f"{name}_{kind}{form}.txt.gz").write_bytes(gzip.compress(text.encode()))
    return kinect / "Positions" / f"{name}_positions{form}.txt.gz"


def test_offsets_add_up_from_the_waist_in_metres_and_the_sensor_s_axes(tmp_path: Path) -> None:
    clip = read_clip(written(tmp_path, *tables()))
    assert (clip.name, CLASSES[clip.label], clip.subject, clip.fps) == ("m03_s08_e02", "inline lunge", 8, FPS)
    assert clip.joints.shape == (1, 3, 22, 3)
    assert clip.joints.dtype == np.float32
    joint = {name: clip.joints[0, 0, number] for number, name in enumerate(PRMD22.joints)}
    assert np.allclose(joint["waist"], [-0.1, 0.8, 2])
    for name, steps in (("spine", 1), ("head_tip", 5), ("left_wrist", 6), ("right_collar", 3), ("right_toes", 4)):
        assert np.allclose(joint[name], [-0.1, 0.8 + steps, 2]), name


def test_a_joint_s_angles_turn_what_hangs_on_it_about_z_last() -> None:
    offsets, angles = tables(1)
    elbow, wrist = PRMD22.indices("left_elbow", "left_wrist")
    offsets[0, wrist] = [0, 0, 100]
    angles[0, elbow] = [90, 90, 0]  # about y: z to x; then about x: x stays
    joints = joint_positions(offsets, angles)[0]
    assert np.allclose(joints[wrist] - joints[elbow], [100, 0, 0])
    angles[0, elbow] = [0, 90, 90]  # about y: z to x; then about z: x to y
    joints = joint_positions(offsets, angles)[0]
    assert np.allclose(joints[wrist] - joints[elbow], [0, 100, 0])
    assert np.allclose(joints[elbow], joint_positions(*tables(1))[0, elbow])


def test_bad_form_is_in_the_name_and_plain_text_is_read_too(tmp_path: Path) -> None:
    written(tmp_path, *tables())
    bad = written(tmp_path, *tables(), form="_inc")
    for path in (bad, bad.parent.parent / "Angles" / "m03_s08_e02_angles_inc.txt.gz"):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    corpus = open_corpus(tmp_path)
    assert corpus.origin.shippable
    clips = list(read_clips(corpus))
    assert (
        [clip.name for clip in clips] == [entry.name for entry in corpus.entries] == ["m03_s08_e02", "m03_s08_e02_inc"]
    )
    assert [clip.label for clip in clips] == [2, 2]
    assert list(map(corpus.split("cross-subject"), clips)) == [Part.TEST, Part.TEST]
    assert np.array_equal(clips[0].joints, clips[1].joints)


@pytest.mark.parametrize("kind", ["Positions", "Angles"])
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda _: b"", r"\(0,\).*\(frames, 66\)"),
        (lambda data: data[:60], r"\(1, \d\).*\(frames, 66\)"),
        (lambda _: b"1,2,3\n" * 4, r"\(4, 3\).*\(frames, 66\)"),
        (lambda _: (b"1," * 66 + b"\n") * 2, DAMAGED),
        (lambda _: b"hello\n", DAMAGED),
        (lambda _: bytes(range(256)), DAMAGED),
        (lambda data: data.replace(b",0.000000,", b",nan,"), "not finite"),
        (lambda data: data.replace(b",0.000000,", b",inf,", 1), "not finite"),
    ],
)
def test_damaged_table_is_refused(tmp_path: Path, kind: str, change, reason: str) -> None:
    path = written(tmp_path, *tables())
    broken = path.parent.parent / kind / path.name.replace("positions", kind.lower())
    broken.write_bytes(gzip.compress(change(gzip.decompress(broken.read_bytes()))))
    with refused(broken, reason):
        read_clip(path)


def test_truncated_archive_and_absent_angles_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, *tables())
    whole = path.read_bytes()
    for length in (0, 5, 30, len(whole) - 1):
        path.write_bytes(whole[:length])
        with refused(path, DAMAGED if length else r"\(0,\)|missing"):
            read_clip(path)
    path.write_bytes(whole)
    angles = path.parent.parent / "Angles" / path.name.replace("positions", "angles")
    angles.unlink()
    with refused(angles, DAMAGED):
        read_clip(path)


def test_positions_and_angles_of_different_length_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, tables(3)[0], tables(4)[1])
    with refused(path, "has 3 frames, but its angles have 4"):
        read_clip(path)


@pytest.mark.parametrize("name", ["m11_s01_e01", "m00_s01_e01", "walk"])
def test_wrong_name_is_refused(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, *tables(), name=name)
    with refused(path, "not named like positions of UI-PRMD"):
        read_clip(path)


def test_folder_without_movements_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UserError, match="holds no movements of UI-PRMD"):
            IMPORTER.open(folder)
