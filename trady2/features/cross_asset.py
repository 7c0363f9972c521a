"""Relation to the market: to its leader, or to the mean of the other assets (`trady2.features.market`).

`bars.market` holds the market's log return between two of the asset's own bars, from market bars that have closed.
Never NaN after the warm-up unless the market has no history yet.
"""

from __future__ import annotations

import numpy as np

from trady2.features.bar_arrays import BarArrays
from trady2.features.indicator import Indicator, longest
from trady2.features.kernels import Array, log_ratio, window_moments, window_sum
from trady2.features.rolling import correlation, covariance, ratio

__all__ = [
    "INDICATORS",
    "market_beta",
    "market_correlation",
    "market_residual_t",
    "market_return",
    "market_volatility_ratio",
    "relative_return",
]


def market_return(bars: BarArrays, window: int) -> Array:
    """Return the market's log return over *window* bars. Source: lead and lag, Lo and MacKinlay (1990)."""
    return window_sum(_market(bars), window)


def relative_return(bars: BarArrays, window: int) -> Array:
    """Return the asset's log return minus the market's over *window* bars: its relative strength.

    Source: Levy (1967).
    """
    return window_sum(bars.log_return - _market(bars), window)


def market_beta(bars: BarArrays, window: int) -> Array:
    """Return cov(asset, market) / var(market) of log returns, no unit. 0 where the market stood still.

    Source: Sharpe (1964).
    """
    common, _, market_variance = covariance(bars.log_return, _market(bars), window)
    return ratio(common, market_variance)


def market_correlation(bars: BarArrays, window: int) -> Array:
    """Return the correlation of the log returns of asset and market, in [-1, 1]. 0 where either stood still."""
    return correlation(bars.log_return, _market(bars), window)


def market_residual_t(bars: BarArrays, window: int) -> Array:
    """Return sum(asset - market) / sqrt(sum of its squares): relative strength in units of its own noise.

    In [-sqrt(w), sqrt(w)]. Source: residual momentum, Blitz, Huij and Martens (2011), with a beta of 1.
    0 where the two moved alike.
    """
    residual = bars.log_return - _market(bars)
    return ratio(window_sum(residual, window), np.sqrt(window_sum(residual * residual, window)))


def market_volatility_ratio(bars: BarArrays, window: int) -> Array:
    """Return ln of the asset's over the market's standard deviation of log returns. 0 where either stood still."""
    own, market = bars.return_moments(window)[1], window_moments(_market(bars), window)[1]
    return 0.5 * log_ratio(own, market)


def _market(bars: BarArrays) -> Array:
    if bars.market is None:
        raise ValueError("bars without a market reached a cross-asset indicator; plan them with market=False")
    return bars.market


def _indicator(function: object, *windows: int, smallest: int = 1) -> Indicator:
    return Indicator(function, longest, tuple((w,) for w in windows), smallest, needs_market=True)  # type: ignore[arg-type]


INDICATORS = {
    "market_return": _indicator(market_return, 1, 6, 24),
    "relative_return": _indicator(relative_return, 1, 6, 24),
    "market_beta": _indicator(market_beta, 96, smallest=3),
    "market_correlation": _indicator(market_correlation, 96, smallest=3),
    "market_residual_t": _indicator(market_residual_t, 48, smallest=2),
    "market_volatility_ratio": _indicator(market_volatility_ratio, 48, smallest=2),
}
