"""`MediaPipePose`: MediaPipe's PoseLandmarker as a `PoseEstimator`."""

import hashlib
import signal
import threading
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np

from realtime import cores
from realtime.frames import Frame, PersonPose, PoseFrame
from realtime.native_log import without_chatter
from realtime.pose_models import Say, resolve
from stf.errors import UserError

Delegate = Literal["cpu", "gpu"]

MEDIAPIPE_ERRORS = (ValueError, RuntimeError, OSError, IndexError)  # all that a MediaPipe status code can become


def ignore_profiling_timer() -> None:
    """Keep a profiling timer that nobody asked for from ending the process.

    SIGPROF was seen to end a process that had made many landmarkers over minutes; of all that was loaded only
    MediaPipe's library knows that timer. A handler that somebody else has set stays, and only the main thread can set
    one.
    """
    profiling = getattr(signal, "SIGPROF", None)  # there is none on Windows
    if profiling is None or threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(profiling) is signal.SIG_DFL:
        signal.signal(profiling, signal.SIG_IGN)


class MediaPipePose:
    """MediaPipe's PoseLandmarker in video mode: it follows a person from frame to frame and detects when it must.

    Args:
        model: lite, full or heavy, or the path of a `.task` bundle; fetched into the cache where it is not there yet.
        num_poses: how many people to find at most. With more than one the detector runs on every frame until that
            many are found, and people who touch are often taken for one.
        delegate: what runs the networks; MediaPipe has a GPU for Linux (EGL) and macOS.
        min_detection_confidence: in [0, 1], for a person to be detected.
        min_presence_confidence: in [0, 1], for a followed person to count as still there.
        min_tracking_confidence: in [0, 1], for the region around a person to be followed rather than detected anew.
        say: called with one sentence before the model is fetched.

    Attributes:
        facts: what was used, for the record of a `PoseRecorder`.
        core: the core of the processor that MediaPipe's threads keep to, see `realtime.cores`; None for any.

    Raises:
        UserError: if the model cannot be had or read, a knob is out of its range, or the delegate does not work here.
    """

    def __init__(
        self,
        model: str | Path = "full",
        num_poses: int = 1,
        delegate: Delegate = "cpu",
        *,
        min_detection_confidence: float = 0.5,
        min_presence_confidence: float = 0.5,
        min_tracking_confidence: float = 0.5,
        say: Say = lambda _: None,
    ) -> None:
        confidences = {
            "min_pose_detection_confidence": min_detection_confidence,
            "min_pose_presence_confidence": min_presence_confidence,
            "min_tracking_confidence": min_tracking_confidence,
        }
        if num_poses < 1:
            raise UserError(f"num_poses is {num_poses}; give 1 or more")
        if not all(0 <= value <= 1 for value in confidences.values()):
            raise UserError(f"a pose confidence of {list(confidences.values())} is out of range; give 0 to 1")
        path = resolve(model, say=say)
        bundle = path.read_bytes()

        # MediaPipe takes half a second to import and `stf --help` should not; it also brings OpenCV.
        import cv2  # noqa: PLC0415
        import mediapipe  # noqa: PLC0415
        from mediapipe.tasks.python import BaseOptions, vision  # noqa: PLC0415

        ignore_profiling_timer()
        self.core = cores.pose_core() if delegate == "cpu" else None
        options = vision.PoseLandmarkerOptions(
            # The content rather than the path, which MediaPipe would have to open itself (not every name works).
            base_options=BaseOptions(model_asset_buffer=bundle, delegate=BaseOptions.Delegate[delegate.upper()]),
            running_mode=vision.RunningMode.VIDEO,
            num_poses=num_poses,
            **confidences,
        )
        try:
            with without_chatter(), cores.on(self.core):  # its threads, too
                self._landmarker: Any = vision.PoseLandmarker.create_from_options(options)
        except MEDIAPIPE_ERRORS as error:
            reason = str(error).rpartition(": ")[2].rstrip(".")
            if delegate == "gpu":
                raise UserError(f"MediaPipe cannot use the GPU here ({reason}); use the cpu delegate") from error
            raise UserError(f"MediaPipe cannot load the pose model {path} ({reason}); fetch it anew") from error
        self._to_rgb = partial(cv2.cvtColor, code=cv2.COLOR_BGR2RGB)
        self._to_image = partial(mediapipe.Image, mediapipe.ImageFormat.SRGB)
        self._clock = _Milliseconds()
        self._met_somebody = False
        self.facts: Mapping[str, str | int | float] = {
            "estimator": f"mediapipe {mediapipe.__version__}",
            "model": path.name,
            "model_sha256": hashlib.sha256(bundle).hexdigest(),
            "delegate": delegate,
            "num_poses": num_poses,
            **confidences,
        }

    def estimate(self, frame: Frame) -> PoseFrame:
        """Everybody MediaPipe finds in `frame`; a person any of whose landmarks is not a number is left out.

        Frames are given in order; their size may change. A time that does not lie after the one before (two frames
        within a millisecond, a source that starts again) is taken as a millisecond later.

        Args:
            frame: a BGR picture of any size.

        Raises:
            UserError: if MediaPipe cannot take this frame.
        """
        if self._landmarker is None:
            raise ValueError("the pose estimator is closed")
        try:
            image = self._to_image(self._to_rgb(frame.image))
            # MediaPipe warns once, at the first person it follows.
            with nullcontext() if self._met_somebody else without_chatter():
                found = self._landmarker.detect_for_video(image, self._clock.after(frame.time))
        except MEDIAPIPE_ERRORS as error:
            height, width = frame.image.shape[:2]
            raise UserError(
                f"MediaPipe fails at frame {frame.index} ({width} x {height}, {frame.time:.3f} s): {error}; "
                "cut the video there or convert it"
            ) from error
        self._met_somebody |= bool(found.pose_landmarks)
        persons = map(_person, found.pose_landmarks, found.pose_world_landmarks)
        return PoseFrame(frame.index, frame.time, tuple(person for person in persons if person is not None))

    def close(self) -> None:
        """Free the networks."""
        if self._landmarker is not None:
            self._landmarker.close()
            self._landmarker = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Milliseconds:
    """Times in seconds as the strictly increasing integers that MediaPipe's video mode asks for."""

    def __init__(self) -> None:
        self._last = -1
        self._shift = 0

    def after(self, time: float) -> int:
        now = round(time * 1000) + self._shift
        if now <= self._last:  # the shift stays, so that later steps are as long as they were
            self._shift += self._last + 1 - now
            now = self._last + 1
        self._last = now
        return now


def _person(landmarks: Sequence[Any], world: Sequence[Any]) -> PersonPose | None:
    """One person from MediaPipe's landmark objects; None where a number is missing."""
    picture = np.array([(joint.x, joint.y, joint.z, joint.visibility) for joint in landmarks], np.float32)
    metres = np.array([(joint.x, joint.y, joint.z) for joint in world], np.float32)
    if not (np.isfinite(picture).all() and np.isfinite(metres).all()):
        return None
    return PersonPose(np.ascontiguousarray(picture[:, :3]), metres, np.clip(picture[:, 3], 0, 1))
