"""CTR-GCN's `.npz`: the real files come from NTU RGB+D and were not at hand; these are written in their format."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from data.skeletons import body
from sentences import refused

from stf.datasets import open_corpus
from stf.datasets.clip import Clip
from stf.datasets.corpus import Corpus, Part, read_clips
from stf.datasets.ntu import CLASSES
from stf.skeleton import NTU25

FRAMES = 40
LENGTHS = (25, 40, 1)


def persons(length: int) -> np.ndarray:
    """(2, T, 25, 3): two persons over a clip's length."""
    return np.stack([body(length), body(length, x=1)])


def padded(*clips: np.ndarray) -> np.ndarray:
    """(N, FRAMES, 150) as in the files."""
    rows = np.zeros((len(clips), FRAMES, 150), np.float32)
    for row, joints in zip(rows, clips, strict=True):
        row[: joints.shape[1], : joints.shape[0] * 75] = joints.transpose(1, 0, 2, 3).reshape(joints.shape[1], -1)
    return rows


def arrays(classes: int = 60) -> dict[str, np.ndarray]:
    x = padded(*map(persons, LENGTHS))
    y = np.eye(classes)[[3, 9, 59]]
    return {"x_train": x, "y_train": y, "x_test": x[:2], "y_test": y[:2]}


def write(path: Path, content: dict[str, np.ndarray], *, compressed: bool = False) -> Path:
    (np.savez_compressed if compressed else np.savez)(path, **content)
    return path


def only_clip(path: Path, row: np.ndarray) -> Clip:
    content = {**arrays(), "x_test": row[None], "y_test": np.eye(60)[:1]}
    return open_corpus(write(path, content)).entries[-1].read()


@pytest.fixture(params=[False, True], ids=["stored", "compressed"])
def corpus(tmp_path: Path, request: pytest.FixtureRequest) -> Corpus:
    return open_corpus(write(tmp_path / "NTU60_CS.npz", arrays(), compressed=request.param))


def test_joints_are_read_as_they_were_written_without_the_padding(corpus: Corpus) -> None:
    clips = list(read_clips(corpus))
    assert [clip.label for clip in clips] == [3, 9, 59, 3, 9]
    for clip, length in zip(clips, LENGTHS + LENGTHS[:2], strict=True):
        assert (clip.fps, clip.layout) == (30.0, NTU25)
        assert clip.joints.dtype == np.float32
        assert np.array_equal(clip.joints, persons(length))


def test_clips_are_the_same_in_any_order(corpus: Corpus) -> None:
    ahead = [clip.joints for clip in read_clips(corpus)]
    for place in (2, 0, 1, 1, 4, 3):
        assert np.array_equal(corpus.entries[place].read().joints, ahead[place])


def test_the_split_is_that_of_the_file(corpus: Corpus) -> None:
    split = corpus.split("file")
    assert [split(clip) for clip in read_clips(corpus)] == [Part.TRAIN] * 3 + [Part.TEST] * 2


@pytest.mark.parametrize("classes", [60, 120])
def test_the_labels_say_which_of_the_two_datasets_it_is(tmp_path: Path, classes: int) -> None:
    corpus = open_corpus(write(tmp_path / "a.npz", arrays(classes)))
    assert corpus.classes == CLASSES[:classes]
    assert corpus.origin.name == f"NTU RGB+D {classes}"


def test_a_person_of_zeros_is_not_there_and_a_frame_of_zeros_is_missing(tmp_path: Path) -> None:
    row = padded(persons(20))[0]
    row[:, 75:] = 0
    row[[0, 6]] = 0
    clip = only_clip(tmp_path / "a.npz", row)
    assert clip.joints.shape == (1, 20, 25, 3)
    assert np.flatnonzero(np.isnan(clip.joints).all(axis=(0, 2, 3))).tolist() == [0, 6]
    assert np.array_equal(clip.joints[0, 1:6], persons(20)[0, 1:6])


