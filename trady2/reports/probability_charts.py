"""Whether probabilities come true, and whether higher ones earn more: two questions with different answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trady2.reports.numerals import percent
from trady2.reports.traces import LEGEND, Chart, panel

__all__ = ["decile_chart", "reliability_chart"]

Rows = Sequence[Mapping[str, Any]]


def reliability_chart(report: Mapping[str, Any]) -> Chart | None:
    """Return predicted against realised by the report's deciles, else by the groups of its scorecard; or None."""
    if report["deciles"]:
        return _reliability([(row["probability_mean"], row["realised_rate"], row["rows"]) for row in report["deciles"]])
    groups = (report["scorecard"] or {}).get("reliability")
    return _reliability([(row["probability"], row["observed"], row["rows"]) for row in groups]) if groups else None


def _reliability(groups: Sequence[tuple[float, float, int]]) -> Chart:
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
            "legend": LEGEND,
        },
        "alt": f"In the lowest group {percent(predicted[0])} was predicted and {percent(realised[0])} came; "
        f"in the highest {percent(predicted[-1])} was predicted and {percent(realised[-1])} came.",
    }  # fmt: skip


def decile_chart(deciles: Rows) -> Chart | None:
    """Return how often each tenth of the probabilities was right, above what it earned; None without deciles.

    The return is net where it is known, else before costs.
    """
    if not deciles:
        return None
    net = any(row.get("mean_net_return") is not None for row in deciles)
    returns = [row["mean_net_return" if net else "mean_forward_return"] for row in deciles]
    return {
        "data": [*_accuracy(deciles), _profit(deciles, returns, net=net)],
        "layout": {
            "bargap": 0.3,
            "xaxis": {
                "type": "category",
                "dtick": 1,
                "anchor": "y2",
                "showgrid": False,
                "title": {"text": "tenth of the probabilities, lowest first"},
            },
            "yaxis": {"domain": [0.58, 1], "tickformat": ".0~%", "nticks": 4},
            "yaxis2": {"domain": [0, 0.46], "tickformat": ".2~%", "nticks": 5, "zeroline": True},
            "annotations": [panel(f"mean return {'after' if net else 'before'} costs", 0.465)],
            "legend": LEGEND,
        },
        "alt": _decile_alt(deciles, returns, net=net),
    }


def _accuracy(deciles: Rows) -> list[Chart]:
    kinds = (("realised_rate", "came true", "circle"), ("win_rate", "gained after costs", "circle-open"))
    return [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": name,
            "x": _tenths(deciles),
            "y": [row.get(key) for row in deciles],
            "line": {"color": "--ink" if symbol == "circle" else "--muted", "width": 1},
            "marker": {"symbol": symbol, "size": 7},
            "hovertemplate": f"%{{y:.1%}} {name}<extra></extra>",
        }
        for key, name, symbol in kinds
        if any(row.get(key) is not None for row in deciles)
    ]


def _profit(deciles: Rows, returns: Sequence[float | None], *, net: bool) -> Chart:
    return {
        "type": "bar",
        "yaxis": "y2",
        "x": _tenths(deciles),
        "y": list(returns),
        "customdata": [[row["probability_low"], row["probability_high"]] for row in deciles],
        "marker": {"color": ["--accent" if (value or 0) > 0 else "--loss" for value in returns]},
        "hovertemplate": f"%{{y:.3%}} {'after' if net else 'before'} costs<br>"
        "probability %{customdata[0]:.3f} to %{customdata[1]:.3f}<extra></extra>",
        "showlegend": False,
    }


def _tenths(deciles: Rows) -> list[str]:
    return [str(position) for position in range(1, len(deciles) + 1)]


def _decile_alt(deciles: Rows, returns: Sequence[float | None], *, net: bool) -> str:
    known = [value for value in returns if value is not None]
    ends = [percent(deciles[place]["realised_rate"]) for place in (0, -1)]
    right = f"From the lowest to the highest tenth the share that came true goes from {ends[0]} to {ends[1]}"
    if not known:
        return f"{right}. No forward returns are known."
    return (
        f"{right}, the mean return {'after' if net else 'before'} costs from {percent(known[0], 3, sign=True)} to "
        f"{percent(known[-1], 3, sign=True)}."
    )
