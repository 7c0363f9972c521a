"""How functions become machine code here: without the interpreter lock, cached on disk, exact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import float64, int64, njit, types

__all__ = ["FLAGS", "FLOATS", "INTEGERS", "LETTERS", "ROOM", "compiled", "several"]

# Read-only arrays on purpose: pandas hands out such views, and a signature that takes them takes writable ones too.
FLOATS = types.Array(float64, 1, "C", readonly=True)
INTEGERS = types.Array(int64, 1, "C", readonly=True)
ROOM = types.Array(float64, 1, "C")
LETTERS = types.Array(types.uint8, 1, "C", readonly=True)
FLAGS = types.Array(types.boolean, 1, "C", readonly=True)


def several(kind: Any, count: int) -> Any:
    """Return the type of a tuple of *count* values of one *kind*."""
    return types.UniTuple(kind, count)  # type: ignore[no-untyped-call]


def compiled(*signature: Any, inline: bool = False) -> Callable[[Callable[..., Any]], Any]:
    """Return the decorator that compiles a function for the types of *signature*, or for those of its first call.

    The machine code is kept beside the source, or in the user's cache, or where NUMBA_CACHE_DIR says. Where none
    of them can be written, as in a read-only image without a home, it is compiled again in each process. ``fastmath``
    stays off, and the interpreter lock is released. With *inline* the code becomes part of what calls it, which saves
    handing over many arrays.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        try:
            return njit(*signature, cache=True, nogil=True, forceinline=inline)(function)  # type: ignore[call-overload]
        except RuntimeError:  # no folder to cache in; anything else fails again
            return njit(*signature, nogil=True, forceinline=inline)(function)

    return decorate
