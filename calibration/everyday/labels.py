"""The labels of the everyday data, and which class of which dataset is called what.

A label is what somebody without the datasets' papers would say of what they see. Synonyms are one label; sides are
told apart only where people would (a swipe has a direction, a punch is a punch with either hand).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from stf.prediction import NONE

LABELS: tuple[str, ...] = (
    *("swipe left", "swipe right", "wave", "clap", "cross arms", "draw in the air", "knock", "push", "arm curl"),
    *("circle arms", "raise an arm", "stretch an arm back", "rotate an arm", "reach up"),
    *("throw", "catch", "pick up and throw", "shoot a basketball", "bowl", "swing a bat", "tennis swing"),
    *("tennis serve", "punch", "kick"),
    *("walk", "run", "sneak", "jump", "jumping jack", "climb", "dance"),
    *("sit down", "sit still", "stand up", "lie down", "bend down"),
    *("squat", "lunge", "raise a leg", "elbow to knee", "twist"),
    NONE,
)
"""Class names by label."""

UPPER_BODY = frozenset({
    *("swipe left", "swipe right", "wave", "clap", "cross arms", "draw in the air", "knock", "push", "arm curl"),
    *("circle arms", "raise an arm", "stretch an arm back", "rotate an arm", "reach up", "throw", "catch"),
    *("shoot a basketball", "swing a bat", "tennis swing", "tennis serve", "punch", "sit still", "twist", NONE),
})  # fmt: skip
"""What can be told from head to waist."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A part of a clip that is a clip here.

    Attributes:
        label: what it shows.
        start, stop: from where to where, as shares of the clip.
        slowed: how many times as long it lasts here; stillness that was recorded for a moment only.
    """

    label: str
    start: float = 0.0
    stop: float = 1.0
    slowed: float = 1.0


_STOOD_STILL = Cut(NONE, 0.88, 1.0, slowed=6)
"""The end of a clip of UTD-MHAD, in most of which people have come to rest."""

TABLE: Mapping[str, Mapping[str, tuple[Cut, ...]]] = {
    "utd_mhad": {
        "swipe left": (Cut("swipe left"),),
        "swipe right": (Cut("swipe right"),),
        "wave": (Cut("wave"), _STOOD_STILL),
        "clap": (Cut("clap"), _STOOD_STILL),
        "throw": (Cut("throw"),),
        "cross arms": (Cut("cross arms"),),
        "basketball shoot": (Cut("shoot a basketball"),),
        "draw x": (Cut("draw in the air"),),
        "draw circle clockwise": (Cut("draw in the air"),),
        "draw circle counter-clockwise": (Cut("draw in the air"),),
        "draw triangle": (Cut("draw in the air"),),
        "bowling": (Cut("bowl"),),
        "boxing": (Cut("punch"),),
        "baseball swing": (Cut("swing a bat"),),
        "tennis swing": (Cut("tennis swing"),),
        "arm curl": (Cut("arm curl"),),
        "tennis serve": (Cut("tennis serve"),),
        "push": (Cut("push"),),
        "knock": (Cut("knock"),),
        "catch": (Cut("catch"),),
        "pick up and throw": (Cut("pick up and throw"),),
        "jog": (Cut("run"),),
        "walk": (Cut("walk"),),
        "sit to stand": (Cut("stand up"), Cut("sit still", 0.0, 0.12, slowed=7), _STOOD_STILL),
        "stand to sit": (Cut("sit down"), Cut("sit still", 0.8, 1.0, slowed=5)),
        "lunge": (Cut("lunge"), _STOOD_STILL),
        "squat": (Cut("squat"), _STOOD_STILL),
    },
    "hdm05": {
        "deposit floor": (Cut("bend down"),),
        "elbow to knee": (Cut("elbow to knee"),),
        "grab high": (Cut("reach up"),),
        "hop both legs": (Cut("jump"),),
        "jog": (Cut("run"),),
        "kick front": (Cut("kick"),),
        "lie down": (Cut("lie down"),),
        "rotate both arms": (Cut("circle arms"),),
        "sneak": (Cut("sneak"),),
        "squat": (Cut("squat"),),
        "throw": (Cut("shoot a basketball"),),  # the database's throwBasketball: with both hands, from over the head
    },
    "precog": {
        "right punch": (Cut("punch"),),
        "left punch": (Cut("punch"),),
        "front right kick": (Cut("kick"),),
        "front left kick": (Cut("kick"),),
        "side right kick": (Cut("kick"),),
        "side left kick": (Cut("kick"),),
        "back fist": (Cut("punch"),),
        "elbow strike": (Cut("punch"),),
    },
    "ui_prmd": {  # in good and in bad form: who squats badly squats
        "deep squat": (Cut("squat"),),
        "hurdle step": (Cut("raise a leg"),),
        "inline lunge": (Cut("lunge"),),
        "side lunge": (Cut("lunge"),),
        "sit to stand": (Cut("sit down", 0.0, 0.5), Cut("stand up", 0.5, 1.0)),  # it begins and ends on one's feet
        "standing active straight leg raise": (Cut("raise a leg"),),
        "standing shoulder abduction": (Cut("raise an arm"),),
        "standing shoulder extension": (Cut("stretch an arm back"),),
        "standing shoulder internal-external rotation": (Cut("rotate an arm"),),
        "standing shoulder scaption": (Cut("raise an arm"),),
    },
}
"""Dataset format -> its class -> what is made of a clip of it. CMU has no classes, but `spans`."""
