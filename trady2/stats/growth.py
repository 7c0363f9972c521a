"""How fast and how steadily money grew."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from trady2.stats.returns import inner, ratio, spread

__all__ = ["geometric_mean", "log_equity_r_squared"]


def geometric_mean(returns: ArrayLike) -> float:
    """Return prod(1 + r) ** (1 / n) - 1; NaN without returns, -1 after a total loss."""
    values = np.asarray(returns, dtype=np.float64)
    if not values.size:
        return math.nan
    return -1.0 if values.min() <= -1 else math.expm1(float(np.log1p(values).mean()))


def log_equity_r_squared(equity: ArrayLike) -> float:
    """Return R squared of the least-squares line of log equity on time counted in periods: 1 is steady growth.

    empyrical calls it stability of the time series. NaN below 3 closes, for a curve that does not move, and after a
    total loss.
    """
    values = np.asarray(equity, dtype=np.float64)
    if values.size < 3 or not values.min() > 0:
        return math.nan
    level = np.log(values)
    if spread(level) == 0:
        return math.nan
    level -= level.mean()
    time = np.arange(values.size, dtype=np.float64) - (values.size - 1) / 2
    n = values.size
    return ratio(inner(time, level) ** 2, inner(level, level) * (n * (n * n - 1) / 12))
