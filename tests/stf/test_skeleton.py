import pytest

from stf.errors import UserError
from stf.skeleton import COCO17, KINETICS18, LAYOUTS, MEDIAPIPE33, NTU25, get_layout

TREES = [layout for layout in LAYOUTS.values() if layout is not MEDIAPIPE33]

# 1-based (child, parent) pairs as published with ST-GCN and 2s-AGCN.
NTU_PUBLISHED = (
    "1,2 2,21 3,21 4,3 5,21 6,5 7,6 8,7 9,21 10,9 11,10 12,11 13,1 14,13 15,14 16,15 17,1 18,17 19,18 20,19 22,23 "
    "23,8 24,25 25,12"
)
KINETICS_PUBLISHED = "4,3 3,2 7,6 6,5 13,12 12,11 10,9 9,8 11,5 8,2 5,1 2,1 0,1 15,0 14,0 17,15 16,14"


def pairs(text: str, base: int) -> set[tuple[int, int]]:
    return {(int(a) - base, int(b) - base) for a, b in (pair.split(",") for pair in text.split())}


def test_ntu_and_kinetics_bones_are_the_published_ones() -> None:
    assert set(NTU25.edges) == pairs(NTU_PUBLISHED, 1)
    assert NTU25.centre == 20
    assert set(KINETICS18.edges) == pairs(KINETICS_PUBLISHED, 0)
    assert KINETICS18.centre == 1


@pytest.mark.parametrize("layout", TREES, ids=lambda layout: layout.name)
def test_every_joint_but_the_centre_has_one_bone_and_leads_to_the_centre(layout) -> None:
    assert sorted(child for child, _ in layout.edges) == [j for j in range(layout.num_joints) if j != layout.centre]
    for start in range(layout.num_joints):
        joint, steps = start, 0
        while joint != layout.centre:
            joint, steps = layout.parents[joint], steps + 1
            assert steps <= layout.num_joints


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda layout: layout.name)
def test_mirror_is_its_own_inverse_and_keeps_the_bones(layout) -> None:
    assert [layout.mirror[layout.mirror[j]] for j in range(layout.num_joints)] == list(range(layout.num_joints))
    undirected = {frozenset(edge) for edge in layout.edges}
    assert {frozenset(layout.mirror[j] for j in edge) for edge in undirected} == undirected


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda layout: layout.name)
def test_limbs_cover_every_joint_once(layout) -> None:
    assert sorted(j for limb in layout.limbs.values() for j in limb) == list(range(layout.num_joints))


def test_mediapipe_numbers_are_google_s() -> None:
    assert MEDIAPIPE33.indices("nose", "left_shoulder", "right_wrist", "left_hip", "right_foot_index") == [
        0,
        11,
        16,
        23,
        32,
    ]
    assert all(name.startswith("left") for name in MEDIAPIPE33.joints[11::2])


def test_coco_numbers_are_coco_s_left_before_right() -> None:
    assert COCO17.indices("nose", "left_eye", "right_shoulder", "left_wrist", "right_ankle") == [0, 1, 6, 9, 16]
    assert all(name.startswith("left") for name in COCO17.joints[1::2])


def test_an_unknown_layout_is_refused_with_the_known_names() -> None:
    with pytest.raises(UserError, match=r"'ntu26'.*ntu25"):
        get_layout("ntu26")
