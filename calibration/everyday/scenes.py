"""Webcam scenes: who does a clip of the everyday data, where, and from where a camera of which kind sees it."""

from dataclasses import dataclass, replace
from math import pi, radians

import numpy as np
from jaxtyping import Float64

from calibration.everyday.labels import LABELS, UPPER_BODY
from calibration.everyday.merge import RATE_HZ, at_rate
from calibration.figure.appearance import Appearance
from calibration.figure.camera import Camera
from calibration.figure.motion import facing, studio_motion
from calibration.figure.proportions import Proportions
from calibration.landmarks.film import Scene
from stf.datasets.clip import Clip
from stf.prediction import NONE
from stf.skeleton import NTU25

_SIZES = ((480, 360), (480, 480), (360, 480), (640, 360), (360, 640))
_RATES = {10.0: 0.3, 12.0: 0.15, 15.0: 0.3, 20.0: 0.1, 30.0: 0.15}
"""Frames per second of a webcam in a dim room to a phone's, and how often each is taken."""

_YAW = radians(75)
_ANY_SIDE = 0.15
"""Share of the scenes of `_FROM_ANY_SIDE` that are taken from anywhere around, from behind as well; of all others, and
otherwise, cameras stand within `_YAW` of the person's front."""

_FROM_ANY_SIDE = frozenset(LABELS) - UPPER_BODY | {NONE, "sit still"}
_SECONDS = 4.0
"""Of a longer clip, this much from a random moment on."""

_WAIST_UP, _CLOSE = 0.5, 0.25
"""Shares of the scenes of upper-body labels that show people from head to waist, and of all others that are taken from
where the camera stands even if it cuts people off."""

_FARTHER = 1.8
"""People who are all in the picture are seen from up to so many times as far as is needed for that."""

_FOLLOWED = 0.6
"""Share of the scenes in which people stay before the camera wherever they walk, as if it were turned after them."""

_GOLDEN = (5**0.5 - 1) / 2

Motion = Float64[np.ndarray, "T 25 3"]


@dataclass(frozen=True, slots=True)
class Look:
    """A clip as it is to be filmed once.

    Attributes:
        clip: of the everyday data.
        view: the how-manieth time this clip is filmed.
        number: of all; cameras of consecutive numbers stand far from each other.
    """

    clip: Clip
    view: int
    number: int

    @property
    def name(self) -> str:
        """Of the shot and its file."""
        return f"{self.clip.name}_v{self.view}"


def set_webcam(look: Look) -> Scene:
    """Choose person, place, frame rate and camera; the same look always gives the same scene.

    Raises:
        UserError: if a joint is missing throughout the clip.
    """
    clip = look.clip
    rng = np.random.default_rng([look.view, *clip.name.encode()])
    motion = _performed(studio_motion(clip), rng)
    rate = float(rng.choice(list(_RATES), p=list(_RATES.values())))
    motion = at_rate(motion[None], RATE_HZ, rate)[0]
    size = _SIZES[rng.integers(len(_SIZES))]
    farthest = pi if LABELS[clip.label] in _FROM_ANY_SIDE and rng.uniform() < _ANY_SIDE else _YAW
    camera = Camera(
        size=size,
        focal=float(rng.uniform(0.7, 1.2) * max(size)),
        yaw=facing(motion, NTU25) + farthest * (2 * (look.number * _GOLDEN % 1) - 1),
        pitch=float(rng.uniform(-0.2, 0.4)),
        distance=float(rng.uniform(1.5, 4.0)),
    )
    if LABELS[clip.label] in UPPER_BODY and rng.uniform() < _WAIST_UP:
        camera = _from_head_to_waist(camera, motion, rng)
    elif rng.uniform() < _CLOSE:
        camera = _aimed_at_the_chest(replace(camera, distance=float(rng.uniform(1.4, 2.4))), motion)
    else:
        whole = camera.framing(motion)
        camera = replace(whole, distance=whole.distance * float(rng.uniform(1, _FARTHER)))
    appearance = Appearance.varied(int(rng.integers(2**31)))
    truth = motion.astype(np.float32)
    return Scene(clip.name, clip.label, clip.subject, rate, NTU25.name, motion, truth, camera, appearance)


def _performed(motion: Motion, rng: np.random.Generator) -> Motion:
    """The motion by somebody of another build, at most a few seconds of it, perhaps followed by the camera."""
    longest = round(_SECONDS * RATE_HZ)
    start = int(rng.integers(max(1, len(motion) - longest + 1)))
    motion = Proportions.random(int(rng.integers(2**31))).applied(motion[start : start + longest], NTU25)
    if rng.uniform() < _FOLLOWED:
        way = motion[:, NTU25.index("spine_base"), [0, 2]]
        share = np.linspace(0, 1, len(motion))[:, None]
        motion = motion.copy()
        motion[:, :, [0, 2]] -= ((1 - share) * way[0] + share * way[-1])[:, None]
    return motion


def _aimed_at_the_chest(camera: Camera, motion: Motion) -> Camera:
    x, y, z = map(float, np.median(motion[:, NTU25.index("spine_shoulder")], axis=0))
    return replace(camera, target=(x, y - 0.15, z))


def _from_head_to_waist(camera: Camera, motion: Motion, rng: np.random.Generator) -> Camera:
    """The same camera near enough to see head and trunk only, all the time; hands may leave the picture."""
    trunk = motion[:, NTU25.indices("head", "left_shoulder", "right_shoulder", "spine_base")]
    near = replace(camera, distance=0.8, pitch=min(camera.pitch, 0.2))
    return near.framing(trunk, margin=float(rng.uniform(0.08, 0.3)))
