"""What costs and the threshold do to the result: where the edge dies, and whether it stands on a peak or a plateau."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trady2.reports.heat_map import grid_axis, grid_line, heat_map, outlined
from trady2.reports.numerals import by_unit, number, percent
from trady2.reports.side_costs import paid_bps
from trady2.reports.traces import Chart, panel

__all__ = ["cost_chart", "surface_chart", "threshold_chart"]

Rows = Sequence[Mapping[str, Any]]


def cost_chart(report: Mapping[str, Any]) -> Chart | None:
    """Return the net return over the cost per side with the break-even line; None where it was not measured."""
    robustness = report.get("robustness") or {}
    rows, even = robustness.get("costs"), robustness.get("break_even_cost_bps")
    if not rows:
        return None
    cost = [row["cost_bps_per_side"] for row in rows]
    found = [(_paid(report), ("as configured", "--muted", 1.0)), (even, ("break-even", "--loss", 0.0))]
    inside = [(at, looks) for at, looks in found if at is not None and 0 <= at <= 1.5 * max(cost)]
    return {
        "data": [_curve(cost, rows, "%{y:.1%} at %{x:.1f} bps, Sharpe ratio %{customdata:.2f}<extra></extra>")],
        "layout": {
            "xaxis": {"title": {"text": "cost per side, bps"}, "rangemode": "tozero", "showgrid": False},
            "yaxis": {"tickformat": ".0~%", "title": {"text": "net return"}, "zeroline": True},
            "shapes": [_upright(at, colour, height) for at, (_, colour, height) in inside],
            "annotations": [_label(at, max(cost), *looks) for at, looks in inside],
        },
        "alt": _cost_alt(report, rows, even),
    }


def threshold_chart(report: Mapping[str, Any]) -> Chart | None:
    """Return net return and number of trades over the threshold; None where it was not measured."""
    rows = (report.get("robustness") or {}).get("threshold_curve")
    if not rows:
        return None
    texts, places = [number(row["threshold"], 3) for row in rows], list(range(len(rows)))
    chosen = outlined([row["threshold"] for row in rows], report["backtest"].get("threshold"))
    own = [] if chosen is None else [chosen]
    trades = {"type": "bar", "x": places, "y": [row["n_trades"] for row in rows], "yaxis": "y2"}
    looks = {"marker": {"color": "--muted"}, "hovertemplate": "%{y} trades<extra></extra>"}
    return {
        "data": [_curve(places, rows, "%{y:.1%}, Sharpe ratio %{customdata:.2f}<extra></extra>"), trades | looks],
        "layout": {
            "bargap": 0.4,
            "showlegend": False,
            "xaxis": grid_axis(texts, "threshold") | {"anchor": "y2"},
            "yaxis": {"domain": [0.42, 1], "tickformat": ".0~%", "title": {"text": "net return"}, "zeroline": True},
            "yaxis2": {"domain": [0, 0.3], "nticks": 3, "rangemode": "tozero"},
            "annotations": [
                panel("trades", 0.305),
                *(_label(at, len(rows), "as chosen", "--muted", 1.0) for at in own),
            ],
            "shapes": [_upright(place, "--muted") for place in own],
        },
        "alt": _threshold_alt(rows),
    }


def surface_chart(report: Mapping[str, Any]) -> Chart | None:
    """Return the net return over threshold and cost with the line on which it is 0; None where it was not measured."""
    found = (report.get("robustness") or {}).get("cost_threshold_surface")
    if not found or not found["total_return"]:
        return None
    thresholds, costs, z = found["thresholds"], found["cost_bps"], found["total_return"]
    across, up = [number(value, 3) for value in thresholds], [f"{value:.4g}" for value in costs]
    at = _cell(thresholds, report["backtest"].get("threshold"), costs, _paid(report) or 0.0)
    return {
        "data": [
            heat_map(z, ("threshold", across), ("cost in bps", up), "total_return"),
            {"type": "scatter", "mode": "lines", "x": list(range(len(across))), "y": grid_line(z), "name": "break-even",
             "line": {"color": "--loss", "width": 2.5, "dash": "dash"}, "hoverinfo": "skip"},
        ],
        "layout": {
            "showlegend": False,
            "xaxis": grid_axis(across, "threshold"),
            "yaxis": grid_axis(up, "cost per side, bps"),
            "shapes": [_frame(*at)] if at else [],
        },
        "alt": _surface_alt(z),
    }  # fmt: skip


def _paid(report: Mapping[str, Any]) -> float | None:
    """Return what a side costs; None where nothing is paid, so that nothing is marked."""
    return paid_bps(report["backtest"], report.get("robustness")) or None


def _curve(x: Sequence[float], rows: Rows, hover: str) -> Chart:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": list(x),
        "y": [row["total_return"] for row in rows],
        "customdata": [row["sharpe_ratio"] for row in rows],
        "hovertemplate": hover,
        "line": {"color": "--accent", "width": 1.6},
        "marker": {"color": "--accent", "size": 7},
    }


def _upright(at: float, colour: str, height: float = 1.0) -> Chart:
    """Draw a line that ends at its label, at the top or at the bottom, and short of that of another line."""
    line = {"color": colour, "width": 1.4, "dash": "dash"}
    ends = (0.1, 1) if height else (0, 0.9)
    return {"type": "line", "x0": at, "x1": at, "yref": "y domain", "y0": ends[0], "y1": ends[1], "line": line}


def _label(at: float, last: float, text: str, colour: str, height: float) -> Chart:
    """Write beside an upright line, on the side where there is more room before the *last* place of the axis."""
    left = at > 0.6 * last
    return {
        "x": at,
        "yref": "y domain",
        "y": height,
        "yanchor": "top" if height else "bottom",
        "xanchor": "right" if left else "left",
        "xshift": -4 if left else 4,
        "text": text,
        "showarrow": False,
        "font": {"color": colour},
    }


def _cell(
    thresholds: Sequence[float], threshold: float | None, costs: Sequence[float], paid: float
) -> tuple[int, int] | None:
    x, y = outlined(thresholds, threshold), outlined(costs, paid)
    return None if x is None or y is None else (x, y)


def _frame(x: int, y: int) -> Chart:
    line = {"color": "--ink", "width": 2}
    return {"type": "rect", "x0": x - 0.5, "x1": x + 0.5, "y0": y - 0.5, "y1": y + 0.5, "line": line}


def _cost_alt(report: Mapping[str, Any], rows: Rows, even: float | None) -> str:
    told = {row["cost_multiple"]: percent(row["total_return"], sign=True) for row in rows}
    paid = _paid(report)
    parts = [f"Without any cost the net return is {told[0]}"] if 0 in told else []
    if paid and 1 in told:
        parts.append(f"at the configured {by_unit(paid, 'bps')} per side {told[1]}")
    if paid and 2 in told:
        parts.append(f"at twice that {told[2]}")
    ends = "No cost brings it to 0." if even is None else f"It is gone at {by_unit(even, 'bps')} per side."
    if even is not None and even <= 0:
        ends = "There is nothing to lose to costs: it is not above 0 without them."
    return f"{', '.join(parts)}. {ends}" if parts else ends


def _threshold_alt(rows: Rows) -> str:
    known = [row for row in rows if row["total_return"] is not None]
    if not known:
        return "At no threshold was there a result."
    best, gained = max(known, key=lambda row: row["total_return"]), sum(row["total_return"] > 0 for row in known)
    return (
        f"{gained} of {len(known)} thresholds gain. The best is {number(best['threshold'], 3)} with "
        f"{percent(best['total_return'], sign=True)} in {best['n_trades']:,} trades: a peak that stands alone is luck, "
        f"a plateau may not be."
    )


def _surface_alt(z: Sequence[Sequence[float | None]]) -> str:
    known = [value for row in z for value in row if value is not None]
    if not known:
        return "Nothing is known."
    return (
        f"Net return from {percent(min(known), sign=True)} to {percent(max(known), sign=True)}; "
        f"{percent(sum(value > 0 for value in known) / len(known), 0)} of the cells are above 0. "
        f"Dashed: where it is 0. Framed: as configured."
    )
