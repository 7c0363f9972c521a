"""The price of each asset over time, with what was bought and sold on it."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trady2.reports.downsample import FEW_PIXELS, MOST_MARKS, extreme_rows
from trady2.reports.equity_chart import scale_of, trade_text
from trady2.reports.equity_columns import CLOSE
from trady2.reports.numerals import count, number, percent
from trady2.reports.traces import (
    LEGEND,
    TIME_AXIS,
    Chart,
    line,
    milliseconds,
    packed,
    packed_times,
    zone_spans,
)

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["price_chart"]

_FEW_ASSETS = 3


def price_chart(report: Mapping[str, Any], trades: DataFrame, equity: DataFrame) -> Chart | None:
    """Return under `choices` name, data, layout and words for every asset whose closes *equity* has; None without."""
    names = [name.removeprefix(CLOSE) for name in equity.columns if name.startswith(CLOSE)]
    choices = [choice for name in names if (choice := _choice(name, trades, equity, len(names)))]
    if not choices:
        return None
    return {
        "zones": zone_spans(report["zones"], milliseconds(equity.index)),
        "choices": choices,
        "alt": choices[0]["alt"],
    }


def _choice(name: str, trades: DataFrame, equity: DataFrame, assets: int) -> Chart | None:
    price = equity[CLOSE + name].to_numpy(dtype=np.float64)
    known = np.isfinite(price)
    if known.sum() < 2:
        return None
    every = milliseconds(equity.index)
    time, price = every[known], price[known]
    own = trades if assets == 1 else trades[trades["asset"] == name]
    buckets = FEW_PIXELS if assets <= _FEW_ASSETS else FEW_PIXELS // 2
    shown = line(time, price, html.escape(name), "--muted", 1.1, buckets=buckets)
    return {
        "name": name,
        "data": [shown | {"hovertemplate": "%{y:~g}<extra></extra>"}, *_marks(own)],
        "layout": {
            "xaxis": TIME_AXIS | {"range": every[[0, -1]].tolist()},
            "yaxis": {"tickformat": ",~g", "zeroline": False, "type": scale_of([price])},
            "hovermode": "closest",
            "legend": LEGEND,
        },
        "alt": _alt(name, price, own),
    }


def _alt(name: str, price: NDArray[np.float64], trades: DataFrame) -> str:
    lost = int((trades["net_return"] <= 0).sum())
    change = percent(price[-1] / price[0] - 1, sign=True)
    return (
        f"{name} from {number(price[0])} to {number(price[-1])}, {change}, between {number(price.min())} and "
        f"{number(price.max())}. {count(len(trades))} trades: {count(len(trades) - lost)} won, {count(lost)} lost."
    )


def _marks(trades: DataFrame) -> list[Chart]:
    ordered = trades.sort_values("entry_time", kind="stable")
    net_return = ordered["net_return"].to_numpy(dtype=np.float64)
    shown = ordered.iloc[extreme_rows(net_return, MOST_MARKS // 8)]
    if not len(shown):
        return []
    won = shown["net_return"].to_numpy() > 0
    bought = _points(shown, "entry") | {"name": "bought", "marker": _marker("triangle-up", "--ink", 7)}
    kinds = [("sold, won", "--accent", "circle", shown[won]), ("sold, lost", "--loss", "x-thin", shown[~won])]
    lines = [_holds(own, colour) for _, colour, _, own in kinds if len(own)]
    sold = [
        _points(own, "exit") | {"name": name, "marker": _marker(symbol, colour, 6)}
        for name, colour, symbol, own in kinds
        if len(own)
    ]
    return [*lines, bought, *sold]


def _marker(symbol: str, colour: str, size: int) -> Chart:
    thin = "thin" in symbol
    return {"symbol": symbol, "color": colour, "size": size, "line": {"color": colour, "width": 1.6 if thin else 0}}


def _points(trades: DataFrame, side: str) -> Chart:
    done = "bought" if side == "entry" else "sold"
    return {
        "type": "scatter",
        "mode": "markers",
        "x": packed_times(milliseconds(trades[f"{side}_time"])),
        "y": packed(trades[f"{side}_price"].to_numpy(dtype=np.float64)),
        "text": [trade_text(trade) for trade in trades.to_dict("records")],
        "hovertemplate": f"{done} at %{{y:~g}}<br>%{{x}}<br>%{{text}}<extra></extra>",
    }


def _holds(trades: DataFrame, colour: str) -> Chart:
    """Join each entry with its exit; a NaN after each pair keeps them apart."""
    gap = np.full(len(trades), np.nan)
    times = [milliseconds(trades[f"{side}_time"]).astype(np.float64) for side in ("entry", "exit")]
    prices = [trades[f"{side}_price"].to_numpy(dtype=np.float64) for side in ("entry", "exit")]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": packed(np.column_stack([*times, gap]).ravel()),
        "y": packed(np.column_stack([*prices, gap]).ravel()),
        "line": {"color": colour, "width": 1.2},
        "hoverinfo": "skip",
        "showlegend": False,
    }
