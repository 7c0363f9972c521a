"""Higher moments of log returns: lopsided and fat-tailed stretches of the market."""

from __future__ import annotations

import numpy as np

from trady2.features.bar_arrays import BarArrays
from trady2.features.indicator import Indicator, longest
from trady2.features.kernels import Array
from trady2.features.rolling import mean, ratio

__all__ = ["INDICATORS", "kurtosis", "skewness"]


def skewness(bars: BarArrays, window: int) -> Array:
    """Return m3 / m2^1.5 of the window's log returns, population moments, no unit. 0 on a constant window.

    Source: Pearson; realised skewness and the next return, Amaya, Christoffersen, Jacobs and Vasquez (2015).
    """
    first, variance = bars.return_moments(window)
    third = mean(bars.squared_return * bars.log_return, window)
    central = third - 3.0 * first * variance - first * first * first
    return ratio(central, variance * np.sqrt(variance))


def kurtosis(bars: BarArrays, window: int) -> Array:
    """Return m4 / m2^2 of the window's log returns (normal: 3), population moments, no unit. 0 on a constant window.

    Source: Pearson (1905).
    """
    first, variance = bars.return_moments(window)
    third = mean(bars.squared_return * bars.log_return, window)
    fourth = mean(bars.squared_return * bars.squared_return, window)
    square = first * first
    central = fourth - 4.0 * first * third + 6.0 * square * (variance + square) - 3.0 * square * square
    return ratio(central, variance * variance)


INDICATORS = {
    "skewness": Indicator(skewness, longest, ((48,), (168,)), smallest=3),
    "kurtosis": Indicator(kurtosis, longest, ((48,), (168,)), smallest=4),
}
