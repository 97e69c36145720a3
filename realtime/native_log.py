"""Keeping the chatter of libraries in C++ off the user's terminal without losing an error."""

import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

CHATTER = re.compile(
    rb"[IW]\d{4} \d\d:\d\d:|INFO: |WARNING: Logging before InitGoogle"  # of absl and TensorFlow Lite in MediaPipe
    rb"|\[[\d :,-]+ [IW] \d+ \d+\]"  # of Ray
)

_STDERR = threading.Lock()


@contextmanager
def without_chatter() -> Iterator[None]:
    """Hold back what the process writes to standard error meanwhile, then pass on all but `CHATTER`.

    MediaPipe 1.2 heeds neither the glog, absl nor TensorFlow variables for its log level, and its logging callback
    is called besides standard error, not in its place; Ray heeds its own variable only once it is connected. So the
    file descriptor is what is left. Where the block raises, the exception is taken to say what went wrong and
    everything held back is dropped.
    """
    with _STDERR, tempfile.TemporaryFile() as held:
        if sys.stderr is not None:
            sys.stderr.flush()
        try:
            terminal = os.dup(2)
        except OSError:  # no standard error at all, as under pythonw
            yield
            return
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)
        held.seek(0)
        rest = b"".join(line for line in held if not CHATTER.match(line))
        if rest:
            os.write(2, rest)
