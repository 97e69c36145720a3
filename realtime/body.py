"""`Body`: one person's bone lengths, and `BodyKeeper`, which gives that person's skeletons these lengths."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Float64

from realtime.frames import SkeletonFrame
from stf.errors import UserError
from stf.skeleton import SkeletonLayout

_STEPS = 4
_FAINT = 1e-9  # the weight of a joint that is missing
_LEAST_WEIGHT = 0.1  # of a joint nobody sees, where a visible one has about 1
_RIDGE = 1e-9  # lets a bone without a direction be
_SHORTEST = 1e-6  # metres; a bone shorter than this has no direction


@dataclass(frozen=True, slots=True)
class Body:
    """The size of one person.

    Attributes:
        layout: name of the skeleton layout the joints are of.
        lengths: metres from a joint to its parent in the layout's tree, by the joint's name.
        scale: metres that one of the estimator's metres stands for on this person; 1 where nobody measured it.
    """

    layout: str
    lengths: Mapping[str, float]
    scale: float = 1.0


class BoneLengths:
    """Bone lengths on the tree of a layout, ready to be kept.

    Args:
        layout: a 3D layout.
        lengths: metres from a joint to its parent, by the joint's name. What hangs on a bone without a length (a
            finger) is carried along as it is.
    """

    def __init__(self, layout: SkeletonLayout, lengths: Mapping[str, float]) -> None:
        children = [joint for joint in range(layout.num_joints) if joint != layout.centre]
        self._ends = children, [layout.parents[joint] for joint in children]
        self._lengths = np.array([lengths.get(layout.joints[joint], np.nan) for joint in children])
        self._incidence = np.zeros((len(children), layout.num_joints))
        bones = range(len(children))
        self._incidence[bones, self._ends[0]], self._incidence[bones, self._ends[1]] = 1, -1
        # Adding up the bones on the way from the centre gives each joint's place relative to the centre.
        rooted = np.vstack([self._incidence, np.eye(layout.num_joints)[layout.centre]])
        self._way = np.linalg.inv(rooted)[:, :-1]

    def keep(
        self, joints: Float[np.ndarray, "*F V 3"], weights: Float[np.ndarray, "*F V"]
    ) -> Float64[np.ndarray, "*F V 3"]:
        """The skeletons with these lengths that are nearest to the given ones (ours).

        Wanted is the y whose bones d_k = y_child - y_parent have lengths L_k and that minimises sum w_i |y_i - x_i|^2.
        With B taking joints to bones (d = B y), W = diag(w), u_k = d_k / |d_k| and a tension m_k along each bone, the
        Lagrange conditions are y = x - W^-1 B^T (m u) with |d_k| = L_k. Each step takes the directions u of the last
        bones, demands u_k . d_k = L_k, that is (G * u u^T) m = u . B x - L with G = B W^-1 B^T, and moves the bones to
        B x - G (m u). Four steps come near; then the bones are put together from the centre at their exact lengths,
        and the whole is moved to the weighted mean of x.

        Args:
            joints: metres; a joint with a NaN has no say and stays NaN, its bones are left as they are.
            weights: above zero; how firmly a joint stays where it is.

        Returns:
            Metres; a skeleton that has these lengths already comes back as it is.
        """
        missing = ~np.isfinite(joints).all(axis=-1)
        given = np.where(missing[..., None], 0.0, joints).astype(np.float64)
        firm = np.where(missing, _FAINT, weights)
        child, parent = self._ends
        fixed = np.isfinite(self._lengths) & ~(missing[..., child] | missing[..., parent])
        lengths = np.where(fixed, self._lengths, 0.0)
        coupling = (self._incidence / firm[..., None, :]) @ self._incidence.T
        ridge = np.eye(len(child)) * np.where(fixed, _RIDGE, 1.0)[..., None]
        original = self._incidence @ given
        directions = _directions(original, fixed)
        for _ in range(_STEPS):
            excess = (directions * original).sum(axis=-1) - lengths
            tension = np.linalg.solve(directions @ directions.swapaxes(-1, -2) * coupling + ridge, excess[..., None])
            directions = _directions(original - coupling @ (tension * directions), fixed)
        kept = self._way @ np.where(fixed[..., None], lengths[..., None] * directions, original)
        moved = (firm[..., None] * (given - kept)).sum(axis=-2, keepdims=True) / firm.sum(axis=-1)[..., None, None]
        return np.where(missing[..., None], np.nan, kept + moved)


def _directions(bones: Float64[np.ndarray, "*F K 3"], fixed: Bool[np.ndarray, "*F K"]) -> Float64[np.ndarray, "*F K 3"]:
    """Unit vectors along bones; zero for those that are not `fixed`."""
    length = np.sqrt((bones * bones).sum(axis=-1))
    return np.asarray(bones * (fixed / np.maximum(length, _SHORTEST))[..., None])


class BodyKeeper:
    """Gives the skeletons of one person, frame after frame, the bone lengths of their body.

    A joint holds its place by its visibility, averaged over the last moments: where visibility flickers, the joint
    must not.

    Args:
        body: the person.
        layout: of the skeletons to come.
        memory: seconds; time constant of the average of visibility.

    Raises:
        UserError: if the body was measured in another layout.
    """

    def __init__(self, body: Body, layout: SkeletonLayout, *, memory: float = 0.5) -> None:
        if layout.name != body.layout:
            raise UserError(
                f"the body was measured in {body.layout} and this model sees {layout.name}; "
                f"use a model of {body.layout}, or leave the body out"
            )
        self._lengths = BoneLengths(layout, body.lengths)
        self._memory = memory
        self._time = -np.inf
        self._visibility = np.zeros(layout.num_joints)

    def keep(self, frame: SkeletonFrame) -> SkeletonFrame:
        """The same skeleton with the lengths of the body; frames come in order of time."""
        elapsed = frame.time - self._time
        share = 1 - np.exp(-elapsed / self._memory) if elapsed > 0 else 1.0
        self._visibility = self._visibility + share * (frame.visibility - self._visibility)
        self._time = frame.time
        joints = self._lengths.keep(frame.joints, self._visibility + _LEAST_WEIGHT)
        return replace(frame, joints=joints.astype(np.float32))
