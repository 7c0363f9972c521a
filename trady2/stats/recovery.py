"""How the stretches below a peak ended: where each was deepest, and how it came back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trady2.stats.drawdown import DrawdownPeriods

__all__ = ["Recoveries", "bottoms", "recoveries"]


class Recoveries(NamedTuple):
    """The stretches that ended, in time order, (k,) each."""

    duration: NDArray[np.int64]
    """Periods from the bottom to the close that is back at the peak."""
    gain: NDArray[np.float64]
    """Return from the bottom to that close."""


def bottoms(depth: NDArray[np.float64], periods: DrawdownPeriods) -> NDArray[np.int64]:
    """Return the position of the first deepest close of each stretch, (k,); *depth* is the result of `underwater`."""
    inside = np.repeat(np.arange(periods.start.size), periods.duration)
    rows = np.arange(inside.size) + np.repeat(periods.start - _before(periods.duration), periods.duration)
    deepest = np.flatnonzero(depth[rows] == periods.depth[inside])
    first = np.unique(inside[deepest], return_index=True)[1]
    return rows[deepest[first]]


def recoveries(equity: NDArray[np.float64], periods: DrawdownPeriods, bottom: NDArray[np.int64]) -> Recoveries:
    """Return how long and how far the stretches of *periods* rose from their *bottom*; unfinished ones are left out."""
    over = periods.end < equity.size
    end, low = periods.end[over], bottom[over]
    return Recoveries(end - low, equity[end] / equity[low] - 1)


def _before(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.cumsum(lengths) - lengths
