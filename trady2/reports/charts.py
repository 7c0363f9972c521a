"""The charts of a page as plain JSON for plotly.js: building them as plotly figures would cost a second.

Colours are names of CSS variables such as ``--accent``; `charts.js` fills in what the reader's scheme makes of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trady2.reports.equity_chart import equity_chart
from trady2.reports.numerals import percent

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = ["charts"]


def charts(
    report: Mapping[str, Any], trades: DataFrame, equity: Series[float], benchmark: Series[float] | None
) -> dict[str, dict[str, Any]]:
    """Return the charts that the data allows: equity, returns, reliability, deciles.

    Each has data and layout for plotly.js, and alt: what it shows, in words, for those who cannot see it.
    """
    drawn = {}
    if len(equity) > 1:
        drawn["equity"] = equity_chart(report, trades, equity, benchmark)
    if len(trades):
        drawn["returns"] = _returns(np.asarray(trades["net_return"], dtype=np.float64))
    if report["deciles"]:
        drawn["reliability"] = _reliability(
            [(row["probability_mean"], row["realised_rate"], row["rows"]) for row in report["deciles"]]
        )
        drawn["deciles"] = _deciles(report["deciles"])
    elif report["scorecard"] and report["scorecard"].get("reliability"):
        drawn["reliability"] = _reliability(
            [(row["probability"], row["observed"], row["rows"]) for row in report["scorecard"]["reliability"]]
        )
    return drawn


def _returns(net_return: NDArray[np.float64]) -> dict[str, Any]:
    low, high = float(net_return.min()), float(net_return.max())
    width = max((high - low) / 40, 1e-6)
    # Zero is an edge, so that no bar mixes gains and losses.
    edges = np.arange(np.floor(low / width), np.ceil(high / width) + 2) * width
    counts, _ = np.histogram(net_return, edges)
    middle = (edges[:-1] + edges[1:]) / 2
    return {
        "data": [
            {
                "type": "bar",
                "x": _rounded(middle),
                "y": counts.tolist(),
                "width": _rounded(np.full(len(middle), width)),
                "marker": {"color": ["--accent" if value > 0 else "--loss" for value in middle], "line": {"width": 0}},
                "hovertemplate": "%{y} trades near %{x:.2%}<extra></extra>",
            }
        ],
        "layout": {
            "bargap": 0.08,
            "xaxis": {"tickformat": ".1~%", "title": {"text": "net return of a trade"}, "zeroline": True},
            "yaxis": {"title": {"text": "trades"}},
        },
        "alt": f"{len(net_return)} trades from {percent(low, 2, sign=True)} to {percent(high, 2, sign=True)}, "
        f"half of them above {percent(float(np.median(net_return)), 2, sign=True)}.",
    }


def _reliability(groups: Sequence[tuple[float, float, int]]) -> dict[str, Any]:
    predicted, realised, rows = map(list, zip(*groups, strict=True))
    low, high = min(predicted + realised), max(predicted + realised)
    pad = 0.06 * (high - low) or 0.02
    ends = [max(low - pad, 0), min(high + pad, 1)]
    return {
        "data": [
            {"type": "scatter", "mode": "lines", "x": ends, "y": ends, "name": "perfect", "hoverinfo": "skip",
             "line": {"color": "--muted", "dash": "dot", "width": 1}},
            {"type": "scatter", "mode": "lines+markers", "x": predicted, "y": realised, "name": "model",
             "text": [f"{size:,} rows" for size in rows],
             "hovertemplate": "predicted %{x:.1%}, came %{y:.1%}, %{text}<extra></extra>",
             "line": {"color": "--accent", "width": 1.4}, "marker": {"color": "--accent", "size": 8}},
        ],
        "layout": {
            "xaxis": {"tickformat": ".0%", "range": ends, "title": {"text": "mean probability"}},
            "yaxis": {"tickformat": ".0%", "range": ends, "title": {"text": "share that came true"}},
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        },
        "alt": f"In the lowest group {percent(predicted[0])} was predicted and {percent(realised[0])} came; "
        f"in the highest {percent(predicted[-1])} was predicted and {percent(realised[-1])} came.",
    }  # fmt: skip


def _deciles(deciles: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    returns = [row["mean_forward_return"] for row in deciles]
    known = [value for value in returns if value is not None]
    return {
        "data": [
            {
                "type": "bar",
                "x": [str(position) for position in range(1, len(deciles) + 1)],
                "y": returns,
                "customdata": [[row["probability_low"], row["probability_high"]] for row in deciles],
                "marker": {"color": ["--accent" if (value or 0) > 0 else "--loss" for value in returns]},
                "hovertemplate": "%{y:.3%} from %{customdata[0]:.3f} to %{customdata[1]:.3f}<extra></extra>",
            }
        ],
        "layout": {
            "bargap": 0.25,
            "xaxis": {"type": "category", "dtick": 1, "title": {"text": "tenth of the probabilities, lowest first"}},
            "yaxis": {"tickformat": ".2~%", "title": {"text": "mean return over the horizon"}, "zeroline": True},
        },
        "alt": f"Mean return before costs from {percent(known[0], 3, sign=True)} in the lowest group to "
        f"{percent(known[-1], 3, sign=True)} in the highest." if known else "No forward returns are known.",
    }  # fmt: skip


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [float(f"{value:.10g}") for value in values]
