"""Fewer points, the same picture: minimum and maximum of every pixel's worth of bars."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["FEW_PIXELS", "MOST_MARKS", "PIXELS", "extreme_rows"]

PIXELS = 1000
"""Buckets for the lines of the widest chart; each gives at most four points."""

FEW_PIXELS = 500
"""Buckets for the other lines over time, of which there may be many."""

MOST_MARKS = 240
"""Trades to mark on a line; more would hide it."""


def extreme_rows(values: NDArray[np.float64], buckets: int = PIXELS) -> NDArray[np.int64]:
    """Return which rows of *values* (n,) to draw: first, lowest, highest and last of each of *buckets* runs of rows.

    The line through these rows covers the same pixels as the line through all of them, and its extremes are exact
    (M4 aggregation, Jugel et al. 2014). Buckets are runs of equally many rows. Bars have one timeframe, so a bucket
    spans more than its share of the time axis only where there are no bars.

    Args:
        values: (n,); NaN is never an extreme, but a bucket of nothing else keeps its ends.
        buckets: at least 1.

    Returns:
        Increasing rows; all of them where n <= 4 * buckets.
    """
    n = len(values)
    if n <= 4 * buckets:
        return np.arange(n, dtype=np.int64)
    width = -(-n // buckets)
    starts = np.arange(0, n, width, dtype=np.int64)
    padded = np.full(len(starts) * width, np.nan)
    padded[:n] = values
    grid = padded.reshape(-1, width)
    unknown = np.isnan(grid)
    lowest = starts + np.where(unknown, np.inf, grid).argmin(axis=1)
    highest = starts + np.where(unknown, -np.inf, grid).argmax(axis=1)
    ends = np.minimum(starts + width, n) - 1
    return np.unique(np.concatenate([starts, lowest, highest, ends]))
