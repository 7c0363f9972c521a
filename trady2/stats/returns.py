"""What a series of period returns says: growth, spread, shape and tails.

*returns* is (n,) float, simple returns per period (0.01 is 1 %), periods without a position included. A figure that
is not defined (too few returns, a division by zero) is NaN, and a NaN among the returns makes every figure NaN.
Conventions that other libraries share are named, because the same word often has several.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    Floats = NDArray[np.float64]

__all__ = [
    "alpha_beta",
    "annual_volatility",
    "cagr",
    "conditional_value_at_risk",
    "gain_to_pain_ratio",
    "inner",
    "kurtosis",
    "mean",
    "omega_ratio",
    "period_returns",
    "ratio",
    "skewness",
    "spread",
    "tail_ratio",
    "total_return",
    "value_at_risk",
]


def period_returns(equity: ArrayLike) -> Floats:
    """Return equity[t] / equity[t-1] - 1 for t = 1 … n-1, (n-1,); 0 where nothing was left to lose."""
    values = np.asarray(equity, dtype=np.float64)
    before, after = values[:-1], values[1:]
    if values.size and values.min() > 0:
        return after / before - 1
    change = np.zeros(max(values.size - 1, 0))
    np.divide(after - before, before, out=change, where=before != 0)
    return change


def ratio(numerator: float, denominator: float) -> float:
    """Return numerator / denominator, NaN where the denominator is 0 or NaN."""
    return float(numerator / denominator) if denominator else math.nan


def inner(left: Floats, right: Floats) -> float:
    """Return the sum of the products of two (n,) arrays.

    Not ``@``: from 10,000 elements on OpenBLAS wakes a thread per core for it, and on a busy machine the figures of
    30,000 bars took 67 ms of processor time instead of 7.
    """
    return float(np.einsum("i,i->", left, right))


def mean(values: Floats | NDArray[np.int64]) -> float:
    """Return the arithmetic mean; NaN without values."""
    return float(values.mean()) if values.size else math.nan


def spread(values: Floats) -> float:
    """Return the sample standard deviation (ddof 1); exactly 0 for values that differ by rounding alone."""
    if values.size < 2:
        return math.nan
    deviation = float(values.std(ddof=1))
    return 0.0 if deviation <= 1e-14 * max(float(values.max()), -float(values.min())) else deviation


def total_return(returns: ArrayLike) -> float:
    """Return the compounded return of all periods: prod(1 + r) - 1; 0 for no periods."""
    return float(np.prod(1 + np.asarray(returns, dtype=np.float64)) - 1)


def cagr(returns: ArrayLike, periods_per_year: float) -> float:
    """Return the compound annual growth rate prod(1 + r) ** (periods_per_year / n) - 1.

    Years are counted in periods, as empyrical does, not in days of the calendar. NaN without periods, infinity where
    a few bars would grow beyond any float.
    """
    values = np.asarray(returns, dtype=np.float64)
    total = total_return(values)
    if not values.size or total <= -1 or math.isnan(total):
        return total if values.size else math.nan
    exponent = math.log1p(total) * periods_per_year / values.size
    return math.expm1(exponent) if exponent < 709 else math.inf


def annual_volatility(returns: ArrayLike, periods_per_year: float) -> float:
    """Return the standard deviation (ddof 1) times the root of the periods per year; NaN below two returns."""
    return spread(np.asarray(returns, dtype=np.float64)) * math.sqrt(periods_per_year)


def skewness(returns: ArrayLike) -> float:
    """Return the third standardised moment of the population, m3 / m2 ** 1.5 (biased, as in scipy); NaN if constant."""
    return _standard_moment(returns, 3)


def kurtosis(returns: ArrayLike) -> float:
    """Return the raw fourth standardised moment of the population, m4 / m2 ** 2: normal = 3; NaN if constant."""
    return _standard_moment(returns, 4)


def _standard_moment(returns: ArrayLike, order: int) -> float:
    values = np.asarray(returns, dtype=np.float64)
    if spread(values) == 0 or values.size < 2:
        return math.nan
    away = values - values.mean()
    square = away * away
    high = inner(square, away if order == 3 else square)
    return float(high / values.size / (square.mean() ** (order / 2)))


def value_at_risk(returns: ArrayLike, tail: float = 0.05) -> float:
    """Return the historical value at risk as a return: the *tail* quantile, negative for a loss (empyrical's sign)."""
    values = np.asarray(returns, dtype=np.float64)
    return float(np.quantile(values, tail)) if values.size else math.nan


def conditional_value_at_risk(returns: ArrayLike, tail: float = 0.05) -> float:
    """Return the historical expected shortfall: the mean of the returns at or below `value_at_risk`.

    Parametric versions (quantstats) differ by some per cent: this one assumes no distribution.
    """
    values = np.asarray(returns, dtype=np.float64)
    cut = value_at_risk(values, tail)
    return float(values[values <= cut].mean()) if not math.isnan(cut) else math.nan


def tail_ratio(returns: ArrayLike) -> float:
    """Return |95 % quantile| / |5 % quantile|; NaN where the lower one is 0, as in a mostly flat strategy."""
    values = np.asarray(returns, dtype=np.float64)
    if not values.size:
        return math.nan
    low, high = np.quantile(values, [0.05, 0.95])
    return ratio(abs(float(high)), abs(float(low)))


def omega_ratio(returns: ArrayLike) -> float:
    """Return the sum of gains over the sum of losses around 0 (Keating & Shadwick 2002); NaN without a loss."""
    values = np.asarray(returns, dtype=np.float64)
    return ratio(float(np.maximum(values, 0).sum()), -float(np.minimum(values, 0).sum()))


def gain_to_pain_ratio(returns: ArrayLike) -> float:
    """Return the sum of all returns over the sum of losses (Schwager), which is omega - 1; NaN without a loss."""
    return omega_ratio(returns) - 1


def alpha_beta(returns: ArrayLike, benchmark: ArrayLike, periods_per_year: float) -> tuple[float, float]:
    """Return Jensen's alpha and beta against *benchmark*, (n,) returns of the same periods; risk-free rate 0.

    beta = cov(r, b) / var(b); alpha = (mean(r) - beta mean(b)) periods_per_year, arithmetic. Both NaN for a
    benchmark that does not move.
    """
    own, other = np.asarray(returns, dtype=np.float64), np.asarray(benchmark, dtype=np.float64)
    if own.size < 2 or spread(other) == 0:
        return math.nan, math.nan
    away = other - other.mean()
    beta = inner(own - own.mean(), away) / inner(away, away)
    return float(own.mean() - beta * other.mean()) * periods_per_year, beta
