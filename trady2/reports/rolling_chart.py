"""The Sharpe ratio of the months before each bar, and how much of the money was in positions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from trady2.reports.downsample import FEW_PIXELS
from trady2.reports.numerals import count, number, percent
from trady2.reports.traces import LEGEND, TIME_AXIS, Chart, Floats, Times, line, milliseconds, panel, zone_spans

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["rolling_chart", "rolling_mean", "rolling_sharpe", "window_bars"]

_FEWEST_BARS = 30


def window_bars(bars: int, periods_per_year: float) -> int:
    """Return a quarter of a year in bars, but at most a third of all; 0 where that is too little to measure."""
    window = min(round(periods_per_year / 4), bars // 3)
    return window if window >= _FEWEST_BARS else 0


def rolling_chart(report: Mapping[str, Any], equity: DataFrame) -> Chart | None:
    """Return the chart, or None where the history is too short for it or nothing was traded."""
    yearly = report["metrics"].get("periods_per_year") or _per_year(report["data"])
    window = window_bars(len(equity), yearly)
    if not window:
        return None
    time = milliseconds(equity.index)
    ratios = {name: rolling_sharpe(_column(equity, name), window, yearly) for name in _drawn(equity)}
    if not np.isfinite(ratios["equity"]).any():
        return None
    data = [
        line(time, ratios[name], *_LOOKS[name], buckets=FEW_PIXELS) | {"hovertemplate": "%{y:.2f}"}
        for name in ("benchmark", "equity")
        if name in ratios
    ]
    if "exposure" in equity:
        held = rolling_mean(_column(equity, "exposure"), window)
        data.append(line(time, held, "in positions", "--accent", 1, buckets=FEW_PIXELS) | _HELD)
    return {
        "data": data,
        "layout": _layout(time, exposure="exposure" in equity),
        "zones": zone_spans(report["zones"], time),
        "alt": _alt(ratios["equity"], window, yearly),
    }


_LOOKS = {"benchmark": ("buy and hold", "--muted", 1.0), "equity": ("strategy", "--accent", 1.6)}
_HELD = {
    "yaxis": "y2",
    "fill": "tozeroy",
    "fillcolor": "--band",
    "showlegend": False,
    "hovertemplate": "%{y:.1%}",
}


def _layout(time: Times, *, exposure: bool) -> Chart:
    x = TIME_AXIS | {"range": time[[0, -1]].tolist()}
    layout = {"xaxis": x, "yaxis": {"zeroline": True}, "hovermode": "x unified", "legend": LEGEND}
    if not exposure:
        return layout
    return layout | {
        "xaxis": x | {"anchor": "y2"},
        "yaxis": {"zeroline": True, "domain": [0.4, 1]},
        "yaxis2": {"domain": [0, 0.28], "tickformat": ".0~%", "nticks": 4, "rangemode": "tozero"},
        "annotations": [panel("share of the money in positions", 0.285)],
    }


def rolling_sharpe(equity: Floats, window: int, periods_per_year: float) -> Floats:
    """Return the annual Sharpe ratio of the last *window* returns at each bar, (n,), as `sharpe_ratio` defines it.

    NaN for the first *window* bars, and where no return of the window differs from 0.
    """
    returns = np.divide(np.diff(equity), equity[:-1], out=np.zeros(equity.size - 1), where=equity[:-1] != 0)
    ratio = np.full(equity.size, np.nan)
    if returns.size < window:
        return ratio
    # Taken around the mean of all, the sums of squares lose no digits to each other.
    centre = returns.mean()
    mean = _sums(returns - centre, window) / window
    variance = (_sums((returns - centre) ** 2, window) - window * mean**2) / (window - 1)
    moved = (_sums(returns != 0, window) > 0) & (variance > 0)
    deviation = np.sqrt(np.where(moved, variance, 1.0))
    ratio[window:] = np.where(moved, (mean + centre) / deviation * math.sqrt(periods_per_year), np.nan)
    return ratio


def rolling_mean(values: Floats, window: int) -> Floats:
    """Return the mean of the last *window* values at each bar, (n,); NaN for the first *window* bars."""
    mean = np.full(values.size, np.nan)
    mean[window:] = _sums(values, window)[1:] / window
    return mean


def _sums(values: Any, window: int) -> Floats:
    total: Floats = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    return total[window:] - total[:-window]


def _drawn(equity: DataFrame) -> list[str]:
    return [name for name in ("equity", "benchmark") if name in equity]


def _column(equity: DataFrame, name: str) -> Floats:
    return equity[name].to_numpy(dtype=np.float64)


def _per_year(data: Mapping[str, Any]) -> float:
    return float(data["bars"] / data["years"]) if data["years"] else 0.0


def _alt(ratio: Floats, window: int, yearly: float) -> str:
    known = ratio[np.isfinite(ratio)]
    stretch = f"{count(365.25 * window / yearly)} days"
    return (
        f"Over stretches of {stretch} the Sharpe ratio of the strategy lay between {number(float(known.min()), 3)} and "
        f"{number(float(known.max()), 3)}; it was above 0 in {percent(float((known > 0).mean()), 0)} of them."
    )
