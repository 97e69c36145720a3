"""The last minute, in little memory: small pictures with their poses to show again, skeletons to explain again."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
from jaxtyping import Float32, UInt8

from realtime.drawing import Annotation, focus_at, focus_on_landmarks
from realtime.frames import Image, SkeletonFrame, TrackedPose
from realtime.opencv import cv2
from realtime.window import WindowSpec, resample
from stf.prediction import Prediction, Segment
from stf.skeleton import SkeletonLayout

SECONDS = 60.0
_APART = 1 / 16  # seconds from one remembered picture to the next, at least
_WIDTH = 480  # pixels of a remembered picture
_QUALITY = 80


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame as it is remembered.

    Attributes:
        time: seconds.
        picture: JPEG.
        people: who was where.
    """

    time: float
    picture: UInt8[np.ndarray, " bytes"]
    people: Sequence[TrackedPose]

    def image(self) -> Image:
        """The picture."""
        image = cv2.imdecode(self.picture, cv2.IMREAD_COLOR)
        if image is None:
            raise ValueError("a remembered picture cannot be decoded")
        return image


class Memory:
    """Filled by the worker, asked by anybody; what is older than a minute is forgotten."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._moments: deque[Moment] = deque()
        self._skeletons: deque[SkeletonFrame] = deque()
        self._predictions: deque[Prediction] = deque()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._forget(math.inf)

    def see(self, time: float, image: Image, people: Sequence[TrackedPose], skeletons: Sequence[SkeletonFrame]) -> None:
        """Remember a frame; a time that goes back begins anew."""
        with self._lock:
            last = self._moments[-1].time if self._moments else -math.inf
            self._forget(math.inf if time < last else time - SECONDS)
            self._skeletons += skeletons
        if last <= time < last + _APART:
            return
        height, width = image.shape[:2]
        scale = min(1.0, _WIDTH / width)
        if scale < 1:
            size = _WIDTH, max(round(height * scale), 1)
            image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        _, picture = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        with self._lock:
            self._moments.append(Moment(time, picture, people))

    def hear(self, prediction: Prediction) -> None:
        """Remember a prediction."""
        with self._lock:
            self._predictions.append(prediction)

    def moments(self, segment: Segment) -> list[Moment]:
        """The frames of a segment, as far as they are remembered."""
        with self._lock:
            return [moment for moment in self._moments if segment.start <= moment.time <= segment.end]

    def prediction_at(self, person: int, time: float) -> Prediction | None:
        """What was said of the window of this person whose middle is nearest to a moment."""
        with self._lock:
            own = [prediction for prediction in self._predictions if prediction.person == person]
        return min(own, key=lambda p: abs((p.start + p.end) / 2 - time), default=None)

    def joints(self, prediction: Prediction, samples: int) -> Float32[np.ndarray, "T V C"] | None:
        """The window that a prediction is about, from the frames that are remembered of it; None without any.

        Of a camera frames may be missing that the recogniser saw: what was shown is remembered, and a screen that is
        behind leaves frames out.
        """
        margin = WindowSpec().max_gap
        with self._lock:
            frames = [
                skeleton
                for skeleton in self._skeletons
                if skeleton.person == prediction.person
                and prediction.start - margin <= skeleton.time <= prediction.end + margin
            ]
        if not frames:
            return None
        times, joints = np.array([frame.time for frame in frames]), np.stack([frame.joints for frame in frames])
        at = np.linspace(prediction.start, prediction.end, samples)
        window, valid = resample(times, joints, at, margin)
        return window if valid.any() else None

    def annotations(self, moment: Moment, segment: Segment, layout: SkeletonLayout) -> list[Annotation]:
        """How the person of a segment looked at a moment of it, with what was then said."""
        said = self.prediction_at(segment.person, moment.time)
        focus = None if said is None else focus_on_landmarks(focus_at(said, moment.time), layout)
        return [
            Annotation(tracked, segment.label, segment.confidence, focus)
            if tracked.person == segment.person
            else Annotation(tracked)
            for tracked in moment.people
        ]

    def _forget(self, before: float) -> None:
        """Forget what was before a moment."""
        while self._moments and self._moments[0].time < before:
            self._moments.popleft()
        while self._skeletons and self._skeletons[0].time < before:
            self._skeletons.popleft()
        while self._predictions and self._predictions[0].end < before:
            self._predictions.popleft()
