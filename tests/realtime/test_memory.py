"""Memory of threads that come and go."""

import subprocess
import sys

import pytest

THREADS = """
import ctypes, sys, threading
from realtime.memory import share_arenas

if sys.argv[1] == "shared":
    share_arenas()
together = threading.Barrier(6)

def allocate():
    pieces = [bytearray(4000) for _ in range(100)]
    together.wait()

threads = [threading.Thread(target=allocate) for _ in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
ctypes.CDLL(None).malloc_stats()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="arenas are glibc's")
@pytest.mark.parametrize(("how", "few"), [("shared", True), ("alone", False)])
def test_threads_share_two_arenas(how: str, few: bool) -> None:
    ran = subprocess.run([sys.executable, "-c", THREADS, how], capture_output=True, text=True, check=True)
    assert (ran.stderr.count("Arena") <= 2) == few, ran.stderr
