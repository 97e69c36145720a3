import numpy as np
import pytest

from stf.graph import hop_distance, spatial_partition
from stf.skeleton import KINECT20, KINETICS18, NTU25


def test_hop_distances_count_bones() -> None:
    hops = hop_distance(NTU25)
    hand, foot, centre = NTU25.indices("left_hand_tip", "right_foot", "spine_shoulder")
    assert hops[hand, centre] == 6
    assert hops[foot, centre] == 6
    assert hops[hand, foot] == 12
    assert (hops == hops.T).all()


@pytest.mark.parametrize("layout", [NTU25, KINETICS18, KINECT20], ids=lambda layout: layout.name)
def test_the_partition_holds_each_joint_and_each_bone_in_both_directions_once(layout) -> None:
    partition = spatial_partition(layout)
    bones = layout.num_joints - 1
    assert [np.count_nonzero(subset) for subset in partition] == [layout.num_joints, bones, bones]
    assert np.allclose(partition.sum(axis=(0, 1)), 1)


def test_the_second_subset_brings_features_from_the_joint_nearer_to_the_centre() -> None:
    _, nearer, further = spatial_partition(NTU25)
    elbow, shoulder = NTU25.indices("left_elbow", "left_shoulder")
    assert nearer[shoulder, elbow] > 0
    assert further[elbow, shoulder] > 0
    assert nearer[elbow, shoulder] == further[shoulder, elbow] == 0
