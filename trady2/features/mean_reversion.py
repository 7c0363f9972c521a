"""Mean reversion: how stretched the close is inside its recent range."""

from __future__ import annotations

import numpy as np
import talib

from trady2.features.bar_arrays import BarArrays
from trady2.features.indicator import Indicator, longest, wilder
from trady2.features.kernels import Array
from trady2.features.rolling import awake, highest, lowest, mean, ratio, z_score

__all__ = ["INDICATORS", "above_low", "below_high", "price_z", "range_position", "rsi", "stochastic_turn"]


def rsi(bars: BarArrays, window: int) -> Array:
    """Return Wilder's relative strength index of ln(close) as a fraction, in [0, 1]; 0.5 on a flat market.

    Source: Wilder (1978). TA-Lib's RSI calls a flat market 0, fully oversold; its CMO smooths the same sums
    and calls it 0, neutral; RSI = 50 + CMO / 2 everywhere else. Also 0.5 when four windows brought no new close.
    """
    fraction = 0.5 + np.asarray(talib.CMO(bars.log_close, window)) / 200.0
    return awake(fraction, bars.direction != 0, window, neutral=0.5)


def price_z(bars: BarArrays, window: int) -> Array:
    """Return (ln c - mean) / standard deviation of ln c over the window, in deviations.

    Source: Bollinger (2001): %b is this / 4 + 1/2. 0 on a flat window.
    """
    return z_score(bars.log_close, window)


def range_position(bars: BarArrays, window: int) -> Array:
    """Return (c - lowest low) / (highest high - lowest low), in [0, 1]; 0.5 on a flat window.

    Source: Lane's stochastic %K (1957), Williams' %R + 1; TA-Lib MAX and MIN.
    """
    bottom = lowest(bars.low, window)
    return ratio(bars.close - bottom, highest(bars.high, window) - bottom, neutral=0.5)


def stochastic_turn(bars: BarArrays, window: int, smoothing: int) -> Array:
    """Return %K minus its mean over *smoothing* bars, in [-1, 1]: the stochastic crossing its signal line.

    Source: Lane (1957). 0 on a flat window.
    """
    position = range_position(bars, window)
    position[: window - 1] = 0.5
    return position - mean(position, smoothing)


def below_high(bars: BarArrays, window: int) -> Array:
    """Return ln(c / highest high of the window), at most 0: the drawdown.

    Source: nearness to the high, George and Hwang (2004); TA-Lib MAX.
    """
    drawdown: Array = bars.logs[3] - highest(bars.logs[1], window)
    return drawdown


def above_low(bars: BarArrays, window: int) -> Array:
    """Return ln(c / lowest low of the window), at least 0: the rise from the low.

    Source: the mirror of `below_high`; TA-Lib MIN.
    """
    rise: Array = bars.logs[3] - lowest(bars.logs[2], window)
    return rise


INDICATORS = {
    "rsi": Indicator(rsi, wilder, ((6,), (14,), (24,)), smallest=2),
    "price_z": Indicator(price_z, longest, ((24,), (96,)), smallest=2),
    "range_position": Indicator(range_position, longest, ((12,), (48,), (168,))),
    "stochastic_turn": Indicator(stochastic_turn, lambda window, smoothing: window + smoothing, ((14, 3),)),
    "below_high": Indicator(below_high, longest, ((168,),)),
    "above_low": Indicator(above_low, longest, ((168,),)),
}
