"""Risk beside the standard deviation: downside, tails and falls, and the return that comes for them.

*returns* is (n,) float, simple returns per period; *depth* (n,) is the result of `trady2.stats.drawdown.underwater`.
What is not defined is NaN, and a NaN among the values makes the figure NaN.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trady2.stats.returns import conditional_value_at_risk, inner, ratio, spread

__all__ = [
    "conditional_drawdown_at_risk",
    "downside_volatility",
    "martin_ratio",
    "normal_conditional_value_at_risk",
    "normal_value_at_risk",
    "serenity_ratio",
    "variance_skewness",
]

_NORMAL = NormalDist()


def downside_volatility(returns: ArrayLike, periods_per_year: float) -> float:
    """Return sqrt(mean(min(r, 0) ** 2)) x sqrt(periods per year), over all periods (Sortino & Price 1994).

    The denominator of `sortino_ratio`; empyrical and vectorbt call it downside risk.
    """
    losses = np.minimum(np.asarray(returns, dtype=np.float64), 0)
    return math.sqrt(inner(losses, losses) / losses.size * periods_per_year) if losses.size else math.nan


def variance_skewness(returns: ArrayLike) -> float:
    """Return sum(max(r, 0) ** 2) / sum(min(r, 0) ** 2), the upside over the downside variance around 0.

    Bacon (2008) calls it volatility skewness: above 1 the large moves are gains. NaN without a loss.
    """
    values = np.asarray(returns, dtype=np.float64)
    gains, losses = np.maximum(values, 0), np.minimum(values, 0)
    return ratio(inner(gains, gains), inner(losses, losses))


def normal_value_at_risk(returns: ArrayLike, tail: float = 0.05) -> float:
    """Return mean + z std (ddof 1), z the *tail* quantile of the standard normal: value at risk of normal returns.

    The variance-covariance method; fat tails make it too small. Negative for a loss.
    """
    values = np.asarray(returns, dtype=np.float64)
    return float(values.mean()) + _NORMAL.inv_cdf(tail) * spread(values) if values.size else math.nan


def normal_conditional_value_at_risk(returns: ArrayLike, tail: float = 0.05) -> float:
    """Return mean - std phi(z) / tail, the mean of a normal distribution below its *tail* quantile z."""
    values = np.asarray(returns, dtype=np.float64)
    if not values.size:
        return math.nan
    return float(values.mean()) - spread(values) * _NORMAL.pdf(_NORMAL.inv_cdf(tail)) / tail


def conditional_drawdown_at_risk(depth: NDArray[np.float64], tail: float = 0.05) -> float:
    """Return the mean of the deepest *tail* of all depths (Chekhlov, Uryasev & Zabarankin 2005), at most 0."""
    return conditional_value_at_risk(depth, tail)


def martin_ratio(annual_growth: float, ulcer: float) -> float:
    """Return the compound annual growth rate over the ulcer index (Martin & McCann 1989); NaN without a fall.

    Also called ulcer performance index.
    """
    return ratio(annual_growth, ulcer)


def serenity_ratio(annual_return: float, ulcer: float, drawdown_at_risk: float, volatility: float) -> float:
    """Return annual return / (ulcer index x pitfall), pitfall = |conditional drawdown at risk| / annual volatility.

    KeyQuant (2013): the falls that last weigh twice. Everything is annual, so the timeframe of the bars cancels out.
    """
    return ratio(annual_return, ulcer * ratio(abs(drawdown_at_risk), volatility))
