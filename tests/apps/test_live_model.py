"""What the viewer is made of apart from its window: waiting, pace, memory, readings, settings."""

import threading
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt needs libraries of the system that are not here", exc_type=ImportError
)

from PySide6.QtCore import QSettings

from apps.engine import Engine
from apps.live.events import Explained, Opened
from apps.live.memory import SECONDS, Memory
from apps.live.reading import Reading
from apps.live.session import Pace, Rates
from apps.live.settings import Settings, load_settings, save_settings
from apps.live.wishes import Look, Overlay, Request, Turn, Wishes
from realtime.frames import SkeletonFrame
from stf.checkpoint import DEFAULT_MODEL
from stf.prediction import Ongoing, Prediction, Segment
from stf.skeleton import NTU25

FIRST, SECOND = (Request(camera, Engine(DEFAULT_MODEL)) for camera in "12")

CLASSES = ("wave", "clap", "squat", "throw", "jump", "run", "sit")
OPENED = Opened(
    "0", "camera 0", live=True, duration=None, fps=30.0, classes=CLASSES, layout=NTU25, threshold=0.5, window=2.1
)


def prediction(end: float, person: int = 0, best: int = 0) -> Prediction:
    scores = np.full(len(CLASSES), 0.05, np.float32)
    scores[best] = 0.7
    return Prediction(end - 2.1, end, person, scores, CLASSES[best], 0.7, np.zeros((64, 25), np.float32))


def later(seconds: float, act: object) -> None:
    threading.Timer(seconds, act).start()


def test_a_worker_waits_until_a_moment_and_no_longer() -> None:
    begun = time.monotonic()
    assert Wishes().hold(begun + 0.1) is Turn.GO
    assert 0.1 <= time.monotonic() - begun < 0.5


def test_a_paused_worker_goes_on_by_steps_and_when_it_is_told_to() -> None:
    wishes = Wishes()
    wishes.pause(paused=True)
    assert wishes.hold(0.0) is Turn.REDRAW  # the newest picture, which may not have been drawn
    wishes.step()
    assert wishes.hold(0.0) is Turn.GO
    later(0.1, lambda: wishes.pause(paused=False))
    assert wishes.hold(0.0) is Turn.GO


def test_a_worker_that_waits_leaves_for_something_else_and_redraws_first() -> None:
    wishes = Wishes()
    wishes.pause(paused=True)
    wishes.hold(0.0)
    wishes.draw_as(Look(Overlay.HEAT))
    assert wishes.hold(0.0) is Turn.REDRAW
    later(0.1, lambda: wishes.watch(FIRST))
    assert wishes.hold() is Turn.LEAVE
    interrupted = []
    wishes.on_leaving(lambda: interrupted.append(1))
    assert interrupted == [1]
    assert wishes.take() == FIRST
    assert not wishes.leaving


def test_of_several_requests_the_newest_is_taken_and_after_the_end_none() -> None:
    wishes = Wishes()
    wishes.watch(FIRST)
    wishes.watch(SECOND)
    assert wishes.take() == SECOND
    wishes.end()
    assert wishes.take() is None


def test_a_late_frame_does_not_hurry_those_after_it_and_jitter_does_not_add_up() -> None:
    pace = Pace()
    assert pace.due(0.0, 100.0) == 100.0
    assert pace.due(1.0, 100.9) == pytest.approx(101.0)
    assert pace.due(1.0, 101.05) == pytest.approx(101.0)
    assert pace.due(2.0, 105.0) == 105.0
    assert pace.due(3.0, 105.5) == pytest.approx(106.0)


def test_rates_are_those_of_the_last_seconds() -> None:
    rates = Rates()
    for second in range(20):
        count = 30 * min(second, 10) + 15 * max(second - 10, 0)
        now = rates.update(second, count, 0)
    assert now == pytest.approx((15, 0))


def remember(memory: Memory, time: float, person: int = 0) -> None:
    joints = np.full((25, 3), time, np.float32)
    skeletons = (SkeletonFrame(time, person, joints, np.ones(25, np.float32)),)
    memory.see(time, np.full((480, 640, 3), 99, np.uint8), (), skeletons)


