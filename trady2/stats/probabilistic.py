"""How likely a Sharpe ratio is to be better than a benchmark, given how long, skewed and fat-tailed its returns are."""

from __future__ import annotations

import math
from statistics import NormalDist

__all__ = ["probabilistic_sharpe_ratio", "unbiased_kurtosis", "unbiased_skewness"]


def unbiased_skewness(skew: float, n_observations: int) -> float:
    """Return G1 = g1 sqrt(n (n - 1)) / (n - 2), g1 the *skew* of the population (Joanes & Gill 1998).

    What pandas' skew and Excel's SKEW give; NaN below 3 observations.
    """
    n = n_observations
    return skew * math.sqrt(n * (n - 1)) / (n - 2) if n > 2 else math.nan


def unbiased_kurtosis(kurtosis: float, n_observations: int) -> float:
    """Return 3 + (n - 1) / ((n - 2)(n - 3)) ((n + 1) (g2 - 3) + 6), g2 the raw *kurtosis* of the population.

    Joanes & Gill 1998; normal = 3, pandas' kurt gives the same without the 3. NaN below 4 observations.
    """
    n = n_observations
    return 3 + (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (kurtosis - 3) + 6) if n > 3 else math.nan


def probabilistic_sharpe_ratio(
    sharpe: float, n_observations: int, skew: float, kurtosis: float, benchmark: float = 0.0
) -> float:
    """Return the probability that the true Sharpe ratio is above *benchmark* (Bailey & López de Prado 2012).

    Phi((SR - SR*) sqrt(T - 1) / sqrt(1 - g3 SR + (g4 - 1) / 4 SR ** 2)), with the moments at the estimate SR.

    Args:
        sharpe: per period, never annual.
        n_observations: T, how many returns.
        skew: g3.
        kurtosis: g4, raw: normal = 3.
        benchmark: SR*, per period.

    Returns:
        0 … 1; NaN below two returns, for a NaN, and where the moments leave no positive variance.
    """
    variance = 1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe**2
    if n_observations < 2 or not variance > 0 or math.isnan(sharpe):
        return math.nan
    return NormalDist().cdf((sharpe - benchmark) * math.sqrt((n_observations - 1) / variance))
