"""Candle shape: what a single bar, or a short run of them, looks like. A bar without a range has shape 0."""

from __future__ import annotations

import numpy as np

from trady2.features.bar_arrays import BarArrays
from trady2.features.indicator import Indicator, longest, no_history
from trady2.features.kernels import Array, run_length
from trady2.features.rolling import ratio

__all__ = [
    "INDICATORS",
    "candle_body",
    "candle_range",
    "candle_run",
    "close_location",
    "lower_shadow",
    "opening_gap",
    "upper_shadow",
]


def candle_body(bars: BarArrays) -> Array:
    """Return (c - o) / (h - l), in [-1, 1]. Source: Nison (1991)."""
    top, bottom = _ends(bars)
    return ratio(bars.close - bars.open, top - bottom)


def upper_shadow(bars: BarArrays) -> Array:
    """Return (h - max(o, c)) / (h - l), in [0, 1]. Source: Nison (1991)."""
    top, bottom = _ends(bars)
    return ratio(top - np.maximum(bars.open, bars.close), top - bottom)


def lower_shadow(bars: BarArrays) -> Array:
    """Return (min(o, c) - l) / (h - l), in [0, 1]. Source: Nison (1991)."""
    top, bottom = _ends(bars)
    return ratio(np.minimum(bars.open, bars.close) - bottom, top - bottom)


def close_location(bars: BarArrays) -> Array:
    """Return ((c - l) - (h - c)) / (h - l), in [-1, 1]. Source: Chaikin's close location value."""
    top, bottom = _ends(bars)
    return ratio((bars.close - bottom) - (top - bars.close), top - bottom)


def candle_range(bars: BarArrays, window: int) -> Array:
    """Return the true range over its mean of the window, in [0, window]. 0 on a flat window. Source: Wilder (1978)."""
    return ratio(bars.true_range, bars.mean_range(window))


def opening_gap(bars: BarArrays, window: int) -> Array:
    """Return ln(open / close before) over the mean true range of the window, in true ranges. 0 on a flat window."""
    return ratio(bars.logs[0] - bars.log_previous, bars.mean_range(window))


def candle_run(bars: BarArrays, window: int) -> Array:
    """Return how many candles in a row, at most *window*, closed on this one's side, with its sign; 0 for a doji.

    In bars. Source: runs of signs, Wald and Wolfowitz (1940).
    """
    return run_length(np.sign(bars.close - bars.open), window)


def _ends(bars: BarArrays) -> tuple[Array, Array]:
    # Venues round each price on its own: a close may lie a hair above the high.
    return bars.once(
        ("ends", 1),
        lambda: (
            np.maximum(bars.high, np.maximum(bars.open, bars.close)),
            np.minimum(bars.low, np.minimum(bars.open, bars.close)),
        ),
    )


INDICATORS = {
    "candle_body": Indicator(candle_body, no_history),
    "upper_shadow": Indicator(upper_shadow, no_history),
    "lower_shadow": Indicator(lower_shadow, no_history),
    "close_location": Indicator(close_location, no_history),
    "candle_range": Indicator(candle_range, longest, ((24,),)),
    "opening_gap": Indicator(opening_gap, longest, ((24,),)),
    "candle_run": Indicator(candle_run, longest, ((12,),), smallest=2),
}
