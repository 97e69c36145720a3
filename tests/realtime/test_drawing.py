import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from realtime.drawing import Annotation, draw_heat, draw_people, draw_timeline, focus_at, focus_on_landmarks
from realtime.drawing.canvas import Box, fill_box, ink_on, person_colour
from realtime.drawing.labels import draw_label, draw_legend, place_label
from realtime.drawing.skeleton import draw_skeleton, focus_colours, image_points
from realtime.frames import PersonPose, TrackedPose
from stf.prediction import Prediction, Segment
from stf.skeleton import KINECT20, KINETICS18, MEDIAPIPE33, NTU25

SIZES = [(16, 16), (480, 640), (1080, 1920), (2160, 3840), (97, 31), (1920, 1080)]
STANDING = {  # a person facing the camera: x of the left side and y, as fractions of the image
    "nose": (0.5, 0.2), "eye_inner": (0.51, 0.18), "eye": (0.52, 0.18), "eye_outer": (0.53, 0.18), "ear": (0.55, 0.19),
    "mouth": (0.52, 0.23), "shoulder": (0.6, 0.32), "elbow": (0.65, 0.45), "wrist": (0.67, 0.57),
    "pinky": (0.68, 0.6), "index": (0.67, 0.61), "thumb": (0.66, 0.59), "hip": (0.56, 0.58), "knee": (0.57, 0.75),
    "ankle": (0.57, 0.9), "heel": (0.56, 0.92), "foot_index": (0.59, 0.94),
}  # fmt: skip


def standing(shift: float = 0.0, visibility: float = 1.0) -> PersonPose:
    landmarks = np.zeros((33, 3), np.float32)
    for number, name in enumerate(MEDIAPIPE33.joints):
        x, y = STANDING[name.removeprefix("left_").removeprefix("right_")]
        landmarks[number, :2] = (1 - x if name.startswith("right_") else x) + shift, y
    return PersonPose(landmarks, landmarks, np.full(33, visibility, np.float32))


def someone(person: int = 0, label: str = "wave", **pose: float) -> Annotation:
    focus = np.linspace(0, 1, 33, dtype=np.float32)
    return Annotation(TrackedPose(person, standing(**pose)), label, 0.87, focus)


def blank(height: int = 480, width: int = 640, shade: int = 90) -> np.ndarray:
    return np.full((height, width, 3), shade, np.uint8)


def at(joint: str, image: np.ndarray) -> tuple[int, int]:
    x, y = image_points(standing(), image.shape[1], image.shape[0])[MEDIAPIPE33.index(joint)]
    return round(float(y)), round(float(x))


def focus_of(**joints: float) -> np.ndarray:
    focus = np.zeros(33, np.float32)
    for name, value in joints.items():
        focus[MEDIAPIPE33.index(name)] = value
    return focus


# focus: in time, and from joints to landmarks


def prediction(focus: np.ndarray, start: float = 2.0, end: float = 4.0) -> Prediction:
    return Prediction(start, end, 0, np.ones(1, np.float32), "wave", 1.0, focus.astype(np.float32))


def test_focus_is_linear_between_moments_spread_over_the_window():
    focus = np.array([[0.0, 1.0], [0.5, 0.0], [1.0, 0.5]])
    said = prediction(focus)
    for time, expected in [(2.0, focus[0]), (3.0, focus[1]), (4.0, focus[2]), (2.5, [0.25, 0.5]), (3.5, [0.75, 0.25])]:
        assert focus_at(said, time) == pytest.approx(expected)


def test_focus_outside_the_window_is_that_of_its_edge():
    said = prediction(np.array([[0.1], [0.9]]))
    assert focus_at(said, -5.0) == pytest.approx([0.1])
    assert focus_at(said, 99.0) == pytest.approx([0.9])


@pytest.mark.parametrize("end", [2.0, 4.0])
def test_single_moment_or_empty_span_has_one_focus(end):
    assert focus_at(prediction(np.array([[0.3, 0.6]]), end=end), 3.0) == pytest.approx([0.3, 0.6])


