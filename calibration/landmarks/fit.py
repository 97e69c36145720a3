"""The map from MediaPipe's landmarks to NTU25, fitted: ridge regression towards the hand-made table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

from calibration.landmarks.pairs import Pairs, in_torsos
from realtime.mapping import NTU25_TABLE, SkeletonMapping, table_weights
from stf.errors import UserError
from stf.skeleton import MEDIAPIPE33, NTU25

STRENGTHS = (0.1, 0.3, 1.0)
"""Weaker ones are nearer to rendered figures (8.2 cm from people held out at 0.001, 9.2 at 0.1) but not to people: with
0.001 the arm of somebody who is filmed down to the waist becomes shorter by a sixth than the table has it."""
BODY = tuple(
    number
    for number, name in enumerate(NTU25.joints)
    if name != "spine_base" and not name.endswith(("hand_tip", "thumb"))
)
"""The 20 joints that errors are means over: without the root, which is at the origin, hand tips and thumbs."""

_MIN_FRAMES = 1000
_MIRROR = np.array([-1.0, 1.0, 1.0])
_SUMMING_TO_ZERO = np.linalg.svd(np.ones((1, MEDIAPIPE33.num_joints)))[2][1:]
"""(32, 33) orthonormal rows: whatever is added to a joint's weights is made of these, so that they go on summing to
one and a joint moves with the landmarks wherever those are."""

Weights = Float64[np.ndarray, "3 25 33"]


class Form(StrEnum):
    """How free the map is."""

    SHARED = "one weight for x, y and z"
    AXES = "weights of their own for x, y and z"


@dataclass(frozen=True, slots=True)
class Choice:
    """A form and strength of the map, and how well it does on people it was not fitted on.

    Attributes:
        form: how free the map is.
        strength: of the pull towards the table, in squared torsos.
        error: metres, mean over the training subjects, each left out once.
        deviation: metres, the standard error of that mean.
    """

    form: Form
    strength: float
    error: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted map.

    Attributes:
        weights: (3, 25, 33) for x, y and z.
        chosen: its form and strength.
        tried: every form and strength.
    """

    weights: Weights = field(repr=False)
    chosen: Choice
    tried: Sequence[Choice]

    @property
    def mapping(self) -> SkeletonMapping:
        """The map as the live pipeline uses it."""
        return SkeletonMapping(NTU25, self.weights.astype(np.float32))


def table() -> Weights:
    """The hand-made map."""
    return np.repeat(table_weights(NTU25, NTU25_TABLE)[None].astype(np.float64), 3, axis=0)


def fit_map(pairs: Pairs) -> Fit:
    """Fit the map, its form and strength chosen by leaving out one person after the other (ours).

    Of all forms and strengths whose error is within a standard error of the least, the simplest form is taken, and of
    that the greatest strength: what stays nearest to the table.

    Args:
        pairs: of the people and cameras to fit on, and of no others.

    Raises:
        UserError: if there are too few frames, or fewer than two people.
    """
    subjects = np.unique(pairs.subject)
    if len(pairs) < _MIN_FRAMES:
        raise UserError(
            f"only {len(pairs)} frames show somebody whole to fit on, and {_MIN_FRAMES} are the least; film more clips"
        )
    if len(subjects) < 2:
        raise UserError(
            "the clips to fit on show one person only; how strong a fit may be is chosen by leaving one out"
        )
    tried = [_try(pairs, form, strength) for form in Form for strength in STRENGTHS]
    best = min(tried, key=lambda choice: choice.error)
    good = [choice for choice in tried if choice.error <= best.error + best.deviation]
    simplest = next(form for form in Form if any(choice.form is form for choice in good))
    chosen = max((choice for choice in good if choice.form is simplest), key=lambda choice: choice.strength)
    return Fit(fit_weights(pairs, chosen.form, chosen.strength), chosen, tried)


def _try(pairs: Pairs, form: Form, strength: float) -> Choice:
    errors = []
    for subject in np.unique(pairs.subject):
        out = pairs.subject == subject
        weights = fit_weights(pairs[~out], form, strength)
        errors.append(position_errors(pairs[out], weights)[:, BODY].mean())
    return Choice(form, strength, float(np.mean(errors)), float(np.std(errors, ddof=1) / len(errors) ** 0.5))


def fit_weights(pairs: Pairs, form: Form, strength: float) -> Weights:
    """The map of least squared error plus `strength` times its squared distance from the table (ridge regression).

    Fitted to every frame and its mirror image, so that it treats both sides alike. Hand tips and thumbs, of which
    motion capture with one joint per hand knows nothing, keep the offset from the hand that they have in the table.

    Args:
        pairs: what to fit to.
        form: how free the map is.
        strength: in squared torsos.
    """
    prior = table()
    seen = np.concatenate([pairs.estimated, pairs.estimated[:, MEDIAPIPE33.mirror] * _MIRROR])
    truth = np.concatenate([pairs.truth, pairs.truth[:, NTU25.mirror] * _MIRROR])
    missed = truth - apply(prior, seen)
    features = _SUMMING_TO_ZERO @ seen.transpose(2, 1, 0)  # (3, 32, 2N)
    product = features @ features.transpose(0, 2, 1) / len(seen)
    answer = features @ missed.transpose(2, 0, 1) / len(seen)  # (3, 32, 25)
    if form is Form.SHARED:
        product, answer = (np.repeat(part.mean(axis=0, keepdims=True), 3, axis=0) for part in (product, answer))
    change = np.linalg.solve(product + strength * np.eye(len(_SUMMING_TO_ZERO)), answer)
    weights: Weights = prior + change.transpose(0, 2, 1) @ _SUMMING_TO_ZERO
    for side in ("left", "right"):
        hand, *rest = NTU25.indices(f"{side}_hand", f"{side}_hand_tip", f"{side}_thumb")
        weights[:, rest] = weights[:, [hand]] + prior[:, rest] - prior[:, [hand]]
    return weights


def apply(weights: Weights, landmarks: Float[np.ndarray, "N 33 3"]) -> Float64[np.ndarray, "N 25 3"]:
    """The joints that a map makes of landmarks."""
    return np.asarray((weights @ landmarks.transpose(2, 1, 0)).transpose(2, 1, 0))


def position_errors(pairs: Pairs, weights: Weights) -> Float64[np.ndarray, "N 25"]:
    """Distance of each joint from the truth in metres, both skeletons root-centred and as tall as the person."""
    return np.asarray(np.linalg.norm(skeletons(pairs, weights) - pairs.truth, axis=-1) * pairs.torso[:, None])


def skeletons(pairs: Pairs, weights: Weights) -> Float64[np.ndarray, "N 25 3"]:
    """What a map makes of the landmarks, around the root and in torsos, shot by shot as a recogniser would have it."""
    mapped = apply(weights, pairs.estimated)
    return np.concatenate([in_torsos(mapped[chosen], NTU25)[0] for chosen in each_shot(pairs.shot)])


def each_shot(shot: Int64[np.ndarray, " N"]) -> Iterator[Bool[np.ndarray, " N"]]:
    """The frames of one shot after the other."""
    return (shot == number for number in np.unique(shot))
