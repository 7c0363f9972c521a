"""The sections along time: months, worst falls, zones of history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from trady2.reports.durations import lasted_text
from trady2.reports.numerals import MISSING, count, moment, percent
from trady2.reports.tabular import Table, columns
from trady2.reports.units import spoken

__all__ = ["bare_percent", "depth", "time_section"]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Rows = Sequence[Mapping[str, Any]]


def time_section(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template's names for months, drawdowns and zones."""
    return {
        "months": _months(report["monthly_returns"]),
        "month_names": _MONTHS,
        "deepest_month": max((abs(row["return"] or 0) for row in report["monthly_returns"]), default=0),
        "drawdowns": _drawdowns(report.get("drawdowns") or [], report["data"]["last"]),
        "zones": _zones(report["zones"]),
        "strip": _strip(report["zones"]),
    }


def bare_percent(fraction: float | None) -> str:
    """Write 0.1234 as 12.3, for a table that says percent once."""
    return percent(fraction)[:-2] if fraction is not None else MISSING


def depth(value: float, deepest: float) -> str:
    """Return how deep the colour of *value* is, from 0 to 1, against the *deepest* in the table."""
    return f"{abs(value) / deepest if deepest else 0:.2f}"


def _months(rows: Rows) -> list[dict[str, Any]]:
    years: dict[int, dict[str, Any]] = {}
    for row in rows:
        year = years.setdefault(row["year"], {"year": row["year"], "months": [None] * 12, "total": 1.0})
        year["months"][row["month"] - 1] = row["return"]
        year["total"] *= 1 + (row["return"] or 0)
    return [{**year, "total": year["total"] - 1} for year in years.values()]


def _drawdowns(rows: Rows, last: str) -> Table:
    labels = columns("Depth", "<Began", "<Lowest", "<Recovered", "Lasted", "Bars")
    shown = [
        [
            percent(row["depth"], 2),
            moment(row["start"]),
            moment(row["bottom"]),
            moment(row["end"]) if row["end"] else "not yet",
            lasted_text(row["start"], row["end"] or last),
            count(row["bars"]),
        ]
        for row in rows
    ]
    return Table("The deepest falls from the highest close so far", labels, shown, "stack uneven")


def _zones(rows: Rows) -> Table:
    shown = [[spoken(row["zone"]), moment(row["start"]), moment(row["end"]), count(row.get("rows"))] for row in rows]
    return Table(
        "What each part of history was used for", columns("Zone", "<From", "<To", "Rows"), shown, "stack single"
    )


def _strip(zones: Rows) -> list[dict[str, Any]]:
    spans = [(zone["zone"], _seconds(zone["start"]), _seconds(zone["end"])) for zone in zones if zone["start"]]
    if not spans:
        return []
    first = min(start for _, start, _ in spans)
    whole = max(end for _, _, end in spans) - first or 1.0
    return [
        {"zone": zone, "left": f"{100 * (start - first) / whole:.3f}", "width": f"{100 * (end - start) / whole:.3f}"}
        for zone, start, end in spans
    ]


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()
