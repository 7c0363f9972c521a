"""Money over time against buy and hold, the trades on it, and the distance from the peak below it."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trady2.reports.downsample import FEW_PIXELS, MOST_MARKS, extreme_rows
from trady2.reports.numerals import number, percent
from trady2.reports.traces import (
    LEGEND,
    TIME_AXIS,
    Chart,
    Floats,
    Times,
    line,
    milliseconds,
    packed,
    packed_times,
    panel,
    zone_spans,
)

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["bounds_differ", "equity_chart", "scale_of", "trade_text"]

_LOGARITHMIC_FROM = 5.0


def equity_chart(report: Mapping[str, Any], trades: DataFrame, equity: DataFrame) -> Chart:
    """Return the chart of *equity*, a frame of `as_equity_frame` with at least one bar.

    Its scale is that of `scale_of`.
    """
    time, money = milliseconds(equity.index), _column(equity, "equity")
    data = _benchmark(equity, time) + _bounds(equity, time)
    data.append(line(time, money, "strategy", "--accent", 1.7) | _MONEY)
    data += _trade_marks(trades, time, money)
    depth = money / np.maximum.accumulate(money) - 1
    floor = min(1.05 * float(depth.min()), -1e-4)
    data.append(line(time, depth, "below the peak", "--loss", 1) | _BELOW)
    return {
        "data": data,
        "layout": {
            "xaxis": TIME_AXIS | {"anchor": "y2", "range": time[[0, -1]].tolist()},
            "yaxis": {"domain": [0.34, 1], "type": scale_of(_shown(equity)), "tickformat": "~s"},
            "yaxis2": {"domain": [0, 0.25], "tickformat": ".2~%", "nticks": 4, "range": [floor, 0]},
            "annotations": [panel("below the highest close so far", 0.255)],
            "hovermode": "x unified",
            "legend": LEGEND,
        },
        "zones": zone_spans(report["zones"], time),
        "alt": _alt(report, equity),
    }


_MONEY = {"hovertemplate": "%{y:,.0f}"}
_BELOW = {
    "yaxis": "y2",
    "fill": "tozeroy",
    "fillcolor": "--loss-soft",
    "showlegend": False,
    "hovertemplate": "%{y:.1%}",
}


def bounds_differ(equity: DataFrame) -> bool:
    """Return whether *equity* has both orders inside the bar, and whether they ever part."""
    if not {"equity_pessimistic", "equity_optimistic"} <= set(equity.columns):
        return False
    return bool((_column(equity, "equity_pessimistic") != _column(equity, "equity_optimistic")).any())


def scale_of(lines: Sequence[Floats]) -> str:
    """Return log where the highest value is five times the lowest or more, so that equal gains look equal."""
    low, high = min(values.min() for values in lines), max(values.max() for values in lines)
    return "log" if low > 0 and high >= _LOGARITHMIC_FROM * low else "linear"


def trade_text(trade: Mapping[Any, Any]) -> str:
    """Say what a trade made and why it ended, safe for plotly.js, which reads texts as a kind of HTML."""
    reason = str(trade["exit_reason"]).replace("_", " ")
    return html.escape(f"{trade['asset']} {percent(trade['net_return'], 2, sign=True)}, {reason}")


def _column(equity: DataFrame, name: str) -> Floats:
    return equity[name].to_numpy(dtype=np.float64)


def _benchmark(equity: DataFrame, time: Times) -> list[Chart]:
    if "benchmark" not in equity:
        return []
    return [line(time, _column(equity, "benchmark"), "buy and hold", "--muted", 1.1) | _MONEY]


def _bounds(equity: DataFrame, time: Times) -> list[Chart]:
    if not bounds_differ(equity):
        return []
    low, high = (
        line(time, _column(equity, f"equity_{order}"), name, "--accent-soft", 0.8, buckets=FEW_PIXELS) | _MONEY
        for order, name in (("pessimistic", "stop first"), ("optimistic", "target first"))
    )
    return [low, high | {"fill": "tonexty", "fillcolor": "--band"}]


def _shown(equity: DataFrame) -> list[Floats]:
    return [_column(equity, name) for name in ("equity", "benchmark") if name in equity]


def _alt(report: Mapping[str, Any], equity: DataFrame) -> str:
    known = {row["key"]: row["value"] for row in report["headline"]}
    money, bounds = _column(equity, "equity"), report["intrabar_bounds"]
    words = (
        f"Equity from {number(money[0])} to {number(money[-1])}: a net return of "
        f"{percent(known['total_return'], sign=True)} against {percent(known['buy_and_hold_return'], sign=True)} "
        f"for buy and hold. The deepest fall is {percent(known['max_drawdown'])}."
    )
    if not bounds_differ(equity):
        return words
    low, high = (percent(bounds[f"{order}_total_return"], sign=True) for order in ("pessimistic", "optimistic"))
    return f"{words} Where a bar holds stop and target, the stop first gives {low}, the target first {high}."


def _trade_marks(trades: DataFrame, time: Times, money: Floats) -> list[Chart]:
    ordered = trades.sort_values(["exit_time", "asset"], kind="stable")
    net_return = np.asarray(ordered["net_return"], dtype=np.float64)
    rows = extreme_rows(net_return, MOST_MARKS // 4)
    won = net_return[rows] > 0
    kinds = [("trade won", "--accent", "triangle-up", rows[won]), ("trade lost", "--loss", "triangle-down", rows[~won])]
    return [
        _marks(ordered.iloc[own], time, money)
        | {"name": name, "marker": {"color": colour, "symbol": symbol, "size": 7}}
        for name, colour, symbol, own in kinds
        if own.size
    ]


def _marks(trades: DataFrame, time: Times, money: Floats) -> Chart:
    exits = milliseconds(trades["exit_time"])
    at = np.minimum(time.searchsorted(exits), time.size - 1)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": packed_times(exits),
        "y": packed(money[at]),
        "text": [trade_text(trade) for trade in trades.to_dict("records")],
        "hovertemplate": "%{text}<extra></extra>",
    }