def test_a_joint_at_the_origin_is_not_missing(tmp_path: Path) -> None:
    row = padded(persons(20))[0]
    row[0, 3:6] = 0  # CTR-GCN puts the first frame's joint 1 there
    assert np.isfinite(only_clip(tmp_path / "a.npz", row).joints).all()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (np.full((FRAMES, 150), np.nan, np.float32), "'test-00000' holds joints that are not finite"),
        (np.zeros((FRAMES, 150), np.float32), "'test-00000' holds nobody"),
    ],
)
def test_a_clip_of_nan_or_of_zeros_is_broken(tmp_path: Path, row: np.ndarray, reason: str) -> None:
    content = {**arrays(), "x_test": row[None], "y_test": np.eye(60)[:1]}
    corpus = open_corpus(write(tmp_path / "a.npz", content))
    with refused(Path("test-00000"), reason):
        corpus.entries[-1].read()


@pytest.mark.parametrize("label", [np.zeros(60), np.ones(60), np.full(60, np.nan), np.eye(60)[0] * 2])
def test_a_clip_whose_label_is_not_one_hot_is_broken(tmp_path: Path, label: np.ndarray) -> None:
    content = arrays()
    content["y_test"][1] = label
    corpus = open_corpus(write(tmp_path / "a.npz", content))
    corpus.entries[-2].read()
    with refused(Path("test-00001"), "not one-hot"):
        corpus.entries[-1].read()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda a: a.pop("x_train"), "x_train in .* is missing or damaged"),
        (lambda a: a.pop("y_test"), "y_test in .* is missing or damaged"),
        (lambda a: a.update(x_test=a["x_test"][..., :75]), r"\(2, 40, 75\); \(2, frames, 150\) is needed"),
        (lambda a: a.update(x_test=a["x_test"][:1]), r"\(1, 40, 150\); \(2, frames, 150\) is needed"),
        (lambda a: a.update(y_test=np.array([1, 2])), r"\(2,\); one-hot"),
        (lambda a: a.update(y_test=np.eye(61)[:2]), r"\(2, 61\); one-hot"),
        (lambda a: a.update(y_test=np.eye(120)[:2]), "60 classes to train and 120 to test"),
        (lambda a: a.update(x_test=a["x_test"].astype(str)), "rows of numbers are needed"),
        (lambda a: a.update(x_test=np.asfortranarray(a["x_test"])), "rows of numbers are needed"),
    ],
)
def test_other_arrays_are_refused(tmp_path: Path, change: Callable[[dict], object], reason: str) -> None:
    content = arrays()
    change(content)
    path = write(tmp_path / "a.npz", content)
    with refused(path, reason):
        open_corpus(path, "npz")


def test_objects_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, **{**arrays(), "y_train": np.array([print, 1], object)})
    with refused(path, "y_train in .* is missing or damaged"):
        open_corpus(path)


@pytest.mark.parametrize("compressed", [False, True])
def test_an_array_cut_off_is_a_broken_clip_and_the_ones_before_are_whole(tmp_path: Path, compressed: bool) -> None:
    content = arrays()
    member = io.BytesIO()
    np.save(member, content["x_test"])
    path = write(tmp_path / "a.npz", {name: array for name, array in content.items() if name != "x_test"})
    kind = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "a", kind) as archive:
        archive.writestr("x_test.npy", member.getvalue()[:-1000])
    corpus = open_corpus(path)
    assert np.array_equal(corpus.entries[-2].read().joints, persons(LENGTHS[0]))
    with refused(path, "row 1 of x_test in .* is cut off or damaged"):
        corpus.entries[-1].read()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a zip" * 50])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    with refused(path, "no dataset of a known format"):
        open_corpus(path)
    with refused(path, "missing or damaged"):
        open_corpus(path, "npz")


def test_another_npz_is_not_taken_for_it(tmp_path: Path) -> None:
    path = write(tmp_path / "poses.npz", {"landmarks": np.zeros((3, 33, 3))})
    with refused(path, "no dataset of a known format"):
        open_corpus(path)


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.npz", arrays())
    path.write_bytes(path.read_bytes()[:-100])
    with refused(path, "missing or damaged"):
        open_corpus(path, "npz")
