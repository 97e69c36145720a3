"""What cannot work: one sentence on standard error, exit code 2, no traceback, nothing left behind."""

import os
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Command, Labelled, finish, names
from data.videos import write_sound_only, write_truncated, write_video, write_without_index, write_zero_frames

from realtime.pose_models import list_models, where
from realtime.sources import list_cameras
from stf.checkpoint import Header, save_checkpoint
from stf.models import build_model
from stf.skeleton import get_layout

NOWHERE = "http://127.0.0.1:9"
OFFLINE = {
    **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "PIP_INDEX_URL"), NOWHERE),
    "no_proxy": "",
    "NO_PROXY": "",
    "PIP_RETRIES": "0",
}


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "video.mp4")


def checkpoint(path: Path, *, layout: str = "ntu25", built_for: str = "ntu25", classes: int = 3) -> Path:
    """An untrained model whose header says one layout and whose weights are of another."""
    network = build_model("stf", layout=get_layout(built_for), num_classes=3, widths=(8,) * 6)
    header = Header(
        architecture="stf",
        options={"widths": (8,) * 6},
        layout=layout,
        classes=tuple("abcdef"[:classes]),
        samples=64,
        rate_hz=30.0,
        streams={"joint": 1.0},
    )
    save_checkpoint(path, header, {"joint": network.state_dict()})
    return path


def empty(path: Path) -> Path:
    path.touch()
    return path


def text(path: Path) -> Path:
    path.write_text("this is no video\n" * 100)
    return path


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda path: path, "there is no file"),
        (empty, "is empty"),
        (text, "not a video"),
        (write_without_index, "damaged"),
        (write_zero_frames, "holds no"),
        (lambda path: write_sound_only(path.with_suffix(".wav")), "holds no video"),
        (lambda _: Path("/dev/null"), "not a recorded video"),
        (lambda path: path.parent, "there is no video in this folder or below"),
    ],
    ids=["missing", "empty", "text", "without-index", "zero-frames", "sound", "device", "folder"],
)
def test_what_is_no_video_is_named(write: Callable[[Path], Path], said: str, stf: Command, tmp_path: Path) -> None:
    video = write(tmp_path / "video.mp4")
    before = names(tmp_path)
    sentence = stf("label", video, "-o", "out").sentence
    assert said in sentence
    assert video.name in sentence
    assert names(tmp_path) == before


def test_a_process_says_its_one_sentence_and_exits_with_2(start: Command, tmp_path: Path) -> None:
    assert "there is no file 'missing.mp4'" in finish(start("label", "missing.mp4", "-o", "out")).sentence
    assert names(tmp_path) == set()


