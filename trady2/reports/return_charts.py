"""How returns are distributed: of the days, against buy and hold, and of the trades."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trady2.reports.numerals import count, percent
from trady2.reports.traces import LEGEND, Chart, Floats

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["daily_returns", "day_chart", "edges_of", "trade_chart"]

_BINS = 40
_MOST_BINS = 120


def trade_chart(net_return: Floats) -> Chart:
    """Return the histogram of the net returns of trades, (k,) with at least one."""
    edges = edges_of(net_return)
    counts, _ = np.histogram(net_return, edges)
    bars = _bars(edges, counts) | {"hovertemplate": "%{y} trades near %{x:.2%}<extra></extra>"}
    return {
        "data": [bars],
        "layout": _layout("net return of a trade", "trades"),
        "alt": f"{count(len(net_return))} trades from {percent(float(net_return.min()), 2, sign=True)} to "
        f"{percent(float(net_return.max()), 2, sign=True)}, half of them above "
        f"{percent(float(np.median(net_return)), 2, sign=True)}; the mean is "
        f"{percent(float(net_return.mean()), 2, sign=True)}.",
    }


def day_chart(equity: DataFrame) -> Chart | None:
    """Return the histogram of the days on which the strategy's money moved, as shares of them; None without any.

    Beside it stands buy and hold, as shares of all its days. Bars longer than a day count as days.
    """
    every = daily_returns(equity, "equity")
    moved = every[every != 0]
    if not moved.size:
        return None
    held = daily_returns(equity, "benchmark") if "benchmark" in equity else np.empty(0)
    edges = edges_of(moved)
    shares = np.histogram(moved, edges)[0] / moved.size
    data = [_bars(edges, shares) | {"showlegend": False, "hovertemplate": "%{y:.1%} near %{x:.2%}"}]
    if held.size:
        data.append(_outline(edges, np.histogram(held, edges)[0] / held.size))
    flat = every.size - moved.size
    left_out = f" {count(flat)} days without a change are left out." if flat else ""
    return {
        "data": data,
        "layout": _layout("return of a day (UTC)", "share of the days") | {"legend": LEGEND},
        "alt": f"{count(moved.size)} days from {percent(float(moved.min()), 2, sign=True)} to "
        f"{percent(float(moved.max()), 2, sign=True)}; {percent(float((moved > 0).mean()), 0)} of them gained."
        f"{left_out}",
    }


def daily_returns(equity: DataFrame, column: str) -> Floats:
    """Return the return of each UTC day from the last close before it; the first day runs from its first close."""
    day = equity.index.to_numpy(dtype="datetime64[us]").astype("datetime64[D]")
    money = equity[column].to_numpy(dtype=np.float64)
    if not day.size:
        return np.empty(0)
    ends = money[np.flatnonzero(np.append(day[1:] != day[:-1], True))]
    before = np.concatenate([money[:1], ends[:-1]])
    return np.divide(ends, before, out=np.ones_like(ends), where=before != 0) - 1  # type: ignore[no-any-return]


def edges_of(values: Floats) -> Floats:
    """Return edges of equal bins, (m,), that hold all *values*; 0 is an edge, so that none mixes gains and losses.

    Forty bins span the middle 98 %; rare values further out may bring the number up to 120.
    """
    low, high = float(values.min()), float(values.max())
    inner = np.quantile(values, [0.01, 0.99])
    width = max((inner[1] - inner[0]) / _BINS, (high - low) / _MOST_BINS, 1e-6)
    return np.arange(np.floor(low / width), np.ceil(high / width) + 2) * width  # type: ignore[no-any-return]


def _bars(edges: Floats, heights: NDArray[Any]) -> Chart:
    middle = (edges[:-1] + edges[1:]) / 2
    return {
        "type": "bar",
        "x": _rounded(middle),
        "y": _rounded(heights) if heights.dtype.kind == "f" else heights.tolist(),
        "width": _rounded(np.diff(edges)),
        "marker": {"color": ["--accent" if value > 0 else "--loss" for value in middle], "line": {"width": 0}},
    }


def _outline(edges: Floats, shares: Floats) -> Chart:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "buy and hold",
        "x": _rounded((edges[:-1] + edges[1:]) / 2),
        "y": _rounded(shares),
        "line": {"color": "--muted", "width": 1.2, "shape": "hvh"},
        "hoverinfo": "skip",
    }


def _layout(across: str, upwards: str) -> dict[str, Any]:
    return {
        "bargap": 0.08,
        "xaxis": {"tickformat": ".1~%", "title": {"text": across}, "zeroline": True, "showgrid": False},
        "yaxis": {"title": {"text": upwards}} | ({"tickformat": ".0~%"} if "share" in upwards else {}),
    }


def _rounded(values: Floats) -> list[float]:
    return [float(f"{value:.6g}") for value in values]
