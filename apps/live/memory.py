"""The last minute, in little memory: small pictures with their poses to show again, skeletons to explain again."""

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
_WIDTH = 480  # pixels of a remembered picture
_QUALITY = 80


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame as it is remembered.

    Attributes:
        time: seconds.
        picture: JPEG.
        people: who was where.
        skeletons: the same people in the recogniser's layout.
    """

    time: float
    picture: UInt8[np.ndarray, " bytes"]
    people: Sequence[TrackedPose]
    skeletons: Sequence[SkeletonFrame]

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
        self._predictions: deque[Prediction] = deque()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._moments.clear()
            self._predictions.clear()

    def see(self, time: float, image: Image, people: Sequence[TrackedPose], skeletons: Sequence[SkeletonFrame]) -> None:
        """Remember a frame; a time that goes back begins anew."""
        height, width = image.shape[:2]
        scale = min(1.0, _WIDTH / width)
        if scale < 1:
            size = _WIDTH, max(round(height * scale), 1)
            image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        _, picture = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        with self._lock:
            if self._moments and time < self._moments[-1].time:
                self._moments.clear()
                self._predictions.clear()
            self._moments.append(Moment(time, picture, people, skeletons))
            while self._moments[0].time < time - SECONDS:
                self._moments.popleft()
            while self._predictions and self._predictions[0].end < time - SECONDS:
                self._predictions.popleft()

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
                for moment in self._moments
                if prediction.start - margin <= moment.time <= prediction.end + margin
                for skeleton in moment.skeletons
                if skeleton.person == prediction.person
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
