"""A span of a video, or of a clip without pictures, taken away from the inspector as a film."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt needs libraries of the system that are not here", exc_type=ImportError
)

from inspecting import Inspecting
from PySide6.QtWidgets import QFileDialog

from apps.inspect.data import Why

if TYPE_CHECKING:
    pass

Maker = Callable[..., Inspecting]


def save(inspecting: Inspecting, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    inspecting.trigger("figure")


def said(inspecting: Inspecting, words: str) -> bool:
    return any(words in notice.text for notice in inspecting.said)


def film(path: Path) -> tuple[list[float], np.ndarray]:
    """The moments of a film and its pictures (n, H, W, 3), RGB."""
    with av.open(str(path)) as file:
        frames = [(float(frame.time), frame.to_ndarray(format="rgb24")) for frame in file.decode(video=0)]
    times, images = zip(*frames, strict=True)
    return list(times), np.stack(images)


def glowing(images: np.ndarray) -> np.ndarray:
    """How many pixels of each picture have the yellow of a strong focus; above the caption."""
    red, green, blue = np.moveaxis(images[:, 45:320].astype(int), -1, 0)
    return ((red > 230) & (green > 120) & (blue < 110)).sum(axis=(1, 2))


def test_a_span_of_a_video_becomes_a_gif_with_the_video_and_a_glow(
    inspecting: Inspecting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspecting.cursor.set_loop((1.8, 2.8))
    inspecting.asking.wonder(Why("clap"))
    save(inspecting, tmp_path / "clap.gif", monkeypatch)
    inspecting.wait(lambda: said(inspecting, "wrote"))
    times, images = film(tmp_path / "clap.gif")
    assert times[-1] == pytest.approx(1.0, abs=0.1)
    assert 12 <= len(images) <= 14
    assert images.shape[2] == 480
    assert glowing(images).max() > 20
    assert np.abs(np.diff(images[:, :, :, 0].astype(int), axis=0)).mean(axis=(1, 2)).min() > 0


def test_the_segment_at_the_cursor_becomes_an_mp4_of_its_length(
    inspecting: Inspecting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspecting.cursor.go(2.0)
    segment = inspecting.inspector.segment
    save(inspecting, tmp_path / "clap.mp4", monkeypatch)
    inspecting.wait(lambda: said(inspecting, "wrote"))
    with av.open(str(tmp_path / "clap.mp4")) as file:
        assert file.streams.video[0].codec_context.name == "h264"
    times, images = film(tmp_path / "clap.mp4")
    assert times[-1] == pytest.approx(segment.end - segment.start, abs=0.1)
    assert images.shape[2] == 640
    assert images.shape[1] > 480  # what is asked, the score and the time stand below the picture


def test_a_clip_without_pictures_becomes_a_film_of_its_skeleton(
    make_inspecting: Maker, utd_mhad: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspecting = make_inspecting()
    inspecting.open(utd_mhad, "a3_s6_t1")
    inspecting.wait_for_answer()
    inspecting.cursor.set_loop((0.5, 1.5))
    save(inspecting, tmp_path / "wave.gif", monkeypatch)
    inspecting.wait(lambda: said(inspecting, "wrote"))
    _, images = film(tmp_path / "wave.gif")
    assert glowing(images).max() > 20
    ground = images[:, 150, 5].astype(int)
    assert np.ptp(ground, axis=0).max() < 8


def test_a_film_can_be_cancelled_and_ends_with_the_window(
    inspecting: Inspecting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspecting.cursor.set_loop((0.0, 5.9))
    for end in (inspecting.window.progress.button.click, inspecting.window.close):
        save(inspecting, tmp_path / "all.mp4", monkeypatch)
        inspecting.wait(lambda: "all.mp4" in inspecting.window.progress.text)
        assert inspecting.window.progress.bar.maximum() > 100
        end()
        if inspecting.window.isVisible():
            inspecting.wait(lambda: said(inspecting, "all.mp4 is not written"))
            inspecting.wait(inspecting.window.progress.isHidden)
    assert inspecting.inspector.join(10)
    assert not list(tmp_path.glob("*.mp4")) + list(tmp_path.glob(".stf-*"))


def test_a_long_gif_is_refused_in_one_sentence(
    make_inspecting: Maker, utd_mhad: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.focus_film._LONGEST", 0.5)
    inspecting = make_inspecting()
    inspecting.open(utd_mhad, "a3_s6_t1")
    inspecting.wait_for_answer()
    save(inspecting, tmp_path / "wave.gif", monkeypatch)
    inspecting.wait(lambda: "save it as .mp4" in inspecting.window.banner.text)
    assert not (tmp_path / "wave.gif").exists()
