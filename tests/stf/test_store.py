import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bodies import moving
from sentences import refused

from stf.datasets import open_corpus
from stf.datasets.check import checked
from stf.datasets.clip import Clip
from stf.datasets.corpus import BrokenClipError, Corpus, Entry, OnBroken, Origin, Part, by_subject, read_clips
from stf.datasets.store import IMPORTER, write_store
from stf.errors import UserError
from stf.skeleton import KINECT20, MEDIAPIPE33, NTU25

ORIGIN = Origin("small", "any", "nobody", shippable=True)
CLASSES = ("wave", "zwölf [x]")
FACTS = ("name", "fps", "label", "subject", "camera", "layout")


def clips() -> list[Clip]:
    """Seven clips of one to three persons, each of another length, one with joints missing."""
    made = []
    for number in range(7):
        joints = moving(KINECT20, frames=2 + 3 * number, persons=1 + number % 3, seed=number)[0].permute(3, 1, 2, 0)
        facts = (number % 3 - 1, number, "é" * (number + 1), 2 * number)
        made.append(Clip(joints.numpy().astype(np.float32), 15.0 + number / 3, KINECT20, *facts))
    made[3].joints[0, 4:6, 2:5] = np.nan
    return made


def corpus(of: list[Clip]) -> Corpus:
    splits = {
        "cross-subject": by_subject(frozenset({1, 4})),
        "some": lambda clip: None if clip.subject > 3 else Part.TRAIN,
    }
    return Corpus(ORIGIN, CLASSES, KINECT20, [Entry(clip.name, lambda clip=clip: clip) for clip in of], splits)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "small"
    assert write_store(path, corpus(clips()), clips()) == 7
    return path


def test_every_clip_comes_back_bit_by_bit_with_all_its_facts(store: Path) -> None:
    opened = open_corpus(store)
    assert (opened.origin, opened.classes, opened.layout) == (ORIGIN, CLASSES, KINECT20)
    for before, after in zip(clips(), read_clips(opened), strict=True):
        assert [getattr(after, fact) for fact in FACTS] == [getattr(before, fact) for fact in FACTS]
        assert after.joints.dtype == np.float32
        assert after.joints.tobytes() == before.joints.tobytes()
        assert after.joints.shape == before.joints.shape


def test_published_splits_survive(store: Path) -> None:
    before, after = corpus(clips()).splits, open_corpus(store).splits
    assert list(after) == ["cross-subject", "some"]
    for name in before:
        assert [after[name](clip) for clip in clips()] == [before[name](clip) for clip in clips()]
    stranger = replace(clips()[0], name="somebody else")
    assert after["cross-subject"](stranger) is None


def test_a_dataset_without_splits_or_labels_is_kept_so(tmp_path: Path) -> None:
    bare = replace(corpus(clips()), classes=(), splits={})
    write_store(tmp_path / "bare", bare, [replace(clip, label=-1) for clip in clips()])
    opened = open_corpus(tmp_path / "bare")
    assert (opened.classes, dict(opened.splits)) == ((), {})
    assert {clip.label for clip in read_clips(opened)} == {-1}


def test_entries_are_reached_in_any_order_like_those_of_a_list(store: Path) -> None:
    entries, names = open_corpus(store).entries, [clip.name for clip in clips()]
    assert len(entries) == 7
    assert [entries[place].read().name for place in (5, 0, -1)] == [names[5], names[0], names[6]]
    assert [entry.name for entry in entries[4:1:-1]] == names[4:1:-1]
    with pytest.raises(IndexError):
        entries[7]


def test_a_clip_can_be_changed_without_changing_the_store(store: Path) -> None:
    entry = open_corpus(store).entries[0]
    entry.read().joints[:] = 0
    assert np.array_equal(entry.read().joints, clips()[0].joints)


def test_the_joints_are_mapped_and_laid_out_as_said(store: Path) -> None:
    joints = np.load(store / "joints.npy", mmap_mode="r")
    assert isinstance(joints, np.memmap)
    assert joints.flags.aligned
    record = np.load(store / "clips.npy")[5]
    rows = joints[record["row"] : record["row"] + record["persons"] * record["frames"]]
    assert np.array_equal(rows, clips()[5].joints.reshape(-1, 20, 3))
    assert json.loads((store / "clips.json").read_text())["origin"]["licence"] == "any"


