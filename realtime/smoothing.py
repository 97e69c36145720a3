"""The 1 Euro filter: steady joints at rest, little lag in fast motion.

G. Casiez, N. Roussel, D. Vogel, "1 Euro Filter: A Simple Speed-based Low-pass Filter for Noisy Input in Interactive
Systems", CHI 2012: an exponential filter whose cutoff frequency grows with speed.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float32, Float64

from realtime.frames import SkeletonFrame


class OneEuroFilter:
    """Filters V points of any dimension, each on its own, from samples at any moments.

    A point takes its first value as it is. In steady motion at speed s it lags 1 / (2 pi (min_cutoff + beta s)) seconds
    behind; once it stops, what is left falls to 5 % within 3 / (2 pi min_cutoff) seconds.

    Args:
        min_cutoff: Hz; cutoff frequency of a point at rest, of all alike or of each. Lower is steadier and slower.
        beta: Hz per (unit/s); how much the cutoff rises with speed, of all alike or of each. Higher lags less and lets
            more noise through.
        derivative_cutoff: Hz; cutoff frequency of the speed estimate.
        max_gap: seconds; a point unseen for longer starts afresh with its next value.
    """

    def __init__(
        self,
        min_cutoff: float | Float32[np.ndarray, "V 1"],
        beta: float | Float32[np.ndarray, "V 1"],
        derivative_cutoff: float,
        max_gap: float,
    ) -> None:
        self.min_cutoff = min_cutoff
        self.beta = beta
        self.derivative_cutoff = derivative_cutoff
        self.max_gap = max_gap
        self._time: Float64[np.ndarray, "V 1"] | None = None
        self._raw: Float32[np.ndarray, "V D"]
        self._filtered: Float32[np.ndarray, "V D"]
        self._velocity: Float32[np.ndarray, "V D"]

    def __call__(
        self, time: float, value: Float32[np.ndarray, "V D"], seen: Bool[np.ndarray, " V"]
    ) -> Float32[np.ndarray, "V D"]:
        """The filtered points at `time`.

        The cutoff follows the length of a point's velocity rather than each of its coordinates (ours), so that the
        result does not depend on how the axes lie.

        Args:
            time: seconds. A time that does not lie after a point's last one starts that point afresh.
            value: the measured points.
            seen: where False, `value` is not looked at and the point waits in the state it has.

        Returns:
            The filtered points; `value` itself where not `seen`.
        """
        if self._time is None:
            self._time = np.full((len(value), 1), -np.inf)
            self._raw = self._filtered = self._velocity = np.zeros_like(value)
        elapsed = time - self._time
        known = seen[:, None]
        running = known & (elapsed > 0) & (elapsed <= self.max_gap)
        steady = bool(running.all())  # as nearly always: nothing below needs to be chosen point by point then
        period = (elapsed if steady else np.where(running, elapsed, 1)).astype(np.float32)
        speed_factor = _smoothing_factor(self.derivative_cutoff, period)
        velocity = self._velocity + speed_factor * ((value - self._raw) / period - self._velocity)
        cutoff = self.min_cutoff + self.beta * np.sqrt((velocity * velocity).sum(axis=1, keepdims=True))
        factor = _smoothing_factor(cutoff, period)
        filtered: Float32[np.ndarray, "V D"] = self._filtered + factor * (value - self._filtered)
        if steady:
            self._time = np.full_like(elapsed, time)
            self._raw, self._filtered, self._velocity = value, filtered, velocity
            return filtered
        filtered = np.where(running, filtered, value)
        self._time = np.where(known, time, self._time)
        self._raw = np.where(known, value, self._raw)
        self._filtered = np.where(known, filtered, self._filtered)
        self._velocity = np.where(known, np.where(running, velocity, np.float32(0)), self._velocity)
        return filtered


class Smoother:
    """Smooths the skeletons of everybody in view; what it remembers of a person ends `max_gap` after they are gone.

    Coordinates are filtered; a score beside them passes as it is. A joint that is NaN or has visibility 0 passes as it
    is too, and does not disturb the joint's later course.

    The defaults were chosen on MediaPipe Full's output for the 20 sign-language clips of Intel's sample videos (30 fps)
    and three of Pose2Sim's (60 fps). Mean second difference of joints slower than 0.05 m/s: 0.32 and 0.43 of the
    unfiltered one in NTU25, 0.28 and 0.31 in KINETICS18; lag of wrists faster than 0.8 m/s: under 10 ms.

    Args:
        coordinates: how many leading channels of a joint are coordinates (`SkeletonMapping.coordinates`).
        min_cutoff: Hz, as in `OneEuroFilter`.
        beta: Hz per (unit/s), the unit being the metre in a 3D layout and the picture's side in a 2D layout.
        derivative_cutoff: Hz.
        max_gap: seconds; somebody or something unseen for longer starts afresh.
    """

    def __init__(
        self,
        coordinates: int = 3,
        *,
        min_cutoff: float = 1.5,
        beta: float = 20.0,
        derivative_cutoff: float = 2.0,
        max_gap: float = 0.5,
    ) -> None:
        self.coordinates = coordinates
        self.min_cutoff = min_cutoff
        self.beta = beta
        self.derivative_cutoff = derivative_cutoff
        self.max_gap = max_gap
        self._persons: dict[int, tuple[float, OneEuroFilter]] = {}

    def smooth(self, frame: SkeletonFrame) -> SkeletonFrame:
        """The same skeleton, smoothed with what came before of the same person.

        Args:
            frame: the frames of one person come in order of time; where time goes back, the person starts afresh.
        """
        self._persons = {
            person: (last, one_euro)
            for person, (last, one_euro) in self._persons.items()
            if 0 <= frame.time - last <= self.max_gap
        }
        _, one_euro = self._persons.get(frame.person) or (
            0,
            OneEuroFilter(self.min_cutoff, self.beta, self.derivative_cutoff, self.max_gap),
        )
        self._persons[frame.person] = (frame.time, one_euro)
        measured = frame.joints[:, : self.coordinates]
        seen = ~np.isnan(measured).any(axis=1) & (frame.visibility > 0)
        joints = frame.joints.copy()
        joints[:, : self.coordinates] = one_euro(frame.time, measured, seen)
        return replace(frame, joints=joints)


def _smoothing_factor(
    cutoff: Float32[np.ndarray, "V 1"] | float, period: Float32[np.ndarray, "V 1"]
) -> Float32[np.ndarray, "V 1"]:
    """How much of a new sample an exponential filter takes, in (0, 1): 1 / (1 + tau / T), tau = 1 / (2 pi cutoff).

    Casiez et al. 2012, the smoothing factor; `period` is the one at hand, so samples need not be evenly spaced.

    Args:
        cutoff: Hz.
        period: seconds since the sample before.
    """
    return 1 / (1 + 1 / (2 * np.pi * cutoff * period))
