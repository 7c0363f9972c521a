"""Returns that remember: their serial correlation, and ratios that allow for it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from trady2.stats.returns import inner, ratio, spread

__all__ = ["autocorrelation", "autocorrelation_penalty"]


def autocorrelation(returns: ArrayLike) -> float:
    """Return the correlation of the (n,) returns with those of the period before; NaN for fewer than 3, or constant.

    Pearson's over the n - 1 pairs, each side with its own mean, as numpy.corrcoef and pandas' autocorr have it.
    """
    values = np.asarray(returns, dtype=np.float64)
    before, after = values[:-1], values[1:]
    if values.size < 3 or spread(before) == 0 or spread(after) == 0:
        return math.nan
    before, after = before - before.mean(), after - after.mean()
    return ratio(inner(before, after), math.sqrt(inner(before, before) * inner(after, after)))


def autocorrelation_penalty(correlation: float, n_periods: int) -> float:
    """Return sqrt(1 + 2 sum over k = 1 … n-1 of (1 - k / n) |c| ** k) for the lag-one *correlation* c, at least 1.

    By how much serial correlation that dies out geometrically widens the standard deviation of a sum of n returns
    (Lo 2002; KeyQuant 2013 takes the size of c, so that no sign makes a ratio better). The sum is
    a / (1 - a) - a (1 - a ** n) / (n (1 - a) ** 2) with a = |c|. NaN for a NaN.
    """
    size = abs(correlation)
    if size >= 1:
        return math.sqrt(n_periods)
    total = size / (1 - size) - size * (1 - size**n_periods) / (n_periods * (1 - size) ** 2)
    return math.sqrt(1 + 2 * total)
