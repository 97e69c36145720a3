"""What holds for every human body, whoever recorded it: checks of joints (T, V, 3) with y up, found by name."""

import numpy as np

from stf.datasets.clip import Clip, to_layout
from stf.skeleton import NTU25

TORSO = (0.3, 0.65)
"""Metres from hip middle to shoulder middle; Kinect v1 has about 0.38, an optical system 0.5."""


def in_ntu25(clip: Clip) -> dict[str, np.ndarray]:
    """The tracks (T, 3) of the only person's joints in NTU25, and of the middles of hips and shoulders."""
    joints = to_layout(clip, NTU25).joints[0]
    tracks = {name: joints[:, number] for number, name in enumerate(NTU25.joints)}
    for part in ("hip", "shoulder"):
        tracks[f"mid_{part}"] = (tracks[f"left_{part}"] + tracks[f"right_{part}"]) / 2
    return tracks


def length(track: dict[str, np.ndarray], end: str, start: str) -> float:
    """Median distance of two joints, metres."""
    return float(np.median(np.linalg.norm(track[end] - track[start], axis=1)))


def forward(track: dict[str, np.ndarray]) -> np.ndarray:
    """(T, 3) unit vectors to the front of the body, if left and right are what they are called."""
    out = np.cross(track["left_shoulder"] - track["right_shoulder"], track["mid_shoulder"] - track["mid_hip"])
    return out / np.linalg.norm(out, axis=1, keepdims=True)


def assert_human(clip: Clip) -> None:
    """Toes and elbows point where a person's do, and bones have a person's lengths; all fail for a mirror image."""
    track = in_ntu25(clip)
    torso = length(track, "mid_shoulder", "mid_hip")
    assert TORSO[0] < torso < TORSO[1], clip.name
    front = forward(track)
    for side in ("left", "right"):
        toes = ((track[f"{side}_foot"] - track[f"{side}_ankle"]) * front).sum(axis=1)
        assert np.median(toes) > 0, f"{clip.name}: {side} foot"
        arm, thigh = length(track, f"{side}_elbow", f"{side}_shoulder"), length(track, f"{side}_knee", f"{side}_hip")
        assert 0.15 < arm < 0.4, f"{clip.name}: {side} arm"
        assert 0.25 < thigh < 0.6, f"{clip.name}: {side} thigh"
        assert 0.6 < length(track, f"{side}_wrist", f"{side}_elbow") / arm < 1.3, f"{clip.name}: {side} forearm"
        assert 0.6 < length(track, f"{side}_ankle", f"{side}_knee") / thigh < 1.6, f"{clip.name}: {side} shank"
        assert 0.02 < length(track, f"{side}_hand", f"{side}_wrist") < 0.15, f"{clip.name}: {side} hand"
        assert 0.04 < length(track, f"{side}_foot", f"{side}_ankle") < 0.25, f"{clip.name}: {side} foot"
    assert 0.15 < length(track, "head", "mid_shoulder") < 0.4, f"{clip.name}: head"


def reach(clip: Clip, joint: str) -> float:
    """How far a joint gets from where it was at first, against the spine: metres."""
    track = in_ntu25(clip)
    path = track[joint] - track["spine_base"]
    return float(np.linalg.norm(path - path[0], axis=1).max())
