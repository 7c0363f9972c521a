"""How deep and how long an equity curve lies below its highest point so far.

*equity* is (n,) float in time order, positive at first and never below 0. Depths are returns from the peak: -0.2 is
20 % below it, 0 is at the peak. Durations are in periods: how many closes in a row lie below the peak.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trady2.stats.returns import inner, ratio

__all__ = [
    "DrawdownPeriods",
    "average_drawdown",
    "calmar_ratio",
    "drawdown_periods",
    "max_drawdown",
    "ulcer_index",
    "underwater",
]


class DrawdownPeriods(NamedTuple):
    """Every stretch below a peak, in time order: positions in the equity curve, (k,) each."""

    start: NDArray[np.int64]
    """First period below the peak."""
    end: NDArray[np.int64]
    """Period of recovery, or n where there was none."""
    depth: NDArray[np.float64]
    """Deepest return from the peak, negative."""

    @property
    def duration(self) -> NDArray[np.int64]:
        """Periods spent below the peak."""
        return self.end - self.start


def underwater(equity: ArrayLike) -> NDArray[np.float64]:
    """Return equity / highest equity so far - 1, (n,), at most 0."""
    values = np.asarray(equity, dtype=np.float64)
    return values / np.maximum.accumulate(values) - 1


def drawdown_periods(depth: NDArray[np.float64]) -> DrawdownPeriods:
    """Return every stretch below a peak in *depth*, the (n,) result of `underwater`."""
    below = np.zeros(depth.size + 2, dtype=np.int8)
    below[1:-1] = depth < 0
    edges = np.flatnonzero(np.diff(below))
    start, end = edges[::2], edges[1::2]
    if not start.size:
        return DrawdownPeriods(start, end, np.empty(0))
    # Between two stretches the depth is 0, so a minimum that runs on to the next start is that of the stretch.
    return DrawdownPeriods(start, end, np.minimum.reduceat(depth, start))


def max_drawdown(equity: ArrayLike) -> float:
    """Return the deepest fall from a peak, such as -0.23; 0 for a curve that never falls, NaN for an empty one."""
    depth = underwater(equity)
    return float(depth.min()) if depth.size else math.nan


def average_drawdown(periods: DrawdownPeriods) -> float:
    """Return the mean depth of all stretches below a peak (backtesting.py's *Avg. Drawdown*); 0 without any."""
    return float(periods.depth.mean()) if periods.depth.size else 0.0


def ulcer_index(depth: NDArray[np.float64]) -> float:
    """Return the root mean square of *depth*, the (n,) result of `underwater` (Martin & McCann 1989), as a fraction."""
    return math.sqrt(inner(depth, depth) / depth.size) if depth.size else math.nan


def calmar_ratio(annual_growth: float, deepest: float) -> float:
    """Return the compound annual growth rate over the size of the maximum drawdown; NaN where it never fell."""
    return ratio(annual_growth, abs(deepest))
