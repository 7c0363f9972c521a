"""How functions become machine code here: without the interpreter lock, cached on disk, exact."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, update_wrapper
from typing import Any

from numba import float64, int64, njit, types

__all__ = ["FLAGS", "FLOATS", "INTEGERS", "LETTERS", "ROOM", "Compiled", "compiled", "inlined", "several"]

# Read-only arrays on purpose: pandas hands out such views, and a signature that takes them takes writable ones too.
FLOATS = types.Array(float64, 1, "C", readonly=True)
INTEGERS = types.Array(int64, 1, "C", readonly=True)
FLAGS = types.Array(types.boolean, 1, "C", readonly=True)
LETTERS = types.Array(types.uint8, 1, "C", readonly=True)
ROOM = types.Array(float64, 1, "C")


def several(kind: Any, count: int) -> Any:
    """Return the type of a tuple of *count* values of one *kind*."""
    return types.UniTuple(kind, count)  # type: ignore[no-untyped-call]


class Compiled:
    """A function that becomes machine code, or is found on disk as such, when it is first called: importing is quick.

    The machine code is kept beside the source, or in the user's cache, or where NUMBA_CACHE_DIR says. Where none
    of them can be written, as in a read-only image without a home, it is compiled again in each process. ``fastmath``
    stays off, and the interpreter lock is released.
    """

    def __init__(self, function: Callable[..., Any], signature: tuple[Any, ...]) -> None:
        """Remember *function* and the types of its arguments."""
        self.py_func, self._signature = function, signature
        update_wrapper(self, function)

    @cached_property
    def code(self) -> Any:
        """Numba's dispatcher, with one signature."""
        try:
            return njit(self._signature, cache=True, nogil=True)(self.py_func)
        except RuntimeError:  # no folder to cache in; anything else fails again
            return njit(self._signature, nogil=True)(self.py_func)

    def __call__(self, *arguments: Any) -> Any:
        """Return what the function gives for *arguments*."""
        return self.code(*arguments)


def compiled(*signature: Any) -> Callable[[Callable[..., Any]], Compiled]:
    """Return the decorator that compiles a function for arguments of the types in *signature*."""
    return lambda function: Compiled(function, signature)


def inlined(function: Callable[..., Any]) -> Any:
    """Compile *function* as a part of the compiled functions that call it, which saves handing over many arrays."""
    return njit(nogil=True, forceinline=True)(function)
