"""The time of day and of the week as points on a circle, so that Sunday 23:00 lies beside Monday 00:00.

Taken from the bar's close, which is when the decision is made; UTC. Never NaN, in [-1, 1].
"""

from __future__ import annotations

import numpy as np

from trady2.features.bar_arrays import BarArrays
from trady2.features.indicator import Indicator, no_history
from trady2.features.kernels import Array, circle

__all__ = ["INDICATORS", "hour_cosine", "hour_sine", "weekday_cosine", "weekday_sine"]

_DAY = 86_400_000_000
_WEEK = 7 * _DAY
_MONDAY = 4 * _DAY  # 1970 began on a Thursday


def hour_sine(bars: BarArrays) -> Array:
    """Return sin(2 pi x time of day / 24 h)."""
    return _on_circle(bars, 0, _DAY)[0]


def hour_cosine(bars: BarArrays) -> Array:
    """Return cos(2 pi x time of day / 24 h)."""
    return _on_circle(bars, 0, _DAY)[1]


def weekday_sine(bars: BarArrays) -> Array:
    """Return sin(2 pi x time since Monday 00:00 / 7 days)."""
    return _on_circle(bars, _MONDAY, _WEEK)[0]


def weekday_cosine(bars: BarArrays) -> Array:
    """Return cos(2 pi x time since Monday 00:00 / 7 days)."""
    return _on_circle(bars, _MONDAY, _WEEK)[1]


def _on_circle(bars: BarArrays, origin: int, period: int) -> tuple[Array, Array]:
    position = ((bars.time + bars.step - origin) % period).astype(np.float64)
    return bars.once(("circle", period), lambda: circle(position, float(period)))


INDICATORS = {
    "hour_sine": Indicator(hour_sine, no_history),
    "hour_cosine": Indicator(hour_cosine, no_history),
    "weekday_sine": Indicator(weekday_sine, no_history),
    "weekday_cosine": Indicator(weekday_cosine, no_history),
}
