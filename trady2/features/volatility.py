"""Volatility from ranges and closes. Unit, where not said otherwise: standard deviation of one bar's log return."""

from __future__ import annotations

import math

import numpy as np
import talib

from trady2.features.bar_arrays import BarArrays
from trady2.features.indicator import Indicator, longest, wilder
from trady2.features.kernels import Array, log_ratio, window_moments, window_sum
from trady2.features.rolling import mean, ratio, shift

__all__ = [
    "INDICATORS",
    "atr",
    "close_volatility",
    "down_share",
    "garman_klass",
    "jump_share",
    "parkinson",
    "rogers_satchell",
    "volatility_ratio",
    "yang_zhang",
]


def close_volatility(bars: BarArrays, window: int) -> Array:
    """Return the standard deviation of log returns, divisor window - 1. 0 on a flat window."""
    return np.sqrt(bars.return_moments(window)[1] * (window / (window - 1)))


def parkinson(bars: BarArrays, window: int) -> Array:
    """Return sqrt(mean(ln(h/l)^2) / (4 ln 2)).

    Source: Parkinson (1980). Blind to gaps, assumes no drift. 0 on a flat window.
    """
    return np.sqrt(mean(bars.log_range * bars.log_range, window) / (4.0 * math.log(2.0)))


def garman_klass(bars: BarArrays, window: int) -> Array:
    """Return sqrt(mean(ln(h/l)^2 / 2 - (2 ln 2 - 1) ln(c/o)^2)).

    Source: Garman and Klass (1980), the practical form. Blind to gaps, assumes no drift. 0 on a flat window.
    """
    squares = 0.5 * bars.log_range * bars.log_range - (2.0 * math.log(2.0) - 1.0) * bars.log_body * bars.log_body
    return np.sqrt(np.maximum(mean(squares, window), 0.0))


def rogers_satchell(bars: BarArrays, window: int) -> Array:
    """Return sqrt(mean(ln(h/c) ln(h/o) + ln(l/c) ln(l/o))).

    Source: Rogers and Satchell (1991). Right under drift, blind to gaps. 0 on a flat window.
    """
    return np.sqrt(np.maximum(mean(_rogers_satchell_terms(bars), window), 0.0))


def yang_zhang(bars: BarArrays, window: int) -> Array:
    """Return sqrt(var(ln(o/c before)) + k var(ln(c/o)) + (1 - k) Rogers-Satchell), k = .34 / (1.34 + (w+1)/(w-1)).

    Source: Yang and Zhang (2000), sample variances. Right under drift and gaps. 0 on a flat window.
    """
    k = 0.34 / (1.34 + (window + 1) / (window - 1))
    unbiased = window / (window - 1)
    overnight = window_moments(bars.logs[0] - bars.log_previous, window)[1] * unbiased
    inside = window_moments(bars.log_body, window)[1] * unbiased
    total = overnight + k * inside + (1.0 - k) * mean(_rogers_satchell_terms(bars), window)
    return np.sqrt(np.maximum(total, 0.0))


def atr(bars: BarArrays, window: int) -> Array:
    """Return Wilder's mean true range over the close, a fraction of the price.

    Source: Wilder (1978); TA-Lib NATR / 100.
    """
    return np.asarray(talib.NATR(bars.high, bars.low, bars.close, window)) / 100.0


def volatility_ratio(bars: BarArrays, short: int, long: int) -> Array:
    """Return ln of the Parkinson volatility of the *short* over that of the *long* window. 0 where either is flat.

    Source: the volatility term structure; calm before moves is the squeeze of Bollinger (2001).
    """
    return log_ratio(parkinson(bars, short), parkinson(bars, long))


def down_share(bars: BarArrays, window: int) -> Array:
    """Return the share of squared returns that fell minus those that rose, in [-1, 1]. 0 where no bar moved.

    Source: realised semivariance, Barndorff-Nielsen, Kinnebrock and Shephard (2010).
    """
    falling_less_rising = window_sum(-bars.direction * bars.squared_return, window)
    return ratio(falling_less_rising, window_sum(bars.squared_return, window))


def jump_share(bars: BarArrays, window: int) -> Array:
    """Return 1 - (pi / 2) sum(abs(r[t] r[t-1])) / sum(r^2), at most 1: the share of variance that came in jumps.

    Source: bipower variation, Barndorff-Nielsen and Shephard (2004). 1 for a single jump, near 0 for a smooth
    diffusion. 0 where no bar moved.
    """
    size = np.abs(bars.log_return)
    pairs = window_sum(size * shift(size, 1), window)
    return 1.0 - (math.pi / 2.0) * ratio(pairs, window_sum(bars.squared_return, window), neutral=2.0 / math.pi)


def _rogers_satchell_terms(bars: BarArrays) -> Array:
    open_, high, low, close = bars.logs
    terms: Array = (high - close) * (high - open_) + (low - close) * (low - open_)
    return terms


INDICATORS = {
    "close_volatility": Indicator(close_volatility, longest, ((24,), (96,)), smallest=2),
    "parkinson": Indicator(parkinson, longest, ((24,),)),
    "garman_klass": Indicator(garman_klass, longest, ((24,),)),
    "rogers_satchell": Indicator(rogers_satchell, longest, ((24,),)),
    "yang_zhang": Indicator(yang_zhang, longest, ((24,), (96,)), smallest=2),
    "atr": Indicator(atr, wilder, ((14,),), smallest=2),
    "volatility_ratio": Indicator(volatility_ratio, longest, ((6, 48), (24, 168))),
    "down_share": Indicator(down_share, longest, ((48,),), smallest=2),
    "jump_share": Indicator(jump_share, lambda window: window + 1, ((48,),), smallest=3),
}