def test_memory_holds_a_minute_in_small_pictures_and_starts_anew_where_time_goes_back() -> None:
    memory = Memory()
    for second in range(100):
        remember(memory, second)
    everything = Segment(0, 1000, 0, "wave", 1.0)
    moments = memory.moments(everything)
    assert [moment.time for moment in moments] == list(range(99 - int(SECONDS), 100))
    assert moments[0].image().shape == (360, 480, 3)
    assert abs(int(moments[0].image().mean()) - 99) < 3
    remember(memory, 5)
    assert len(memory.moments(everything)) == 1


def test_memory_needs_no_more_pictures_than_a_loop_does() -> None:
    memory = Memory()
    for frame in range(120):
        remember(memory, frame / 60)
    assert 25 < len(memory.moments(Segment(0, 2, 0, "wave", 1.0))) < 35


def test_a_window_is_found_again_as_the_recogniser_saw_it() -> None:
    memory = Memory()
    for frame in range(90):
        remember(memory, frame / 30)
    said = prediction(2.6)
    joints = memory.joints(said, 64)
    assert joints is not None
    assert np.allclose(joints[:, 3, 1], np.linspace(said.start, said.end, 64), atol=1e-3)
    assert memory.joints(prediction(2.6, person=1), 64) is None


def test_what_was_said_of_a_moment_is_the_window_around_it() -> None:
    memory = Memory()
    for end in (3.0, 4.0, 5.0):
        memory.hear(prediction(end))
    found = memory.prediction_at(0, 3.1)
    assert found is not None
    assert found.end == 4.0
    assert memory.prediction_at(1, 3.1) is None


def test_the_top_class_is_explained_until_another_is_chosen_even_one_that_is_not_among_the_best() -> None:
    reading = Reading(OPENED)
    reading.take(prediction(3.0, best=1))
    assert [score.explained for score in reading.panel.scores] == [True, False, False, False, False]
    assert reading.panel.focus is not None
    assert reading.panel.focus.title == "Why clap?"
    reading.chosen = 6
    assert reading.panel.focus is None  # not computed yet
    assert [(s.label, s.explained) for s in reading.panel.scores][-1] == ("sit", True)
    reading.take(Explained(prediction(3.0), 6, np.ones((64, 25), np.float32)))
    assert reading.panel.focus is not None
    assert reading.panel.focus.values.min() == 1


def test_people_are_looked_at_in_turn() -> None:
    reading = Reading(OPENED)
    for person in (0, 2):
        reading.take(prediction(3.0, person))
    seen = []
    for _ in range(3):
        reading.select_next()
        seen.append(reading.person)
    assert seen in ([2, 0, 2], [0, 2, 0])


def test_what_goes_on_is_shown_once_and_what_is_over_for_a_minute() -> None:
    reading = Reading(OPENED)
    reading.take(prediction(5.0))
    reading.take(Ongoing(0, Segment(1.0, 5.0, 0, "wave", 0.7)))
    reading.pass_time(5.0, (0,))
    assert reading.panel.doing == "wave"
    assert reading.panel.summary == (
        "camera 0 at 5.0 s, person 1: wave (70%); window: wave 70.0%, clap 5.0%, squat 5.0%, throw 5.0%, jump 5.0%"
    )
    assert len(reading.span.ongoing) == 1
    reading.take(Segment(1.0, 5.5, 0, "wave", 0.7))
    assert (len(reading.span.segments), len(reading.span.ongoing)) == (1, 0)
    reading.pass_time(5.5 + SECONDS + 0.1, ())
    assert reading.span.segments == ()


def test_settings_are_found_again(tmp_path: Path) -> None:
    path = str(tmp_path / "settings.ini")
    kept = Settings(
        "my.safetensors", 3, 0.25, 0.6, Overlay.HEAT, mirror=True, loop=True, folder="/some, folder", size=(800, 600)
    )
    save_settings(QSettings(path, QSettings.Format.IniFormat), kept)
    assert load_settings(QSettings(path, QSettings.Format.IniFormat)) == kept


@pytest.mark.parametrize(
    ("key", "value"), [("version", "0"), ("version", None), ("people", "0"), ("size", "0,0"), ("threshold", "7")]
)
def test_settings_of_another_version_or_without_sense_are_not_used(key: str, value: str | None, tmp_path: Path) -> None:
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    save_settings(store, Settings(people=2))
    store.setValue(key, value)
    assert load_settings(store) == Settings()


def test_one_setting_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    save_settings(store, Settings(people=2))
    store.setValue("overlay", "fireworks")
    store.setValue("mirror", "perhaps")
    assert load_settings(store) == Settings(people=2)
