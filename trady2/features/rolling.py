"""Statistics over the last *window* rows, NaN-free once the window is full, and exactly 0 on a flat window."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import talib

from trady2.features.kernels import Array, divide, window_moments, window_sum

__all__ = ["awake", "correlation", "covariance", "highest", "lowest", "mean", "ratio", "shift", "z_score"]


def ratio(numerator: Array, denominator: Array, *, neutral: float = 0.0) -> Array:
    """Return numerator / denominator, and *neutral* where the denominator is 0."""
    result: Array = divide(numerator, denominator, neutral)
    return result


def shift(values: Array, rows: int) -> Array:
    """Return the value *rows* rows earlier; the first value where there is none."""
    result = np.empty_like(values)
    result[:rows] = values[:1]
    result[rows:] = values[: max(0, values.size - rows)]
    return result


def mean(values: Array, window: int) -> Array:
    """Return the arithmetic mean of the window."""
    total: Array = window_sum(values, window)
    return total / window


def z_score(values: Array, window: int) -> Array:
    """Return (value - mean) / population standard deviation of the window; 0 where it is flat."""
    average, variance = window_moments(values, window)
    return ratio(values - average, np.sqrt(variance))


def covariance(left: Array, right: Array, window: int) -> tuple[Array, Array, Array]:
    """Return the population covariance over the window, and the variance of *left* and of *right*."""
    left_mean, left_variance = window_moments(left, window)
    right_mean, right_variance = window_moments(right, window)
    return mean(left * right, window) - left_mean * right_mean, left_variance, right_variance


def correlation(left: Array, right: Array, window: int) -> Array:
    """Return Pearson's correlation over the window, in [-1, 1]; 0 where either is constant."""
    common, left_variance, right_variance = covariance(left, right, window)
    return np.clip(ratio(common, np.sqrt(left_variance * right_variance)), -1.0, 1.0)


def awake(values: Array, moved: npt.NDArray[np.bool_], window: int, *, neutral: float) -> Array:
    """Return the *values* of a ratio of Wilder's means, and *neutral* where nothing *moved* for four windows.

    When nothing moves, both means fade at one pace and their ratio stays for ever: the memory of a dead market
    would be endless, and no warm-up long enough.
    """
    return np.where(window_sum(moved.astype(np.float64), 4 * window) == 0, neutral, values)


def highest(values: Array, window: int) -> Array:
    """Return the maximum of the window (TA-Lib MAX)."""
    return np.asarray(talib.MAX(values, window)) if window > 1 else values


def lowest(values: Array, window: int) -> Array:
    """Return the minimum of the window (TA-Lib MIN)."""
    return np.asarray(talib.MIN(values, window)) if window > 1 else values
