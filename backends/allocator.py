"""Gives large blocks back to the system as soon as they are free.

A password's hash takes 16 MB. The GNU C library learns from the first such block to keep the next ones, in a
heap of each thread that ever hashed: twelve log-ins left 190 MB behind. With a fixed threshold large blocks
are the system's own pages, and go.
"""

import ctypes
import sys

LARGE = 1024 * 1024  # bytes
_M_MMAP_THRESHOLD = -3  # malloc.h


def return_large_blocks() -> bool:
    """For the whole process, from now on. False where the C library is another one: nothing is changed."""
    if sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(_M_MMAP_THRESHOLD, LARGE) == 1
