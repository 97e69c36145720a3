"""What `stf label` is measured against: OpenCV's decoder and MediaPipe, and nothing else."""

from pathlib import Path

import cv2
import mediapipe
from _machine import Stopwatch
from mediapipe.tasks.python import BaseOptions, vision


def bare(video: Path, model: Path, stopwatch: Stopwatch) -> int:
    """Find one person in every frame, timed without the loading of the model; how many frames there are."""
    options = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_buffer=model.read_bytes()), running_mode=vision.RunningMode.VIDEO
    )
    with vision.PoseLandmarker.create_from_options(options) as landmarker:
        stopwatch.start()
        capture = cv2.VideoCapture(str(video))
        count = 0
        while (read := capture.read())[0]:
            image = mediapipe.Image(mediapipe.ImageFormat.SRGB, cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB))
            landmarker.detect_for_video(image, round(count * 1000 / 30))
            count += 1
        capture.release()
        stopwatch.stop()
    return count