def test_the_layout_is_converted_on_the_way(tmp_path: Path) -> None:
    write_store(tmp_path / "ntu", corpus(clips()), clips(), layout=NTU25)
    opened = open_corpus(tmp_path / "ntu")
    assert opened.layout is NTU25
    head = next(read_clips(opened)).joints[:, :, NTU25.index("head")]
    assert np.array_equal(head, clips()[0].joints[:, :, KINECT20.index("head")])


def interrupted() -> Iterator[Clip]:
    yield from clips()[:3]
    raise KeyboardInterrupt


def test_what_is_interrupted_or_cannot_be_converted_or_holds_no_clip_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        write_store(out, corpus([]), interrupted())
    with pytest.raises(UserError, match="no conversion"):
        write_store(out, corpus([]), clips(), layout=MEDIAPIPE33)
    with pytest.raises(UserError, match="no clip of small can be used"):
        write_store(out, corpus([]), [])
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_already_is_left_alone(store: Path) -> None:
    before = (store / "joints.npy").read_bytes()
    with refused(store, "is there already: remove it or choose another"):
        write_store(store, corpus(clips()), clips()[:1])
    assert (store / "joints.npy").read_bytes() == before


@pytest.mark.parametrize("name", ["clips.npy", "clips.json", "joints.npy"])
@pytest.mark.parametrize("kept", [0, 1, 40, 200, -1])
def test_a_truncated_store_is_refused(store: Path, name: str, kept: int) -> None:
    whole = (store / name).read_bytes()
    (store / name).write_bytes(whole[:kept])
    with refused(store, "is damaged, or .*; convert the dataset again"):
        open_corpus(store)


@pytest.mark.parametrize("name", ["clips.npy", "joints.npy"])
def test_a_store_without_one_of_its_files_is_refused(store: Path, name: str) -> None:
    (store / name).unlink()
    with refused(store, "is damaged, or .*; convert the dataset again"):
        open_corpus(store)


@pytest.mark.parametrize("name", ["clips.npy", "joints.npy"])
def test_a_file_of_another_store_is_refused(store: Path, tmp_path: Path, name: str) -> None:
    write_store(tmp_path / "other", corpus(clips()), clips()[:5])
    (tmp_path / "other" / name).replace(store / name)
    with refused(store / name, "is damaged, or belongs to another store"):
        open_corpus(store)


def test_a_store_of_a_later_version_is_refused(store: Path) -> None:
    about = json.loads((store / "clips.json").read_text())
    (store / "clips.json").write_text(json.dumps(about | {"version": 2}))
    with refused(store, "written by another version of this program"):
        open_corpus(store)


def test_a_damaged_clip_is_named_and_the_others_are_read(store: Path) -> None:
    content = bytearray((store / "joints.npy").read_bytes())
    content[-1] ^= 1
    (store / "joints.npy").write_bytes(content)
    broken: list[BrokenClipError] = []
    read = list(read_clips(open_corpus(store), on_broken=OnBroken.SKIP, report=broken.append))
    assert len(read) == 6
    assert [str(error) for error in broken] == [f"clip '{'é' * 7}' of {store} is damaged; convert the dataset again"]


def test_what_is_no_store_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with refused(path, "is no store of converted clips"):
            IMPORTER.open(path)


@pytest.mark.parametrize("name", ["utd_mhad", "nucla"])
def test_real_datasets_come_back_bit_by_bit(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    dataset = checked(open_corpus(request.getfixturevalue(name)))
    read = list(read_clips(dataset, on_broken=OnBroken.SKIP))
    write_store(tmp_path / name, dataset, read)
    opened = open_corpus(tmp_path / name)
    assert list(opened.splits) == list(dataset.splits)
    for before, after in zip(read, read_clips(opened), strict=True):
        assert after.joints.tobytes() == before.joints.tobytes()
        assert [getattr(after, fact) for fact in FACTS] == [getattr(before, fact) for fact in FACTS]
        for split in dataset.splits:
            assert opened.splits[split](after) == dataset.splits[split](before)
