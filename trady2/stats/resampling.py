"""The same returns in another order: how else a track record of this length could have come out.

Blocks of geometric length are drawn from anywhere in the returns, which go on at their beginning after their end
(Politis & Romano 1994). Inside a block the returns keep their order, and so what they remember.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import float64, int64, njit, types
from numpy.typing import ArrayLike, NDArray

__all__ = ["BootstrapPaths", "stationary_bootstrap"]

_TABLE = types.Array(float64, 2, "C", readonly=True)
_INTEGERS = types.Array(int64, 1, "C", readonly=True)
_STEPS_AT_ONCE = 4_000_000


class BootstrapPaths(NamedTuple):
    """What each of the paths came to, (runs,) each."""

    total_return: NDArray[np.float64]
    """Compounded, a fraction; infinity beyond any float."""
    sharpe: NDArray[np.float64]
    """Mean over standard deviation (ddof 1), per period; NaN where the returns of the path do not vary."""
    max_drawdown: NDArray[np.float64]
    """Deepest fall from a peak, the start included, at most 0."""


def stationary_bootstrap(returns: ArrayLike, block_length: float, *, runs: int, seed: int) -> BootstrapPaths:
    """Return what *runs* paths of as many returns as there are come to.

    Args:
        returns: (n,) simple returns per period, at least 2, all above -1, no NaN.
        block_length: mean length of a block in periods, at least 1.
        runs: how many paths.
        seed: of NumPy's default generator; the same seed, the same paths.

    Returns:
        BootstrapPaths.
    """
    values = np.ascontiguousarray(returns, dtype=np.float64)
    n = values.size
    sums = np.zeros((n + 1, 3))
    for column, terms in enumerate((np.log1p(values), values, values * values)):
        np.cumsum(terms, out=sums[1:, column])
    rng, found = np.random.default_rng(seed), np.empty((runs, 4))
    at_once = max(_STEPS_AT_ONCE // n, 1)
    for first in range(0, runs, at_once):
        part = found[first : first + at_once]
        lengths = _lengths(rng, block_length, len(part) * n)
        _walk(sums, lengths, rng.integers(0, n, lengths.size), rng.integers(0, n, len(part)), part)
    logs, plain, squares, deepest = found.T
    variance = np.maximum(squares - plain * plain / n, 0) / (n - 1)
    sharpe = np.full(runs, math.nan)
    np.divide(plain / n, np.sqrt(variance), out=sharpe, where=variance > 1e-28 * squares)
    with np.errstate(over="ignore"):
        return BootstrapPaths(np.expm1(logs), sharpe, np.expm1(deepest))


def _lengths(rng: np.random.Generator, mean: float, steps: int) -> NDArray[np.int64]:
    """Return geometric lengths that add up to at least *steps*: whole parts of exponential ones, plus 1."""
    scale = -1 / math.log1p(-1 / mean) if mean > 1 else 0.0
    parts, total = [], 0
    while total < steps:
        count = int((steps - total) / mean * 1.01) + 64
        parts.append((rng.standard_exponential(count) * scale).astype(np.int64) + 1)
        total += int(parts[-1].sum())
    return np.concatenate(parts)


@njit((_TABLE, _INTEGERS, _INTEGERS, _INTEGERS, float64[:, ::1]), cache=True, nogil=True)
def _walk(sums, lengths, starts, first, found):  # type: ignore[no-untyped-def]
    """Fill *found* (runs, 4) with log growth, sum and sum of squares of each path, and its deepest log from the peak.

    *sums* (n + 1, 3) are the running sums of the logs, the returns and their squares.

    A block that a path cuts off goes on from a new place in the next path: what is left of a geometric length is
    geometric again.
    """
    n = sums.shape[0] - 1
    block = length = place = 0
    for run in range(found.shape[0]):
        left, level, peak, deepest = n, 0.0, 0.0, 0.0
        plain, squares = 0.0, 0.0
        place = first[run]
        while left > 0:
            if length == 0:
                length, place = lengths[block], starts[block]
                block += 1
            step = min(length, left, n - place)
            end = place + step
            plain += sums[end, 1] - sums[place, 1]
            squares += sums[end, 2] - sums[place, 2]
            shift = level - sums[place, 0]
            for bar in range(place + 1, end + 1):
                now = shift + sums[bar, 0]
                if now > peak:
                    peak = now
                elif now - peak < deepest:
                    deepest = now - peak
            level = shift + sums[end, 0]
            left -= step
            length -= step
            place = 0 if end == n else end
        found[run, 0], found[run, 1], found[run, 2], found[run, 3] = level, plain, squares, deepest
