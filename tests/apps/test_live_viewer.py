"""The window of `stf live` with the real pipeline behind it: sources come, go and fail; the window stays."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import DEMO, Labelled

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt needs libraries of the system that are not here", exc_type=ImportError
)

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from viewing import Camera, Viewer, let_qt_work, move

from apps.live.events import (
    Ended,
    Explained,
    Opened,
    Shown,
    State,
    StateChanged,
    Trouble,
)
from apps.live.wishes import Overlay
from realtime.sources import open_source
from stf.prediction import Ongoing, Prediction, Segment

Maker = Callable[..., Viewer]


def test_a_file_is_shown_at_its_pace_named_and_stays_at_its_end(make_viewer: Maker, labelled: Labelled) -> None:
    viewer = make_viewer()
    begun = time.monotonic()
    viewer.controller.open(str(labelled.video))
    viewer.wait_for(Ended)
    assert time.monotonic() - begun > 5.8
    assert viewer.window.isVisible()
    assert viewer.window.windowTitle() == f"{labelled.video.name} - STF"
    states = [change.state for change in viewer.all(StateChanged)]
    assert list(dict.fromkeys(states)) == [State.STARTING, State.RUNNING, State.STOPPED]
    moments = [shown.time for shown in viewer.all(Shown)]
    assert moments == sorted(moments)
    assert len(moments) > 20
    assert {"clap"} <= {segment.label for segment in viewer.all(Segment)}
    assert viewer.all(Ongoing)
    viewer.wait(lambda: "clap" in viewer.window.timeline._span.segments[0].label)


def test_without_a_camera_the_demo_is_shown_and_the_window_says_so(make_viewer: Maker) -> None:
    viewer = make_viewer(opener=lambda spec, start: open_source(spec, start=start, end=0.2))
    viewer.controller.open(None)
    opened = viewer.wait_for(Opened)
    assert Path(opened.source) == DEMO
    assert "No camera was found" in viewer.window.banner.text


def test_the_next_source_takes_over_and_a_stopped_one_is_closed(running: Viewer, labelled: Labelled) -> None:
    for _ in range(3):
        running.controller.open(str(labelled.video), start=1.0)
        running.controller.open(str(labelled.video), start=2.0)  # at once: only the newer one counts
        running.wait(lambda: running.controller.opened is not None and running.all(Shown)[-1].time >= 2.0)
        running.events.clear()
        running.wait_for(Shown, 3)
        assert min(shown.time for shown in running.all(Shown)) >= 2.0
        running.events.clear()
        running.controller.seek(0.0)
        running.wait_for(Shown)
    running.trigger("stop")
    running.wait(lambda: running.controller.state is State.STOPPED)
    running.events.clear()
    let_qt_work(200)
    assert not running.all(Shown)


@pytest.mark.parametrize("what", ["no such file.mp4", "text.mp4"])
def test_what_cannot_be_opened_is_said_in_one_sentence_and_the_window_goes_on(
    what: str, running: Viewer, labelled: Labelled, tmp_path: Path
) -> None:
    (tmp_path / "text.mp4").write_text("this is not a video")
    running.controller.open(str(tmp_path / what))
    running.wait(lambda: running.controller.state is State.FAULTED)
    assert what in running.window.banner.text
    running.events.clear()
    running.controller.open(str(labelled.video))
    running.wait_for(Shown)
    assert running.window.banner.text == ""


def test_a_camera_that_breaks_midway_is_said_and_can_be_tried_again(make_viewer: Maker, labelled: Labelled) -> None:
    def opener(_spec: str, start: float) -> Camera:
        return Camera(open_source(labelled.video, start=start, end=0.5), "fail")

    viewer = make_viewer(opener)
    viewer.controller.open("0")
    viewer.wait(lambda: viewer.controller.state is State.FAULTED)
    assert viewer.all(Shown)
    assert viewer.window.banner.text == "The test camera broke; mend it"
    viewer.events.clear()
    viewer.window.banner._button.click()
    viewer.wait_for(Shown)


def test_an_unplugged_camera_greys_the_picture_until_it_comes_back(make_viewer: Maker, labelled: Labelled) -> None:
    viewer = make_viewer(lambda _spec, start: Camera(open_source(labelled.video, start=start, end=0.5), "stall"))
    viewer.controller.open("0")
    viewer.wait_for(Trouble)
    assert "plug it in again" in viewer.window.banner.text
    assert viewer.window.video._stale
    viewer.wait_for(Trouble, 2)
    assert viewer.window.banner.text == ""
    assert not viewer.window.video._stale
    assert viewer.controller.state is State.RUNNING


def test_closing_does_not_wait_for_a_camera_that_hangs(make_viewer: Maker, labelled: Labelled) -> None:
    viewer = make_viewer(lambda _spec, start: Camera(open_source(labelled.video, start=start, end=0.2), "stall"))
    viewer.controller.open("0")
    viewer.wait_for(Shown)
    begun = time.monotonic()
    viewer.window.close()
    assert time.monotonic() - begun < 0.5
    assert viewer.controller.join(patience=10)


def test_a_video_that_is_dropped_is_shown(make_viewer: Maker, labelled: Labelled) -> None:
    viewer = make_viewer()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(labelled.video))])
    how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    entering = QDragEnterEvent(QPoint(50, 50), *how)
    QApplication.sendEvent(viewer.window, entering)
    assert entering.isAccepted()
    QApplication.sendEvent(viewer.window, QDropEvent(QPointF(50, 50), *how))
    assert viewer.wait_for(Opened).name == labelled.video.name


def test_a_paused_file_stands_still_steps_both_ways_and_goes_elsewhere(running: Viewer) -> None:
    running.trigger("pause")
    assert running.window.actions_by_name["pause"].text() == "Play"
    rest(running)  # which ends only if the picture stands still
    now = running.controller.now
    running.trigger("forward")
    running.wait(lambda: running.controller.now == pytest.approx(now + 1 / 30, abs=0.01))
    for name, moment in (("back", now), ("later", now + 5), ("earlier", now), ("beginning", 0.0)):
        running.events.clear()
        running.trigger(name)
        assert running.wait_for(Shown).time == pytest.approx(moment, abs=0.05), name
    assert running.controller.paused


def rest(viewer: Viewer) -> None:
    """Let what is under way arrive."""
    while True:
        viewer.events.clear()
        let_qt_work(1000)
        if not viewer.all(Shown):
            return


def test_a_look_that_changes_while_paused_is_drawn_at_once(running: Viewer) -> None:
    running.trigger("pause")
    rest(running)
    before = running.window.video.picture
    running.events.clear()
    running.trigger("mirror")
    x, y = before.joints[0][3]
    running.wait(lambda: running.window.video.picture.joints[0][3] == pytest.approx([1 - x, y], abs=1e-4))
    running.events.clear()
    for overlay in (Overlay.HEAT, Overlay.SKELETON, Overlay.OFF):
        running.trigger("overlay")
        assert running.window.settings.overlay is overlay
        running.wait_for(Shown)
        running.events.clear()
    plain = running.window.video.picture.image
    running.trigger("overlay")
    running.wait_for(Shown)
    assert (running.window.video.picture.image != plain).any()


def test_the_picture_is_drawn_at_the_size_of_the_view(running: Viewer) -> None:
    running.trigger("pause")
    for width, height in ((700, 500), (1300, 900)):
        running.window.resize(width, height)
        running.wait(lambda: fits(running))


def fits(viewer: Viewer) -> bool:
    """Whether the picture fills the view in one direction."""
    view, image = viewer.window.video, viewer.window.video.picture.image
    return min(abs(view.width() - image.shape[1]), abs(view.height() - image.shape[0])) <= 1


def test_choosing_a_class_shows_its_own_focus(running: Viewer) -> None:
    running.wait(lambda: running.controller.reading.prediction is not None)
    running.trigger("pause")
    rest(running)
    usual = running.controller.reading.panel.focus.values
    before = running.window.video.picture.image
    running.trigger("class")
    explained = running.wait_for(Explained)
    running.wait(lambda: bool((running.window.video.picture.image != before).any()))  # the picture glows with it
    scores = running.controller.reading.panel.scores
    assert next(score.number for score in scores if score.explained) == explained.number != scores[0].number
    assert explained.focus.shape == usual.shape
    assert np.corrcoef(explained.focus.ravel(), usual.ravel())[0, 1] < 0.95
    running.trigger("back_out")
    assert running.controller.reading.chosen is None


def test_pointing_at_the_map_rings_the_joint_in_the_picture_and_the_other_way_round(running: Viewer) -> None:
    running.wait_for(Prediction)
    running.trigger("pause")
    rest(running)
    window = running.window
    window.focus.joint_hovered.emit(3)
    assert (window.video._highlight.person, window.video._highlight.joint) == (0, 3)
    x, y = window.video.picture.joints[0][3]
    place = window.video._place()
    point = QPoint(round(place.x() + x * place.width()), round(place.y() + y * place.height()))
    move(window.video, point)
    assert window.focus._marked == 3


def test_a_segment_of_the_last_minute_is_shown_again_until_escape(running: Viewer) -> None:
    segment = running.wait_for(Segment)
    running.window.timeline.chosen.emit(segment)
    assert running.window.replay.playing
    shown = []
    running.window.replay.moved.connect(shown.append)
    running.wait(lambda: len(shown) > 5)
    assert all(segment.start <= moment <= segment.end for moment in shown)
    assert "(replay)" in running.window.focus._window.title
    running.trigger("back_out")
    assert not running.window.replay.isVisible()
    assert shown[-1] == -1
    running.window.timeline.chosen.emit(Segment(-100, -90, 0, "wave", 0.9))
    assert "cannot be shown again" in running.window.status.state
