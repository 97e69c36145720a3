import pytest
import torch

from stf.errors import UserError
from stf.skeleton import KINETICS18, NTU25
from stf.streams import make_stream


def test_bones_point_from_parent_to_child_and_the_centre_has_none() -> None:
    x = torch.randn(2, 3, 4, 25, 1)
    bones = make_stream("bone", x, NTU25)
    elbow, shoulder = NTU25.indices("left_elbow", "left_shoulder")
    assert torch.equal(bones[..., elbow, :], x[..., elbow, :] - x[..., shoulder, :])
    assert not bones[..., NTU25.centre, :].any()


def test_bones_do_not_change_when_the_person_moves() -> None:
    x = torch.randn(1, 3, 4, 25, 1)
    assert torch.allclose(make_stream("bone", x + 5, NTU25), make_stream("bone", x, NTU25), atol=1e-5)


def test_a_bone_is_as_sure_as_its_less_sure_end() -> None:
    x = torch.rand(1, 3, 2, 18, 1)
    bones = make_stream("bone", x, KINETICS18)
    wrist, elbow = KINETICS18.indices("right_wrist", "right_elbow")
    assert torch.equal(bones[:, 2, :, wrist], torch.minimum(x[:, 2, :, wrist], x[:, 2, :, elbow]))


def test_a_bone_to_a_missing_joint_is_missing() -> None:
    x = torch.rand(1, 3, 2, 18, 1) + 0.1
    wrist, elbow = KINETICS18.indices("right_wrist", "right_elbow")
    x[:, :, 0, elbow] = 0
    bones = make_stream("bone", x, KINETICS18)
    assert not bones[:, :, 0, [wrist, elbow]].any()
    assert bones[:, :, 1, wrist].all()


def test_a_bone_to_a_joint_at_the_origin_is_a_bone() -> None:
    x = torch.randn(1, 3, 2, 25, 1)
    x[:, :, :, NTU25.index("spine_base")] = 0
    bones = make_stream("bone", x, NTU25)
    assert torch.equal(bones[:, :, :, NTU25.index("spine_base")], -x[:, :, :, NTU25.index("spine_mid")])


@pytest.mark.parametrize("of", ["joint", "bone"])
def test_motion_leads_from_frame_to_frame_and_ends_with_the_last(of: str) -> None:
    x = torch.randn(2, 3, 5, 25, 2)
    still, moving = make_stream(of, x, NTU25), make_stream(f"{of}_motion", x, NTU25)
    torch.testing.assert_close(moving[:, :, :-1], still[:, :, 1:] - still[:, :, :-1])
    assert not moving[:, :, -1].any()


def test_somebody_who_appears_or_vanishes_does_not_move_there() -> None:
    x = torch.randn(1, 3, 6, 25, 1) + 2
    x[:, :, 2:4] = 0
    moving = make_stream("joint_motion", x, NTU25)
    assert [bool(moving[:, :, frame].any()) for frame in range(6)] == [True, False, False, False, True, False]


def test_an_unknown_stream_is_refused() -> None:
    with pytest.raises(UserError, match=r"'bones'.*joint, bone"):
        make_stream("bones", torch.zeros(1, 3, 1, 25, 1), NTU25)
