"""What a person's own bone lengths do to their skeletons: error and lengths before and after, and the time it takes.

Each person of UTD-MHAD is rendered standing for ten seconds, measured from that as `stf calibrate body` does, and then
seen in actions from other sides, as the live pipeline sees them.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Sequence
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
    pose = clip.joints[:1, :1]
    height = pose[..., 1:2] - pose[..., 1].min()
    phase = np.linspace(0, 6 * np.pi, 150)[None, :, None, None]
    joints = pose + SWAY * np.sin(phase) * height * np.float32([1, 0, 0.5])
    return replace(clip, joints=joints.astype(np.float32), fps=15.0, name=f"{clip.name}_0")


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
    """Skeletons with the middle of the hips at the origin."""
    return joints - joints[:, NTU25.indices("left_hip", "right_hip")].mean(axis=1, keepdims=True)


def error_cm(joints: Float[np.ndarray, "F V 3"], truth: Float[np.ndarray, "F V 3"]) -> float:
    """Mean distance of the limbs' joints from the truth, both centred at the hips."""
    apart = hip_centred(joints)[:, JOINTS] - hip_centred(truth)[:, JOINTS]
    return float(100 * np.linalg.norm(apart, axis=2).mean())


def lengths_of(joints: Float[np.ndarray, "F V 3"], names: list[str]) -> Float[np.ndarray, "F K"]:
    """Metres from the named joints to their parents."""
    children = NTU25.indices(*names)
    return np.linalg.norm(joints[:, children] - joints[:, [NTU25.parents[c] for c in children]], axis=2)


def variation(joints: Float[np.ndarray, "F V 3"]) -> float:
    """Standard deviation of the limbs' lengths in per cent of their mean."""
    lengths = lengths_of(joints, LIMBS)
    return float(100 * (lengths.std(axis=0) / lengths.mean(axis=0)).mean())


def bodies_of(stood: Seen, clips: Sequence[Clip]) -> dict[str, Body | None]:
    """The lengths to compare: none, as measured, as measured but of the true size, and the true ones.

    Args:
        stood: the person, standing.
        clips: of the same person, with true lengths.
    """
    found = measured(stood).measure().body
    names = list(found.lengths)
    true = np.median(np.concatenate([lengths_of(clip.joints[0], names) for clip in clips]), axis=0)
    lengths = dict(zip(names, true.tolist(), strict=True))
    factor = np.mean([lengths[name] / found.lengths[name] for name in LIMBS])
    return {
        "none": None,
        "measured": found,
        "measured, true size": replace(found, lengths={n: float(factor * m) for n, m in found.lengths.items()}),
        "true": replace(found, lengths=lengths),
    }


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of utd_mhad/")
    parser.add_argument("--keep", type=Path, help="folder that keeps what MediaPipe saw, to be quick the next time")
    arguments = parser.parse_args()
    describe(arguments.data)
    errors: dict[str, list[float]] = defaultdict(list)
    varies: dict[str, list[float]] = defaultdict(list)
    for subject in SUBJECTS:
        look = Appearance.random(subject)
        clips = [
            replace(to_layout(read_clip(path), NTU25), name=f"body_{path.stem}")
            for path in (arguments.data / "utd_mhad" / f"a{a}_s{subject}_t1_skeleton.mat" for a in ACTIONS)
        ]
        bodies = bodies_of(see(standing(clips[0]), Studio(distance=3.0), look, arguments.keep), clips)
        for clip in clips:
            seen = see(clip, random_view(clip.name, np.radians(60))[0], look, arguments.keep)
            for name, body in bodies.items():
                joints, numbers = skeletons(seen, body)
                errors[name].append(error_cm(joints, seen.joints[numbers]))
                varies[name].append(variation(joints))
    print("lengths                error of 12 joints, cm    limb lengths vary by, %")
    for name, values in errors.items():
        print(f"{name:22} {spread(values):25} {spread(varies[name])}")
    body = bodies["true"]
    assert body  # noqa: S101
    keeper = BodyKeeper(body, NTU25)
    frames = [get_mapping(NTU25).map_pose(pose, moment, 0) for _, moment, pose in seen.found()]
    costs = []
    for frame in frames * 20:
        begun = time.perf_counter()
        keeper.keep(frame)
        costs.append(1000 * (time.perf_counter() - begun))
    print(f"ms per frame: {np.median(costs):.3f} (least {min(costs):.3f}, n={len(costs)})")


if __name__ == "__main__":
    main()
