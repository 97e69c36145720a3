"""What a person's own bone lengths do to their skeletons: error and bone lengths before and after, and the time it takes.

Each person of UTD-MHAD is rendered standing for ten seconds, measured from that as `stf calibrate body` does, and then
seen in actions from other sides, as the live pipeline sees them.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from _machine import describe, spread
from _renders import Seen, random_view, see
from jaxtyping import Float, Float32

from calibration.body import Standing
from calibration.figure.appearance import Appearance
from calibration.figure.camera import Camera as Studio
from realtime.body import Body, BodyKeeper
from realtime.mapping import get_mapping
from realtime.smoothing import Smoother
from stf.datasets.clip import Clip, to_layout
from stf.datasets.utd_mhad import read_clip
from stf.skeleton import NTU25

SUBJECTS = (1, 2, 3, 4)
ACTIONS = (1, 5, 9, 17, 22, 23, 26, 27)  # swipe left, throw, draw circle, tennis swing, jog, walk, lunge, squat
LIMBS = [f"{side}_{part}" for side in ("left", "right") for part in ("elbow", "wrist", "knee", "ankle")]
JOINTS = NTU25.indices(*LIMBS, "left_shoulder", "right_shoulder", "left_hip", "right_hip")
SWAY = 0.01  # metres


def standing(clip: Clip) -> Clip:
    """The first pose of a clip, held for ten seconds with a little sway."""
    phase = np.linspace(0, 6 * np.pi, 150)[:, None, None]
    sway = (
        SWAY * np.sin(phase) * np.float32([1, 0, 0.5]) * (clip.joints[0, :1, :, 1:2] - clip.joints[0, :1, :, 1].min())
    )
    return replace(clip, joints=(clip.joints[:1, :1] + sway[None]).astype(np.float32), fps=15.0, name=f"{clip.name}_0")


def measured(seen: Seen) -> Standing:
    """What calibration makes of a person who stands."""
    result = Standing(get_mapping(NTU25))
    for pose, moment in zip(seen.poses, seen.times, strict=True):
        result.add(float(moment), () if pose is None else (pose,))
    return result


def skeletons(seen: Seen, body: Body | None) -> tuple[Float32[np.ndarray, "F V 3"], list[int]]:
    """The skeletons of the live pipeline and the numbers of their frames."""
    smoother, keeper, frames, numbers = Smoother(), body and BodyKeeper(body, NTU25), [], []
    for number, moment, pose in seen.found():
        frame = smoother.smooth(get_mapping(NTU25).map_pose(pose, moment, 0))
        frames.append((keeper.keep(frame) if keeper else frame).joints)
        numbers.append(number)
    return np.stack(frames), numbers


def hip_centred(joints: Float[np.ndarray, "F V 3"]) -> Float[np.ndarray, "F V 3"]:
    return joints - joints[:, NTU25.indices("left_hip", "right_hip")].mean(axis=1, keepdims=True)


def error_cm(joints: Float[np.ndarray, "F V 3"], truth: Float[np.ndarray, "F V 3"]) -> float:
    """Mean distance of the limbs' joints from the truth, both centred at the hips."""
    apart = hip_centred(joints)[:, JOINTS] - hip_centred(truth)[:, JOINTS]
    return float(100 * np.linalg.norm(apart, axis=2).mean())


def lengths_of(joints: Float[np.ndarray, "F V 3"], names: list[str]) -> Float[np.ndarray, "F K"]:
    children = NTU25.indices(*names)
    return np.linalg.norm(joints[:, children] - joints[:, [NTU25.parents[c] for c in children]], axis=2)


def variation(joints: Float[np.ndarray, "F V 3"]) -> float:
    """Standard deviation of the limbs' lengths in per cent of their mean."""
    lengths = lengths_of(joints, LIMBS)
    return float(100 * (lengths.std(axis=0) / lengths.mean(axis=0)).mean())


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of utd_mhad/")
    parser.add_argument("--keep", type=Path, help="folder that keeps what MediaPipe saw, to be quick the next time")
    arguments = parser.parse_args()
    describe(arguments.data)
    errors: dict[str, list[float]] = {"none": [], "measured": [], "measured, in true metres": [], "true": []}
    varies: dict[str, list[float]] = {name: [] for name in errors}
    off = []
    for subject in SUBJECTS:
        clips = [read_clip(arguments.data / "utd_mhad" / f"a{a}_s{subject}_t1_skeleton.mat") for a in ACTIONS]
        clips = [replace(to_layout(clip, NTU25), name=f"body_a{a}_s{subject}") for clip, a in zip(clips, ACTIONS)]
        stood = see(standing(clips[0]), Studio(distance=3.0), Appearance.random(subject), arguments.keep)
        bodies: dict[str, Body | None] = {"none": None, "measured": measured(stood).measure().body}
        names = list(bodies["measured"].lengths)
        true = np.median(np.concatenate([lengths_of(clip.joints[0], names) for clip in clips]), axis=0)
        bodies["true"] = Body("ntu25", dict(zip(names, true.tolist(), strict=True)))
        found = np.array([bodies["measured"].lengths[name] for name in LIMBS])
        factor = float((true[[names.index(n) for n in LIMBS]] / found).mean())
        off.append(100 * (1 / factor - 1))
        scaled = {name: factor * length for name, length in bodies["measured"].lengths.items()}
        bodies["measured, in true metres"] = Body("ntu25", scaled)
        for clip in clips:
            view, _ = random_view(clip.name, np.radians(60))
            seen = see(clip, view, Appearance.random(subject), arguments.keep)
            for name in errors:
                joints, numbers = skeletons(seen, bodies[name])
                errors[name].append(error_cm(joints, seen.joints[numbers]))
                varies[name].append(variation(joints))
    print(f"limbs as measured against the true ones, %: {spread(off)}")
    print("lengths                    error of 12 joints, cm   limb lengths vary by, %")
    for name in errors:
        print(f"{name:26} {spread(errors[name]):24} {spread(varies[name])}")
    keeper = BodyKeeper(bodies["measured"], NTU25)
    frames = [get_mapping(NTU25).map_pose(pose, moment, 0) for _, moment, pose in seen.found()]
    costs = []
    for _ in range(20):
        begun = time.process_time()
        for frame in frames:
            keeper.keep(frame)
        costs.append(1000 * (time.process_time() - begun) / len(frames))
    print(f"ms of CPU time per frame: {spread(costs, 3)}")


if __name__ == "__main__":
    main()
