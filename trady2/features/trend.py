"""Trend: where the close stands to its smoothed past, and how straight the way was.

All means are of ln(close): a distance is then a ratio of prices. Distances are divided by the mean true range of
the same window, which is exactly 0 on a flat market (the result is then 0), while a smoothed range only fades.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import talib

from trady2.features.bar_arrays import BarArrays
from trady2.features.indicator import Indicator, exponential, longest, wilder
from trady2.features.kernels import Array, window_moments, window_sum
from trady2.features.rolling import awake, ratio, shift

__all__ = ["INDICATORS", "adx", "aroon", "directional", "efficiency", "ema_distance", "ema_spread", "macd", "trend_fit"]


def ema_distance(bars: BarArrays, window: int) -> Array:
    """Return (ln c - EMA_w(ln c)) / mean true range over w, in true ranges.

    Source: TA-Lib EMA, weight 2 / (w + 1). 0 on a flat window.
    """
    return ratio(bars.log_close - talib.EMA(bars.log_close, window), bars.mean_range(window))


def ema_spread(bars: BarArrays, fast: int, slow: int) -> Array:
    """Return (EMA_fast(ln c) - EMA_slow(ln c)) / mean true range over slow, in true ranges.

    Source: moving-average crossover, Brock, Lakonishok and LeBaron (1992); TA-Lib EMA. 0 on a flat window.
    """
    spread = talib.EMA(bars.log_close, fast) - talib.EMA(bars.log_close, slow)
    return ratio(spread, bars.mean_range(slow))


def macd(bars: BarArrays, fast: int, slow: int, signal: int) -> Array:
    """Return the MACD histogram of ln(close) / mean true range over slow, in true ranges.

    Source: Appel (1979); TA-Lib MACD. 0 on a flat window.
    """
    histogram = talib.MACD(bars.log_close, fast, slow, signal)[2]
    return ratio(histogram, bars.mean_range(slow))


def adx(bars: BarArrays, window: int) -> Array:
    """Return Wilder's average directional index / 100, in [0, 1]: how strong a trend is, whatever its side.

    Source: Wilder (1978); TA-Lib ADX, of log prices. 0 when four windows brought no move of high or low.
    """
    strength = np.asarray(talib.ADX(*bars.relative_logs, window)) / 100.0
    return awake(strength, _extended(bars), window, neutral=0.0)


def directional(bars: BarArrays, window: int) -> Array:
    """Return (+DI - -DI) / 100, in [-1, 1].

    Source: Wilder (1978); TA-Lib PLUS_DI and MINUS_DI, of log prices. 0 when four windows brought no move of high
    or low.
    """
    plus, minus = (indicator(*bars.relative_logs, window) for indicator in (talib.PLUS_DI, talib.MINUS_DI))
    return awake(np.asarray(plus - minus) / 100.0, _extended(bars), window, neutral=0.0)


def aroon(bars: BarArrays, window: int) -> Array:
    """Return the Aroon oscillator / 100, in [-1, 1]: 1 when the high is new and the low is *window* bars old.

    Source: Chande (1995); TA-Lib AROONOSC.
    """
    return np.asarray(talib.AROONOSC(bars.high, bars.low, window)) / 100.0


def trend_fit(bars: BarArrays, window: int) -> Array:
    """Return the correlation of ln(close) with time over the window, in [-1, 1]: the signed root of R^2.

    Slope of the least-squares line times the deviation of the times over that of ln(close).
    Source: TA-Lib LINEARREG_SLOPE. 0 on a flat window.
    """
    slope = talib.LINEARREG_SLOPE(bars.log_close, window)
    time_deviation = np.sqrt((window * window - 1) / 12.0)
    variance = window_moments(bars.log_close, window)[1]
    return np.clip(ratio(slope * time_deviation, np.sqrt(variance)), -1.0, 1.0)


def efficiency(bars: BarArrays, window: int) -> Array:
    """Return the net move over the way walked, in [-1, 1]: sum(r) / sum(abs(r)).

    Source: Kaufman (1995), efficiency ratio, with its sign. 0 where no bar moved.
    """
    walked = window_sum(np.abs(bars.log_return), window)
    return ratio(bars.log_close - shift(bars.log_close, window), walked)


def _extended(bars: BarArrays) -> npt.NDArray[np.bool_]:
    return bars.once(("extended", 1), lambda: (bars.high > shift(bars.high, 1)) | (bars.low < shift(bars.low, 1)))


INDICATORS = {
    "ema_distance": Indicator(ema_distance, exponential, ((6,), (24,), (48,)), smallest=2),
    "ema_spread": Indicator(ema_spread, lambda _fast, slow: exponential(slow), ((6, 24), (24, 48)), smallest=2),
    "macd": Indicator(macd, lambda _fast, slow, signal: exponential(slow, signal), ((12, 26, 9),), smallest=2),
    "adx": Indicator(adx, lambda window: wilder(window, window), ((12,),), smallest=2),
    "directional": Indicator(directional, wilder, ((12,),), smallest=2),
    "aroon": Indicator(aroon, longest, ((24,),), smallest=2),
    "trend_fit": Indicator(trend_fit, longest, ((24,), (96,)), smallest=3),
    "efficiency": Indicator(efficiency, longest, ((12,), (48,)), smallest=2),
}
