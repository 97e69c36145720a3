"""Seconds that `import stf` takes beyond torch, and that `stf --help` takes."""

import subprocess
import sys
import time
from statistics import median

from _machine import ROOT, describe, parser, spread

PROMISES = {"import stf beyond torch": 0.3, "stf --help": 1.0}
COMMANDS = {
    "nothing": ["-c", "pass"],
    "import torch": ["-c", "import torch"],
    "import torch, stf": ["-c", "import torch, stf"],
    "import torch, stf.recogniser": ["-c", "import torch, stf.recogniser"],
    "stf --help": ["-m", "apps", "--help"],
}


def seconds(command: list[str]) -> float:
    """How long a fresh Python takes."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, *command], cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - begun


arguments = parser(__doc__).parse_args()
describe("none")
for command in COMMANDS.values():
    seconds(command)  # fills the caches of the disk and of Python
runs = [{name: seconds(command) for name, command in COMMANDS.items()} for _ in range(arguments.repeats)]
for name in COMMANDS:
    print(f"{name}: {spread([run[name] for run in runs], 2)} s")
measured = {
    # The recogniser with all it needs, which is more than the promise asks for: `import stf` alone imports nothing.
    "import stf beyond torch": [run["import torch, stf.recogniser"] - run["import torch"] for run in runs],
    "stf --help": [run["stf --help"] for run in runs],
}
for name, promise in PROMISES.items():
    print(f"{name}: {spread(measured[name], 2)} s; promised: under {promise} s")
print(f"ratio: {max(median(measured[name]) / promise for name, promise in PROMISES.items()):.2f}")
