"""The skeleton as a graph: hop distances and the spatial-configuration partition."""

import numpy as np
from jaxtyping import Float32, Int64

from stf.skeleton import SkeletonLayout


def hop_distance(layout: SkeletonLayout) -> Int64[np.ndarray, "V V"]:
    """Number of bones on the shortest way between every two joints.

    Returns:
        (V, V) int64, symmetric, zero on the diagonal.
    """
    from scipy.sparse.csgraph import shortest_path  # noqa: PLC0415 - a quarter of the time it takes to import a model

    link = np.zeros((layout.num_joints, layout.num_joints), np.int8)
    for child, parent in layout.edges:
        link[child, parent] = 1
    distance = shortest_path(link, directed=False, unweighted=True)
    result: Int64[np.ndarray, "V V"] = distance.astype(np.int64)
    return result


def spatial_partition(layout: SkeletonLayout) -> Float32[np.ndarray, "3 V V"]:
    """The spatial-configuration partition of ST-GCN (Yan, Xiong, Lin, AAAI 2018, section 3.3).

    Entry [k, i, j] weighs the way from joint i into joint j, so features are aggregated by `x @ A[k]`. The neighbours
    of a joint (itself and those one bone away) are split by their distance to the layout's centre: the joint itself,
    nearer ones, further ones. Each column over all subsets together sums to one (A D^-1).

    Distances are true hop counts. The code published with that paper only counts hops up to one, which leaves most
    neighbours in the first subset; weights trained with it do not fit here.

    Returns:
        (3, V, V) float32.
    """
    hops = hop_distance(layout)
    neighbour = hops <= 1
    to_centre = hops[layout.centre]
    nearer = to_centre[:, None] < to_centre[None, :]
    further = to_centre[:, None] > to_centre[None, :]
    subsets = np.stack([neighbour & ~nearer & ~further, neighbour & nearer, neighbour & further])
    result: Float32[np.ndarray, "3 V V"] = (subsets / neighbour.sum(axis=0)).astype(np.float32)
    return result