def test_two_videos_of_one_name_would_overwrite_each_other(stf: Command, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    pair = write_video(tmp_path / "walk.mp4"), write_video(tmp_path / "other" / "Walk.mkv")
    assert "2 of the videos are called" in stf("label", *pair, "-o", "out").sentence
    assert not (tmp_path / "out").exists()


def test_a_camera_that_is_not_there_and_those_that_are(stf: Command) -> None:
    sentence = stf("live", "97", "--no-window").sentence
    assert "camera 97 cannot be opened" in sentence
    assert all(str(index) in sentence for index in list_cameras())


@pytest.mark.parametrize("address", ["rtsp://127.0.0.1:9/cam", "http://user:secret@127.0.0.1:9/video.mp4"])
def test_a_stream_that_cannot_be_reached(address: str, stf: Command) -> None:
    sentence = stf("live", address, "--no-window").sentence
    assert "127.0.0.1:9" in sentence
    assert "secret" not in sentence


def test_an_output_folder_below_a_file(stf: Command, video: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    for options in ([], ["--format", "mp4"], ["--format", "npz"]):
        sentence = stf("label", video, "-o", "file/out", *options).sentence
        assert "cannot be written" in sentence
        assert "another output folder" in sentence
    assert names(tmp_path) == {"video.mp4", "file"}
    assert (tmp_path / "file").read_text() == "kept"


def test_an_output_that_is_a_folder(stf: Command, video: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / "video.segments.csv").mkdir(parents=True)
    assert "video.segments.csv" in stf("label", video, "-o", "out").sentence
    assert names(tmp_path / "out") == {"video.segments.csv", "video.stf.json", "video.stf.npz"}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_an_output_folder_that_may_not_be_written(stf: Command, video: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir(mode=0o500)
    assert "cannot be written" in stf("label", video, "-o", "out").sentence


@contextmanager
def full_disk(limit: int) -> Iterator[None]:
    """No file can grow beyond `limit` bytes: the error that follows is handled as that of a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    ("options", "limit", "said"),
    [
        ([], 4_000, "short.stf.npz cannot be written"),
        (["--format", "mp4"], 20_000, "cannot be written"),
        (["--format", "npz"], 60_000, "short.poses.npz cannot be written"),
    ],
    ids=["windows", "scratch", "poses"],
)
def test_a_full_disk_leaves_nothing(
    options: list[str], limit: int, said: str, stf: Command, labelled: Labelled, tmp_path: Path
) -> None:
    with full_disk(limit):
        outcome = stf("label", labelled.video, "-o", "out", "--poses", labelled.poses, *options)
    assert said in outcome.sentence
    assert "File too large" in outcome.sentence
    assert names(tmp_path / "out") == set()


def test_a_disk_full_of_the_annotated_video_leaves_the_labels(stf: Command, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (10, 240, 320, 3), np.uint8)
    write_video(tmp_path / "noise.mp4", 10, size=(320, 240), pictures=noise)
    with full_disk(50_000):
        assert (
            "noise.annotated.mp4 cannot be written"
            in stf("label", "noise.mp4", "-o", "out", "--format", "csv,mp4").sentence
        )
    assert names(tmp_path / "out") == {"noise.stf.json", "noise.stf.npz", "noise.segments.csv"}


def truncated_model(path: Path) -> Path:
    content = checkpoint(path).read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda path: path, "there is no model"),
        (text, "not a readable .safetensors file"),
        (truncated_model, "not a readable .safetensors file"),
        (lambda path: checkpoint(path, built_for="kinetics18"), "weights do not fit"),
        (lambda path: checkpoint(path, classes=4), "weights do not fit"),
        (lambda path: checkpoint(path, layout="octopus8"), "no skeleton layout 'octopus8'"),
        (lambda path: checkpoint(path, layout="kinect20", built_for="kinect20"), "no mapping from MediaPipe"),
    ],
    ids=["missing", "text", "truncated", "other-layout", "other-classes", "unknown-layout", "unmapped-layout"],
)
def test_a_model_that_does_not_fit(
    write: Callable[[Path], Path], said: str, stf: Command, video: Path, tmp_path: Path
) -> None:
    model = write(tmp_path / "model.safetensors")
    assert said in stf("label", video, "-o", "out", "--model", model).sentence
    assert names(tmp_path / "out") == set()


@pytest.mark.parametrize("device", ["toaster", *([] if torch.cuda.is_available() else ["cuda"])])
def test_a_device_that_is_not_here(device: str, stf: Command, video: Path) -> None:
    assert f"the device '{device}' cannot be used here" in stf("label", video, "-o", "out", "--device", device).sentence


def test_poses_of_another_video(stf: Command, labelled: Labelled, video: Path, tmp_path: Path) -> None:
    assert "not from 'video.mp4'" in stf("label", video, "-o", "out", "--poses", labelled.poses).sentence
    assert "there is no poses file" in stf("label", video, "-o", "out", "--poses", "none.npz").sentence
    assert "not a whole recording" in stf("label", video, "-o", "out", "--poses", video).sentence
    assert (
        "belongs to one video" in stf("label", video, labelled.video, "-o", "out", "--poses", labelled.poses).sentence
    )
    assert names(tmp_path / "out") == set()


def test_a_damaged_pose_model_is_fetched_again_and_that_is_said(
    stf: Command, video: Path, pose_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**OFFLINE, "STF_CACHE": str(tmp_path / "cache")}.items():
        monkeypatch.setenv(name, value)
    damaged = damage(pose_model, tmp_path / "cache")
    outcome = stf("label", video, "-o", "out")
    *said, last = outcome.err.splitlines()
    assert outcome.code == 2
    assert "is damaged" in said[0]
    assert "fetching it again" in said[0]
    assert "Traceback" not in outcome.err
    assert last.startswith("stf: the pose model 'full' cannot be ")
    assert names(tmp_path / "cache") == {damaged.name}
    assert names(tmp_path / "out") == set()


@pytest.mark.slow
def test_a_damaged_pose_model_is_repaired_online(
    stf: Command, video: Path, pose_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STF_CACHE", str(tmp_path / "cache"))
    damage(pose_model, tmp_path / "cache")
    outcome = stf("label", video, "-o", "out")
    if outcome.code == 2 and "cannot be built because pip does not get" in outcome.err:
        pytest.skip(outcome.err)
    assert outcome.code == 0
    assert "fetching it again" in outcome.err
    assert [info.name for info in list_models() if info.cached] == ["full"]


def damage(pose_model: Path, cache: Path) -> Path:
    """A copy of the pose model in another cache, with some of its bytes lost."""
    cache.mkdir()
    copy = Path(shutil.copy(pose_model, cache / where("full").name))
    content = bytearray(copy.read_bytes())
    content[1_000_000:1_000_100] = bytes(100)
    copy.write_bytes(content)
    return copy


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["label", "video.mp4"], "--output"),
        (["label", "-o", "out"], "PATH"),
        (["label", "video.mp4", "-o", "out", "--people", "0"], "--people"),
        (["label", "video.mp4", "-o", "out", "--people", "many"], "--people"),
        (["live", "--pose-delegate", "abacus"], "--pose-delegate"),
        (["models", "fetch", "tiny"], "there is no pose model 'tiny'"),
        (["dance"], "dance"),
    ],
)
def test_wrong_usage_is_explained(args: list[str], said: str, stf: Command, tmp_path: Path) -> None:
    outcome = stf(*args)
    assert outcome.code == 2
    assert outcome.out == ""
    assert said in outcome.err
    assert names(tmp_path) == set()


def test_a_cut_off_video_that_plays_is_used(stf: Command, tmp_path: Path) -> None:
    write_truncated(tmp_path / "cut.mp4")
    outcome = stf("label", "cut.mp4", "-o", "out")
    assert outcome.code == 0
    assert "breaks off after" in outcome.out
