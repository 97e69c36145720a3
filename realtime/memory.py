"""How the C library keeps memory that has been freed."""

import ctypes
import sys

_M_ARENA_MAX = -8  # of malloc.h
_ARENAS = 2


def share_arenas() -> None:
    """Have the threads that this process starts from now on share two arenas; only glibc has any.

    It gives threads an arena each, up to eight a core, and what is freed in one stays there. Pose estimators that come
    and go with every minute of a video, in threads that do so as well, fill a dozen of them with 64 MB each in an hour.
    """
    if sys.platform == "linux" and (setting := getattr(ctypes.CDLL(None), "mallopt", None)):
        setting(_M_ARENA_MAX, _ARENAS)
