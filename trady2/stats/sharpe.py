"""Return for risk: Sharpe, Sortino, information ratio, all annualised from per-period returns."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from trady2.stats.returns import inner, ratio, spread

__all__ = ["information_ratio", "sharpe_ratio", "sortino_ratio"]


def sharpe_ratio(returns: ArrayLike, periods_per_year: float) -> float:
    """Return mean / standard deviation (ddof 1) x sqrt(periods per year), risk-free rate 0.

    Args:
        returns: (n,) simple returns per period, arithmetic mean, flat periods included.
        periods_per_year: of the asset's calendar, such as 8766 for hours around the clock.

    Returns:
        The annualised ratio; NaN below two returns, for returns that do not vary, and for any NaN among them.
    """
    values = np.asarray(returns, dtype=np.float64)
    if values.size < 2:
        return math.nan
    return ratio(float(values.mean()), spread(values)) * math.sqrt(periods_per_year)


def sortino_ratio(returns: ArrayLike, periods_per_year: float) -> float:
    """Return mean / downside deviation x sqrt(periods per year), target 0.

    The downside deviation is sqrt(mean(min(r, 0) ** 2)) over all periods, not over the losing ones alone
    (Sortino & Price 1994). NaN without a losing period.
    """
    values = np.asarray(returns, dtype=np.float64)
    if not values.size:
        return math.nan
    losses = np.minimum(values, 0)
    return ratio(float(values.mean()), math.sqrt(inner(losses, losses) / values.size)) * math.sqrt(periods_per_year)


def information_ratio(returns: ArrayLike, benchmark: ArrayLike, periods_per_year: float) -> float:
    """Return the Sharpe ratio of the difference to *benchmark*, (n,) returns of the same periods."""
    return sharpe_ratio(
        np.asarray(returns, dtype=np.float64) - np.asarray(benchmark, dtype=np.float64), periods_per_year
    )
