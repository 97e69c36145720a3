import numpy as np
import pytest

from realtime.drawing.contact_sheet import FRAMES, SheetRow, draw_contact_sheet
from stf.datasets.clip import Clip
from stf.skeleton import KINECT20, KINETICS18, SkeletonLayout

LEFT, RIGHT = (178, 114, 0), (0, 94, 213)  # blue and vermilion, as BGR
TITLE, ROW = 48, 136


HEIGHTS = {"foot": 0.0, "ankle": 0.1, "knee": 0.5, "hip": 0.9, "head": 1.7, "nose": 1.7}


def cross(layout: SkeletonLayout = KINECT20, *, persons: int = 1, frames: int = 12) -> Clip:
    """Bodies beside one another that stand with the left side at negative x."""
    body = np.zeros((persons, frames, layout.num_joints, len(layout.channels)), np.float32)
    for number, name in enumerate(layout.joints):
        side, _, part = name.rpartition("_")
        body[..., number, 0] = {"left": -0.2, "right": 0.2}.get(side, 0.0)
        body[..., number, 1] = HEIGHTS.get(part, 1.3)
    body[..., 0] += 2 * np.arange(persons)[:, None, None]
    if "score" in layout.channels:
        body[..., 1] *= -1  # down is positive in the image
    return Clip(body, 30.0, layout, 0, 1, "cross")


def places(sheet: np.ndarray, colour: tuple[int, int, int], row: int = 0) -> np.ndarray:
    """Rows and columns of the pixels of one colour in the row of a class."""
    return np.argwhere((sheet[TITLE + row * ROW : TITLE + (row + 1) * ROW] == colour).all(axis=2))


def figures(sheet: np.ndarray, colour: tuple[int, int, int]) -> int:
    """How many groups of columns have the colour."""
    columns = np.unique(places(sheet, colour)[:, 1])
    return int((np.diff(columns) > 8).sum()) + 1


def sheet_of(*clips: Clip) -> np.ndarray:
    return draw_contact_sheet("title", [SheetRow("wave", "1 clip", clips)])


@pytest.mark.parametrize(("layout", "left_comes_first"), [(KINECT20, False), (KINETICS18, True)])
def test_people_in_space_are_seen_from_the_sensor_and_those_in_an_image_as_they_are(
    layout: SkeletonLayout, left_comes_first: bool
) -> None:
    sheet = sheet_of(cross(layout))
    assert (places(sheet, LEFT)[:, 1].min() < places(sheet, RIGHT)[:, 1].min()) == left_comes_first


@pytest.mark.parametrize("layout", [KINECT20, KINETICS18])
def test_people_stand_on_their_feet_in_their_row_and_fill_most_of_it(layout: SkeletonLayout) -> None:
    sheet = sheet_of(cross(layout))
    rows = places(sheet, LEFT)[:, 0]
    assert 0.1 * ROW < rows.min() < 0.5 * ROW
    assert 0.75 * ROW < rows.max() < ROW
    head = np.argwhere((sheet[TITLE : TITLE + ROW] == (110, 104, 100)).all(axis=2))[:, 0]
    assert head.min() < rows.min()


def test_a_cell_shows_several_moments_and_each_clip_has_its_own() -> None:
    assert figures(sheet_of(cross()), LEFT) == FRAMES
    assert figures(sheet_of(cross(), cross()), LEFT) == 2 * FRAMES


def test_moments_run_from_the_first_frame_to_the_last() -> None:
    clip = cross()
    clip.joints[:, 6:, [name.startswith("left") for name in KINECT20.joints]] = np.nan
    sheet = sheet_of(clip)
    assert (figures(sheet, LEFT), figures(sheet, RIGHT)) == (FRAMES // 2, FRAMES)
    assert places(sheet, LEFT)[:, 1].max() < np.median(places(sheet, RIGHT)[:, 1])


def test_two_people_share_a_moment() -> None:
    assert figures(sheet_of(cross(persons=2)), LEFT) == 2 * FRAMES


def test_the_size_of_a_sheet_follows_from_its_rows_and_clips() -> None:
    rows = [SheetRow("a", "2 clips", [cross(), cross()]), SheetRow("none", "0 clips", []), SheetRow("c", "", [cross()])]
    sheet = draw_contact_sheet("title", rows)
    assert sheet.shape[0] == TITLE + 3 * ROW
    assert len(places(sheet, LEFT, 0)) > len(places(sheet, LEFT, 2)) > 0
    assert len(places(sheet, LEFT, 1)) == 0


def test_missing_joints_and_people_are_not_drawn() -> None:
    gone = cross(persons=2, frames=1)
    gone.joints[0] = np.nan
    gone.joints[1, :, [name.startswith("left") for name in KINECT20.joints]] = np.nan
    sheet = sheet_of(gone)
    assert len(places(sheet, LEFT)) == 0
    assert figures(sheet, RIGHT) == FRAMES
    gone.joints[:] = np.nan
    assert len(places(sheet_of(gone), RIGHT)) == 0
