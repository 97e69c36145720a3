"""A frame as it is shown: fitted to the screen, with the people in it and what they do drawn in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32

from apps.live.wishes import Look, Overlay
from apps.widgets.data import Picture
from realtime.drawing import Annotation, draw_heat, draw_people
from realtime.frames import Image, TrackedPose
from realtime.mapping import KINETICS18_TABLE, NTU25_TABLE, table_weights
from realtime.opencv import cv2
from stf.skeleton import KINETICS18, NTU25, SkeletonLayout

_HIDDEN = 0.3  # a joint less visible than this cannot be pointed at
_PLACES = {
    layout.name: table_weights(layout, table)
    for layout, table in ((NTU25, NTU25_TABLE), (KINETICS18, KINETICS18_TABLE))
}
"""Joints from landmarks of the picture; a map fitted to world landmarks is not made for these."""

_LARGEST = 1920  # pixels; a larger picture is left to the screen to enlarge


@dataclass(frozen=True, slots=True)
class Scene:
    """A frame and what is known of the people in it.

    Attributes:
        image: (H, W, 3) uint8, BGR, as it came.
        people: poses, labels and focus.
        layout: the joints that can be pointed at.
    """

    image: Image
    people: Sequence[Annotation]
    layout: SkeletonLayout


def render(scene: Scene, look: Look) -> Picture:
    """Draw a scene at the size of the screen, so that lines and letters are sharp."""
    height, width = scene.image.shape[:2]
    scale = min(look.size[0] / width, look.size[1] / height, _LARGEST / max(width, height))
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    image = cv2.resize(scene.image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    people = scene.people
    if look.mirror:
        image = cv2.flip(image, 1)
        people = [replace(person, tracked=_mirrored(person.tracked)) for person in people]
    match look.overlay:
        case Overlay.FOCUS:
            draw_people(image, people)
        case Overlay.HEAT:
            draw_heat(image, people)
        case Overlay.SKELETON:
            draw_people(image, [replace(person, focus=None) for person in people])
        case Overlay.OFF:
            pass
    return Picture(image, joints_of(people, scene.layout))


def joints_of(people: Sequence[Annotation], layout: SkeletonLayout) -> Mapping[int, Float32[np.ndarray, "V 2"]]:
    """Where everybody's joints are, as fractions of the picture; NaN where one is hardly seen."""
    weights = _PLACES[layout.name]
    share = np.abs(weights) / np.abs(weights).sum(axis=1, keepdims=True)
    return {
        person.tracked.person: np.where(
            (share @ person.tracked.pose.visibility >= _HIDDEN)[:, None],
            weights @ person.tracked.pose.landmarks[:, :2],
            np.float32(np.nan),
        )
        for person in people
    }


def _mirrored(tracked: TrackedPose) -> TrackedPose:
    landmarks = tracked.pose.landmarks.copy()
    landmarks[:, 0] = 1 - landmarks[:, 0]
    return replace(tracked, pose=replace(tracked.pose, landmarks=landmarks))
