"""How many frames per second of one core the figure renders at 640x480."""

import argparse
import time
from pathlib import Path

from calibration.figure.appearance import Appearance
from calibration.figure.camera import Camera
from calibration.figure.motion import studio_motion
from calibration.figure.render import Renderer
from stf.datasets.utd_mhad import read_clip

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("clip", type=Path, help="a UTD-MHAD skeleton, such as a13_s8_t1_skeleton.mat")
parser.add_argument("--goal", type=float, default=40, help="frames per second wanted")
arguments = parser.parse_args()

clip = read_clip(arguments.clip)
motion = studio_motion(clip)
for supersample in (2, 1):
    renderer = Renderer(clip.layout, Camera(yaw=0.3).framing(motion), Appearance(), supersample=supersample)
    start = time.process_time()
    for joints in motion:
        renderer.render(joints)
    rate = len(motion) / (time.process_time() - start)
    print(f"{supersample} x {supersample} rays per pixel: {rate:.1f} frames per second of CPU time")
print(f"ratio: {rate / arguments.goal:.2f}")
