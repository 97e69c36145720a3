"""Everybody in a frame: skeleton, focus, and a label near each head."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from realtime.drawing.canvas import person_colour, unit
from realtime.drawing.labels import draw_label, draw_legend, place_label
from realtime.drawing.skeleton import draw_skeleton, image_points
from realtime.frames import Image, PersonPose, TrackedPose
from stf.skeleton import MEDIAPIPE33

_HEAD = list(MEDIAPIPE33.limbs["head"])


@dataclass(frozen=True, slots=True)
class Annotation:
    """What to draw of one person.

    Attributes:
        tracked: the pose in this frame, and whose it is.
        label: what the person does; empty where nothing is known.
        confidence: of the label, in [0, 1].
        focus: (33,) by landmark, in [0, 1], as `focus_on_landmarks` gives it; None where nothing is known.
    """

    tracked: TrackedPose
    label: str = ""
    confidence: float = 0.0
    focus: Float[np.ndarray, "33"] | None = None


def draw_people(image: Image, people: Sequence[Annotation]) -> None:
    """Draw everybody's skeleton, focus and label in place, and a legend where there is a focus.

    Args:
        image: (H, W, 3) uint8, BGR, of any size.
        people: whom to draw; labels of those named first keep their place where labels would overlap.
    """
    for person in people:
        draw_skeleton(image, person.tracked.pose, person.focus, person_colour(person.tracked.person))
    draw_labels(image, people)


def draw_labels(image: Image, people: Sequence[Annotation]) -> None:
    """Draw everybody's label in place, and a legend where there is a focus.

    Args:
        image: (H, W, 3) uint8, BGR, of any size.
        people: labels of those named first keep their place where labels would overlap.
    """
    taken = [draw_legend(image)] if any(person.focus is not None for person in people) else []
    for person in people:
        anchor = _above_head(person.tracked.pose, image)
        if anchor is None or not person.label:
            continue
        text = f"{person.label} {person.confidence:.0%}"
        taken.append(place_label(text, anchor, image, taken))
        draw_label(image, text, taken[-1], person_colour(person.tracked.person))


def _above_head(pose: PersonPose, image: Image) -> tuple[float, float] | None:
    """Over the head, clear of its crown and of raised hands (pixels); None where nobody is seen."""
    height, width = image.shape[:2]
    points = image_points(pose, width, height)
    seen = points[np.isfinite(points[:, 0])]
    if not len(seen):
        return None
    head = points[_HEAD][np.isfinite(points[_HEAD, 0])]
    if not len(head):
        return float(seen[:, 0].mean()), float(seen[:, 1].min())
    crown = head[:, 1].min() - 1.2 * np.ptp(head, axis=0).max()
    return float(head[:, 0].mean()), float(min(crown, seen[:, 1].min() - 6 * unit(image)))
