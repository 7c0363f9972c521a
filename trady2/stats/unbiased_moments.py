"""Skewness and kurtosis of a sample, corrected for its size: unbiased where the population is normal."""

from __future__ import annotations

import math

__all__ = ["unbiased_kurtosis", "unbiased_skewness"]


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
