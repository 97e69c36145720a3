"""Skeleton frames in, evenly sampled windows out, by time stamp and never by frame count.

A recogniser trained on samples at 30 Hz must be shown samples at 30 Hz, whatever the camera delivers. So each
window is read off the person's motion, taken as linear between frames, at fixed moments:

- Windows end at the multiples of `stride` on the source's own clock. Neither the frame rate nor the moment at which a
  person came into view shifts them.
- A moment between two frames at most `max_gap` apart is interpolated; in a longer gap, before the first frame and
  after the last it is missing. The same holds joint by joint for joints that are NaN.
- A moment at which fewer than half of the joints are known is missing as a whole (`valid` False, joints zero). In the
  others a joint that stays unknown is put at the mean of the known ones: near the body in every layout, and finite.
- A window comes out with the first frame at or after its end, when nothing later can change it. When a person is out
  of sight for longer than `max_gap`, and at the end of the stream, a last window ends at the last frame if the grid
  has not shown that frame yet.
"""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from jaxtyping import Bool, Float, Float32

from realtime.frames import SkeletonFrame, Window
from stf.errors import UserError

if TYPE_CHECKING:
    from stf.recogniser import Recogniser

_SLACK = 1e-3  # seconds; containers round time stamps to as little as a millisecond
_NEVER = 1e18  # seconds; beyond every clock
_MIN_JOINTS = 0.5  # share of a moment's joints without which the moment counts as missing


@dataclass(frozen=True, slots=True)
class WindowSpec:
    """How a person's motion is cut into windows; all times in seconds.

    Attributes:
        seconds: from the first sample to the last; the default was chosen on streams (docs/results.md) and is 49
            samples at 30 Hz.
        samples: T, how many evenly spaced samples a window has, both ends included.
        stride: windows end at the multiples of this.
        max_gap: frames further apart than this are not interpolated.
        min_valid: share of valid samples in [0, 1] below which no window is emitted.
        min_seen: a person who goes before reaching `min_valid` still gives one window if valid for this long.
    """

    seconds: float = 48 / 30
    samples: int = 49
    stride: float = 8 / 30
    max_gap: float = 0.3
    min_valid: float = 0.5
    min_seen: float = 0.25

    def __post_init__(self) -> None:
        if not (self.seconds > 0 and self.stride > 0 and self.max_gap >= 0 and self.min_seen >= 0):
            raise UserError(f"{self} has a time that is not positive; give window lengths in seconds above zero")
        if self.samples < 2 or not 0 < self.min_valid <= 1:
            raise UserError(f"{self} is not usable; at least 2 samples and a min_valid in (0, 1] are needed")

    @property
    def step(self) -> float:
        """Seconds from one sample to the next."""
        return self.seconds / (self.samples - 1)

    def shown_to(self, recogniser: "Recogniser") -> Self:
        """The same in samples at a recogniser's rate, and no longer than its own window; as long for whole clips."""
        sampling = recogniser.sampling
        samples = min(round(self.seconds * sampling.rate_hz) + 1, sampling.samples)
        if recogniser.header.whole_clips:
            samples = sampling.samples
        return replace(self, seconds=(samples - 1) / sampling.rate_hz, samples=samples)


class Windower:
    """Cuts one person's skeleton frames into windows, keeping no more of them than a window needs."""

    def __init__(self, spec: WindowSpec) -> None:
        self._spec = spec
        self._frames: deque[SkeletonFrame] = deque()
        self._passed = 0  # windows end at passed * stride; those up to this one are behind us
        self._shown = -math.inf  # end of the last window emitted

    @property
    def last_seen(self) -> float:
        """Time of the person's newest frame, minus infinity before the first."""
        return self._frames[-1].time if self._frames else -math.inf

    def add(self, skeleton: SkeletonFrame) -> list[Window]:
        """Take the person's next frame.

        A frame without any known joint, or not later than the one before it, is ignored; one more than a window
        before it or after it begins anew.

        Returns:
            The windows that this frame completes, oldest first.
        """
        if np.isnan(skeleton.joints).all():
            return []
        spec, time = self._spec, skeleton.time
        waited = time - self.last_seen
        if -spec.seconds <= waited <= 0:
            return []
        windows = []
        if not 0 < waited <= spec.max_gap + _SLACK:
            windows = self.flush()
            self._passed = math.ceil((time - _SLACK) / spec.stride) - 1
        if abs(waited) > spec.seconds:
            self._frames.clear()
            self._shown = -math.inf
        self._frames.append(skeleton)
        passed = math.floor((time + _SLACK) / spec.stride)
        for number in range(self._passed + 1, passed + 1):
            windows += self._window(number * spec.stride, spec.min_valid)
        self._passed = passed
        while self._frames[0].time < time - spec.seconds - spec.max_gap - _SLACK:
            self._frames.popleft()
        return windows

    def flush(self) -> list[Window]:
        """The window that ends at the last frame, if no window has shown that frame yet; nothing is forgotten."""
        if self.last_seen <= self._shown + _SLACK:
            return []
        first = math.isinf(self._shown)
        least = min(self._spec.min_valid, self._spec.min_seen / self._spec.seconds) if first else self._spec.min_valid
        return self._window(self.last_seen, least)

    def _window(self, end: float, min_valid: float) -> list[Window]:
        spec = self._spec
        start = end - spec.seconds
        times = np.array([frame.time for frame in self._frames])
        joints = np.array([frame.joints for frame in self._frames])
        samples, valid = resample(times, joints, np.linspace(start, end, spec.samples), spec.max_gap)
        if valid.mean() < min_valid:
            return []
        self._shown = end
        last = self._frames[-1]
        return [Window(start, end, last.person, samples, valid, last.root)]


