"""How well a map does: distance from the truth, steadiness of bones and joints, exchanged sides; and detection."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float64, Int64

from calibration.landmarks.fit import BODY, Weights, each_shot, skeletons
from calibration.landmarks.pairs import Pairs
from calibration.landmarks.shots import Shot
from stf.skeleton import NTU25

YAW_BANDS = np.radians([0, 30, 60, 90, 120, 150, 180])
"""Radians to either side, the edges of the bands that views are reported in."""
HEIGHT_BANDS = np.array([0, 0.15, 0.25, 0.4, 0.6, 0.8, 1])
"""Shares of the picture's height, the edges of the bands that detection is reported in."""

_LIMBS = [
    (NTU25.index(f"{side}_{start}"), NTU25.index(f"{side}_{end}"))
    for side in ("left", "right")
    for start, end in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
]
_SIDED = [number for number, other in enumerate(NTU25.mirror) if other != number and number in BODY]


@dataclass(frozen=True, slots=True)
class Quality:
    """What was measured of N frames.

    Attributes:
        errors: (N, 25) metres from the truth, both root-centred and as tall as the person.
        bones: standard deviation of the length of a bone of the limbs over its mean, within a shot; mean over bones
            and shots.
        jitter: metres, the mean second difference of the body's joints from frame to frame.
        swaps: share of frames that are nearer to the truth with left and right exchanged.
    """

    errors: Float64[np.ndarray, "N 25"] = field(repr=False)
    bones: float
    jitter: float
    swaps: float

    @property
    def mean(self) -> float:
        """Metres: mean error of the 20 body joints (MPJPE)."""
        return float(self.errors[:, BODY].mean())


def measure(pairs: Pairs, weights: Weights) -> Quality:
    """Measure a map on frames it was not fitted to."""
    mapped = skeletons(pairs, weights)
    errors = np.linalg.norm(mapped - pairs.truth, axis=-1) * pairs.torso[:, None]
    swaps = float(sides_exchanged(mapped, pairs.truth).mean())
    return Quality(errors, bone_variation(mapped, pairs), jitter(mapped, pairs), swaps)


def sides_exchanged(
    seen: Float64[np.ndarray, "N 25 3"], truth: Float64[np.ndarray, "N 25 3"]
) -> Bool[np.ndarray, " N"]:
    """Which skeletons are nearer to the truth with left and right exchanged."""
    as_it_is, exchanged = (
        np.linalg.norm((seen[:, order] - truth)[:, _SIDED], axis=-1).mean(axis=1) for order in (..., NTU25.mirror)
    )
    return np.asarray(exchanged < as_it_is)


def bone_variation(joints: Float64[np.ndarray, "N 25 3"], pairs: Pairs) -> float:
    """Standard deviation over mean of the length of a bone of the limbs within a shot, mean over bones and shots."""
    starts, ends = map(list, zip(*_LIMBS, strict=True))
    lengths = np.linalg.norm(joints[:, starts] - joints[:, ends], axis=-1)
    shots = [lengths[frames] for frames in each_shot(pairs.shot)]
    return float(np.mean([length.std(axis=0) / length.mean(axis=0) for length in shots]))


def jitter(joints: Float64[np.ndarray, "N 25 3"], pairs: Pairs) -> float:
    """Metres: mean second difference of the body's joints over every three frames in a row."""
    joined = (np.diff(pairs.shot) == 0) & (np.diff(pairs.frame) == 1)
    bends = np.diff(joints[:, BODY] * pairs.torso[:, None, None], n=2, axis=0)[joined[1:] & joined[:-1]]
    return float(np.linalg.norm(bends, axis=-1).mean())


def by_yaw(pairs: Pairs, errors: Float64[np.ndarray, "N 25"]) -> list[float]:
    """Mean error of the body's joints in each of `YAW_BANDS`; NaN where there is no frame."""
    band = _band(pairs.yaw, YAW_BANDS)
    return [
        float(errors[band == number][:, BODY].mean()) if (band == number).any() else np.nan
        for number in range(len(YAW_BANDS) - 1)
    ]


def _band(value: Float64[np.ndarray, " N"], edges: Float64[np.ndarray, " E"]) -> Int64[np.ndarray, " N"]:
    return np.asarray(np.digitize(value, edges[1:-1]))


@dataclass(frozen=True, slots=True)
class Detection:
    """How often the estimator found a person who was wholly in the picture.

    Attributes:
        found, frames: (Y, H) counts by `YAW_BANDS` and `HEIGHT_BANDS`.
    """

    found: Int64[np.ndarray, "Y H"] = field(repr=False)
    frames: Int64[np.ndarray, "Y H"] = field(repr=False)

    @property
    def large(self) -> tuple[int, int]:
        """Found, and how many there were, of those over a quarter of the picture's height."""
        tall = HEIGHT_BANDS[:-1] >= 0.25
        return int(self.found[:, tall].sum()), int(self.frames[:, tall].sum())


def detection(shots: Sequence[Shot]) -> Detection:
    """Count in how many frames of the shots somebody wholly in the picture was found."""
    whole = np.concatenate([shot.whole for shot in shots])
    found = np.concatenate([shot.found for shot in shots])
    yaw = np.concatenate([np.full(len(shot.whole), abs(shot.camera.yaw)) for shot in shots])
    height = np.concatenate([shot.height for shot in shots]).astype(np.float64)

    def count(chosen: Bool[np.ndarray, " N"]) -> Int64[np.ndarray, "Y H"]:
        counts = np.histogram2d(yaw[chosen], height[chosen], (YAW_BANDS, HEIGHT_BANDS))[0]
        return np.asarray(counts, np.int64)

    return Detection(count(whole & found), count(whole))
