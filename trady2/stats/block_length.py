"""How long the blocks of a stationary bootstrap should be, told from the returns themselves."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from trady2.stats.returns import inner, spread

__all__ = ["optimal_block_length"]


def optimal_block_length(returns: ArrayLike) -> float:
    """Return the mean block length that makes the stationary bootstrap's variance of the mean most accurate.

    Politis & White (2004) with the correction of Patton, Politis & White (2009): (2 G² n / D) ** (1/3), where
    D = 2 g(0)², g(0) = sum of w(k / M) R(k) and G = sum of w(k / M) |k| R(k) over the lags -M … M, R the
    autocovariances and w the flat-top window that is 1 up to 1/2 and falls to 0 at 1. M is twice the first lag from
    which on K = max(5, log10 n) autocorrelations in a row are below 2 sqrt(log10 n / n). At most 3 sqrt(n) and n / 3.

    Args:
        returns: (n,) in time order, no NaN.

    Returns:
        Periods, not rounded, at least 1; 1 below 9 returns, or for returns that do not vary.
    """
    values = np.asarray(returns, dtype=np.float64)
    n = values.size
    if n < 9 or spread(values) == 0:
        return 1.0
    covariance, bandwidth = _autocovariances(values - values.mean())
    lags = np.arange(1, bandwidth + 1)
    weighted = np.minimum(1, 2 * (1 - lags / bandwidth)) * covariance[1:]
    long_run, slope = float(covariance[0] + 2 * weighted.sum()), float(2 * (lags * weighted).sum())
    length: float = (slope**2 * n / long_run**2) ** (1 / 3) if long_run else math.inf
    return max(1.0, min(length, math.ceil(min(3 * math.sqrt(n), n / 3))))


def _autocovariances(away: np.ndarray) -> tuple[np.ndarray, int]:
    """Return the autocovariances at the lags 0 … M of (n,) deviations from the mean, and M."""
    n = away.size
    few, most = max(5, int(math.log10(n))), math.ceil(math.sqrt(n)) + max(5, int(math.log10(n)))
    most = min(most, n - 2)
    small = 2 * math.sqrt(math.log10(n) / n)
    covariance, quiet, first = np.empty(most + 1), 0, most
    for lag in range(most + 1):
        together = inner(away[lag:], away[: n - lag])
        covariance[lag] = together / n
        sides = inner(away[lag + 1 :], away[lag + 1 :]) * inner(away[: n - lag - 1], away[: n - lag - 1])
        quiet = quiet + 1 if abs(together) < small * math.sqrt(sides) else 0
        if quiet == few:
            first = lag - few + 1
            break
    bandwidth = min(2 * max(first, 1), most)
    for later in range(lag + 1, bandwidth + 1):
        covariance[later] = inner(away[later:], away[: n - later]) / n
    return covariance[: bandwidth + 1], bandwidth