@pytest.mark.parametrize("layout", [NTU25, KINETICS18, KINECT20])
def test_joint_with_a_landmark_of_its_name_keeps_its_focus(layout):
    values = np.linspace(0.1, 1, layout.num_joints, dtype=np.float32)
    shown = focus_on_landmarks(values, layout)
    for name in ("left_elbow", "right_wrist", "left_knee", "right_ankle"):
        assert shown[MEDIAPIPE33.index(name)] == values[layout.index(name)]


@pytest.mark.parametrize("layout", [NTU25, KINETICS18, KINECT20])
def test_focus_of_every_joint_is_shown_somewhere_on_its_side(layout):
    unlike = {"left": "right_", "right": "left_"}
    for number, name in enumerate(layout.joints):
        shown = focus_on_landmarks(np.eye(layout.num_joints, dtype=np.float32)[number], layout)
        lit = [MEDIAPIPE33.joints[landmark] for landmark in np.flatnonzero(shown)]
        assert lit, name
        other = unlike.get(name.split("_")[0])
        assert not other or not any(joint.startswith(other) for joint in lit)


def test_hands_feet_and_face_show_their_nearest_joint():
    ntu = dict(zip(NTU25.joints, np.linspace(0.1, 1, 25, dtype=np.float32), strict=True))
    shown = dict(zip(MEDIAPIPE33.joints, focus_on_landmarks(np.array(list(ntu.values())), NTU25).tolist(), strict=True))
    expected = {
        "nose": "head", "right_ear": "head", "left_index": "left_hand_tip", "right_pinky": "right_hand",
        "left_thumb": "left_thumb", "right_heel": "right_ankle", "left_foot_index": "left_foot",
    }  # fmt: skip
    for landmark, joint in expected.items():
        assert shown[landmark] == pytest.approx(float(ntu[joint])), landmark


def test_spine_shows_at_shoulders_and_hips():
    shown = focus_on_landmarks(np.eye(25, dtype=np.float32)[NTU25.index("spine_base")], NTU25)
    assert [MEDIAPIPE33.joints[landmark] for landmark in np.flatnonzero(shown)] == ["left_hip", "right_hip"]


def test_unknown_focus_counts_as_none():
    assert focus_on_landmarks(np.full(25, np.nan, np.float32), NTU25).tolist() == [0] * 33


# skeleton


def test_joint_with_focus_is_brighter_than_one_without():
    image = blank(shade=0)
    draw_skeleton(image, standing(), focus_of(right_wrist=1.0), (255, 255, 255))
    assert image[at("right_wrist", image)].sum() > 2 * image[at("left_wrist", image)].sum() > 0


def test_light_spreads_around_focus_and_only_there():
    image = blank()
    draw_skeleton(image, standing(), focus_of(right_knee=1.0), (255, 255, 255))
    row, column = at("right_knee", image)
    assert (image[row, column - 10] != 90).any()
    row, column = at("left_knee", image)
    assert (image[row, column + 10] == 90).all()


def test_heat_lies_where_the_focus_is_and_nowhere_else() -> None:
    before = blank()
    hot = Annotation(TrackedPose(0, standing()), focus=focus_of(left_wrist=1.0))
    image = before.copy()
    draw_heat(image, [hot])
    changed = np.abs(image.astype(int) - before).max(axis=2)
    changed[:40, :240] = 0  # the legend
    row, column = at("left_wrist", image)
    assert changed[row, column] > 60
    assert changed[:, : column - 90].max() == changed[:, column + 90 :].max() == 0
    draw_heat(image := before.copy(), [Annotation(TrackedPose(0, standing()))])
    assert np.array_equal(image, before)


def test_focus_colours_grow_brighter_all_the_way():
    luma = focus_colours(np.linspace(0, 1, 50)) @ [0.114, 0.587, 0.299]
    assert (np.diff(luma) > 0).all()


