"""Returns and momentum: how far, how steadily, and how persistently the close moved."""

from __future__ import annotations

import numpy as np

from trady2.features.bar_arrays import BarArrays
from trady2.features.indicator import Indicator, longest
from trady2.features.kernels import Array, window_sum
from trady2.features.rolling import mean, ratio, shift

__all__ = ["INDICATORS", "autocorrelation", "log_return", "return_t", "up_share"]


def log_return(bars: BarArrays, window: int) -> Array:
    """Return ln(close[t] / close[t - window]), a log return over *window* bars.

    Source: textbook; the returns over several windows are the momentum factors of Jegadeesh and Titman (1993).
    """
    return bars.log_close - shift(bars.log_close, window)


def return_t(bars: BarArrays, window: int) -> Array:
    """Return the move over the window in units of its own noise: sum(r) / sqrt(sum(r^2)), in [-sqrt(w), sqrt(w)].

    Source: the t-statistic of a mean with the mean taken as 0; time-series momentum scaled by volatility,
    Moskowitz, Ooi and Pedersen (2012). 0 where no bar moved.
    """
    moved = bars.log_close - shift(bars.log_close, window)
    return ratio(moved, np.sqrt(window_sum(bars.squared_return, window)))


def up_share(bars: BarArrays, window: int) -> Array:
    """Return the share of rising minus the share of falling closes, in [-1, 1].

    Source: the psychological line, centred. Bars that did not move count as neither.
    """
    return mean(bars.direction, window)


def autocorrelation(bars: BarArrays, window: int) -> Array:
    """Return the lag-1 autocorrelation of log returns, in [-1, 1], with the mean taken as 0.

    sum(r[t] r[t-1]) / sqrt(sum(r[t]^2) sum(r[t-1]^2)). Positive: moves persist; negative: they revert.
    Source: Lo and MacKinlay (1988), variance ratio of two periods minus 1. 0 where no bar moved.
    """
    products = window_sum(bars.log_return * shift(bars.log_return, 1), window)
    squares = window_sum(bars.squared_return, window)
    return ratio(products, np.sqrt(squares * shift(squares, 1)))


INDICATORS = {
    "log_return": Indicator(log_return, longest, ((1,), (2,), (3,), (6,), (12,), (24,), (48,), (168,))),
    "return_t": Indicator(return_t, longest, ((12,), (48,), (168,)), smallest=2),
    "up_share": Indicator(up_share, longest, ((12,), (48,)), smallest=2),
    "autocorrelation": Indicator(autocorrelation, lambda window: window + 1, ((48,),), smallest=4),
}
