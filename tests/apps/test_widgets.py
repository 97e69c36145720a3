"""The widgets on their own, given plain data: what they show and what a pointer or a key does."""

import sys
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt needs libraries of the system that are not here", exc_type=ImportError
)

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from viewing import let_qt_work, move

from apps.photographer import dark_palette
from apps.widgets.banner import Banner
from apps.widgets.colours import colour_of
from apps.widgets.data import FocusWindow, Picture, Score, ScoreLine, Span, Spot, Stage, Vitals
from apps.widgets.focus_map import FocusMap
from apps.widgets.score_bars import ScoreBars
from apps.widgets.score_plot import ScorePlot
from apps.widgets.status import Status
from apps.widgets.timeline import Timeline
from apps.widgets.video_view import VideoView
from realtime.drawing.canvas import contrast
from stf.prediction import Segment
from stf.skeleton import NTU25

pytestmark = pytest.mark.usefixtures("qapp")


def show(widget: QWidget, width: int, height: int) -> None:
    widget.resize(width, height)
    widget.show()
    let_qt_work(1)


def grab(widget: QWidget) -> np.ndarray:
    """(H, W, 3) of what a widget shows."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def readable(text: QColor, ground: QColor) -> bool:
    return contrast(*((c.blue(), c.green(), c.red()) for c in (text, ground))) >= 4.5


def window(value: float = 0.0) -> FocusWindow:
    values = np.full((64, 25), value, np.float32)
    values[32:, NTU25.index("right_wrist")] = 1
    return FocusWindow("Why wave?", values, 10.0, 12.0, NTU25)


def picture(width: int = 640, height: int = 480) -> Picture:
    joints = np.full((25, 2), np.nan, np.float32)
    joints[NTU25.index("head")] = (0.5, 0.25)
    return Picture(np.full((height, width, 3), 200, np.uint8), {3: joints})


def test_a_picture_keeps_its_aspect_between_black_bars() -> None:
    view = VideoView()
    view.set_picture(picture())
    show(view, 480, 480)
    shown = grab(view)
    assert not shown[:58].any()
    assert not shown[-58:].any()
    assert (shown[62:-62] == 200).all()


def test_the_newest_of_several_pictures_is_painted_once() -> None:
    view, painted = VideoView(), []
    view.painted.connect(lambda: painted.append(1))
    show(view, 320, 240)
    for _ in range(5):
        view.set_picture(picture())
    let_qt_work(30)
    assert len(painted) == 1


def test_pointing_at_a_joint_names_it_and_leaving_it_does_too() -> None:
    view, spots = VideoView(), []
    view.spot_hovered.connect(spots.append)
    view.set_picture(picture())
    show(view, 640, 480)
    move(view, QPoint(322, 121))
    move(view, QPoint(20, 20))
    assert spots == [Spot(3, NTU25.index("head")), None]


def test_a_click_chooses_the_nearest_person_and_a_picture_without_one_none() -> None:
    view, people = VideoView(), []
    view.person_clicked.connect(people.append)
    show(view, 640, 480)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    view.set_picture(picture())
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    assert people == [3]


def test_a_highlighted_joint_has_a_ring_and_an_old_picture_is_grey() -> None:
    view = VideoView()
    view.set_picture(picture())
    show(view, 640, 480)
    plain = grab(view)
    view.highlight(Spot(3, NTU25.index("head")))
    changed = np.argwhere((grab(view) != plain).any(axis=2))
    assert np.abs(changed.mean(axis=0) - (120, 320)).max() < 2
    view.highlight(None)
    view.set_stale(stale=True)
    assert (grab(view) < plain).all()


@pytest.mark.parametrize("height", [240, 600], ids=["limbs only", "every joint"])
def test_pointing_at_a_cell_of_the_map_names_the_joint(height: int) -> None:
    focus, joints = FocusMap(), []
    focus.joint_hovered.connect(joints.append)
    focus.set_window(window())
    show(focus, 400, height)
    for y in range(0, height, 2):
        move(focus, QPoint(380, y))
    assert set(joints) == {-1, *range(25)}


def test_emitting_a_signal_drops_no_reference_that_is_not_its_own() -> None:
    """With PySide6 6.12.0 under Python 3.11 it does, and the program ends some hundred signals later."""
    bars = ScoreBars()
    before = sys.getrefcount(True)  # noqa: FBT003
    for number in range(50):
        bars.chosen.emit(number)
    assert sys.getrefcount(True) > before - 25  # noqa: FBT003


def test_the_map_shows_the_focus_of_a_joint_in_its_row_and_moves_with_the_video() -> None:
    def bright() -> np.ndarray:
        """The columns in which the wrist glows."""
        shown = grab(focus)[20:-20].astype(int)
        return np.flatnonzero(((shown[..., 0] > 200) & (shown[..., 1] > 200) & (shown[..., 2] < 190)).sum(axis=0) > 4)

    focus = FocusMap()
    focus.set_window(window())
    show(focus, 400, 500)
    before = bright()
    focus.set_now(12.5)
    width = before[-1] - before[0]
    assert before[0] - bright()[0] == pytest.approx(width / 2, abs=4)  # half a second of the second that glows


def test_a_click_or_enter_on_a_bar_chooses_its_class_and_the_explained_one_ends_that() -> None:
    bars, chosen = ScoreBars(), []
    bars.chosen.connect(chosen.append)
    bars.set_scores([Score(7, "wave", 0.6, explained=True), Score(2, "clap", 0.3)], 0.5, QColor("blue"))
    show(bars, 300, 150)
    QTest.mouseClick(bars, Qt.MouseButton.LeftButton, pos=QPoint(100, 45))
    QTest.keyClick(bars, Qt.Key.Key_Up)
    QTest.keyClick(bars, Qt.Key.Key_Return)
    assert chosen == [2, -1]
    assert "wave 60%" in bars.accessibleDescription()


def test_a_segment_is_chosen_by_click_and_by_keys() -> None:
    timeline, chosen = Timeline(), []
    timeline.chosen.connect(chosen.append)
    first, second = Segment(0, 15, 0, "wave", 0.9), Segment(30, 45, 1, "clap", 0.8)
    timeline.set_span(Span((first, second), (), 60.0))
    show(timeline, 676, 70)
    QTest.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(100, 12))
    QTest.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(100, 42))  # the other's row: nothing is there
    QTest.keyClick(timeline, Qt.Key.Key_Right)
    QTest.keyClick(timeline, Qt.Key.Key_Return)
    assert chosen == [first, second]


def test_what_is_over_is_filled_and_what_goes_on_is_not() -> None:
    def colour(span: Span) -> list[int]:
        timeline = Timeline()
        timeline.set_span(span)
        show(timeline, 676, 70)
        return grab(timeline)[7, 600].tolist()

    doing = Segment(40, 59, 0, "", 0.9)
    over, ongoing = colour(Span((doing,), (), 60.0)), colour(Span((), (doing,), 60.0))
    assert over == list(colour_of(0).getRgb()[:3])
    assert ongoing == list(QApplication.palette().window().color().getRgb()[:3])


def test_a_timeline_moves_on_by_whole_pixels_and_with_every_new_segment() -> None:
    timeline, segment = Timeline(), Segment(30, 45, 0, "wave", 0.9)
    timeline.set_span(Span((segment,), (), 60.0))
    show(timeline, 676, 70)
    before = grab(timeline)
    timeline.set_span(Span((segment,), (), 60.02))
    assert (grab(timeline) == before).all()
    timeline.set_span(Span((segment,), (), 61.0))
    moved = grab(timeline)
    assert (moved != before).any()
    timeline.set_span(Span((segment, Segment(50, 55, 0, "clap", 0.8)), (), 61.0))
    assert (grab(timeline) != moved).any()


def test_a_timeline_shows_every_change_and_is_as_before_once_it_is_taken_back() -> None:
    timeline, segment = Timeline(), Segment(20, 45, 0, "wave", 0.9)
    timeline.set_span(Span((segment,), (), 60.0))
    show(timeline, 676, 70)
    light, before = timeline.palette(), grab(timeline)
    changes = (
        (lambda: timeline.set_moment(30.0), lambda: timeline.set_moment(None)),
        (lambda: timeline.set_loop((10.0, 30.0)), lambda: timeline.set_loop(None)),
        (lambda: timeline.choose(segment), lambda: timeline.choose(None)),
        (lambda: timeline.setPalette(dark_palette()), lambda: timeline.setPalette(light)),
    )
    for change, back in changes:
        change()
        assert (grab(timeline) != before).any()
        back()
        assert (grab(timeline) == before).all()


def test_scores_of_two_models_share_a_colour_and_a_single_window_is_a_dot() -> None:
    plot = ScorePlot(0.6, left=104)
    plot.set_view(0.0, 2.0)
    show(plot, 800, 110)

    def drawn(lines: list[ScoreLine]) -> int:
        """How many pixels have the first label's colour, the legend's aside."""
        plot.set_lines(lines, "another")
        return int((grab(plot)[:, 110:640] == colour_of(0).getRgb()[:3]).all(axis=2).sum())

    one, several = np.array([1.0]), np.linspace(0.2, 1.2, 5)
    dot = drawn([ScoreLine("wave", one, one / 2)])
    assert dot > 50
    assert drawn([ScoreLine("wave", one, one / 2, other=True)]) < dot
    line = ScoreLine("wave", several, np.full(5, 0.5))
    whole = drawn([line])
    assert 0 < drawn([replace(line, other=True)]) < whole
    assert drawn([line, replace(line, values=line.values / 2, other=True)]) > whole


def test_status_lists_every_stage_once_opened() -> None:
    status = Status()
    show(status, 600, 40)
    status.toggle_details()
    status.set_vitals(Vitals(30, 29, 4, (80, 120), "cpu", "utd-mhad-27", (Stage("pose", 20, 30),)))
    words = [label.text() for label in status.findChildren(type(status._state))]
    assert {"pose", "20.0 ms", "30.0 ms"} <= set(words)
    assert any("to screen 80 ms (95 %: 120)" in word and "4 dropped" in word for word in words)


def test_a_banner_is_hidden_until_it_says_something_and_its_button_does_what_it_says() -> None:
    banner, done = Banner(), []
    assert banner.text == ""
    banner.say("camera 0 is away", "Try again", lambda: done.append(1))
    show(banner, 400, 40)
    assert banner.text == "Camera 0 is away"
    banner._button.click()
    assert done == [1]
    banner.say("")
    assert banner.isHidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_of_a_widget_can_be_read_in_light_and_dark(scheme: str) -> None:
    bars = ScoreBars()
    if scheme == "dark":
        bars.setPalette(dark_palette())
    bars.set_scores([Score(7, "MMMMMMMM", 0.0)], 0, QColor("blue"))
    show(bars, 300, 150)
    bars.setFocus()
    row = grab(bars)[5:20, 8:150].reshape(-1, 3).astype(int)
    colours, counts = np.unique(row, axis=0, return_counts=True)
    paper = colours[counts.argmax()]
    ink = row[np.abs(row - paper).sum(axis=1).argmax()]
    assert readable(QColor(*ink.tolist()), QColor(*paper.tolist()))


@pytest.mark.parametrize("size", [(160, 120), (330, 90), (1900, 1200)])
def test_every_widget_paints_at_any_size_with_and_without_data(size: tuple[int, int]) -> None:
    view, bars, focus, timeline = VideoView(), ScoreBars(), FocusMap(), Timeline()
    for _ in range(2):
        for widget in (view, bars, focus, timeline):
            show(widget, *size)
            assert grab(widget).shape[1] == size[0]
            move(widget, QPoint(size[0] // 2, size[1] // 2))
        view.set_picture(picture(33, 777))
        bars.set_scores([Score(0, "a label that goes on and on" * 4, 1.0)], 0.5, QColor("red"))
        focus.set_window(window(0.5))
        long = Segment(-50, 90, 0, "a label that goes on and on" * 4, 0.9)
        timeline.set_span(Span((long,), (Segment(59, 60, 5, "x", 0.5),), 60.0))
    assert timeline._at(QPointF(size[0] - 5, 10)) == long
