"""Who computes on which core, looked up in the system while a real pipeline runs."""

import os
import platform
import subprocess
import sys
from ast import literal_eval
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "apps" / "assets" / "demo.mp4"

WATCH = """
import os, sys, threading
os.sched_setaffinity(0, set(map(int, sys.argv[2:])))
from pathlib import Path
from realtime.pipeline import Pipeline
from realtime.pose import MediaPipePose
from realtime.sources import open_source
from stf.recogniser import Recogniser

def threads():
    return {int(task.name) for task in Path("/proc/self/task").iterdir()}

def of(names):
    return [os.sched_getaffinity(t.native_id) for t in threading.enumerate() if t.name in names]

recogniser = Recogniser.load("utd-mhad-27", device="cpu")
before = threads()
with MediaPipePose() as estimator:
    made = threads() - before
    with Pipeline(open_source(sys.argv[1]), estimator, recogniser) as pipeline:
        pipeline.start()
        assert pipeline.poll() is not None
        print([os.sched_getaffinity(thread) for thread in made])
        print(of({"stf_pose"}))
        print(of({"stf_read", "stf_skeleton", "stf_recognise"}))
"""


def usable_cores() -> list[int]:
    """Those that the system leaves to this process, though the tests have settled on one of them."""
    settled = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count()))
    try:
        return sorted(os.sched_getaffinity(0))
    finally:
        os.sched_setaffinity(0, settled)


CORES = usable_cores() if sys.platform == "linux" else []


@pytest.mark.skipif(len(CORES) < 2, reason="needs Linux and two cores")
def test_on_two_cores_the_pose_estimator_shares_its_own_with_nobody() -> None:
    first, second = CORES[:2]
    command = [sys.executable, "-c", WATCH, str(DEMO), str(first), str(second)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    mediapipe, pose, others = map(literal_eval, said.splitlines())
    assert pose == mediapipe[:1]
    assert len(mediapipe[0]) == 1
    assert all(cores == mediapipe[0] for cores in mediapipe)
    assert len(others) == 3
    assert all(cores == {first, second} - mediapipe[0] for cores in others)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_a_process_with_one_core_is_left_alone() -> None:
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from realtime import cores\n"
        "cores.leave(cores.pose_core()); print(cores.pose_core(), len(os.sched_getaffinity(0)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["None", "1"]


@pytest.mark.skipif(
    not Path("/proc/self/sched").exists() or tuple(map(int, platform.release().split(".")[:2])) < (6, 12),
    reason="needs a Linux whose turns can be chosen, and that tells them",
)
def test_short_turns_are_inherited_by_threads_that_are_started_later() -> None:
    code = (
        "import threading\n"
        "from pathlib import Path\n"
        "from realtime import cores\n"
        "def turn(task):\n"
        "    lines = Path(f'/proc/self/task/{task}/sched').read_text().splitlines()\n"
        "    return next((line.split()[-1] for line in lines if line.startswith('se.slice')), None)\n"
        "chosen, cores._TURN_NS = cores._TURN_NS, 0  # the system's own: what started this may have taken short ones\n"
        "cores.take_short_turns()\n"
        "print(turn(threading.get_native_id()))\n"
        "cores._TURN_NS = chosen\n"
        "cores.take_short_turns()\n"
        "later = threading.Thread(target=lambda: print(turn(threading.get_native_id())))\n"
        "later.start(); later.join()"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    usual, short = said.split()
    assert int(short) == 100_000 < int(usual)
