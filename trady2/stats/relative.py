"""A strategy beside its benchmark. *returns* and *benchmark* are (n,) simple returns of the same periods, no NaN."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from trady2.stats.returns import annual_volatility, inner, ratio, spread

__all__ = ["correlation", "down_capture", "tracking_error", "treynor_ratio", "up_capture"]

_ROUNDING = 1e-14  # assets that cancel out to the cent leave a move of this size behind


def correlation(returns: ArrayLike, benchmark: ArrayLike) -> float:
    """Return Pearson's correlation; NaN where one of the two does not move."""
    own, other = np.asarray(returns, dtype=np.float64), np.asarray(benchmark, dtype=np.float64)
    if own.size < 2 or spread(own) == 0 or spread(other) == 0:
        return math.nan
    own, other = own - own.mean(), other - other.mean()
    return ratio(inner(own, other), math.sqrt(inner(own, own) * inner(other, other)))


def tracking_error(returns: ArrayLike, benchmark: ArrayLike, periods_per_year: float) -> float:
    """Return the annual volatility of the difference: the denominator of `information_ratio`."""
    away = np.asarray(returns, dtype=np.float64) - np.asarray(benchmark, dtype=np.float64)
    return annual_volatility(away, periods_per_year)


def treynor_ratio(annual_return: float, beta: float) -> float:
    """Return the annual return over beta (Treynor 1965), risk-free rate 0; NaN for a beta of 0."""
    return ratio(annual_return, beta)


def up_capture(returns: ArrayLike, benchmark: ArrayLike) -> float:
    """Return the mean growth per period of the strategy over that of the benchmark, where the benchmark rose.

    Both are geometric: exp(mean(log(1 + r))) - 1 (Morningstar). Not annual: a year of nothing but rising hours grows
    beyond sense. NaN where the benchmark never rose.
    """
    return _capture(returns, benchmark, 1)


def down_capture(returns: ArrayLike, benchmark: ArrayLike) -> float:
    """Return what `up_capture` does, where the benchmark fell: below 1 less was lost than there."""
    return _capture(returns, benchmark, -1)


def _capture(returns: ArrayLike, benchmark: ArrayLike, side: int) -> float:
    own, other = np.asarray(returns, dtype=np.float64), np.asarray(benchmark, dtype=np.float64)
    moved = other * side > _ROUNDING
    if not moved.any() or own.min() <= -1 or other.min() <= -1:
        return math.nan
    growth = [math.expm1(float(np.log1p(values[moved]).mean())) for values in (own, other)]
    return ratio(growth[0], growth[1])
