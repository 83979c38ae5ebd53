"""Gives what was freed back to the system: glibc keeps it, and a terminal that once read a long run stays large."""

import gc
from collections.abc import Callable
from functools import cache
from typing import Any


def give_back() -> None:
    """Some milliseconds, after something large was let go; gives nothing back where the C library cannot."""
    gc.collect()  # a screen and its widgets hold each other: until they are looked for, they are not free
    _trim()(0)


@cache
def _trim() -> Callable[[int], Any]:
    import ctypes  # here: the first paint does without it

    try:
        trim: Callable[[int], Any] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return lambda _: None
    return trim
