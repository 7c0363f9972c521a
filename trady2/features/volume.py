"""Volume and liquidity. Nothing here depends on the currency or the lot size; without any volume all are 0."""

from __future__ import annotations

import numpy as np
import talib

from trady2.features.bar_arrays import BarArrays
from trady2.features.indicator import Indicator, longest
from trady2.features.kernels import Array, log_ratio, window_sum
from trady2.features.rolling import correlation, mean, ratio, shift, z_score

__all__ = [
    "INDICATORS",
    "accumulation",
    "amihud_ratio",
    "money_flow",
    "obv_slope",
    "volume_ratio",
    "volume_return_correlation",
    "volume_z",
    "vwap_distance",
]


def volume_z(bars: BarArrays, window: int) -> Array:
    """Return (v - mean) / standard deviation of the volume over the window, in deviations. 0 where it is constant."""
    return z_score(bars.volume, window)


def volume_ratio(bars: BarArrays, short: int, long: int) -> Array:
    """Return ln of the mean volume of the *short* over that of the *long* window. 0 where either traded nothing."""
    return log_ratio(mean(bars.volume, short), mean(bars.volume, long))


def vwap_distance(bars: BarArrays, window: int) -> Array:
    """Return ln(c / VWAP) over the mean true range of the window, in true ranges.

    VWAP = sum(typical price x volume) / sum(volume). 0 where nothing traded or nothing moved.
    Source: Berkowitz, Logue and Noser (1988), over a moving window, so that no session has to be known.
    """
    vwap = ratio(window_sum(bars.typical * bars.volume, window), window_sum(bars.volume, window))
    return ratio(log_ratio(bars.relative[2], vwap), bars.mean_range(window))


def amihud_ratio(bars: BarArrays, short: int, long: int) -> Array:
    """Return ln of Amihud's illiquidity of the *short* over that of the *long* window.

    Illiquidity = mean of abs(log return) / (close x volume) over the bars that traded. The ratio has no currency.
    Source: Amihud (2002). 0 where a window did not trade or did not move.
    """
    traded = (bars.volume > 0).astype(np.float64)
    impact = ratio(np.abs(bars.log_return), bars.volume * bars.relative[2])
    means = (ratio(window_sum(impact, window), window_sum(traded, window)) for window in (short, long))
    return log_ratio(*means)


def obv_slope(bars: BarArrays, window: int) -> Array:
    """Return the least-squares slope of on-balance volume over the mean volume of the window, in bars of volume.

    Source: Granville (1963); TA-Lib OBV and LINEARREG_SLOPE. 0 where nothing traded.
    """
    slope = talib.LINEARREG_SLOPE(talib.OBV(bars.close, bars.volume), window)
    return ratio(slope, mean(bars.volume, window))


def money_flow(bars: BarArrays, window: int) -> Array:
    """Return the money flow index as a fraction, in [0, 1]; 0.5 where nothing traded or nothing moved.

    Typical price x volume of rising over that of rising and falling bars.
    Source: Quong and Soudack (1989). TA-Lib's MFI returns 0 when the flow is below 1 in the quote currency,
    which is common for a whole coin's hourly volume; hence the sums are taken here.
    """
    flow = bars.typical * bars.volume
    moved = bars.typical - shift(bars.typical, 1)
    # Equal sums of unequal prices are equal up to rounding only.
    side = np.where(np.abs(moved) <= 1e-12 * bars.typical, 0.0, np.sign(moved))
    rising, falling = (window_sum(np.where(side == way, flow, 0.0), window) for way in (1.0, -1.0))
    return ratio(rising, rising + falling, neutral=0.5)


def accumulation(bars: BarArrays, window: int) -> Array:
    """Return Chaikin's money flow, in [-1, 1]: sum(v x close location) / sum(v). 0 where nothing traded.

    Close location = ((c - l) - (h - c)) / (h - l), 0 for a bar without a range. Source: Chaikin (1980s), as TA-Lib AD.
    """
    location = ratio((bars.close - bars.low) - (bars.high - bars.close), bars.high - bars.low)
    return ratio(window_sum(location * bars.volume, window), window_sum(bars.volume, window))


def volume_return_correlation(bars: BarArrays, window: int) -> Array:
    """Return the correlation of volume and log return, in [-1, 1]: whether rises or falls drew the volume.

    Source: Karpoff (1987). 0 where either is constant.
    """
    return correlation(bars.volume, bars.log_return, window)


INDICATORS = {
    "volume_z": Indicator(volume_z, longest, ((24,), (168,)), smallest=2),
    "volume_ratio": Indicator(volume_ratio, longest, ((6, 48),)),
    "vwap_distance": Indicator(vwap_distance, longest, ((24,), (96,))),
    "amihud_ratio": Indicator(amihud_ratio, longest, ((24, 168),)),
    "obv_slope": Indicator(obv_slope, longest, ((24,), (96,)), smallest=2),
    "money_flow": Indicator(money_flow, longest, ((14,),)),
    "accumulation": Indicator(accumulation, longest, ((24,),)),
    "volume_return_correlation": Indicator(volume_return_correlation, longest, ((48,),), smallest=3),
}
