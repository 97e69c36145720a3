"""A person's own body: limb lengths from some seconds of standing still, kept in a small TOML file."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Float32

from calibration.toml import no_such, read_toml
from realtime.body import Body
from realtime.frames import PersonPose
from realtime.mapping import SkeletonMapping
from stf.atomic import output_text
from stf.errors import UserError
from stf.skeleton import MEDIAPIPE33, get_layout

LEAST_SECONDS = 3.0
ENOUGH_SECONDS = 10.0

_STILL = 0.04  # metres that a joint may move against the hips
_AROUND = 0.25  # seconds to either side of a moment, within which it may
_STRAIGHT = math.radians(30)  # between thigh and shank, and thigh and trunk, of somebody who stands
_VISIBLE = 0.5  # median visibility below which a joint is hidden
_EYES_ABOVE_ANKLES = 0.936 - 0.039
"""Of a person's height: Drillis and Contini 1966 (eyes 0.936, ankles 0.039), as in Winter, Biomechanics and Motor
Control of Human Movement."""

_LEGS = [f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle")]
_CARRIED = ("hand_tip", "thumb")  # a hand opens and closes

_HEAD = """\
# A person as stf calibrate body measured them. Metres, from each joint to its parent in the layout's tree.
# scale: metres that one of the pose estimator's metres stands for; 1 where the person's height was not given.
"""


@dataclass(frozen=True, slots=True)
class Measurement:
    """A body, and what it rests on.

    Attributes:
        body: the person.
        seconds: how long they stood still and upright.
        spread: median over the bones of the relative deviation of the length, over the frames (1.4826 MAD).
    """

    body: Body
    seconds: float
    spread: float


class Standing:
    """Collects one person's poses and measures their body on those in which they stand still, upright and in view.

    Args:
        mapping: to the layout the lengths are wanted in.

    Raises:
        UserError: if that is a layout of the picture, in which nothing has a length.
    """

    def __init__(self, mapping: SkeletonMapping) -> None:
        if mapping.source != "world":
            raise UserError(f"bones have no length in {mapping.layout.name}, which is a layout of the picture")
        self._mapping = mapping
        layout = mapping.layout
        self._bones = [
            joint for joint, name in enumerate(layout.joints) if joint != layout.centre and not name.endswith(_CARRIED)
        ]
        self._times: list[float] = []
        self._poses: list[PersonPose] = []
        self._frames = 0

    def add(self, time: float, persons: Sequence[PersonPose]) -> None:
        """Take the next frame; of several persons the first."""
        self._frames += 1
        if persons:
            self._times.append(time)
            self._poses.append(persons[0])

    @property
    def seconds(self) -> float:
        """How long the person has stood still and upright so far."""
        return _duration(np.array(self._times), self._stands(self._skeletons()[0])) if self._poses else 0.0

    def measure(self, height: float | None = None) -> Measurement:
        """The body, by the median over the frames of standing; left and right are taken to be alike.

        Args:
            height: of the person in metres, which says how large the estimator's metres are on them.

        Raises:
            UserError: if nobody is seen, they did not stand still for three seconds, or a joint is hidden.
        """
        if len(self._poses) < 2:
            raise UserError("nobody is in it; stand where the camera sees the whole body")
        joints, visibility = self._skeletons()
        stands = self._stands(joints)
        times = np.array(self._times)
        seconds = _duration(times, stands)
        layout = self._mapping.layout
        stood = seconds >= LEAST_SECONDS
        looked = stands if stood else np.ones_like(stands)
        needed = self._bones if stood else layout.indices(*_LEGS)  # whether somebody stands is seen by the legs
        hidden = np.median(visibility[looked], axis=0) < _VISIBLE
        if names := [layout.joints[joint].replace("_", " ") for joint in needed if hidden[joint]]:
            raise UserError(f"hidden are {', '.join(names)}; stand where the camera sees the whole body")
        if not stood:
            raise UserError(
                f"the person stands upright and still for {seconds:.1f} of {_duration(times, looked):.1f} s in view; "
                f"{LEAST_SECONDS:.0f} s are the least, {ENOUGH_SECONDS:.0f} are good"
            )
        scale = 1.0 if height is None else height * _EYES_ABOVE_ANKLES / self._reach(stands)
        lengths = np.linalg.norm(joints - joints[:, list(layout.parents)], axis=-1)[stands]
        median = np.median(lengths, axis=0)
        spread = 1.4826 * np.median(np.abs(lengths - median), axis=0) / np.maximum(median, 1e-6)
        alike = (median + median[list(layout.mirror)]) / 2 * scale
        body = Body(layout.name, {layout.joints[j]: round(float(alike[j]), 4) for j in self._bones}, round(scale, 4))
        return Measurement(body, seconds, float(np.median(spread[self._bones])))

    def _skeletons(self) -> tuple[Float32[np.ndarray, "F V 3"], Float32[np.ndarray, "F V"]]:
        world = np.stack([pose.world for pose in self._poses])
        return self._mapping.map_arrays(world, np.stack([pose.visibility for pose in self._poses]))

    def _stands(self, joints: Float32[np.ndarray, "F V 3"]) -> Bool[np.ndarray, " F"]:
        """In which frames the person stands upright and still."""
        times = np.array(self._times)
        before = np.searchsorted(times, times - _AROUND)
        after = np.searchsorted(times, times + _AROUND, side="right") - 1
        still = times[after] - times[before] >= _AROUND
        for moment in (before, after):
            moved = np.linalg.norm(joints[moment] - joints, axis=-1)[:, self._bones].max(axis=-1)
            still &= moved < _STILL
        layout = self._mapping.layout

        def bone(start: str, end: str) -> Float32[np.ndarray, "F 2 3"]:
            starts, ends = (layout.indices(f"left_{name}", f"right_{name}") for name in (start, end))
            return np.asarray(joints[:, ends] - joints[:, starts])

        thigh = bone("hip", "knee")
        upright = _between(thigh, bone("knee", "ankle")) & _between(thigh, bone("shoulder", "hip"))
        return np.asarray(still & upright.all(axis=-1))

    def _reach(self, stands: Bool[np.ndarray, " F"]) -> float:
        """Median distance from the middle of the eyes to that of the ankles, in the estimator's metres."""
        world = np.stack([pose.world for pose in self._poses])[stands]
        eyes, ankles = (MEDIAPIPE33.indices(f"left_{name}", f"right_{name}") for name in ("eye", "ankle"))
        return float(np.median(np.linalg.norm(world[:, eyes].mean(axis=1) - world[:, ankles].mean(axis=1), axis=-1)))