@pytest.mark.parametrize("shade", [0, 90, 255])
def test_skeleton_stands_out_from_any_background(shade):
    for focus in (None, focus_of(), focus_of(left_elbow=1.0)):
        image = blank(shade=shade)
        draw_skeleton(image, standing(), focus, person_colour(0))
        for joint in ("left_elbow", "right_hip", "left_ankle"):
            assert np.abs(image[at(joint, image)].astype(int) - shade).max() > 60


def test_hidden_joints_are_left_out_and_doubtful_ones_faded():
    drawn = {}
    for visibility in (0.1, 0.4, 1.0):
        image = blank()
        draw_skeleton(image, standing(visibility=visibility), None, (255, 255, 255))
        drawn[visibility] = int(image[at("left_hip", image)].sum())
    assert drawn[0.1] == 3 * 90 < drawn[0.4] < drawn[1.0]


def test_lines_grow_with_the_image():
    widths = []
    for height, width in ((480, 640), (960, 1280), (1920, 2560)):
        image = blank(height, width, shade=0)
        draw_skeleton(image, standing(), None, (255, 255, 255))
        row = (at("left_knee", image)[0] + at("left_ankle", image)[0]) // 2
        widths.append(int((image[row, width // 2 :].max(axis=1) > 200).sum()))
    assert widths[0] < widths[1] < widths[2]


def test_small_face_is_a_dot():
    pose = standing()
    small = PersonPose((pose.landmarks - 0.5) * 0.3 + 0.5, pose.world, pose.visibility)
    image = blank(480, 480, shade=0)
    draw_skeleton(image, small, None, (255, 255, 255))
    x, y = image_points(small, 480, 480)[MEDIAPIPE33.index("left_ear")]
    assert image[round(float(y)), round(float(x))].max() == 0


# everything together


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_drawing_never_leaves_the_image(height, width):
    border = 8
    whole = blank(height + 2 * border, width + 2 * border)
    image = whole[border:-border, border:-border]
    draw_people(image, [someone(), someone(1, shift=0.4), someone(2, shift=-0.6), someone(3, shift=5.0)])
    draw_timeline(image, [Segment(0, 2, 0, "wave", 0.5), Segment(1, 3, 1, "jog", 0.5)], time=1, start=0, end=4)
    assert (image != 90).any()
    whole[border:-border, border:-border] = 90
    assert (whole == 90).all()


@settings(max_examples=60, deadline=None)
@given(
    landmarks=npst.arrays(np.float32, (33, 3), elements=st.floats(width=32)),
    visibility=npst.arrays(np.float32, 33, elements=st.floats(0, 1, width=32) | st.just(np.nan)),
    focus=npst.arrays(np.float32, 33, elements=st.floats(width=32)),
    size=st.tuples(st.integers(1, 120), st.integers(1, 120)),
)
def test_nonsense_never_crashes(landmarks, visibility, focus, size):
    person = Annotation(TrackedPose(0, PersonPose(landmarks, landmarks, visibility)), "wave", 0.5, focus)
    draw_people(blank(*size), [person])


def test_nobody_changes_nothing():
    unseen = PersonPose(np.full((33, 3), np.nan, np.float32), np.zeros((33, 3), np.float32), np.ones(33, np.float32))
    image = blank()
    draw_people(image, [])
    draw_people(image, [Annotation(TrackedPose(0, unseen), "wave", 0.5)])
    assert (image == 90).all()


def test_person_without_a_label_gets_no_box():
    plain, labelled = blank(), blank()
    draw_people(plain, [Annotation(TrackedPose(0, standing()))])
    draw_people(labelled, [Annotation(TrackedPose(0, standing()), "wave", 0.9)])
    changed = np.argwhere((plain != labelled).any(axis=2))
    assert len(changed)
    assert changed[:, 0].max() < at("nose", plain)[0]


def test_one_persons_label_does_not_cover_anothers():
    image = blank()
    colours = [person_colour(person) for person in range(4)]
    draw_people(image, [someone(person, shift=0.02 * person) for person in range(4)])
    areas = [(np.abs(image.astype(int) - colour).max(axis=2) < 20).sum() for colour in colours]
    assert min(areas) > 0.5 * max(areas)


# labels


@given(
    text=st.text(max_size=80),
    anchor=st.tuples(st.floats(-5000, 5000), st.floats(-5000, 5000)),
    size=st.tuples(st.integers(1, 2200), st.integers(1, 4000)),
    taken=st.lists(
        st.builds(Box, st.integers(-9, 900), st.integers(-9, 900), st.integers(1, 900), st.integers(1, 900))
    ),
)
def test_label_box_is_always_inside_the_image(text, anchor, size, taken):
    height, width = size
    image = np.broadcast_to(np.uint8(0), (height, width, 3))
    box = place_label(text, anchor, image, taken)
    assert box.left >= 0
    assert box.top >= 0
    assert 0 < box.right <= width
    assert 0 < box.bottom <= height


@given(st.lists(st.tuples(st.floats(0, 640), st.floats(0, 480)), min_size=2, max_size=8))
def test_labels_keep_clear_of_each_other_while_there_is_room(anchors):
    boxes: list[Box] = []
    for anchor in anchors:
        boxes.append(place_label("wave 87%", anchor, blank(), boxes))
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:number])


@pytest.mark.parametrize("colour", [person_colour(person) for person in range(7)])
def test_letters_contrast_with_the_box_of_every_person(colour):
    ink = np.array(ink_on(colour)) @ [0.114, 0.587, 0.299]
    assert abs(ink - np.array(colour) @ [0.114, 0.587, 0.299]) > 75


def test_long_label_is_written_inside_a_narrow_image():
    image = blank(240, 120)
    box = place_label("draw circle counter-clockwise 87%", (45, 60), image)
    draw_label(image, "draw circle counter-clockwise 87%", box, (255, 255, 255))
    inside = image[box.top + 4 : box.bottom - 4, box.left : box.right]
    letters = np.flatnonzero((inside < 180).any(axis=(0, 2)))
    assert 0 < letters.min() < 0.2 * box.width
    assert 0.8 * box.width < letters.max() < box.width - 1


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_legend_is_inside_the_image(height, width):
    box = draw_legend(blank(height, width))
    assert 0 <= box.left < box.right <= width
    assert 0 <= box.top < box.bottom <= height


def test_box_lets_the_image_through_by_its_opacity():
    image = blank(40, 60, shade=200)
    fill_box(image, Box(10, 10, 40, 20), (0, 0, 0), 0.75)
    assert image[20, 30] == pytest.approx([50] * 3, abs=1)
    assert image[10, 10] == pytest.approx([200] * 3, abs=1)  # round corners


# timeline


def test_timeline_shows_each_segment_in_its_persons_colour_and_the_cursor():
    image = blank(480, 640)
    segments = [Segment(0, 2, 0, "", 0.9), Segment(6, 8, 1, "", 0.9), Segment(50, 60, 2, "", 0.9)]
    draw_timeline(image, segments, time=4.0, start=0, end=10)
    strip = image[400:].astype(int)
    columns = [np.flatnonzero((np.abs(strip - person_colour(n)).max(axis=2) < 30).any(axis=0)) for n in range(3)]
    assert 0 < len(columns[0]) == pytest.approx(len(columns[1]), abs=2)
    assert columns[0].max() < columns[1].min()
    assert len(columns[2]) == 0
    cursor = np.flatnonzero((image[444:476] > 240).all(axis=(0, 2)))
    assert columns[0].max() < cursor.min() <= cursor.max() < columns[1].min()


def test_timeline_leaves_the_rest_of_the_image_alone():
    image = blank(480, 640)
    draw_timeline(image, [Segment(0, 2, person, "wave", 0.9) for person in range(30)], time=1, start=0, end=2)
    assert (image[: round(480 * 0.6)] == 90).all()


def test_timeline_without_segments_still_tells_the_time():
    image = blank()
    draw_timeline(image, [], time=12.3, start=2.3, end=12.3)
    assert (image[440:] > 200).any()