class Windowers:
    """A `Windower` for everybody in view; who is not seen for the length of a window is forgotten."""

    def __init__(self, spec: WindowSpec) -> None:
        self._spec = spec
        self._persons: dict[int, Windower] = {}

    def update(self, skeletons: Iterable[SkeletonFrame], time: float) -> list[Window]:
        """Take everybody seen in one frame.

        Args:
            skeletons: at most one per person; nobody is fine.
            time: the frame's time in seconds, which passes for those not seen as well.

        Returns:
            The windows now complete, each person's oldest first.
        """
        windows = []
        for skeleton in skeletons:
            windower = self._persons.setdefault(skeleton.person, Windower(self._spec))
            windows += windower.add(skeleton)
        for person, windower in list(self._persons.items()):
            unseen = time - windower.last_seen
            gone = abs(unseen) > self._spec.seconds
            if gone or unseen > self._spec.max_gap + _SLACK:
                windows += windower.flush()
            if gone:
                del self._persons[person]
        return windows

    def flush(self) -> list[Window]:
        """Everybody's last window, at the end of the stream."""
        return [window for windower in self._persons.values() for window in windower.flush()]


def windows_of(
    times: Float[np.ndarray, " F"], joints: Float32[np.ndarray, "F V C"], spec: WindowSpec, person: int = 0
) -> list[Window]:
    """Every window of a recorded motion, as the live pipeline would have cut it.

    Args:
        times: (F,) seconds, increasing.
        joints: (F, V, C), as in `SkeletonFrame`; a frame that is NaN throughout is one without the person.
        spec: how to cut.
        person: the id that the windows carry.

    Returns:
        The windows, oldest first; at least one where the person is seen for `spec.min_seen`.
    """
    windower = Windower(spec)
    visibility = np.ones(joints.shape[1], np.float32)
    windows = []
    for time, frame in zip(times, joints, strict=True):
        windows += windower.add(SkeletonFrame(float(time), person, frame, visibility))
    return windows + windower.flush()


def seen_since(window: Window) -> float:
    """Since when, in seconds, the person has been in view without a break at the end of `window`."""
    missing = np.flatnonzero(~window.valid)
    first = min(missing[-1] + 1, len(window.valid) - 1) if missing.size else 0
    return float(window.start + (window.end - window.start) * first / (len(window.valid) - 1))


def resample(
    times: Float[np.ndarray, " F"], joints: Float32[np.ndarray, "F V C"], at: Float[np.ndarray, " T"], max_gap: float
) -> tuple[Float32[np.ndarray, "T V C"], Bool[np.ndarray, " T"]]:
    """Read a motion at given moments, linear between frames (ours; the rules for gaps are at the top of this file).

    Args:
        times: (F,) seconds, strictly increasing.
        joints: (F, V, C); a missing joint is NaN.
        at: (T,) seconds, the moments wanted.
        max_gap: seconds; a joint is not interpolated between frames further apart.

    Returns:
        The joints at those moments, zero where nothing is known, and (T,) bool whether anything is.
    """
    beyond = np.zeros_like(joints[:1])  # one frame long before and one long after make the ends ordinary, long gaps
    times = np.concatenate(([-_NEVER], times, [_NEVER]))
    joints = np.concatenate((beyond, joints, beyond))

    frame = np.arange(len(times))[:, None]
    known = ~np.isnan(joints).any(axis=2)
    known_before = np.maximum.accumulate(np.where(known, frame, 0))
    known_after = np.minimum.accumulate(np.where(known, frame, len(times) - 1)[::-1])[::-1]

    here = np.searchsorted(times, at, side="right") - 1
    left, right = known_before[here], known_after[here + 1]  # (T, V): the frames either side that know the joint
    elapsed, ahead = at[:, None] - times[left], times[right] - at[:, None]
    gap = elapsed + ahead
    seen = (np.minimum(elapsed, ahead) <= _SLACK) | (gap <= max_gap + _SLACK)
    weight = (elapsed / gap).astype(np.float32)[..., None]

    joint = np.arange(joints.shape[1])
    before, after = joints[left, joint], joints[right, joint]
    samples = np.where(seen[..., None], before + weight * (after - before), 0)
    mean = samples.sum(axis=1, keepdims=True) / np.maximum(seen.sum(axis=1), 1)[:, None, None]
    samples = np.where(seen[..., None], samples, mean).astype(np.float32)
    valid = seen.mean(axis=1) >= _MIN_JOINTS
    samples[~valid] = 0
    return samples, valid