def _duration(times: Float[np.ndarray, " F"], chosen: Bool[np.ndarray, " F"]) -> float:
    """Seconds that the chosen frames stand for."""
    step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    return float(chosen.sum()) * step


def _between(one: Float32[np.ndarray, "F 2 3"], other: Float32[np.ndarray, "F 2 3"]) -> Bool[np.ndarray, "F 2"]:
    """Whether two bones are nearly in line."""
    product = np.linalg.norm(one, axis=-1) * np.linalg.norm(other, axis=-1)
    return np.asarray((one * other).sum(axis=-1) > math.cos(_STRAIGHT) * product)


def save_body(path: Path, body: Body) -> None:
    """Write a body.

    Raises:
        UserError: if the file cannot be written.
    """
    with output_text(path) as write:
        write(f"{_HEAD}layout = {json.dumps(body.layout)}\nscale = {body.scale}\n\n[lengths]\n")
        write("".join(f"{joint} = {length}\n" for joint, length in body.lengths.items()))


def load_body(path: Path) -> Body:
    """Read what `save_body` wrote.

    Raises:
        UserError: if there is no such file or it does not describe a body.
    """
    body = read_toml(path, Body, "body")
    unknown = set(body.lengths) - set(get_layout(body.layout).joints)
    if unknown:
        raise no_such(path, "body", f"{body.layout} has no {min(unknown)}")
    if not body.lengths or not all(0 < metres < math.inf for metres in (body.scale, *body.lengths.values())):
        raise no_such(path, "body", "lengths must be positive")
    return body
