"""Money over time against buy and hold, the trades on it, and the distance from the peak below it."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trady2.reports.downsample import MOST_MARKS, extreme_rows
from trady2.reports.numerals import moment, number, percent

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = ["equity_chart"]

Floats = NDArray[np.float64]


def equity_chart(
    report: Mapping[str, Any], trades: DataFrame, equity: Series[float], benchmark: Series[float] | None
) -> dict[str, Any]:
    """Return data, layout and alt of the chart; *equity* has at least one bar."""
    time, money = _time_and_money(equity)
    depth = money / np.maximum.accumulate(money) - 1
    data = [] if benchmark is None else [_line(*_time_and_money(benchmark), "buy and hold", "--muted", width=1.1)]
    data += _trade_marks(trades, time, money)
    data.append(_line(time, money, "strategy", "--accent", width=1.6))
    data.append(_line(time, depth, "below the peak", "--loss", width=1) | _BELOW)
    return {
        "data": data,
        "layout": {
            "xaxis": {"type": "date", "anchor": "y2", "range": time[[0, -1]].tolist()},
            "yaxis": {"domain": [0.32, 1]},
            "yaxis2": {"domain": [0, 0.26], "tickformat": ".2~%", "nticks": 4, "rangemode": "tozero"},
            "hovermode": "x unified",
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        },
        "alt": _alt(report, money),
    }


_BELOW = {"yaxis": "y2", "fill": "tozeroy", "showlegend": False, "hovertemplate": "%{y:.1%}"}


def _alt(report: Mapping[str, Any], money: Floats) -> str:
    known = {row["key"]: row["value"] for row in report["headline"]}
    return (
        f"Equity from {number(money[0])} to {number(money[-1])}, a net return of "
        f"{percent(known['total_return'], sign=True)} against {percent(known['buy_and_hold_return'], sign=True)} "
        f"for buy and hold; the deepest fall is {percent(known['max_drawdown'])}."
    )


def _time_and_money(series: Series[float]) -> tuple[Floats, Floats]:
    return _milliseconds(series.index), np.asarray(series, dtype=np.float64)


def _milliseconds(times: Any) -> Floats:
    """Return UTC times of an index or a column as plotly.js counts them."""
    exact = times.to_numpy(dtype="datetime64[us]").astype("datetime64[ms]")
    return np.asarray(exact, dtype=np.float64)


def _line(time: Floats, values: Floats, name: str, colour: str, *, width: float) -> dict[str, Any]:
    rows = extreme_rows(values)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": _packed(time[rows]),
        "y": _packed(values[rows]),
        "line": {"color": colour, "width": width},
    }


def _trade_marks(trades: DataFrame, time: Floats, money: Floats) -> list[dict[str, Any]]:
    ordered = trades.sort_values(["exit_time", "asset"], kind="stable")
    net_return = np.asarray(ordered["net_return"], dtype=np.float64)
    rows = extreme_rows(net_return, MOST_MARKS // 4)
    won = net_return[rows] > 0
    kinds = [("trade won", "--accent", "triangle-up", rows[won]), ("trade lost", "--loss", "triangle-down", rows[~won])]
    return [
        _marks(ordered.iloc[own], time, money)
        | {"name": name, "marker": {"color": colour, "symbol": symbol, "size": 6}}
        for name, colour, symbol, own in kinds
        if own.size
    ]


def _marks(trades: DataFrame, time: Floats, money: Floats) -> dict[str, Any]:
    exits = _milliseconds(trades["exit_time"])
    at = np.minimum(time.searchsorted(exits), time.size - 1)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": _packed(exits),
        "y": _packed(money[at]),
        "text": [_trade_text(trade) for trade in trades.to_dict("records")],
        "hovertemplate": "%{text}",
    }


def _trade_text(trade: Mapping[Any, Any]) -> str:
    return html.escape(
        f"{trade['asset']} {percent(trade['net_return'], 2, sign=True)}, {trade['exit_reason']}, "
        f"in {moment(trade['entry_time'].isoformat())} at {number(trade['entry_price'], 6)}, "
        f"out at {number(trade['exit_price'], 6)}"
    )


def _packed(values: Floats) -> dict[str, str]:
    """Hand doubles to plotly.js as they are: exact to the bit, and smaller and faster than digits."""
    return {"dtype": "f8", "bdata": base64.b64encode(values.astype("<f8").tobytes()).decode("ascii")}
