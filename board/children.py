"""Child processes that never outlive the one that started them."""

import ctypes
import os

_PR_SET_PDEATHSIG = 1  # prctl(2)
# Loaded before any fork: a child between fork and exec should do as little as it can.
_LIBC = ctypes.CDLL(None, use_errno=True)


def end_with(parent: int, number: int) -> None:
    """In the child, before exec: have the kernel send it signal `number` when the thread that started it ends.

    `parent` is the process id of that thread; it may have gone already, and then the child ends at once.
    """
    _LIBC.prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        os._exit(1)
