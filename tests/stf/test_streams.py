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


def test_an_unknown_stream_is_refused() -> None:
    with pytest.raises(UserError, match=r"'bones'.*joint, bone"):
        make_stream("bones", torch.zeros(1, 3, 1, 25, 1), NTU25)
